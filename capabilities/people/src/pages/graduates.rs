//! 延迟毕业团员列表, marking and revoking (ROS-50..53), and what to do when something changes at school (ROS-54).

use super::short_names;
use crate::actions;
use crate::rules::{Fault, MarkInput, StudentMark};
use crate::store;
use access::{Mark, Permission};
use base::{Error, OrgId, PersonId, YearMonth, format_moment};
use serde::Deserialize;
use uuid::Uuid;
use web::list::{ListState, Page, Place};
use web::prelude::*;

struct View {
    label: &'static str,
    href: String,
    current: bool,
}

struct RowView {
    value: String,
    person: Uuid,
    name: String,
    branch: String,
    branch_month: String,
    expected: String,
    reason: String,
    marked: String,
}

#[derive(Template)]
#[template(path = "graduates.html")]
struct ListPage {
    shell: Shell,
    place: String,
    views: Vec<View>,
    rows: Page<RowView>,
    delayed: bool,
    may_mark: bool,
    may_transfer: bool,
    fault: String,
}

fn month(index: Option<i32>) -> String {
    index.map_or_else(String::new, |m| YearMonth::from_index(m).to_string())
}

/// The list.
pub(crate) async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    show(&ctx, &query, String::new()).await
}

async fn show(ctx: &Ctx, query: &[(String, String)], fault: String) -> Result<Response> {
    let me = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewPeople, &me)?;
    let state = ListState::new("/console/delayed", query, &["view"]);
    let kind = StudentMark::from_code(state.get("view")).unwrap_or(StudentMark::Delayed);
    let scope = ctx.actor.scope(Permission::ViewPeople);
    let mut reader = ctx.read().await?;
    let place = state.place(2);
    let (cursor, backwards) = match &place {
        Place::First => (None, false),
        Place::After(cursor) => (Some(cursor), false),
        Place::Before(cursor) => (Some(cursor), true),
    };
    let from = cursor.and_then(|c| Some((c.0[0].as_str(), c.0[1].parse().ok()?)));
    let within = (scope.low(), scope.high());
    let found = store::marked_page(&mut reader, within, kind.code(), from, backwards, 51).await?;
    let mut ids: Vec<OrgId> = found.iter().map(|row| OrgId(row.branch)).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = short_names(&mut reader, &ids).await?;
    let raw = Page::new(found, 50, &place, &state, |row| {
        vec![row.path.clone(), row.person.to_string()]
    });
    let rows = raw.rows.iter().map(|row| RowView {
        value: format!("{}:{}", row.branch, row.person),
        person: row.person,
        name: row.name.clone(),
        branch: names.get(&OrgId(row.branch)).cloned().unwrap_or_default(),
        branch_month: month(row.branch_month),
        expected: month(row.expected),
        reason: row.reason.clone().unwrap_or_default(),
        marked: format!(
            "{} {}",
            row.marked_by,
            format_moment(row.marked_at, ctx.now())
        ),
    });
    let policy = ctx.app.policy::<orgs::Policy>();
    let view = ListPage {
        place: ctx
            .actor
            .acting
            .as_ref()
            .map(|g| g.org_name.clone())
            .unwrap_or_default(),
        views: StudentMark::ALL
            .iter()
            .map(|mark| View {
                label: match mark {
                    StudentMark::Delayed => "延迟毕业团员列表",
                    StudentMark::Teacher => "教师",
                },
                href: state.with("view", mark.code()),
                current: *mark == kind,
            })
            .collect(),
        rows: Page {
            rows: rows.collect(),
            before: raw.before,
            after: raw.after,
        },
        delayed: kind == StudentMark::Delayed,
        may_transfer: ctx.actor.may(Permission::StartTransfers, &me),
        may_mark: ctx.actor.may(Permission::MarkDelayed, &me)
            && actions::marker(&mut reader, me.id, policy).await.is_ok(),
        shell: ctx
            .shell(&mut reader, "延迟毕业团员", "/console/members")
            .await?,
        fault,
    };
    let status = if view.fault.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    page(status, &view)
}

/// `branch:person` of the ticked rows.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Ticked {
    mark: Vec<String>,
}

