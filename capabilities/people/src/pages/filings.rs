//! 团籍变动: filing, the list of filings and of those who left by one, and taking one back (ROS-85..88).

use super::member::see;
use super::short_names;
use crate::actions;
use crate::departures::Departures;
use crate::rules::{Fault, FilingInput, FilingOf, GROUNDS, Policy, document_sort};
use crate::store::{self, FilingRow};
use access::{OrgRef, Permission, Relation};
use axum::http::{HeaderValue, header};
use base::{Error, FileId, OrgCategory, OrgId, OrgPath, PersonId, business_date, format_moment};
use serde::Deserialize;
use uuid::Uuid;
use web::list::{Choice, ListState, Page, Place};
use web::{Multi, prelude::*};

const LEFT: &str = "left";
const VIEWS: [(&str, &str, &str); 5] = [
    (
        "waiting",
        "待上级确认",
        "除名、停止团籍、开除团籍须由直接上级在“待办审核”确认",
    ),
    ("carried", "已办理", "备案已生效"),
    (
        LEFT,
        "已离开团员",
        "团籍已终止，不再列入名册和统计；点“资料”查看保留的档案。满28岁离团的在“满28岁离团”里",
    ),
    ("returned", "已退回", "团籍没有变动，改正后可重新备案"),
    (
        "reversed",
        "已更正",
        "备案有误，团籍已恢复；两次办理都留在历史里",
    ),
];
const MOST: usize = 20 * 1024 * 1024;

struct View {
    label: &'static str,
    href: String,
    current: bool,
}

struct RowView {
    href: String,
    person: String,
    name: String,
    branch: String,
    kind: &'static str,
    decided_on: String,
    filed: String,
}

#[derive(Template)]
#[template(path = "filings.html")]
struct FilingsPage {
    shell: Shell,
    place: String,
    hint: &'static str,
    /// The list shows what the membership has become, not what was filed.
    left: bool,
    views: Vec<View>,
    rows: Page<RowView>,
}

fn kind_of(row: &FilingRow) -> &'static str {
    FilingOf::from_code(&row.kind).map_or("", FilingOf::label)
}

fn branch_of(row: &FilingRow) -> OrgRef {
    OrgRef {
        id: OrgId(row.branch),
        path: OrgPath::new(&row.path),
        category: OrgCategory::Branch,
    }
}

/// The list.
pub(crate) async fn list(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let me = ctx.org()?.clone();
    ctx.actor
        .require_look(Permission::FileEndings, &me)
        .or_else(|_| {
            // Committees file nothing of their own, and look at their branches'.
            ctx.actor.require_look(Permission::ViewPeople, &me)
        })?;
    let state = ListState::new("/console/filings", &query, &["view"]);
    let wanted = state.get("view");
    let current = VIEWS
        .iter()
        .find(|(code, _, _)| *code == wanted)
        .unwrap_or(&VIEWS[0]);
    let scope = ctx.actor.scope(Permission::FileEndings);
    let place = state.place(2);
    let (cursor, backwards) = match &place {
        Place::First => (None, false),
        Place::After(cursor) => (Some(cursor), false),
        Place::Before(cursor) => (Some(cursor), true),
    };
    let from = cursor.and_then(|c| Some((c.0[0].as_str(), c.0[1].parse().ok()?)));
    let mut reader = ctx.read().await?;
    let within = (scope.low(), scope.high());
    let left = current.0 == LEFT;
    let wanted = if left { "carried" } else { current.0 };
    let found =
        store::filing_page(&mut reader, within, (wanted, left), from, backwards, 51).await?;
    let mut ids: Vec<OrgId> = found.iter().map(|row| OrgId(row.branch)).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = short_names(&mut reader, &ids).await?;
    let raw = Page::new(found, 50, &place, &state, |row| {
        vec![row.path.clone(), row.id.to_string()]
    });
    let now = ctx.now();
    let view = FilingsPage {
        place: ctx
            .actor
            .acting
            .as_ref()
            .map(|g| g.org_name.clone())
            .unwrap_or_default(),
        hint: current.2,
        left,
        views: VIEWS
            .iter()
            .map(|(code, label, _)| View {
                label,
                href: state.with("view", code),
                current: *code == current.0,
            })
            .collect(),
        rows: Page {
            rows: raw
                .rows
                .iter()
                .map(|row| RowView {
                    href: format!("/console/filings/{}/{}", row.branch, row.id),
                    person: row.person.to_string(),
                    name: row.name.clone(),
                    branch: names.get(&OrgId(row.branch)).cloned().unwrap_or_default(),
                    kind: match FilingOf::from_code(&row.kind) {
                        Some(kind) if left => kind.outcome().label(),
                        _ => kind_of(row),
                    },
                    decided_on: row.decided_on.to_string(),
                    filed: format!("{} {}", row.filed_by, format_moment(row.filed_at, now)),
                })
                .collect(),
            before: raw.before,
            after: raw.after,
        },
        shell: ctx
            .shell(&mut reader, "团籍变动", "/console/filings")
            .await?,
    };
    page(StatusCode::OK, &view)
}

struct Kind {
    code: &'static str,
    label: &'static str,
    steps: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "filing_new.html")]
struct NewPage {
    shell: Shell,
    person: Uuid,
    name: String,
    branch: String,
    kinds: Vec<Kind>,
    grounds: Vec<Choice>,
    input: FilingInput,
    faults: Vec<Fault>,
    rest: String,
    least: usize,
    /// Cadre records stay (ROS-46).
    keeps_offices: bool,
}

