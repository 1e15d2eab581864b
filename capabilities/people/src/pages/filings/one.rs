//! One filing: what it says, its document, and taking it back (ROS-87).

use super::{VIEWS, branch_of, kind_of};
use crate::actions;
use crate::departures::Departures;
use crate::rules::{FilingOf, GROUNDS, Policy};
use crate::store::{self, FilingRow};
use access::{Permission, Relation};
use axum::http::{HeaderValue, header};
use base::{Error, FileId, OrgId, business_date, format_moment};
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

#[derive(Template)]
#[template(path = "filing.html")]
struct FilingPage {
    shell: Shell,
    branch: Uuid,
    id: Uuid,
    person: Uuid,
    name: String,
    branch_name: String,
    kind: &'static str,
    state: &'static str,
    facts: Vec<(&'static str, String)>,
    may_open: bool,
    may_reverse: bool,
    reversal: String,
    fault: String,
}

/// Who may take it back (ROS-87): the direct superior in time, the province later.
fn may_reverse(ctx: &Ctx, row: &FilingRow) -> bool {
    let branch = branch_of(row);
    let early = actions::within_days(row, business_date(ctx.now()), ctx.app.policy());
    let turn = match ctx.actor.relation(&branch) {
        Relation::DirectSuperior => early || ctx.actor.is_high(),
        Relation::HigherSuperior => true,
        _ => false,
    };
    turn && row.state == "carried"
        && row.kind != FilingOf::Revive.code()
        && ctx.actor.may(Permission::ReverseEndings, &branch)
}

async fn found(ctx: &Ctx, reader: &mut db::Reader, branch: Uuid, id: Uuid) -> Result<FilingRow> {
    let row = store::filing(reader, OrgId(branch), id)
        .await?
        .ok_or(Error::NotFound)?;
    ctx.actor
        .require_look(Permission::FileEndings, &branch_of(&row))?;
    Ok(row)
}

async fn show_one(ctx: &Ctx, row: FilingRow, typed: String, fault: String) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let org = orgs::find(&mut reader, OrgId(row.branch))
        .await?
        .ok_or(Error::NotFound)?;
    let now = ctx.now();
    let grounds: Vec<&str> = GROUNDS
        .iter()
        .filter(|(code, _)| row.grounds.iter().any(|g| g == code))
        .map(|(_, label)| *label)
        .collect();
    let day = |d: Option<chrono::NaiveDate>| d.map_or_else(String::new, |d| d.to_string());
    let mut facts = vec![
        ("会议日期", row.decided_on.to_string()),
        ("决定机关", row.organ.clone()),
        ("脱团理由", grounds.join("、")),
        ("失去联系自", day(row.lost_since)),
        ("说明", row.reason.clone()),
        (
            "备案",
            format!("{} {}", row.filed_by, format_moment(row.filed_at, now)),
        ),
        (
            "办结",
            row.ended_at
                .map_or_else(String::new, |at| format_moment(at, now)),
        ),
        ("更正原因", row.reversal.clone().unwrap_or_default()),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    let status = if fault.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let state = VIEWS
        .iter()
        .find(|(code, _, _)| *code == row.state)
        .map_or("", |(_, label, _)| *label);
    let view = FilingPage {
        shell: ctx
            .shell(&mut reader, "团籍变动备案", "/console/filings")
            .await?,
        branch: row.branch,
        id: row.id,
        person: row.person,
        kind: kind_of(&row),
        state,
        facts,
        may_open: opens(ctx, &row),
        may_reverse: may_reverse(ctx, &row),
        name: row.name,
        branch_name: org.full_name,
        reversal: typed,
        fault,
    };
    page(status, &view)
}

/// Who opens the document: the branch and its direct superior, who decides on it.
fn opens(ctx: &Ctx, row: &FilingRow) -> bool {
    let branch = branch_of(row);
    matches!(
        ctx.actor.relation(&branch),
        Relation::Own | Relation::DirectSuperior
    ) || ctx.actor.may(Permission::ReverseEndings, &branch)
}

/// One filing.
pub(crate) async fn show(ctx: Ctx, Path((branch, id)): Path<(Uuid, Uuid)>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let row = found(&ctx, &mut reader, branch, id).await?;
    drop(reader);
    show_one(&ctx, row, String::new(), String::new()).await
}

/// Its document.
pub(crate) async fn document(ctx: Ctx, Path((branch, id)): Path<(Uuid, Uuid)>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let row = found(&ctx, &mut reader, branch, id).await?;
    if !opens(&ctx, &row) {
        return Err(Error::forbidden("决定材料由所在团支部和直接上级查看，请联系他们。").into());
    }
    let file = FileId(row.file);
    let facts = files::find(&mut reader, file, ctx.now())
        .await?
        .ok_or(Error::NotFound)?;
    drop(reader);
    let bytes = ctx.app.files().get(file).await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&facts.content_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

#[derive(Deserialize, Default)]
pub(crate) struct Reversal {
    #[serde(default)]
    reversal: String,
}

/// Takes it back.
pub(crate) async fn reverse(
    ctx: Ctx,
    Path((branch, id)): Path<(Uuid, Uuid)>,
    form: Form<Reversal>,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let row = found(&ctx, &mut reader, branch, id).await?;
    let org = orgs::find(&mut reader, OrgId(branch))
        .await?
        .ok_or(Error::NotFound)?;
    drop(reader);
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    ctx.actor
        .require(Permission::ReverseEndings, &branch_of(&row))?;
    if row.state == "carried" && !may_reverse(&ctx, &row) {
        let days = ctx.app.policy::<Policy>().filing_reverse_days;
        return Err(
            Error::forbidden(format!("备案办结超过{days}天，请逐级报省级团委更正。")).into(),
        );
    }
    let departures = ctx.app.policy::<Departures>();
    let typed = &form.input.reversal;
    match actions::reverse(&mut tx, &org, id, typed, departures).await {
        Ok(()) => {
            let to = format!("/console/filings/{branch}/{id}");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            show_one(&ctx, row, typed.clone(), refused.message).await
        }
        Err(other) => Err(other.into()),
    }
}
