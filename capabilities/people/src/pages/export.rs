//! 导出: what is shown, masked or, with purpose and fresh password, whole (ROS-92).

use super::roster::{KNOWN, filter};
use crate::export::{KIND, Wanted};
use crate::store;
use access::Permission;
use base::{Error, text};
use db::{Event, jobs::NewJob};
use serde_json::json;
use std::collections::HashMap;
use web::list::ListState;
use web::prelude::*;

#[derive(Template)]
#[template(path = "export.html")]
struct ExportPage {
    shell: Shell,
    count: String,
    params: Vec<(String, String)>,
    whole_refused: String,
    proof: String,
    purpose: String,
    fault: String,
    back: String,
}

async fn show(ctx: &Ctx, list: &ListState, purpose: &str, fault: &str) -> Result<Response> {
    ctx.actor.require_look(Permission::ViewPeople, ctx.org()?)?;
    let mut reader = ctx.read().await?;
    let (filter, within) = filter(ctx, &mut reader, list, list.get("q")).await?;
    let (found, all) = store::count_members(&mut reader, &filter).await?;
    let proved = ctx.has_recent_proof();
    let here = list.on("/console/members/export");
    let view = ExportPage {
        shell: ctx
            .shell(&mut reader, "导出团员名册", "/console/members")
            .await?,
        count: if all {
            format!("{} 人", text::thousands(found))
        } else {
            format!("至少 {} 人", text::thousands(found))
        },
        params: list.params().to_vec(),
        whole_refused: whole_refused(ctx, within.as_ref()),
        proof: if proved {
            String::new()
        } else {
            format!("/account/proof?next={}", web::list::encode(&here))
        },
        purpose: purpose.to_owned(),
        fault: fault.to_owned(),
        back: list.on("/console/members"),
    };
    page(
        if fault.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        },
        &view,
    )
}

/// Whole numbers may leave for the organisation itself or one directly below it (GEN-05); why not, in words.
fn whole_refused(ctx: &Ctx, within: Option<&orgs::Org>) -> String {
    let Some(own) = ctx.actor.org() else {
        return "没有代表的组织".into();
    };
    let target = within.map_or_else(|| own.clone(), orgs::Org::to_ref);
    if target.category == base::OrgCategory::Branch
        && ctx.actor.may(Permission::UnmaskPeople, &target)
    {
        String::new()
    } else {
        "完整名册只能按本级或直属的一个团支部导出：请先在名册中选定一个团支部".into()
    }
}

/// Asks which.
pub(crate) async fn ask(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let list = ListState::new("/console/members", &query, KNOWN);
    show(&ctx, &list, "", "").await
}

/// Puts the work down and leads to it.
pub(crate) async fn submit(ctx: Ctx, form: Form<HashMap<String, String>>) -> Result<Response> {
    ctx.actor.require_look(Permission::ViewPeople, ctx.org()?)?;
    let query: Vec<(String, String)> = form
        .input
        .iter()
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    let list = ListState::new("/console/members", &query, KNOWN);
    let whole = form.input.get("whole").is_some_and(|v| v == "yes");
    let purpose = text::normalise(form.input.get("purpose").map_or("", String::as_str));
    let mut reader = ctx.read().await?;
    let (wanted, within) = filter(&ctx, &mut reader, &list, list.get("q")).await?;
    if whole {
        let refused = whole_refused(&ctx, within.as_ref());
        if !refused.is_empty() {
            return Err(Error::forbidden(refused).into());
        }
        if !ctx.has_recent_proof() {
            return Ok(see_other(&format!(
                "/account/proof?next={}",
                web::list::encode(&list.on("/console/members/export"))
            )));
        }
        if !(4..=100).contains(&purpose.chars().count()) {
            drop(reader);
            return show(&ctx, &list, &purpose, "请写明用途，4–100字").await;
        }
    }
    if store::count_members(&mut reader, &wanted).await? == (0, true) {
        drop(reader);
        return show(
            &ctx,
            &list,
            &purpose,
            "没有符合条件的团员，请返回名册调整条件",
        )
        .await;
    }
    drop(reader);
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let own = ctx.org()?.id;
    let order = Wanted {
        filter: wanted,
        whole,
        of: whole.then(|| within.as_ref().map_or(own, |org| org.id)),
    };
    let payload = json!({ "order": order });
    let job = tx
        .enqueue(if whole {
            // Whole numbers are asked for each time, with purpose and proof.
            NewJob::new(KIND, payload).watched("导出团员名册")
        } else {
            NewJob::new(KIND, payload)
                .watched("导出团员名册")
                .free(Permission::ViewPeople)
        })
        .await?;
    let org = ctx.org()?.id;
    tx.record(
        Event::new("people.exported", "org", org)
            .org(org)
            .after(json!({ "whole": whole, "purpose": purpose, "job": job })),
    );
    let to = format!("/jobs/{job}");
    tx.commit_to(&to).await?;
    Ok(see_other(&to))
}