impl NewPage {
    fn fault_of(&self, field: &str) -> String {
        let found = self.faults.iter().filter(|f| f.field == field);
        found
            .map(|f| f.message.as_str())
            .collect::<Vec<_>>()
            .join("；")
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    person: String,
}

async fn whom(
    ctx: &Ctx,
    reader: &mut db::Reader,
    typed: &str,
) -> Result<(PersonId, String, orgs::Org)> {
    let id: Uuid = typed.parse().map_err(|_| Error::NotFound)?;
    let seen = see(ctx, reader, PersonId(id)).await?;
    let Some(branch) = seen.branch else {
        return Err(Error::Conflict(format!(
            "{}现在没有团籍，不能办理团籍变动",
            seen.person.name
        ))
        .into());
    };
    ctx.actor
        .require(Permission::FileEndings, &branch.to_ref())?;
    Ok((PersonId(id), seen.person.name, branch))
}

async fn form_page(
    ctx: &Ctx,
    typed: &str,
    input: FilingInput,
    faults: Vec<Fault>,
    rest: String,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (person, name, branch) = whom(ctx, &mut reader, typed).await?;
    let status = if faults.is_empty() && rest.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = NewPage {
        shell: ctx
            .shell(&mut reader, "团籍变动备案", "/console/filings")
            .await?,
        person: person.0,
        name,
        branch: branch.full_name,
        kinds: FilingOf::ALL
            .into_iter()
            .map(|kind| Kind {
                code: kind.code(),
                label: kind.label(),
                steps: kind.steps(),
                chosen: kind.code() == input.kind,
            })
            .collect(),
        grounds: GROUNDS
            .iter()
            .map(|(code, label)| Choice {
                value: (*code).to_owned(),
                label: (*label).to_owned(),
                selected: input.grounds.iter().any(|g| g == code),
            })
            .collect(),
        input,
        faults,
        rest,
        least: ctx.app.policy::<Policy>().exit_text_min,
        keeps_offices: ctx.app.policy::<Policy>().cadre_records,
    };
    page(status, &view)
}

/// The form.
pub(crate) async fn form(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    form_page(
        &ctx,
        &asked.person,
        FilingInput::default(),
        Vec::new(),
        String::new(),
    )
    .await
}

fn typed(multi: &Multi) -> FilingInput {
    let field = |name: &str| multi.field(name).to_owned();
    FilingInput {
        kind: field("kind"),
        decided_on: field("decided_on"),
        organ: field("organ"),
        reason: field("reason"),
        grounds: GROUNDS
            .iter()
            .filter(|(code, _)| multi.field(code) == "yes")
            .map(|(code, _)| (*code).to_owned())
            .collect(),
        lost_since: field("lost_since"),
        typed_name: field("typed_name"),
    }
}

/// Keeps the document, before the row that names it: a file nobody names is swept, a name without a file would not open.
async fn keep(
    ctx: &Ctx,
    tx: &mut db::Tx,
    person: PersonId,
    multi: &mut Multi,
) -> base::Result<FileId> {
    let refuse = |words: &str| Err(Error::refused_at("file", "filing.document", words));
    let Some(file) = multi.files.remove("file") else {
        return refuse("须先履行线下程序并上传决定材料。");
    };
    if file.bytes.len() > MOST {
        return refuse("决定材料最大20MB，请压缩或分辨率调低后重新扫描");
    }
    let Some((ending, content_type)) = document_sort(&file.bytes) else {
        return refuse("决定材料只收PDF、JPG、PNG，这个文件的内容不是其中任何一种");
    };
    let (id, now): (FileId, _) = (tx.new_id(), tx.now());
    let facts = files::StoredFile {
        owner: person.0,
        name: format!("决定材料.{ending}"),
        content_type: content_type.to_owned(),
        expires_at: None,
    };
    let size = file.bytes.len();
    ctx.app.files().put(id, file.bytes).await?;
    files::register(tx, id, &facts, "filing", size, now).await?;
    Ok(id)
}

/// Files.
pub(crate) async fn submit(ctx: Ctx, mut multi: Multi) -> Result<Response> {
    let (asked, input) = (multi.field("person").to_owned(), typed(&multi));
    let mut reader = ctx.read().await?;
    let found = whom(&ctx, &mut reader, &asked).await;
    drop(reader);
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&multi.key).await? {
        return Ok(see_other(&before));
    }
    let (person, _, branch) = found?;
    let done = match keep(&ctx, &mut tx, person, &mut multi).await {
        Ok(document) => {
            let (policy, departures) = (ctx.app.policy::<Policy>(), ctx.app.policy::<Departures>());
            actions::file(
                &mut tx, person, &branch, &input, document, policy, departures,
            )
            .await
        }
        Err(fault) => Err(fault),
    };
    match done {
        Ok(Ok(id)) => {
            let to = format!("/console/filings/{}/{id}", branch.id);
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Ok(Err(faults)) => {
            drop(tx);
            form_page(&ctx, &asked, input, faults, String::new()).await
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            let rest = if refused.field.is_some() {
                String::new()
            } else {
                refused.message.clone()
            };
            let fault = refused.field.map(|field| Fault {
                field,
                code: refused.code,
                message: refused.message,
            });
            form_page(&ctx, &asked, input, fault.into_iter().collect(), rest).await
        }
        Err(other) => Err(other.into()),
    }
}

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
        Relation::DirectSuperior => early || ctx.actor.org().is_some_and(|o| o.path.depth() <= 2),
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
