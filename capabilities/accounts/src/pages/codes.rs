//! 管理员注册码 and 登录资料 of direct subordinates (ACC-26, ACC-27, ACC-29, ACC-30).

use crate::{
    Policy,
    actions::{
        codes::{self, Issued},
        org_accounts::{self, Credentials},
    },
    policy::Organisations,
    rules::code::{Kind, last_day},
    store,
};
use access::Permission;
use base::{Error, OrgId, format_moment};
use db::jobs::NewJob;
use orgs::Org;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use web::{
    list::{Choice, ListState, Page, Place},
    prelude::*,
};

/// A direct subordinate in the list.
struct Row {
    place: usize,
    id: Uuid,
    name: String,
    number: i64,
    administrators: Vec<String>,
    signed_in: String,
    state: &'static str,
    state_kind: &'static str,
    until: String,
    can_issue: bool,
    has_codes: bool,
    has_account: bool,
}

#[derive(Template)]
#[template(path = "codes.html", blocks = ["rows"])]
struct CodesPage {
    shell: Shell,
    policy: Policy,
    org: String,
    total: usize,
    page: Page<Row>,
    list: ListState,
    by_admin: Vec<Choice>,
    by_state: Vec<Choice>,
    message: String,
}

impl CodesPage {
    fn with_codes(&self) -> bool {
        self.policy.organisations == Organisations::AdminCode
    }

    fn with_org_codes(&self) -> bool {
        self.policy.organisations == Organisations::OrgCode
    }

    fn shown(&self) -> String {
        format!("共 {} 个直接下级", self.total)
    }
}

async fn acting(ctx: &Ctx, reader: &mut db::Reader) -> Result<Org> {
    let own = ctx.org()?;
    ctx.actor.require_look(Permission::ViewOrg, own)?;
    // Codes concern subordinates: a branch has none, a cadre decides nothing.
    ctx.actor.require(Permission::CreateSubordinates, own)?;
    Ok(orgs::find(reader, own.id).await?.ok_or(Error::NotFound)?)
}

async fn rows(
    ctx: &Ctx,
    reader: &mut db::Reader,
    policy: &Policy,
    children: &[Org],
) -> Result<Vec<Row>> {
    let now = ctx.now();
    let mut out = Vec::with_capacity(children.len());
    for part in children.chunks(500) {
        let ids: Vec<Uuid> = part.iter().map(|o| o.id.0).collect();
        let seats = store::grant::seats_with_accounts(reader, &ids).await?;
        let codes = store::code::of_orgs(reader, &ids, Kind::Admin.code()).await?;
        let accounts: Vec<Uuid> = seats.iter().map(|s| s.account).collect();
        let last = store::account::last_sign_ins(reader, &accounts).await?;
        for org in part {
            let own: Vec<_> = seats.iter().filter(|s| s.org == org.id.0).collect();
            let newest = own
                .iter()
                .filter_map(|s| {
                    last.iter()
                        .find(|(id, _)| *id == s.account)
                        .and_then(|(_, at)| *at)
                })
                .max();
            let good: Vec<_> = codes
                .iter()
                .filter(|c| c.org_id == org.id.0 && c.state == "valid" && c.expires_at > now)
                .collect();
            let latest = codes.iter().find(|c| c.org_id == org.id.0);
            let most = usize::try_from(policy.max_administrators).unwrap_or(0);
            let full = most > 0 && own.len() >= most;
            let (state, state_kind) = match latest {
                _ if !good.is_empty() => ("有效", "ok"),
                _ if full => ("管理员已满", "mute"),
                None => ("未生成", "mute"),
                Some(code) if code.state == "used" => ("已使用", "mute"),
                Some(code) if code.state == "void" => ("已作废", "mute"),
                Some(_) => ("已过期", "warn"),
            };
            out.push(Row {
                place: out.len(),
                id: org.id.0,
                name: org.full_name.clone(),
                number: org.number,
                administrators: own.iter().map(|s| s.name.clone()).collect(),
                signed_in: newest.map_or_else(|| "从未登录".into(), |at| format_moment(at, now)),
                state,
                state_kind,
                until: good
                    .first()
                    .map(|c| last_day(c.expires_at).to_string())
                    .unwrap_or_default(),
                can_issue: !full && (most == 0 || own.len() + good.len() < most),
                has_codes: !good.is_empty(),
                has_account: own.iter().any(|s| s.basis == "组织账号"),
            });
        }
    }
    Ok(out)
}

