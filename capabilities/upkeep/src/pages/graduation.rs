//! 标记团支部毕业时间 (ORG-50..56): branches of the school sector, ticked, looked at once more, confirmed by typing.

use super::faults::{at, refusal};
use crate::Policy;
use crate::actions::graduation as actions;
use crate::rules::graduation::{self as rules, Mark, REASONS, Typed};
use crate::store::graduation::{self as store, Wanted};
use access::{Permission, Scope};
use base::{Error, OrgId, OrgPath, Refused, business_date, format_moment};
use chrono::{Datelike, NaiveDate, TimeDelta};
use orgs::{Org, OrgState};
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;
use web::list::{Choice, ListState, Place};
use web::prelude::*;

const HERE: &str = "/console/graduation";
const KNOWN: [&str; 3] = ["q", "mark", "year"];

struct Line {
    org: Org,
    /// Superiors below the acting organisation.
    place: String,
    members: i64,
    mark: String,
    kind: &'static str,
    open: bool,
    ticked: bool,
}

/// Branches of one entry year, to be marked by themselves.
struct Group {
    label: String,
    ids: Vec<OrgId>,
}

#[derive(Template)]
#[template(path = "graduation.html")]
struct ListView {
    shell: Shell,
    counts: [i64; 4],
    urgent: Option<bool>,
    state: ListState,
    marks: Vec<Choice>,
    lines: Vec<Line>,
    pager: web::list::Page<()>,
    input: Input,
    reasons: Vec<Choice>,
    from: String,
    to: String,
    fault: Option<Refused>,
    groups: Vec<Group>,
    undoable: Vec<Undoable>,
}

/// A batch of marks its marker can still take back (ORG-B3).
struct Undoable {
    id: Uuid,
    title: String,
    until: String,
}

impl ListView {
    fn fault_of(&self, field: &str) -> &str {
        at(self.fault.as_ref(), field)
    }
    fn unmarked(&self) -> bool {
        self.counts[0] > 0
    }
}

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    branch: Vec<String>,
    month: String,
    reason: String,
    text: String,
    same: String,
    confirm: String,
    /// A month that has passed was looked at once more (ORG-54).
    past: String,
}

impl Input {
    fn ids(&self) -> Vec<OrgId> {
        self.branch
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect()
    }

    fn mark(&self, today: NaiveDate) -> base::Result<Mark> {
        let (month, reason, text) = (&self.month, &self.reason, &self.text);
        rules::read(
            &Typed {
                month,
                reason,
                text,
            },
            today,
        )
    }

    fn same(&self) -> bool {
        self.same == "yes"
    }
}

