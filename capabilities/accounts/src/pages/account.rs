//! 账号与安全: password, signed-in devices, security log, theme (ACC-66, ACC-69).

use super::{
    binding,
    fault::Fault,
    first::password_hint,
    login::{is_employment, renew},
};
use crate::{
    Policy,
    actions::password::{Own, change, prove},
    rules::{entrance::Entrance, password::is_admin, sign_in::device_name},
    store::{self, account::Happened},
};
use axum::http::{HeaderValue, header};
use base::format_moment;
use serde::Deserialize;
use web::prelude::*;

/// A signed-in browser.
pub(super) struct Device {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) port: &'static str,
    pub(super) seen: String,
    pub(super) since: String,
    pub(super) here: bool,
}

/// Where an account is signed in, last seen first.
pub(super) async fn devices(
    app: &App,
    reader: &mut db::Reader,
    me: &web::SignedIn,
) -> Result<Vec<Device>> {
    let (policy, now) = (app.policy::<Policy>(), app.now());
    let sessions = store::session::of_account(reader, me.account, now).await?;
    Ok(sessions
        .into_iter()
        .filter(|s| now - s.last_seen <= policy.session.idle(s.port != "console"))
        .map(|s| Device {
            here: s.token_hash == me.session,
            id: hex(&s.token_hash),
            name: device_name(&s.device),
            address: s.address,
            port: port_label(&s.port),
            seen: format_moment(s.last_seen, now),
            since: format_moment(s.created_at, now),
        })
        .collect())
}

/// In how many browsers an account is signed in.
pub(super) async fn devices_of(
    app: &App,
    reader: &mut db::Reader,
    account: uuid::Uuid,
) -> Result<usize> {
    let (policy, now) = (app.policy::<Policy>(), app.now());
    let sessions = store::session::of_account(reader, account, now).await?;
    let open = sessions
        .iter()
        .filter(|s| now - s.last_seen <= policy.session.idle(s.port != "console"));
    Ok(open.count())
}

fn port_label(port: &str) -> &'static str {
    match (port, Entrance::from_code(port)) {
        ("console", _) => "电脑",
        (_, Some(entrance)) => entrance.label(),
        _ => "手机",
    }
}

struct Line {
    at: String,
    what: String,
    address: String,
    device: String,
}

