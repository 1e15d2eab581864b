//! 角色与权限 (ACC-86): who holds what in the acting organisation, since when, on what basis, last sign-in.

use crate::store;
use access::{Permission, Role};
use axum::http::header;
use base::{Error, business_date, format_moment};
use uuid::Uuid;
use web::prelude::*;

struct Row {
    name: String,
    role: String,
    since: String,
    basis: String,
    by: String,
    last: String,
}

#[derive(Template)]
#[template(path = "grants.html")]
struct GrantsPage {
    shell: Shell,
    org: String,
    rows: Vec<Row>,
    /// What auditors looked at here (ACC-85).
    looks: Vec<Look>,
    /// The root's administrators decide about auditors.
    decides: bool,
    /// The reader gives and takes rights here.
    manages: bool,
    /// The reader reads the organisation's security log (ACC-69), or everybody's.
    logs: bool,
    whole: bool,
}

struct Look {
    at: String,
    who: String,
    what: &'static str,
    why: String,
}

async fn looks(ctx: &Ctx, reader: &mut db::Reader) -> Result<Vec<Look>> {
    let looks = store::auditor::looks(reader, ctx.org()?.id).await?;
    Ok(looks
        .into_iter()
        .map(|look| {
            let detail: serde_json::Value = serde_json::from_str(&look.detail).unwrap_or_default();
            let said = detail["after"]["purpose"]
                .as_str()
                .or(detail["note"].as_str());
            Look {
                at: format_moment(look.at, ctx.now()),
                who: look.actor_name,
                what: match look.action.as_str() {
                    "person.unmasked" => "查看一名人员的完整证件号、手机号",
                    "auditor.session" => "登录查看",
                    _ => "其他",
                },
                why: said.unwrap_or_default().to_owned(),
            }
        })
        .collect())
}

const HEADINGS: [&str; 6] = ["姓名", "角色", "开始日期", "依据", "授予人", "最近登录"];

fn basis(stored: &str) -> String {
    match stored {
        "admin_code" => "管理员注册码".into(),
        "seed" => "部署初始化".into(),
        other => other.to_owned(),
    }
}

async fn rows(ctx: &Ctx, reader: &mut db::Reader) -> Result<(String, Vec<Row>)> {
    let own = ctx.org()?;
    ctx.actor.require_look(Permission::ViewGrants, own)?;
    let org = orgs::find(reader, own.id).await?.ok_or(Error::NotFound)?;
    let holders = store::grant::holders(reader, own.id).await?;
    let accounts: Vec<Uuid> = holders.iter().map(|h| h.account_id).collect();
    let last = store::account::last_sign_ins(reader, &accounts).await?;
    let now = ctx.now();
    let deputies = store::deputy::after(reader, own.id, now).await?;
    let mut rows: Vec<Row> = holders
        .into_iter()
        .map(|h| Row {
            last: last
                .iter()
                .find(|(id, _)| *id == h.account_id)
                .and_then(|(_, at)| *at)
                .map_or_else(|| "从未登录".into(), |at| format_moment(at, now)),
            role: match (&h.label, Role::from_code(&h.role).map_or("", Role::label)) {
                (Some(label), role) => format!("{role}（{label}）"),
                (None, role) => role.to_owned(),
            },
            since: business_date(h.since).to_string(),
            basis: basis(&h.basis),
            by: h.granted_by,
            name: h.name,
        })
        .collect();
    rows.extend(deputies.into_iter().map(|d| Row {
        role: format!(
            "代理人（代〔{}〕：{}）",
            d.of_name,
            super::deputies::labels(&d.functions)
        ),
        since: crate::actions::deputies::days(&d),
        basis: "指定代理".into(),
        by: d.of_name,
        last: String::new(),
        name: d.name,
    }));
    Ok((org.full_name, rows))
}

/// `GET /console/grants`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (org, rows) = rows(&ctx, &mut reader).await?;
    let shell = ctx
        .shell(&mut reader, "角色与权限", "/console/grants")
        .await?;
    let view = GrantsPage {
        looks: looks(&ctx, &mut reader).await?,
        manages: ctx.actor.may(Permission::ManageGrants, ctx.org()?),
        logs: ctx
            .actor
            .acting
            .as_ref()
            .is_some_and(|g| g.role.administers()),
        whole: ctx.actor.may_look(Permission::ViewSystem, ctx.org()?),
        decides: crate::actions::auditors::may_decide(&ctx.actor).is_ok(),
        shell,
        org,
        rows,
    };
    page(StatusCode::OK, &view)
}

/// `GET /console/grants/export`
pub(super) async fn export(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (org, rows) = rows(&ctx, &mut reader).await?;
    let at = base::china_time(ctx.now()).naive_local();
    let watermark = sheets::Watermark {
        reader: &ctx.me.name,
        at,
    };
    let cells = rows
        .into_iter()
        .map(|r| [r.name, r.role, r.since, r.basis, r.by, r.last]);
    let file = sheets::write_table("角色与权限", &HEADINGS, cells, &watermark)
        .map_err(|e| Error::Internal(e.into()))?;
    let name = web::list::encode(&format!("{org}_角色与权限.xlsx"));
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