async fn list(
    ctx: &Ctx,
    query: &[(String, String)],
    input: Input,
    fault: Option<Refused>,
) -> Result<ListView> {
    let policy = ctx.app.policy::<orgs::Policy>();
    let mut reader = ctx.read().await?;
    let own = actions::marker(&mut reader, ctx.org()?.id, policy).await?;
    ctx.actor
        .require(Permission::MarkGraduation, &own.to_ref())?;
    let scope = Scope::subtree(&own.path);
    let sectors = policy.school_filter();
    let state = ListState::new(HERE, query, &KNOWN);
    let wanted = Wanted {
        text: state.some("q"),
        mark: state.some("mark"),
        year: state.some("year").filter(|y| y.len() == 4),
        sectors: sectors.as_deref(),
    };
    let size = state.size(50);
    let mut place = state.place(1);
    let from = match &place {
        Place::First => None,
        Place::After(c) | Place::Before(c) => c.0.first().map(OrgPath::new),
    };
    if from.is_none() {
        place = Place::First;
    }
    let back = matches!(place, Place::Before(_));
    let found = store::branches(&mut reader, &scope, wanted, from.as_ref(), back, size + 1).await?;
    let ids: Vec<OrgId> = found.iter().map(|line| line.id).collect();
    let mut known: HashMap<OrgId, Org> = orgs::find_many(&mut reader, &ids)
        .await?
        .into_iter()
        .map(|org| (org.id, org))
        .collect();
    let rows: Vec<(Org, Option<String>, i64)> = found
        .into_iter()
        .filter_map(|line| Some((known.remove(&line.id)?, line.reason, line.members)))
        .collect();
    let rows = web::list::Page::new(rows, size, &place, &state, |(org, ..)| {
        vec![org.path.to_string()]
    });
    let names = superiors(&mut reader, &own, rows.rows.iter().map(|r| &r.0)).await?;
    let ticked = input.ids();
    let lines = rows
        .rows
        .into_iter()
        .map(|(org, reason, members)| line(org, reason, members, &names, &ticked))
        .collect();
    let today = business_date(reader.now());
    let chosen = orgs::find_many(&mut reader, &ticked).await?;
    let groups = match &fault {
        Some(f) if f.code == "graduation.years" => rules::groups(&chosen)
            .into_iter()
            .map(|(year, group)| Group {
                label: year.map_or("名称不含年份的".into(), |y| format!("{y}级")),
                ids: group.iter().map(|org| org.id).collect(),
            })
            .collect(),
        _ => Vec::new(),
    };
    let (first, last) = rules::months(today);
    let now = reader.now();
    let undo = ctx.app.policy::<Policy>();
    let undoable = actions::undoable(&mut reader, &ctx.actor, now, undo)
        .await?
        .into_iter()
        .map(|change| Undoable {
            until: format_moment(
                change.created_at + TimeDelta::minutes(undo.undo_minutes),
                now,
            ),
            id: change.id,
            title: change.title,
        })
        .collect();
    Ok(ListView {
        undoable,
        counts: store::counts(&mut reader, &scope, sectors.as_deref()).await?,
        urgent: rules::urgency(today),
        marks: Choice::list(
            [
                ("", "全部"),
                ("unmarked", "未标记"),
                ("month", "已标记"),
                ("reason", "已标记（无法确定）"),
                ("graduate", "毕业生团组织"),
            ],
            state.get("mark"),
        ),
        reasons: Choice::list(
            std::iter::once(("", "（填了毕业时间就不选）")).chain(REASONS.map(|r| (r, r))),
            &input.reason,
        ),
        from: first.to_string(),
        to: last.to_string(),
        pager: web::list::Page {
            rows: Vec::new(),
            before: rows.before,
            after: rows.after,
        },
        shell: ctx.shell(&mut reader, "标记团支部毕业时间", HERE).await?,
        state,
        lines,
        input,
        fault,
        groups,
    })
}

/// Names of the direct superiors of branches, without the acting organisation's own.
async fn superiors<'a>(
    reader: &mut db::Reader,
    own: &Org,
    branches: impl Iterator<Item = &'a Org>,
) -> base::Result<HashMap<OrgId, String>> {
    let mut ids: Vec<OrgId> = branches.filter_map(|org| org.parent).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(orgs::find_many(reader, &ids)
        .await?
        .into_iter()
        .map(|org| {
            let name = if org.id == own.id {
                "本组织".to_owned()
            } else {
                org.short_name
            };
            (org.id, name)
        })
        .collect())
}

fn line(
    org: Org,
    reason: Option<String>,
    members: i64,
    names: &HashMap<OrgId, String>,
    ticked: &[OrgId],
) -> Line {
    let (mark, kind) = match (org.state, org.graduation, reason) {
        (OrgState::Graduate, Some(month), _) => {
            (format!("毕业生团组织（{}）", month.chinese()), "")
        }
        (OrgState::Graduate, None, _) => ("毕业生团组织".into(), ""),
        (_, Some(month), _) => (format!("已标记 {}", month.chinese()), "tj-ok"),
        (_, None, Some(reason)) => (format!("已标记（无法确定：{reason}）"), "tj-ok"),
        (_, None, None) => ("未标记".into(), "tj-warn"),
    };
    Line {
        place: org
            .parent
            .and_then(|parent| names.get(&parent).cloned())
            .unwrap_or_default(),
        open: org.graduation.is_none(),
        ticked: ticked.contains(&org.id),
        members,
        mark,
        kind,
        org,
    }
}

/// `GET /console/graduation`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let view = list(&ctx, &query, Input::default(), None).await?;
    page(StatusCode::OK, &view)
}

#[derive(Template)]
#[template(path = "graduation_confirm.html")]
struct ConfirmView {
    shell: Shell,
    input: Input,
    branches: Vec<Org>,
    members: i64,
    words: String,
    effect: String,
    past: bool,
    typed: String,
    /// Of the cooling time.
    minutes: i64,
    fault: Option<Refused>,
}

/// What has to be typed: the month, or that there is none.
fn password(mark: &Mark) -> String {
    match mark {
        Mark::Month(month) => month.to_string(),
        Mark::Reason(_) => "无法确定".into(),
    }
}

