//! 查看完整证件号: asked for a purpose, recorded, shown for 60 seconds (GEN-05).

use super::member::see;
use crate::store;
use access::Permission;
use axum::http::{HeaderName, HeaderValue, header};
use base::{Error, PersonId, text};
use db::Event;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use web::prelude::*;

/// How long the numbers stand on the page.
const SECONDS: u32 = 60;

const PURPOSES: [&str; 4] = ["核对入团志愿书", "办理关系转接", "核对身份信息", "其他"];

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    other: String,
}

#[derive(Template)]
#[template(path = "reveal.html")]
struct RevealPage {
    shell: Shell,
    id: PersonId,
    name: String,
    purposes: Vec<(&'static str, bool)>,
    other: String,
    fault: String,
    shown: Option<(String, String)>,
    seconds: u32,
}

async fn show(
    ctx: &Ctx,
    person: &crate::Person,
    input: &Input,
    fault: &str,
    shown: Option<(String, String)>,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let view = RevealPage {
        shell: ctx
            .shell(&mut reader, "查看完整证件号", "/console/members")
            .await?,
        id: person.id,
        name: person.name.clone(),
        purposes: PURPOSES.iter().map(|p| (*p, *p == input.purpose)).collect(),
        other: input.other.clone(),
        fault: fault.to_owned(),
        shown,
        seconds: SECONDS,
    };
    let status = if fault.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page(status, &view)
}

async fn allowed(ctx: &Ctx, id: PersonId) -> Result<(crate::Person, orgs::Org)> {
    let mut reader = ctx.read().await?;
    let seen = see(ctx, &mut reader, id).await?;
    let org = seen.through(&ctx.actor, Permission::UnmaskPeople).cloned();
    let refused =
        || Error::forbidden("完整证件号和手机号由所在组织或直接上级查看，请联系他们办理。");
    Ok((seen.person, org.ok_or_else(refused)?))
}

/// Asks for the purpose.
pub(crate) async fn ask(ctx: Ctx, Path(id): Path<Uuid>) -> Result<Response> {
    let (person, _) = allowed(&ctx, PersonId(id)).await?;
    let empty = Input {
        purpose: PURPOSES[0].to_owned(),
        other: String::new(),
    };
    show(&ctx, &person, &empty, "", None).await
}

/// Records and shows; the page leaves by itself.
pub(crate) async fn submit(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Input>) -> Result<Response> {
    let (person, org) = allowed(&ctx, PersonId(id)).await?;
    let other = text::normalise(&form.input.other);
    let purpose = match form.input.purpose.as_str() {
        "其他" if other.chars().count() >= 4 && other.chars().count() <= 100 => other,
        known if known != "其他" && PURPOSES.contains(&known) => known.to_owned(),
        _ => {
            return show(
                &ctx,
                &person,
                &form.input,
                "请选择用途；选“其他”的请写明，4–100字",
                None,
            )
            .await;
        }
    };
    let mut tx = ctx.begin().await?;
    let back = format!("/console/members/{id}/reveal");
    if tx.once(&form.key).await?.is_some() {
        return Ok(see_other(&back));
    }
    store::note_unmasking(&mut tx, person.id, org.id, ctx.device(), &purpose).await?;
    if ctx.actor.role_code() == access::Role::Auditor.code() {
        // The organisation concerned can see that it happened (ACC-85).
        let told = messages::Note {
            kind: "account",
            title: "审计员查看了完整证件号".into(),
            body: format!(
                "审计员{}查看了本组织一名人员的完整证件号和手机号，理由：{purpose}。记录见“角色与权限”。",
                ctx.actor.name
            ),
            jump: Some("/console/grants".into()),
            about: None,
        };
        messages::tell(&mut tx, messages::Receiver::Org(org.id), told).await?;
    }
    tx.record(
        Event::new("person.unmasked", "person", person.id)
            .org(org.id)
            .after(json!({ "purpose": purpose, "fields": ["id_number", "phone"] })),
    );
    tx.commit_to(&back).await?;
    let phone = person
        .phone
        .as_ref()
        .map_or("未填写", base::Mobile::reveal)
        .to_owned();
    let numbers = (person.id_number.reveal().to_owned(), phone);
    let mut response = show(&ctx, &person, &form.input, "", Some(numbers)).await?;
    let headers = response.headers_mut();
    let leave = format!("{SECONDS}; url=/console/members/{id}");
    if let Ok(leave) = HeaderValue::from_str(&leave) {
        headers.insert(HeaderName::from_static("refresh"), leave);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