/// Revokes marks.
pub(crate) async fn revoke(ctx: Ctx, form: Form<Ticked>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MarkDelayed, Mark::Does)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let pairs: Vec<(OrgId, PersonId)> = form
        .input
        .mark
        .iter()
        .take(actions::TOGETHER)
        .filter_map(|pair| pair.split_once(':'))
        .filter_map(|(b, p)| Some((OrgId(b.parse().ok()?), PersonId(p.parse().ok()?))))
        .collect();
    match actions::unmark(&mut tx, &pairs, ctx.app.policy()).await {
        Ok(_) => {
            let to = "/console/delayed";
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

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct Input {
    /// Members ticked in the roster.
    member: Vec<Uuid>,
    kind: String,
    expected: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "graduates_new.html")]
struct MarkPage {
    shell: Shell,
    /// Name and branch of each member.
    people: Vec<(Uuid, String, String)>,
    /// Months the branches graduated in.
    months: Vec<String>,
    input: Input,
    faults: Vec<Fault>,
}

impl MarkPage {
    fn at(&self, field: &str) -> &str {
        let fault = self.faults.iter().find(|fault| fault.field == field);
        fault.map_or("", |fault| &fault.message)
    }
}

/// The form for the members ticked.
pub(crate) async fn form(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let member = query
        .iter()
        .filter(|(name, _)| name == "member")
        .filter_map(|(_, id)| id.parse().ok())
        .take(actions::TOGETHER)
        .collect();
    let input = Input {
        member,
        ..Input::default()
    };
    mark_page(&ctx, input, Vec::new()).await
}

async fn mark_page(ctx: &Ctx, input: Input, mut faults: Vec<Fault>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MarkDelayed, Mark::Does)?;
    let ids: Vec<PersonId> = input.member.iter().map(|id| PersonId(*id)).collect();
    // The rights are asked as the marking itself asks them; nothing is written.
    let mut tx = ctx.begin().await?;
    let (branches, rows) = match actions::chosen(&mut tx, &ids, ctx.app.policy()).await {
        Ok((_, branches, rows)) => (branches, rows),
        Err(Error::Refused(refused)) => {
            faults.push(Fault::new("member", refused.code, refused.message));
            (Vec::new(), Vec::new())
        }
        Err(other) => return Err(other.into()),
    };
    drop(tx);
    let mut reader = ctx.read().await?;
    let people = store::names_of(&mut reader, &ids).await?;
    let name_of = |branch: OrgId| {
        let found = branches.iter().find(|org| org.id == branch);
        found.map(|org| org.short_name.clone()).unwrap_or_default()
    };
    let people = rows.iter().map(|(branch, person)| {
        let name = people.get(person).cloned().unwrap_or_default();
        (person.0, name, name_of(*branch))
    });
    let mut months: Vec<String> = branches
        .iter()
        .filter_map(|org| org.graduation.map(|m| m.to_string()))
        .collect();
    months.sort();
    months.dedup();
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = MarkPage {
        people: people.collect(),
        months,
        shell: ctx
            .shell(&mut reader, "标记延迟毕业团员、教师", "/console/members")
            .await?,
        input,
        faults,
    };
    page(status, &view)
}

/// Marks.
pub(crate) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    ctx.actor
        .require_somewhere(Permission::MarkDelayed, Mark::Does)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let people: Vec<PersonId> = input.member.iter().map(|id| PersonId(*id)).collect();
    let typed = MarkInput {
        kind: input.kind.clone(),
        expected: input.expected.clone(),
        reason: input.reason.clone(),
    };
    match actions::mark(&mut tx, &people, &typed, ctx.app.policy()).await {
        Ok(Ok(_)) => {
            let to = format!("/console/delayed?view={}", web::list::encode(&input.kind));
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Ok(Err(faults)) => {
            drop(tx);
            mark_page(&ctx, input, faults).await
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            let fault = Fault::new("member", refused.code, refused.message);
            mark_page(&ctx, input, vec![fault]).await
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Template)]
#[template(path = "campus.html")]
struct CampusPage {
    shell: Shell,
}

/// 在校变动指引.
pub(crate) async fn campus(ctx: Ctx) -> Result<Response> {
    let me = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewPeople, &me)?;
    let mut reader = ctx.read().await?;
    let view = CampusPage {
        shell: ctx
            .shell(&mut reader, "在校变动指引", "/console/members")
            .await?,
    };
    page(StatusCode::OK, &view)
}
