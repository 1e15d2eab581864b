//! 满28岁离团: who is to leave, who is held, who stays and who left, with confirming and restoring (ROS-75..81).

use super::{narrowed, short_names};
use crate::actions;
use crate::departures::Departures;
use crate::rules::{EXEMPT_YEARS, Exemption, Policy};
use crate::store::{self, Aged, LeavingRow};
use access::{Mark, OrgRef, Permission, Relation};
use base::{Error, OrgCategory, OrgId, OrgPath, PersonId, business_date};
use serde::Deserialize;
use uuid::Uuid;
use web::list::{ListState, Page, Place};
use web::prelude::*;

const VIEWS: [(&str, &str, &str); 6] = [
    (
        "proposed",
        "待办离团",
        "已满28周岁、没有团内职务，等团支部确认",
    ),
    ("held", "欠费未离团", "交清团费后，次日凌晨离团"),
    ("office", "保留团籍", "任职期间保留团籍，仍做年度团籍注册"),
    ("exempt", "恢复后保留", "恢复团籍时定下的期限内保留"),
    ("left", "已离团", "特殊情况可以恢复团籍"),
    ("restored", "已恢复", "恢复团籍的人员和原因"),
];
/// Most confirmed in one act.
const TOGETHER: i64 = 200;

struct View {
    label: &'static str,
    href: String,
    count: String,
    current: bool,
}

struct RowView {
    value: String,
    person: String,
    name: String,
    branch: String,
    born: String,
    reason: String,
    since: String,
    may_confirm: bool,
    may_restore: bool,
}

#[derive(Template)]
#[template(path = "leaving.html")]
struct LeavingPage {
    shell: Shell,
    place: String,
    hint: &'static str,
    views: Vec<View>,
    rows: Page<RowView>,
    shown: String,
    may_confirm: bool,
    confirm: bool,
    days: u32,
    age: u32,
    fault: String,
}

fn branch_of(row: &LeavingRow) -> OrgRef {
    OrgRef {
        id: OrgId(row.branch),
        path: OrgPath::new(&row.path),
        category: OrgCategory::Branch,
    }
}

/// The branch confirms; once it has been silent for too long, so may its direct superior (ROS-76).
fn may_confirm(ctx: &Ctx, row: &LeavingRow) -> bool {
    let branch = branch_of(row);
    let turn = match ctx.actor.relation(&branch) {
        Relation::Own => true,
        Relation::DirectSuperior => row.escalated,
        _ => false,
    };
    turn && row.state == "proposed" && ctx.actor.may(Permission::ManageLeaving, &branch)
}

/// The list.
pub(crate) async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    show(&ctx, &query, String::new()).await
}