/// What both frames show.
struct Body {
    policy: Policy,
    devices: Vec<Device>,
    others: bool,
    log: Vec<Line>,
    fault: Fault,
    done: &'static str,
    hint: String,
    theme: &'static str,
    /// The phone on file, masked; none for organisation accounts.
    phone: Option<String>,
    /// Since when there is an authenticator app.
    app: Option<String>,
    /// An organisation's account, which is handed over (ACC-31).
    hands_over: bool,
    /// Whether there is a photo of the person.
    photo: bool,
    /// How many passkeys there are.
    passkeys: usize,
    /// WeChat and enterprise WeChat (ACC-75).
    bindings: Vec<binding::Line>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AtDesk {
    shell: Shell,
    body: Body,
}

#[derive(Template)]
#[template(path = "account_plain.html")]
struct Plain {
    shell: Shell,
    body: Body,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// An event of the security log in words.
pub(super) fn what_happened(kind: &str, outcome: &str) -> String {
    match (kind, outcome) {
        ("sign_in", "done") => "登录成功",
        ("sign_in", "refused") => "登录失败：密码不正确",
        ("sign_in", "locked") => "连续失败，账号被临时锁定",
        ("sign_in", "disabled") => "登录被拒：账号已停用",
        ("password", "changed") => "修改密码",
        ("password", "reset") => "用重置密码验证码重置密码",
        ("password", "given") => "上级重置了密码",
        ("reset_code", "issued") => "管理员生成了重置密码验证码",
        ("reset_code", _) => "重置密码验证码输入错误",
        ("session", _) => "结束其他登录",
        ("switch", _) => "切换组织",
        ("proof", _) => "再次验证密码",
        ("phone", _) => "更换手机号",
        ("holder", _) => "交接组织账号",
        ("sign_in", "idle") => "长期未登录，要求先重设密码",
        ("binding", "bound") => "绑定登录方式",
        ("binding", _) => "解除绑定登录方式",
        ("refusal", _) => "访问被拒绝",
        ("extra_fields", _) => "表单含有多余字段，已忽略",
        ("unmask", _) => "查看完整证件号、手机号",
        ("account", "stopped") => "账号被停用",
        ("account", "opened") => "账号恢复使用",
        ("account", "unlocked") => "管理员解除锁定",
        ("account", _) => "管理员结束全部登录",
        ("four_eyes", _) => "双人复核",
        ("second", "removed") => "上级解除了验证器",
        ("second", _) => "二次验证",
        _ => "其他安全事件",
    }
    .to_owned()
}

async fn show_with(
    ctx: &Ctx,
    status: StatusCode,
    fault: Fault,
    done: &'static str,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (policy, now) = (ctx.app.policy::<Policy>().clone(), ctx.now());
    let devices = devices(&ctx.app, &mut reader, &ctx.me).await?;
    let phone = match ctx.me.person {
        Some(person) => {
            let keys = reader.keys.clone();
            let file = people::find(&mut reader, &keys, person).await?;
            file.map(|file| file.phone.map_or_else(|| "未填写".into(), |p| p.masked()))
        }
        None => None,
    };
    let app = store::factor::since(&mut reader, ctx.me.account).await?;
    let bindings = binding::lines(ctx, &mut reader).await?;
    let is_org = ctx.me.person.is_none() && !ctx.me.applicant;
    let hands_over = is_org && policy.sms && !policy.uses_admin_codes();
    let log = store::account::security_log(&mut reader, ctx.me.account, 20).await?;
    let log = log
        .into_iter()
        .map(|line| Line {
            at: format_moment(line.at, now),
            what: match line.detail.as_str() {
                "" => what_happened(&line.kind, &line.outcome),
                detail => format!("{}（{detail}）", what_happened(&line.kind, &line.outcome)),
            },
            address: line.address,
            device: device_name(&line.device),
        })
        .collect();
    let admin = is_admin(ctx.me.grants.iter().map(|g| g.role));
    let passkeys = store::passkey::all(&mut reader, ctx.me.account)
        .await?
        .len();
    let body = Body {
        passkeys,
        hint: password_hint(&policy, admin),
        policy,
        others: devices.len() > 1,
        devices,
        log,
        fault,
        done,
        theme: ctx.theme().code(),
        phone,
        app: app.map(|at| format_moment(at, now)),
        hands_over,
        photo: store::picture::latest(&mut reader, ctx.me.account, "photo")
            .await?
            .is_some(),
        bindings,
    };
    let shell = ctx.shell(&mut reader, "账号与安全", "/account").await?;
    if ctx.me.acting.is_some() {
        page(status, &AtDesk { shell, body })
    } else {
        page(status, &Plain { shell, body })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

/// `GET /account`
pub(super) async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let done = match asked.done.as_str() {
        "password" => "密码已修改，其他设备上的登录均已结束。",
        "ended" => "已结束该登录。",
        "others" => "其他登录均已结束。",
        "bound" => "已绑定，下次可以直接用它登录。",
        "released" => "已解除绑定。",
        "phone" => "手机号已更换，其他设备上的登录均已结束。",
        "second" => "验证器已设置，其他设备上的登录均已结束。",
        "theme" => "显示方式已保存在本浏览器。",
        _ => "",
    };
    show_with(&ctx, StatusCode::OK, Fault::default(), done).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Change {
    old: String,
    password: String,
    repeat: String,
}

/// `POST /account/password`
pub(super) async fn change_password(ctx: Ctx, form: Form<Change>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let input = &form.input;
    let own = Own {
        account: ctx.me.account,
        session: &ctx.me.session,
        admin: is_admin(ctx.me.grants.iter().map(|g| g.role)),
        address: &ctx.actor.address,
        device: ctx.device(),
    };
    let proved = prove(ctx.app.db(), policy, ctx.me.account, "old", &input.old).await;
    let changed = match Fault::of(proved)? {
        Err(fault) => Err(fault),
        Ok(()) => {
            let mut tx = ctx.begin().await?;
            if let Some(before) = tx.once(&form.key).await? {
                return Ok(see_other(&before));
            }
            let changed =
                Fault::of(change(&mut tx, policy, &own, &input.password, &input.repeat).await)?;
            if changed.is_ok() {
                tx.commit_to("/account?done=password").await?;
            }
            changed
        }
    };
    match changed {
        Ok(token) => {
            let mut response = see_other("/account?done=password");
            renew(&ctx, &token, &mut response);
            Ok(response)
        }
        Err(fault) => show_with(&ctx, StatusCode::UNPROCESSABLE_ENTITY, fault, "").await,
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Which {
    session: String,
}

/// `POST /account/sessions/end`: one of the own sessions, or with none named all others.
pub(super) async fn end_sessions(ctx: Ctx, form: Form<Which>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    let now = ctx.now();
    let employment = is_employment(&ctx.me);
    let place = if form.input.session.is_empty() {
        store::session::end_others(&mut tx, ctx.me.account, Some(&ctx.me.session)).await?;
        "/account?done=others"
    } else {
        let own = store::session::of_account(&mut tx, ctx.me.account, now).await?;
        if let Some(session) = own
            .iter()
            .find(|s| hex(&s.token_hash) == form.input.session)
        {
            store::session::end(&mut tx, ctx.me.account, &session.token_hash).await?;
        }
        "/account?done=ended"
    };
    let happened = Happened {
        subject: ctx.me.account,
        kind: "session",
        outcome: "ended",
        org: None,
        address: &ctx.actor.address,
        device: ctx.device(),
        detail: "",
    };
    store::account::note(&mut tx, &happened).await?;
    tx.commit_housekeeping().await?;
    Ok(see_other(if employment {
        "/employ?done=ended"
    } else {
        place
    }))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ThemeInput {
    theme: String,
}

/// `POST /account/theme`: kept by this browser only.
pub(super) async fn choose_theme(ctx: Ctx, form: Form<ThemeInput>) -> Result<Response> {
    let theme = match form.input.theme.as_str() {
        "light" => "light",
        "dark" => "dark",
        _ => "system",
    };
    let secure = if ctx.app.secure_cookies() {
        "; Secure"
    } else {
        ""
    };
    let cookie =
        format!("tj_theme={theme}; Path=/; HttpOnly{secure}; SameSite=Lax; Max-Age=31536000");
    let mut response = see_other("/account?done=theme");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}