fn wanted(row: &Row, list: &ListState) -> bool {
    let text = list.get("q");
    (text.is_empty() || row.name.contains(text) || row.number.to_string() == text)
        && match list.get("admin") {
            "none" => row.administrators.is_empty(),
            "some" => !row.administrators.is_empty(),
            "never" => row.signed_in == "从未登录",
            _ => true,
        }
        && (list.get("state").is_empty() || list.get("state") == row.state)
}

async fn view(ctx: &Ctx, query: &[(String, String)], message: String) -> Result<CodesPage> {
    let mut reader = ctx.read().await?;
    let policy = ctx.app.policy::<Policy>().clone();
    let org = acting(ctx, &mut reader).await?;
    let children = orgs::children(&mut reader, org.id).await?;
    let list = ListState::new("/console/codes", query, &["q", "admin", "state"]);
    let all = rows(ctx, &mut reader, &policy, &children).await?;
    let fitting: Vec<Row> = all.into_iter().filter(|row| wanted(row, &list)).collect();
    let (place, size) = (list.place(1), list.size(50));
    let at = |cursor: &web::list::Cursor| {
        cursor
            .0
            .first()
            .and_then(|n| n.parse::<usize>().ok())
            .unwrap_or(0)
    };
    let wide = usize::try_from(size).unwrap_or(50) + 1;
    let (total, cut): (usize, Vec<Row>) = (
        children.len(),
        match &place {
            Place::First => fitting.into_iter().take(wide).collect(),
            Place::After(cursor) => fitting
                .into_iter()
                .filter(|r| r.place > at(cursor))
                .take(wide)
                .collect(),
            Place::Before(cursor) => {
                let mut before: Vec<Row> = fitting
                    .into_iter()
                    .filter(|r| r.place < at(cursor))
                    .collect();
                before.reverse();
                before.truncate(wide);
                before
            }
        },
    );
    let page = Page::new(cut, size, &place, &list, |row| vec![row.place.to_string()]);
    let title = if policy.organisations == Organisations::AdminCode {
        "管理员注册码"
    } else {
        "下级组织登录资料"
    };
    let shell = ctx.shell(&mut reader, title, "/console/codes").await?;
    Ok(CodesPage {
        shell,
        by_admin: Choice::list(
            [
                ("", "全部"),
                ("none", "无管理员"),
                ("some", "有管理员"),
                ("never", "从未登录"),
            ],
            list.get("admin"),
        ),
        by_state: Choice::list(
            [
                ("", "全部"),
                ("有效", "有效"),
                ("未生成", "未生成"),
                ("已过期", "已过期"),
                ("已使用", "已使用"),
                ("管理员已满", "管理员已满"),
            ],
            list.get("state"),
        ),
        policy,
        org: org.full_name,
        total,
        page,
        list,
        message,
    })
}

/// `GET /console/codes`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let view = view(&ctx, &query, String::new()).await?;
    if ctx.is_htmx() {
        return Ok(axum::response::Html(
            view.as_rows()
                .render()
                .map_err(|e| Error::Internal(e.into()))?,
        )
        .into_response());
    }
    page(StatusCode::OK, &view)
}