async fn show(ctx: &Ctx, query: &[(String, String)], fault: String) -> Result<Response> {
    let me = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewPeople, &me)?;
    let state = ListState::new("/console/leaving", query, &["view", "org"]);
    let mut reader = ctx.read().await?;
    let mut scope = ctx.actor.scope(Permission::ViewPeople);
    if let Some(number) = state.some("org") {
        let org = narrowed(&mut reader, &scope, number)
            .await?
            .ok_or(Error::NotFound)?;
        scope = scope
            .within(&org.path)
            .unwrap_or_else(access::Scope::nothing);
    }
    let policy: &Policy = ctx.app.policy();
    let counts = store::leaving_counts(&mut reader, scope.low(), scope.high()).await?;
    let wanted = state.get("view");
    let current = VIEWS
        .iter()
        .find(|(code, _, _)| *code == wanted)
        .unwrap_or(&VIEWS[0]);
    let place = state.place(2);
    let (cursor, backwards) = match &place {
        Place::First => (None, false),
        Place::After(cursor) => (Some(cursor), false),
        Place::Before(cursor) => (Some(cursor), true),
    };
    let from = cursor.and_then(|c| Some((c.0[0].as_str(), c.0[1].parse().ok()?)));
    let within = (scope.low(), scope.high());
    let found = store::leaving_page(&mut reader, within, current.0, from, backwards, 51).await?;
    let mut ids: Vec<OrgId> = found.iter().map(|row| OrgId(row.branch)).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = short_names(&mut reader, &ids).await?;
    let raw = Page::new(found, 50, &place, &state, |row| {
        vec![row.path.clone(), row.person.to_string()]
    });
    let rows = Page {
        rows: raw
            .rows
            .iter()
            .map(|row| RowView {
                value: format!("{}:{}", row.branch, row.person),
                person: row.person.to_string(),
                name: row.name.clone(),
                branch: names.get(&OrgId(row.branch)).cloned().unwrap_or_default(),
                born: row.born.to_string(),
                reason: row.reason.clone(),
                since: row
                    .left_on
                    .filter(|_| row.state == "left")
                    .unwrap_or(row.since)
                    .to_string(),
                may_confirm: may_confirm(ctx, row),
                may_restore: row.state == "left"
                    && ctx.actor.may(Permission::ManageLeaving, &branch_of(row)),
            })
            .collect(),
        before: raw.before,
        after: raw.after,
    };
    let number = |code: &str| counts.get(code).copied().unwrap_or(0);
    let words = |n: i64| {
        if n > 10_000 {
            "10,000+".to_owned()
        } else {
            base::text::thousands(n)
        }
    };
    let status = if fault.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = LeavingPage {
        shell: ctx
            .shell(&mut reader, "满28岁离团", "/console/leaving")
            .await?,
        place: ctx
            .actor
            .acting
            .as_ref()
            .map(|g| g.org_name.clone())
            .unwrap_or_default(),
        hint: current.2,
        views: VIEWS
            .iter()
            .map(|(code, label, _)| View {
                label,
                href: state.with("view", code),
                count: words(number(code)),
                current: *code == current.0,
            })
            .collect(),
        may_confirm: rows.rows.iter().any(|row| row.may_confirm),
        confirm: current.0 == "proposed",
        shown: format!("共 {} 人", words(number(current.0))),
        rows,
        days: policy.leave28_escalate_days,
        age: policy.leave28_age,
        fault,
    };
    page(status, &view)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Confirm {
    /// `branch:person` of the ticked rows.
    person: Vec<String>,
    /// `yes`: all that may be confirmed.
    all: String,
}

