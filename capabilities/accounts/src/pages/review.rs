//! 年度权限复核 (ACC-B8): the own organisation's grants, and what waits in those directly below.

use super::fault::Fault;
use crate::{
    actions::review as actions,
    rules::review as rules,
    store::{self, review::Row as Stored},
};
use access::{Mark, Permission, Role};
use base::{Error, OrgId, OrgPath, PersonId, business_date, days_until, format_moment};
use chrono::TimeDelta;
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

const HERE: &str = "/console/review";
/// Rows of subordinates on one page; what is confirmed makes room for the next.
const MOST: usize = 200;

struct Row {
    /// `organisation:grant`.
    key: String,
    org: String,
    name: String,
    role: &'static str,
    since: String,
    reviewed: String,
    last: String,
    state: String,
    late: bool,
    /// The reader may confirm it now.
    open: bool,
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    shell: Shell,
    org: String,
    own: Vec<Row>,
    below: Vec<Row>,
    more: bool,
    input: Input,
    fault: Fault,
}

impl ReviewPage {
    fn any(&self) -> bool {
        self.own.iter().chain(&self.below).any(|row| row.open)
    }
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    grants: Vec<String>,
    done: String,
}

async fn view(ctx: &Ctx, input: Input, fault: Fault) -> Result<ReviewPage> {
    let own = ctx.org()?;
    ctx.actor.require_look(Permission::ViewGrants, own)?;
    let (mut reader, now) = (ctx.read().await?, ctx.now());
    let org = orgs::find(&mut reader, own.id)
        .await?
        .ok_or(Error::NotFound)?;
    let held = store::review::of_org(&mut reader, own.id).await?;
    let mut children = orgs::children(&mut reader, own.id).await?;
    // And of those it stands in for (ACC-79).
    let covered = ctx.actor.acting.as_ref().map(|grant| &grant.covers);
    for path in covered.into_iter().flatten() {
        if let Some(vacant) = orgs::by_path(&mut reader, path).await? {
            children.extend(orgs::children(&mut reader, vacant.id).await?);
        }
    }
    let ids: Vec<Uuid> = children.iter().map(|child| child.id.0).collect();
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let mut below = store::review::open_in(&mut reader, &ids, most + 1).await?;
    let more = below.len() > MOST;
    below.truncate(MOST);
    let accounts: Vec<Uuid> = held.iter().chain(&below).map(|r| r.account_id).collect();
    let seen = store::account::last_sign_ins(&mut reader, &accounts).await?;
    let holders = held.len();
    let row = |r: Stored| {
        let there = children.iter().find(|child| child.id.0 == r.org_id);
        let there = there.unwrap_or(&org);
        let mine = ctx.actor.person() == Some(PersonId(r.account_id));
        let may = ctx.actor.may(Permission::ReviewGrants, &there.to_ref())
            && rules::may_confirm(mine, there.path == OrgPath::root(), holders);
        let last = seen.iter().find(|(id, _)| *id == r.account_id);
        let late = r
            .review_asked_at
            .is_some_and(|asked| asked < rules::lapsed_before(now));
        let state = match r.review_asked_at {
            Some(_) if late => "超期未确认，现为只读".to_owned(),
            Some(asked) => {
                let end = days_until(asked, rules::DAYS) - TimeDelta::seconds(1);
                format!("待复核，{}前", business_date(end))
            }
            None => "不需要复核".to_owned(),
        };
        Row {
            key: format!("{}:{}", r.org_id, r.grant_id),
            org: there.short_name.clone(),
            name: r.name,
            role: Role::from_code(&r.role).map_or("", Role::label),
            since: business_date(r.since).to_string(),
            reviewed: r
                .reviewed_at
                .map_or_else(|| "没有确认过".into(), |at| business_date(at).to_string()),
            last: last
                .and_then(|(_, at)| *at)
                .map_or_else(|| "从未登录".into(), |at| format_moment(at, now)),
            open: may && r.review_asked_at.is_some(),
            state,
            late,
        }
    };
    Ok(ReviewPage {
        own: held.into_iter().map(row).collect(),
        below: below.into_iter().map(row).collect(),
        more,
        shell: ctx
            .shell(&mut reader, "年度权限复核", "/console/grants")
            .await?,
        org: org.full_name.clone(),
        input,
        fault,
    })
}

/// `GET /console/review`
pub(super) async fn show(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    let view = view(&ctx, input, Fault::default()).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/review`: what was ticked is confirmed, all of it or nothing.
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::ReviewGrants, Mark::Does)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let done = confirm(&mut tx, &input.grants).await;
    if let Err(fault) = Fault::of(done)? {
        drop(tx);
        let view = view(&ctx, input, fault).await?;
        return page(StatusCode::UNPROCESSABLE_ENTITY, &view);
    }
    let place = format!("{HERE}?done={}", input.grants.len());
    tx.commit_to(&place).await?;
    Ok(see_other(&place))
}

async fn confirm(tx: &mut db::Tx, grants: &[String]) -> base::Result<()> {
    if grants.is_empty() {
        return Err(Error::refused_at(
            "grants",
            "review.none",
            "请先勾选仍然需要的权限，再确认。不再需要的不用勾选。",
        ));
    }
    for key in grants {
        let (org, grant) = key.split_once(':').ok_or(Error::NotFound)?;
        let org: OrgId = org.parse().map_err(|_| Error::NotFound)?;
        let grant: Uuid = grant.parse().map_err(|_| Error::NotFound)?;
        actions::confirm(tx, org, grant).await?;
    }
    Ok(())
}
