//! 组织注册码 (beijing): the committee's codes, and the new branch's registration with one (ACC-32).

use super::{fault::Fault, first::password_hint};
use crate::{
    Policy,
    actions::{
        codes::{self, Issued},
        founding::{self, Rules, Typed},
    },
    policy::Organisations,
};
use axum::http::header;
use base::{Error, format_moment};
use orgs::Org;
use serde::Deserialize;
use web::{list::Choice, prelude::*};

#[derive(Template)]
#[template(path = "register_org.html")]
struct FoundPage {
    shell: Shell,
    policy: Policy,
    typed: Typed,
    sectors: Vec<Choice>,
    fault: Fault,
}

impl FoundPage {
    fn password_hint(&self) -> String {
        password_hint(&self.policy, true)
    }
}

fn only_with_org_codes(app: &App) -> Result<()> {
    if app.policy::<Policy>().organisations == Organisations::OrgCode {
        Ok(())
    } else {
        Err(Error::NotFound.into())
    }
}

fn found_page(guest: &Guest, status: StatusCode, typed: Typed, fault: Fault) -> Result<Response> {
    let offered = guest
        .app
        .policy::<orgs::Policy>()
        .offered_sectors()
        .map(|s| (s.name.as_str(), s.name.as_str()));
    let view = FoundPage {
        shell: guest.shell("新建团支部"),
        policy: guest.app.policy::<Policy>().clone(),
        sectors: Choice::list(
            std::iter::once(("", "请选择")).chain(offered),
            &typed.sector,
        ),
        typed: Typed {
            password: String::new(),
            repeat: String::new(),
            ..typed
        },
        fault,
    };
    page(status, &view)
}

/// `GET /register/org`
pub(super) async fn show(guest: Guest) -> Result<Response> {
    only_with_org_codes(&guest.app)?;
    found_page(&guest, StatusCode::OK, Typed::default(), Fault::default())
}

/// `POST /register/org`
pub(super) async fn submit(guest: Guest, form: Form<Typed>) -> Result<Response> {
    only_with_org_codes(&guest.app)?;
    let rules = Rules {
        accounts: guest.app.policy::<Policy>(),
        orgs: guest.app.policy::<orgs::Policy>(),
        reserved: guest.app.reserved(),
    };
    let done = founding::found(
        guest.app.db(),
        &rules,
        &form.input,
        &form.key,
        guest.address(),
    )
    .await;
    let fault = match Fault::of(done)? {
        Ok(None) => return Ok(see_other("/login")),
        Ok(Some(Ok(branch))) => return Ok(see_other(&format!("/register/org/{}", branch.number))),
        Ok(Some(Err(faults))) => Fault::several(faults),
        Err(fault) => fault,
    };
    found_page(&guest, StatusCode::UNPROCESSABLE_ENTITY, form.input, fault)
}

#[derive(Template)]
#[template(path = "register_org_done.html")]
struct FoundedPage {
    shell: Shell,
    org: Org,
}

/// `GET /register/org/{number}`: name and id of the branch, to pass to its members.
pub(super) async fn done(guest: Guest, Path(number): Path<i64>) -> Result<Response> {
    only_with_org_codes(&guest.app)?;
    let mut reader = guest.read().await?;
    let org = orgs::by_number(&mut reader, number)
        .await?
        .filter(Org::is_branch)
        .ok_or(Error::NotFound)?;
    page(
        StatusCode::OK,
        &FoundedPage {
            shell: guest.shell("注册完成"),
            org,
        },
    )
}

struct Row {
    code: String,
    issued: String,
    until: String,
    state: &'static str,
    used: String,
}

#[derive(Template)]
#[template(path = "org_codes.html")]
struct CodesPage {
    shell: Shell,
    policy: Policy,
    org: String,
    rows: Vec<Row>,
    many: String,
    fault: Fault,
}

async fn committee(ctx: &Ctx, conn: &mut sqlx::PgConnection) -> Result<Org> {
    only_with_org_codes(&ctx.app)?;
    let own = ctx.org()?;
    ctx.actor
        .require(access::Permission::CreateSubordinates, own)?;
    Ok(orgs::find(conn, own.id).await?.ok_or(Error::NotFound)?)
}

async fn rows(ctx: &Ctx) -> Result<(Org, Vec<Row>)> {
    let mut tx = ctx.begin().await?;
    let org = committee(ctx, &mut tx).await?;
    let now = tx.now();
    let all = codes::show_org_codes(&mut tx, &org).await?;
    let used: Vec<_> = all
        .iter()
        .filter_map(|(row, _)| row.used_org_id.map(base::OrgId))
        .collect();
    let names = orgs::find_many(&mut tx, &used).await?;
    let rows = all
        .into_iter()
        .map(|(row, issued)| Row {
            state: match row.state.as_str() {
                "used" => "已使用",
                "void" => "已作废",
                _ if row.expires_at <= now => "已过期",
                _ => "有效",
            },
            used: row
                .used_org_id
                .and_then(|id| names.iter().find(|o| o.id.0 == id))
                .map(|o| o.full_name.clone())
                .unwrap_or_default(),
            issued: format_moment(row.issued_at, now),
            until: Issued::last_day(&issued),
            code: issued.code,
        })
        .collect();
    // Showing codes is recorded (SEC-07).
    tx.commit().await?;
    Ok((org, rows))
}

async fn codes_page(ctx: &Ctx, status: StatusCode, many: String, fault: Fault) -> Result<Response> {
    let (org, rows) = rows(ctx).await?;
    let mut reader = ctx.read().await?;
    let shell = ctx
        .shell(&mut reader, "组织注册码", "/console/codes")
        .await?;
    let policy = ctx.app.policy::<Policy>().clone();
    page(
        status,
        &CodesPage {
            shell,
            policy,
            org: org.full_name,
            rows,
            many,
            fault,
        },
    )
}

/// `GET /console/codes/org`
pub(super) async fn codes(ctx: Ctx) -> Result<Response> {
    codes_page(&ctx, StatusCode::OK, String::new(), Fault::default()).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    many: String,
}

/// `POST /console/codes/org`
pub(super) async fn generate(ctx: Ctx, form: Form<Wanted>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let org = committee(&ctx, &mut tx).await?;
    let many = base::text::normalise(&form.input.many).parse().unwrap_or(0);
    match Fault::of(codes::issue_org_codes(&mut tx, policy, &org, many).await)? {
        Ok(_) => {
            tx.commit_to("/console/codes/org").await?;
            Ok(see_other("/console/codes/org"))
        }
        Err(fault) => {
            drop(tx);
            codes_page(
                &ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.input.many,
                fault,
            )
            .await
        }
    }
}

/// `GET /console/codes/org/export`
pub(super) async fn export(ctx: Ctx) -> Result<Response> {
    let (org, rows) = rows(&ctx).await?;
    let at = base::china_time(ctx.now()).naive_local();
    let watermark = sheets::Watermark {
        reader: &ctx.me.name,
        at,
    };
    let cells = rows
        .into_iter()
        .map(|r| [r.code, r.issued, r.until, r.state.to_owned(), r.used]);
    let file = sheets::write_table(
        "组织注册码",
        &["组织注册码", "生成时间", "有效期至", "状态", "使用组织"],
        cells,
        &watermark,
    )
    .map_err(|e| Error::Internal(e.into()))?;
    let name = web::list::encode(&format!("{}_组织注册码.xlsx", org.short_name));
    Ok((
        [
            (
                header::CONTENT_TYPE,
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned(),
            ),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename*=UTF-8''{name}"),
            ),
        ],
        file,
    )
        .into_response())
}