#[derive(Template)]
#[template(path = "codes_shown.html")]
struct ShownPage {
    shell: Shell,
    org: Org,
    codes: Vec<Issued>,
    credentials: Option<Credentials>,
    days: u32,
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

enum Act {
    Issue,
    Show,
    Void,
    Credentials,
}

async fn act(ctx: Ctx, id: Uuid, form: Form<Nothing>, act: Act) -> Result<Response> {
    let Form {
        key,
        input: Nothing {},
        ..
    } = form;
    let policy = ctx.app.policy::<Policy>();
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&key).await? {
        return Ok(see_other(&before));
    }
    let org = orgs::find(&mut tx, OrgId(id))
        .await?
        .ok_or(Error::NotFound)?;
    let done = match act {
        Act::Issue => codes::issue_code(&mut tx, policy, &org)
            .await
            .map(|code| (vec![code], None)),
        Act::Show => codes::show_codes(&mut tx, &org)
            .await
            .map(|codes| (codes, None)),
        Act::Void => codes::void_codes(&mut tx, &org)
            .await
            .map(|_| (Vec::new(), None)),
        Act::Credentials => org_accounts::give_credentials(&mut tx, policy, &org)
            .await
            .map(|c| (Vec::new(), Some(c))),
    };
    match done {
        Ok((codes, credentials)) => {
            tx.commit_to("/console/codes").await?;
            if codes.is_empty() && credentials.is_none() {
                return Ok(see_other("/console/codes"));
            }
            let mut reader = ctx.read().await?;
            let shell = ctx
                .shell(
                    &mut reader,
                    if credentials.is_some() {
                        "登录资料"
                    } else {
                        "管理员注册码"
                    },
                    "/console/codes",
                )
                .await?;
            page(
                StatusCode::OK,
                &ShownPage {
                    shell,
                    org,
                    codes,
                    credentials,
                    days: policy.code.admin_days,
                },
            )
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &view(&ctx, &[], refused.message).await?,
            )
        }
        Err(other) => Err(other.into()),
    }
}

/// `POST /console/codes/{id}/issue`
pub(super) async fn issue(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Nothing>) -> Result<Response> {
    act(ctx, id, form, Act::Issue).await
}

/// `POST /console/codes/{id}/show`: a submission, because each showing is recorded.
pub(super) async fn show_one(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    form: Form<Nothing>,
) -> Result<Response> {
    act(ctx, id, form, Act::Show).await
}

/// `POST /console/codes/{id}/void`
pub(super) async fn void(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Nothing>) -> Result<Response> {
    act(ctx, id, form, Act::Void).await
}

/// `POST /console/codes/{id}/credentials`
pub(super) async fn credentials(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    form: Form<Nothing>,
) -> Result<Response> {
    act(ctx, id, form, Act::Credentials).await
}

/// `POST /console/codes/credentials`: 登录资料 of all direct subordinates without account in one file, in the background
/// (ACC-29, ORG-28).
pub(super) async fn all_credentials(ctx: Ctx, form: Form<Nothing>) -> Result<Response> {
    let Nothing {} = form.input;
    let key = form.key;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&key).await? {
        return Ok(see_other(&before));
    }
    let own = ctx.org()?;
    tx.actor().require(Permission::CreateSubordinates, own)?;
    if ctx.app.policy::<Policy>().organisations == Organisations::AdminCode {
        return Err(Error::NotFound.into());
    }
    let job = NewJob::new(
        "accounts.credentials",
        json!({ "org": own.id, "person": ctx.me.account, "since": tx.now() }),
    )
    .unique(format!("accounts.credentials:{}", own.id))
    .watched("批量生成登录资料");
    let job = tx.enqueue(job).await?;
    tx.record(db::Event::new("account.batch", "org", own.id).org(own.id));
    let place = format!("/jobs/{job}");
    tx.commit_to(&place).await?;
    Ok(see_other(&place))
}

/// `POST /console/codes/batch`: one file for all direct subordinates, made in the background (ACC-26).
pub(super) async fn batch(ctx: Ctx, form: Form<Nothing>) -> Result<Response> {
    let Form {
        key,
        input: Nothing {},
        ..
    } = form;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&key).await? {
        return Ok(see_other(&before));
    }
    let own = ctx.org()?;
    tx.actor().require(Permission::CreateSubordinates, own)?;
    let job = NewJob::new(
        "accounts.codes",
        json!({ "org": own.id, "person": ctx.me.account }),
    )
    .unique(format!("accounts.codes:{}", own.id))
    .watched("批量生成管理员注册码");
    let job = tx.enqueue(job).await?;
    tx.record(db::Event::new("code.batch", "org", own.id).org(own.id));
    let place = format!("/jobs/{job}");
    tx.commit_to(&place).await?;
    Ok(see_other(&place))
}
