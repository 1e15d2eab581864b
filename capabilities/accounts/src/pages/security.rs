//! 安全日志 (ACC-69): an organisation's own for its administrators, everything for auditors.

use super::account::what_happened;
use crate::{
    rules::sign_in::device_name,
    store::security::{self as store, Line},
};
use access::{Permission, Relation};
use base::{Error, OrgId, business_date, format_moment};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;
use web::{
    list::{Choice, encode},
    prelude::*,
};

const HERE: &str = "/console/security";
const ALL: &str = "/console/security/all";
/// Lines on one page.
const MOST: i64 = 50;
/// What can be looked for.
const KINDS: [(&str, &str); 9] = [
    ("", "全部"),
    ("sign_in", "登录"),
    ("refusal", "访问被拒绝"),
    ("unmask", "查看完整号码"),
    ("password", "密码"),
    ("reset_code", "重置密码验证码"),
    ("account", "停用、启用、结束登录"),
    ("switch", "切换组织"),
    ("extra_fields", "多余的表单字段"),
];

struct Row {
    at: String,
    who: String,
    org: String,
    what: String,
    detail: String,
    address: String,
    device: String,
}

#[derive(Template)]
#[template(path = "security.html")]
struct LogPage {
    shell: Shell,
    /// Whose log: the organisation's name, or none for everything.
    org: Option<String>,
    here: &'static str,
    kinds: Vec<Choice>,
    day: String,
    rows: Vec<Row>,
    /// Where the older ones begin.
    older: String,
    /// The reader may see everything.
    whole: bool,
}

/// What is asked for.
#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    kind: String,
    /// Up to the end of this day.
    day: String,
    before: String,
    event: String,
}

impl Asked {
    fn from(&self, now: DateTime<Utc>) -> (DateTime<Utc>, Uuid) {
        if let (Ok(before), Ok(event)) = (self.before.parse(), self.event.parse()) {
            return (before, event);
        }
        let day: Option<NaiveDate> = self.day.parse().ok();
        let day =
            day.filter(|day| *day <= business_date(now) && *day >= NaiveDate::MIN + Days::new(366));
        let end = day
            .and_then(|day| (day + Days::new(1)).and_hms_opt(0, 0, 0))
            .and_then(|end| end.and_local_timezone(base::CST).single())
            .map_or(now, |end| end.to_utc());
        (end, Uuid::max())
    }

    fn kind(&self) -> &str {
        let known = KINDS.iter().any(|(code, _)| *code == self.kind);
        if known { &self.kind } else { "" }
    }
}

/// `GET /console/security`: the organisation acted for.
pub(super) async fn own(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let own = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewGrants, &own)?;
    // An auditor acts for the root and has the whole log; a cadre has none.
    let administers = ctx
        .actor
        .acting
        .as_ref()
        .is_some_and(|g| g.role.administers());
    if !administers || ctx.actor.relation(&own) != Relation::Own {
        return Err(Error::forbidden("本组织的安全日志由本组织的管理员、运营者查看。").into());
    }
    let mut reader = ctx.read().await?;
    let from = asked.from(ctx.now());
    let lines = store::of_org(&mut reader, own.id, from, asked.kind(), MOST + 1).await?;
    show(&ctx, reader, &asked, lines, Some(own.id)).await
}

/// `GET /console/security/all`: everything, for auditors.
pub(super) async fn all(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    ctx.actor.require_look(Permission::ViewSystem, ctx.org()?)?;
    let mut reader = ctx.read().await?;
    let lines = store::all(&mut reader, asked.from(ctx.now()), asked.kind(), MOST + 1).await?;
    show(&ctx, reader, &asked, lines, None).await
}

async fn show(
    ctx: &Ctx,
    mut reader: db::Reader,
    asked: &Asked,
    mut lines: Vec<Line>,
    own: Option<OrgId>,
) -> Result<Response> {
    let more = lines.len() as i64 > MOST;
    lines.truncate(MOST as usize);
    let here = if own.is_some() { HERE } else { ALL };
    let older = lines.last().filter(|_| more).map(|last| {
        let at = encode(&last.at.to_rfc3339());
        format!(
            "{here}?kind={}&day={}&before={at}&event={}",
            asked.kind(),
            encode(&asked.day),
            last.event_id
        )
    });
    let accounts: Vec<Uuid> = lines.iter().map(|line| line.subject_id).collect();
    let names = store::names(&mut reader, &accounts).await?;
    let mut ids: Vec<OrgId> = lines
        .iter()
        .filter_map(|line| line.org_id.map(OrgId))
        .collect();
    ids.extend(own);
    ids.sort_unstable();
    ids.dedup();
    let orgs = orgs::find_many(&mut reader, &ids).await?;
    let orgs: HashMap<OrgId, String> = orgs
        .into_iter()
        .map(|org| (org.id, org.short_name))
        .collect();
    let now = ctx.now();
    let rows = lines.into_iter().map(|line| Row {
        at: format_moment(line.at, now),
        who: names
            .get(&line.subject_id)
            .cloned()
            .unwrap_or_else(|| "没有对应的账号".into()),
        org: line
            .org_id
            .and_then(|id| orgs.get(&OrgId(id)).cloned())
            .unwrap_or_default(),
        what: what_happened(&line.kind, &line.outcome),
        detail: line.detail,
        address: line.address,
        device: device_name(&line.device),
    });
    let view = LogPage {
        rows: rows.collect(),
        org: own.map(|id| orgs.get(&id).cloned().unwrap_or_default()),
        here,
        kinds: KINDS
            .iter()
            .map(|(code, label)| Choice {
                value: (*code).into(),
                label: (*label).into(),
                selected: *code == asked.kind(),
            })
            .collect(),
        day: asked.day.clone(),
        older: older.unwrap_or_default(),
        whole: ctx
            .org()
            .is_ok_and(|org| ctx.actor.may_look(Permission::ViewSystem, org)),
        shell: ctx
            .shell(&mut reader, "安全日志", "/console/grants")
            .await?,
    };
    page(StatusCode::OK, &view)
}
