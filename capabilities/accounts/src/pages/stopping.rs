//! 账号状态 of a person: unlock, end all sessions (SEC-10), stop and open again (2.1).

use super::{account::devices_of, fault::Fault};
use crate::{actions::stopping as actions, store};
use access::Permission;
use base::{Error, PersonId, format_moment};
use people::Person;
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

#[derive(Template)]
#[template(path = "stopping.html")]
struct View {
    shell: Shell,
    person: Person,
    state: &'static str,
    stopped: bool,
    /// Why and by whom it was stopped.
    reason: String,
    by: String,
    last: String,
    sessions: usize,
    /// The reader unlocks and ends sessions.
    helps: bool,
    /// The reader stops and opens.
    stops: bool,
    typed: String,
    fault: Fault,
    done: &'static str,
}

fn label(state: &str) -> &'static str {
    match state {
        "initial" => "未激活",
        "applicant" => "注册中",
        "active" => "正常",
        "read_only" => "只读",
        "disabled" => "停用",
        "closed" => "注销",
        _ => "",
    }
}

fn here(id: Uuid) -> String {
    format!("/console/people/{id}/account")
}

async fn view(
    ctx: &Ctx,
    id: Uuid,
    typed: String,
    fault: Fault,
    done: &'static str,
) -> Result<View> {
    // The same answers as the acts give: a transaction that writes nothing.
    let mut tx = ctx.begin().await?;
    let keys = tx.keys().clone();
    let person = people::find(&mut tx, &keys, PersonId(id))
        .await?
        .ok_or(Error::NotFound)?;
    let helps = actions::may(&mut tx, Permission::ResetPasswords, &person).await?;
    let stops = actions::may(&mut tx, Permission::StopAccounts, &person).await?;
    let seen = store::account::seen(&mut tx, id).await?;
    let by = match seen.as_ref().and_then(|seen| seen.stopped_by) {
        Some(org) => orgs::find(&mut tx, base::OrgId(org)).await?,
        None => None,
    };
    let opens = by.as_ref().is_some_and(|by| {
        ctx.actor
            .org()
            .is_some_and(|own| own.path.contains(&by.path))
    });
    drop(tx);
    if !helps && !stops && !opens {
        return Err(Error::NotFound.into());
    }
    let mut reader = ctx.read().await?;
    let sessions = devices_of(&ctx.app, &mut reader, id).await?;
    let shell = ctx
        .shell(&mut reader, "账号状态", "/console/members")
        .await?;
    let state = seen.as_ref().map_or("initial", |seen| &seen.state);
    Ok(View {
        shell,
        person,
        state: label(state),
        stopped: state == "disabled",
        reason: seen
            .as_ref()
            .and_then(|s| s.reason.clone())
            .unwrap_or_default(),
        by: by.map(|by| by.full_name).unwrap_or_default(),
        last: seen
            .and_then(|seen| seen.last_sign_in)
            .map_or_else(|| "从未登录".into(), |at| format_moment(at, ctx.now())),
        sessions,
        helps,
        stops: stops || opens,
        typed,
        fault,
        done,
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

/// `GET /console/people/{id}/account`
pub(super) async fn show(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let done = match asked.done.as_str() {
        "unlock" => "已解除锁定，密码没有改变，已通知本人。",
        "sessions" => "其全部登录已结束，已通知本人。",
        "stop" => "账号已停用，其登录和管理权限已结束。",
        "open" => "账号已恢复使用，已通知本人。",
        _ => "",
    };
    page(
        StatusCode::OK,
        &view(&ctx, id, String::new(), Fault::default(), done).await?,
    )
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Act {
    act: String,
}

/// `POST /console/people/{id}/account`: unlocks, or ends all sessions.
pub(super) async fn act(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Act>) -> Result<Response> {
    carry_out(ctx, id, &form.key, form.input.act, String::new()).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct State {
    act: String,
    reason: String,
}

/// `POST /console/people/{id}/account/state`: stops it, or opens it again.
pub(super) async fn set_state(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    form: Form<State>,
) -> Result<Response> {
    let State { act, reason } = form.input;
    let act = if act == "open" { act } else { "stop".into() };
    carry_out(ctx, id, &form.key, act, reason).await
}

async fn carry_out(ctx: Ctx, id: Uuid, key: &str, act: String, reason: String) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    let keys = tx.keys().clone();
    let person = people::find(&mut tx, &keys, PersonId(id))
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(before) = tx.once(key).await? {
        return Ok(see_other(&before));
    }
    let (done, place) = match act.as_str() {
        "stop" => (actions::stop(&mut tx, &person, &reason).await, "stop"),
        "open" => (actions::open(&mut tx, &person).await, "open"),
        "sessions" => (
            actions::end_sessions(&mut tx, &person).await.map(drop),
            "sessions",
        ),
        _ => (actions::unlock(&mut tx, &person).await, "unlock"),
    };
    match Fault::of(done)? {
        Ok(()) => {
            let place = format!("{}?done={place}", here(id));
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(fault) => {
            drop(tx);
            let view = view(&ctx, id, reason, fault, "").await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