async fn confirm_view(
    ctx: &Ctx,
    input: Input,
    mark: &Mark,
    branches: Vec<Org>,
    fault: Option<Refused>,
) -> Result<ConfirmView> {
    let mut reader = ctx.read().await?;
    let ids: Vec<OrgId> = branches.iter().map(|org| org.id).collect();
    let now = reader.now();
    let (words, effect, past) = match mark {
        Mark::Month(month) => {
            let day = rules::switch_day(*month, now, ctx.app.policy::<Policy>());
            (
                format!("预计毕业时间：{}", month.chinese()),
                format!(
                    "这些支部将在{}年{}月{}日凌晨转为毕业生团组织（以年份为准，不看月份），团员全部认定为毕业生，团员注册停止。",
                    day.year(),
                    day.month(),
                    day.day()
                ),
                rules::is_past(*month, now),
            )
        }
        Mark::Reason(reason) => (
            format!("无法确定毕业时间：{reason}"),
            "这些支部不会自动转为毕业生团组织；毕业时间确定后可以改标一次月份。".to_owned(),
            false,
        ),
    };
    Ok(ConfirmView {
        members: store::members(&mut reader, &ids).await?,
        shell: ctx.shell(&mut reader, "确认毕业时间", HERE).await?,
        typed: password(mark),
        minutes: ctx.app.policy::<Policy>().undo_minutes,
        input,
        branches,
        words,
        effect,
        past,
        fault,
    })
}

/// `POST /console/graduation/check`: nothing changes; the page with the effects, or the list with what is wrong.
pub(super) async fn check(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MarkGraduation, access::Mark::Does)?;
    let input = form.input;
    let mut tx = ctx.begin().await?;
    let policy = ctx.app.policy::<orgs::Policy>();
    let looked = match input.mark(business_date(ctx.now())) {
        Ok(mark) => actions::chosen(&mut tx, &input.ids(), input.same(), policy)
            .await
            .map(|branches| (mark, branches)),
        Err(fault) => Err(fault),
    };
    drop(tx);
    match looked {
        Ok((mark, branches)) => {
            let view = confirm_view(&ctx, input, &mark, branches, None).await?;
            page(StatusCode::OK, &view)
        }
        Err(error) => {
            let fault = refusal(error)?;
            let view = list(&ctx, &[], input, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

/// `POST /console/graduation`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MarkGraduation, access::Mark::Does)?;
    let (key, input) = (form.key, form.input);
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&key).await? {
        return Ok(see_other(&before));
    }
    let policy = ctx.app.policy::<orgs::Policy>();
    let own = ctx.app.policy::<Policy>();
    let mark = input.mark(business_date(ctx.now()))?;
    if base::text::normalise(&input.confirm) != password(&mark) {
        let branches = actions::chosen(&mut tx, &input.ids(), input.same(), policy).await?;
        drop(tx);
        let fault = Refused {
            code: "graduation.confirm",
            message: format!("请输入“{}”，一字不差，再提交。", password(&mark)),
            field: Some("confirm"),
        };
        let view = confirm_view(&ctx, input, &mark, branches, Some(fault)).await?;
        return page(StatusCode::UNPROCESSABLE_ENTITY, &view);
    }
    let passed = matches!(&mark, Mark::Month(month) if rules::is_past(*month, tx.now()));
    if passed && input.past != "yes" {
        let branches = actions::chosen(&mut tx, &input.ids(), input.same(), policy).await?;
        drop(tx);
        let fault = Refused {
            code: "graduation.past",
            message: "选的是已经过去的月份。确实如此请勾选确认，否则返回重选。".into(),
            field: Some("past"),
        };
        let view = confirm_view(&ctx, input, &mark, branches, Some(fault)).await?;
        return page(StatusCode::UNPROCESSABLE_ENTITY, &view);
    }
    match actions::mark(&mut tx, &input.ids(), &mark, input.same(), policy, own).await {
        Ok(_) => {
            tx.commit_to(HERE).await?;
            Ok(see_other(HERE))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = list(&ctx, &[], input, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

/// Which batch is taken back.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Undo {
    change: String,
}

/// `POST /console/graduation/undo` (ORG-B3)
pub(super) async fn undo(ctx: Ctx, form: Form<Undo>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MarkGraduation, access::Mark::Does)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let id: Uuid = form.input.change.parse().map_err(|_| Error::NotFound)?;
    match actions::undo(&mut tx, id, ctx.app.policy()).await {
        Ok(_) => {
            tx.commit_to(HERE).await?;
            Ok(see_other(HERE))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = list(&ctx, &[], Input::default(), Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