/// Confirms that people leave.
pub(crate) async fn confirm(ctx: Ctx, form: Form<Confirm>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::ManageLeaving, Mark::Does)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    match confirmed(&ctx, &mut tx, &form.input).await {
        Ok(()) => {
            let to = "/console/leaving?view=left";
            tx.commit_to(to).await?;
            Ok(see_other(to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            show(&ctx, &[], refused.message).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn confirmed(ctx: &Ctx, tx: &mut db::Tx, input: &Confirm) -> base::Result<()> {
    let rows: Vec<LeavingRow> = if input.all == "yes" {
        let scope = ctx.actor.scope(Permission::ViewPeople);
        let within = (scope.low(), scope.high());
        let all = store::leaving_page(tx, within, "proposed", None, false, TOGETHER).await?;
        all.into_iter()
            .filter(|row| may_confirm(ctx, row))
            .collect()
    } else {
        let ticked: Vec<(Uuid, Uuid)> = input
            .person
            .iter()
            .take(TOGETHER as usize)
            .filter_map(|pair| pair.split_once(':'))
            .filter_map(|(b, p)| b.parse().ok().zip(p.parse().ok()))
            .collect();
        let (branches, people): (Vec<Uuid>, Vec<Uuid>) = ticked.iter().copied().unzip();
        let found = store::leaving_rows(tx, &branches, &people).await?;
        let mut rows = Vec::new();
        for pair in ticked {
            let row = found.get(&pair).ok_or(Error::NotFound)?;
            let branch = branch_of(row);
            ctx.actor.require_look(Permission::ViewPeople, &branch)?;
            if row.state != "proposed" {
                return Err(Error::Conflict(format!(
                    "{}已不在待办离团中，可能刚刚被办理，请刷新后核对",
                    row.name
                )));
            }
            if !may_confirm(ctx, row) {
                return Err(Error::forbidden(format!(
                    "{}的离团由所在团支部确认，超过{}天未确认的由直接上级办理。",
                    row.name,
                    ctx.app.policy::<Policy>().leave28_escalate_days
                )));
            }
            rows.push(row.clone());
        }
        rows
    };
    if rows.is_empty() {
        return Err(Error::refused(
            "leave28.none",
            "没有选中可以确认离团的人员，请先勾选",
        ));
    }
    let departures = ctx.app.policy::<Departures>();
    let people: Vec<PersonId> = rows.iter().map(|row| PersonId(row.person)).collect();
    let held = departures.holds(tx, &people).await?;
    if ctx.app.policy::<Policy>().leave28_hold_for_arrears
        && let Some((person, why)) = held.first()
    {
        let name = rows
            .iter()
            .find(|row| row.person == person.0)
            .map_or("", |row| row.name.as_str());
        return Err(Error::refused(
            "leave28.held",
            format!("{name}{why}，请先补交，再确认离团"),
        ));
    }
    let aged: Vec<Aged> = rows
        .into_iter()
        .map(|row| Aged {
            branch: row.branch,
            person: row.person,
            path: row.path,
            name: row.name,
            born: row.born,
        })
        .collect();
    let today = business_date(tx.now());
    actions::leave(tx, &aged, today, departures).await?;
    Ok(())
}

struct Found {
    id: OrgId,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "restore.html")]
struct RestorePage {
    shell: Shell,
    person: Uuid,
    name: String,
    branch: String,
    left: String,
    found: Vec<Found>,
    searched: bool,
    years: u32,
    input: Restore,
    fault: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct Restore {
    q: String,
    branch: String,
    reason: String,
    exempt: String,
    until: String,
}

struct Gone {
    name: String,
    branch: orgs::Org,
    left: String,
}

/// Somebody who left at 28, if the reader may restore (SEC-12).
async fn gone(ctx: &Ctx, reader: &mut db::Reader, id: PersonId) -> Result<Gone> {
    let seen = super::member::see(ctx, reader, id).await?;
    let last = seen.memberships.first().ok_or(Error::NotFound)?;
    let branch = orgs::find(reader, last.branch)
        .await?
        .ok_or(Error::NotFound)?;
    ctx.actor
        .require(Permission::ManageLeaving, &branch.to_ref())?;
    Ok(Gone {
        name: seen.person.name.clone(),
        left: last.until.map_or_else(String::new, |day| day.to_string()),
        branch,
    })
}

async fn restore_page(ctx: &Ctx, id: Uuid, input: Restore, fault: String) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let gone = gone(ctx, &mut reader, PersonId(id)).await?;
    let scope = ctx.actor.scope(Permission::ViewPeople);
    let all = if input.q.trim().is_empty() {
        vec![gone.branch.clone()]
    } else {
        orgs::search(&mut reader, &scope, input.q.trim(), 20).await?
    };
    let found: Vec<Found> = all
        .into_iter()
        .filter(|org| org.is_branch() && org.state.is_live())
        .filter(|org| ctx.actor.may(Permission::ManageLeaving, &org.to_ref()))
        .map(|org| Found {
            chosen: input.branch == org.id.to_string(),
            id: org.id,
            name: org.full_name,
        })
        .collect();
    let status = if fault.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = RestorePage {
        shell: ctx
            .shell(&mut reader, "恢复团籍", "/console/leaving")
            .await?,
        person: id,
        name: gone.name,
        branch: gone.branch.full_name,
        left: gone.left,
        searched: !input.q.trim().is_empty(),
        found,
        years: EXEMPT_YEARS,
        input,
        fault,
    };
    page(status, &view)
}

/// Asks for the branch, the reason and what keeps the membership.
pub(crate) async fn restore_form(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(input): Query<Restore>,
) -> Result<Response> {
    restore_page(&ctx, id, input, String::new()).await
}

/// Restores.
pub(crate) async fn restore(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    form: Form<Restore>,
) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    match restored(&ctx, &mut tx, PersonId(id), &form.input).await {
        Ok(()) => {
            let to = format!("/console/members/{id}");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            restore_page(&ctx, id, form.input.clone(), refused.message).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn restored(ctx: &Ctx, tx: &mut db::Tx, id: PersonId, input: &Restore) -> base::Result<()> {
    let mut reader = ctx.app.db().read().await?;
    let gone = gone(ctx, &mut reader, id)
        .await
        .map_err(|failure| failure.0)?;
    let none = || Error::refused_at("branch", "restore.branch", "未找到该团支部");
    let branch = match input.branch.parse() {
        Ok(branch) => orgs::find(&mut reader, OrgId(branch))
            .await?
            .ok_or_else(none)?,
        Err(_) => gone.branch,
    };
    drop(reader);
    if !ctx.actor.may(Permission::ManageLeaving, &branch.to_ref()) {
        return Err(none());
    }
    let exemption = Exemption::read(&input.exempt, &input.until, business_date(tx.now()))?;
    let departures = ctx.app.policy::<Departures>();
    actions::restore(tx, id, &branch, &input.reason, exemption, departures).await
}
