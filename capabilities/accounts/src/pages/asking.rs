//! Why something is refused and asking whoever has the right (ACC-71, ACC-B4): the page of a refusal leads here.

use super::fault::Fault;
use access::{Permission, explain};
use base::{Error, OrgId};
use chrono::TimeDelta;
use db::{Event, limits};
use messages::{Note, Receiver};
use serde::Deserialize;
use web::{prelude::*, text_field};

/// Requests a day and account.
const A_DAY: i32 = 20;

/// What the administrators of one organisation may, for the table.
struct Line {
    org: String,
    relation: &'static str,
    sign: &'static str,
    words: &'static str,
}

#[derive(Template)]
#[template(path = "asking.html")]
struct AskPage {
    shell: Shell,
    right: Permission,
    org: orgs::Org,
    /// The asker: as what, for whom, how that stands to the organisation concerned, what it may.
    role: &'static str,
    acting: String,
    relation: &'static str,
    own: &'static str,
    /// What the asker's grant has less than the role; empty where the table itself says no.
    barred: String,
    lines: Vec<Line>,
    /// Who has the right: the organisation itself or superiors of it.
    holders: Vec<orgs::Org>,
    input: Input,
    fault: Fault,
    sent: bool,
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    right: String,
    org: String,
    place: String,
    to: String,
    note: String,
    sent: String,
}

async fn view(ctx: &Ctx, mut input: Input, fault: Fault) -> Result<AskPage> {
    let right = Permission::from_code(&input.right).ok_or(Error::NotFound)?;
    let id: OrgId = input.org.parse().map_err(|_| Error::NotFound)?;
    let mut reader = ctx.read().await?;
    let org = orgs::find(&mut reader, id).await?.ok_or(Error::NotFound)?;
    let target = org.to_ref();
    // What one may not see one cannot ask about (SEC-12).
    ctx.actor.require_look(Permission::ViewOrg, &target)?;
    let mut above = orgs::ancestors(&mut reader, &org.path).await?;
    let superiors: Vec<_> = above.iter().map(orgs::Org::to_ref).collect();
    let root = orgs::root_of(above.iter().chain([&org]));
    let told = explain(&ctx.actor, right, &target, &superiors, root);
    above.push(org.clone());
    let named = |id: OrgId| above.iter().find(|org| org.id == id);
    let lines = told
        .seats
        .iter()
        .map(|seat| Line {
            org: named(seat.org.id).map_or(String::new(), |org| org.full_name.clone()),
            relation: seat.relation.label(),
            sign: seat.mark.sign(),
            words: seat.mark.words(),
        })
        .collect();
    let holders: Vec<orgs::Org> = told
        .holders()
        .filter_map(|seat| named(seat.org.id).cloned())
        .collect();
    if input.note.is_empty() {
        // So that one click is enough; whoever wants to say more writes on.
        input.note = format!("请为〔{}〕办理“{}”。", org.short_name, right.label());
    }
    let acting = ctx.actor.acting.as_ref();
    Ok(AskPage {
        shell: ctx.shell(&mut reader, "为什么不能办理", "").await?,
        sent: input.sent == "1",
        role: acting.map_or("团员", access::Grant::label),
        acting: acting.map_or(String::new(), |grant| grant.org_name.clone()),
        relation: told.relation.map_or("", access::Relation::label),
        own: told.mark.words(),
        barred: ctx.actor.barred(right, &target).unwrap_or_default(),
        right,
        org,
        lines,
        holders,
        input,
        fault,
    })
}

/// `GET /account/ask`
pub(super) async fn show(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    let view = view(&ctx, input, Fault::default()).await?;
    page(StatusCode::OK, &view)
}

/// `POST /account/ask`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let mut view = view(&ctx, form.input.clone(), Fault::default()).await?;
    view.input = form.input.clone();
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let asked = ask(&mut tx, &ctx, &view).await;
    match Fault::of(asked)? {
        Ok(()) => {
            let place = format!(
                "/account/ask?right={}&org={}&sent=1",
                view.right.code(),
                view.org.id
            );
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(fault) => {
            drop(tx);
            view.fault = fault;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

async fn ask(tx: &mut db::Tx, ctx: &Ctx, view: &AskPage) -> base::Result<()> {
    let note = text_field("note", "说明", &view.input.note, 200)?;
    if note.chars().count() < 5 {
        return Err(Error::refused_at(
            "note",
            "ask.note",
            "请用一句话写明要办什么、为谁办（至少5个字）",
        ));
    }
    let to = view
        .holders
        .iter()
        .find(|org| org.id.to_string() == view.input.to)
        .or(view.holders.first())
        .ok_or(Error::NotFound)?;
    let (now, counter) = (tx.now(), format!("ask:{}", ctx.me.account));
    let (hits, _) = limits::hit(tx, &counter, now, TimeDelta::days(1)).await?;
    if hits > A_DAY {
        let message = format!("一天最多发送{A_DAY}次请求，请明天再发或直接联系对方");
        return Err(Error::refused_at("note", "ask.day", message));
    }
    let from = ctx
        .actor
        .acting
        .as_ref()
        .map_or("", |g| g.org_name.as_str());
    let place = if web::is_local(&view.input.place) {
        view.input.place.clone()
    } else {
        format!("/console/orgs/{}", view.org.id)
    };
    let message = Note {
        kind: "account",
        title: format!("请求办理：{}", view.right.label()),
        body: format!(
            "{from} {}请求贵组织办理“{}”，涉及〔{}〕。说明：{note}",
            ctx.me.name,
            view.right.label(),
            view.org.full_name
        ),
        jump: Some(place),
        about: None,
    };
    messages::tell(tx, Receiver::Org(to.id), message).await?;
    tx.record(
        Event::new("access.asked", "org", view.org.id)
            .org(view.org.id)
            .after(serde_json::json!({ "right": view.right.code(), "to": to.id })),
    );
    Ok(())
}
