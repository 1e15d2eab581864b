//! The employment action's 我的, its two entrances, and the simulated WeChat of demonstrations (ACC-14).

use super::{
    account::{Device, devices},
    fault::Fault,
    first::{code_limits, password_hint},
    login::{browser, enter, is_employment},
    need_sms,
};
use crate::{
    Policy,
    actions::{
        employment::{self, Authorised, Registration},
        sign_in::{self, Attempt, Outcome},
    },
    rules::{
        entrance::{CONSENT, Entrance},
        question::{self, Question},
    },
    store,
};
use axum::http::{HeaderMap, HeaderValue, header};
use base::{Error, Mobile, format_moment};
use gateways::{Gateways, SimulatedWechat};
use serde::Deserialize;
use web::prelude::*;

const HOME: &str = "/employ";

/// The entrances this deployment has (ACC-76).
struct Ways {
    mini_program: bool,
    news_app: bool,
}

impl Ways {
    fn of(app: &App) -> Self {
        let gateways = app.policy::<Gateways>();
        Self {
            mini_program: gateways.mini_program.is_some(),
            // Who comes there first needs a code by SMS.
            news_app: app.policy::<Policy>().sms,
        }
    }

    fn is_none(&self) -> bool {
        !self.mini_program && !self.news_app
    }
}

struct Line {
    label: &'static str,
    text: String,
    enrolled: bool,
}

struct Mine {
    phone: String,
    /// Came in to declare himself too (EMP-09).
    student: bool,
    entrances: Vec<Line>,
    devices: Vec<Device>,
}

#[derive(Template)]
#[template(path = "employ.html")]
struct MinePage {
    shell: Shell,
    mine: Option<Mine>,
    done: &'static str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

/// `GET /employ`: 我的, signed in or not.
pub(super) async fn mine(guest: Guest, Query(asked): Query<Asked>) -> Result<Response> {
    let done = match asked.done.as_str() {
        "out" => "已退出登录。",
        "ended" => "已结束该登录。",
        _ => "",
    };
    let me = guest.me.as_ref().filter(|me| is_employment(me));
    let Some(me) = me else {
        let shell = guest.shell("我的");
        return page(
            StatusCode::OK,
            &MinePage {
                shell,
                mine: None,
                done,
            },
        );
    };
    if me.must_change {
        return Ok(see_other("/employ/consent"));
    }
    let mut reader = guest.read().await?;
    let (keys, now) = (reader.keys.clone(), guest.now());
    let phone = store::entrance::phone(&mut reader, &keys, me.account).await?;
    let enrolled = store::entrance::of_account(&mut reader, me.account).await?;
    let student = store::shell::is_student(&mut reader, me.account).await?;
    if student && enrolled.is_empty() {
        // Who is a student in need only has a page of that only (ACC-49).
        return Ok(see_other("/employ/declare"));
    }
    let entrances = [Entrance::MiniProgram, Entrance::NewsApp]
        .into_iter()
        .map(|entrance| {
            let row = enrolled.iter().find(|e| e.entrance == entrance);
            Line {
                label: entrance.label(),
                text: match row {
                    Some(row) => format!(
                        "{}注册，{}",
                        format_moment(row.enrolled_at, now),
                        row.first_sign_in_at.map_or_else(
                            || "还没有登录过".into(),
                            |at| format!("{}首次登录", format_moment(at, now))
                        )
                    ),
                    None => "首次在那里使用时，需先完成注册登录".into(),
                },
                enrolled: row.is_some(),
            }
        })
        .collect();
    let mine = Mine {
        phone: phone.map(|p| p.masked()).unwrap_or_default(),
        student,
        entrances,
        devices: devices(&guest.app, &mut reader, me).await?,
    };
    let shell = guest.shell("我的");
    page(
        StatusCode::OK,
        &MinePage {
            shell,
            mine: Some(mine),
            done,
        },
    )
}

#[derive(Template)]
#[template(path = "employ_login.html")]
struct LoginPage {
    shell: Shell,
    ways: Ways,
    identifier: String,
    message: String,
    question: Option<Question>,
}

/// `GET /employ/login`
pub(super) async fn show(guest: Guest) -> Result<Response> {
    if guest.me.as_ref().is_some_and(|me| is_employment(me)) {
        return Ok(see_other(HOME));
    }
    login_page(&guest, StatusCode::OK, String::new(), String::new(), false)
}

fn login_page(
    guest: &Guest,
    status: StatusCode,
    identifier: String,
    message: String,
    ask: bool,
) -> Result<Response> {
    let db = guest.app.db();
    let view = LoginPage {
        shell: guest.shell("就业帮扶登录"),
        ways: Ways::of(&guest.app),
        identifier,
        message,
        question: ask.then(|| question::ask(&db.keys, &db.random, guest.now())),
    };
    page(status, &view)
}

/// What a sign-in at an entrance is answered.
pub(super) fn answer(guest: &Guest, outcome: Outcome, identifier: String) -> Result<Response> {
    match outcome {
        Outcome::In(entered) => Ok(enter(
            &guest.app,
            guest.app.policy::<Policy>(),
            &entered,
            HOME,
        )),
        Outcome::Refused { message, ask } => login_page(
            guest,
            StatusCode::UNPROCESSABLE_ENTITY,
            identifier,
            message,
            ask,
        ),
        Outcome::Busy(seconds) => {
            let message = format!("操作过于频繁，请{seconds}秒后再试。");
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = login_page(guest, status, identifier, message, false)?;
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            Ok(response)
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    identifier: String,
    password: String,
    answer: String,
    question: String,
}

/// `POST /employ/login`: phone and password at the news APP.
pub(super) async fn by_password(
    guest: Guest,
    headers: HeaderMap,
    form: Form<Typed>,
) -> Result<Response> {
    let input = form.input;
    let attempt = Attempt {
        identifier: input.identifier.clone(),
        password: input.password,
        question: (input.question, input.answer),
        ..browser(&guest, &headers)
    }
    .at(Entrance::NewsApp);
    let outcome = sign_in::sign_in(
        guest.app.db(),
        guest.app.policy::<Policy>(),
        guest.app.reserved(),
        guest.actor(),
        &attempt,
    )
    .await?;
    answer(&guest, outcome, input.identifier)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Handed {
    phone_code: String,
    refuse: String,
    privacy: String,
}

/// `POST /employ/mini-program`: the number WeChat hands over, or its holder's refusal.
pub(super) async fn by_phone(
    guest: Guest,
    headers: HeaderMap,
    form: Form<Handed>,
) -> Result<Response> {
    let gateways = guest.app.policy::<Gateways>();
    let wechat = gateways.mini_program.as_deref().ok_or(Error::NotFound)?;
    let brought = Authorised {
        phone_code: if form.input.refuse.is_empty() {
            form.input.phone_code
        } else {
            String::new()
        },
        privacy: form.input.privacy,
    };
    let outcome = employment::by_mini_program(
        guest.app.db(),
        guest.app.policy::<Policy>(),
        guest.app.reserved(),
        wechat,
        guest.actor(),
        &browser(&guest, &headers),
        &brought,
    )
    .await?;
    answer(&guest, outcome, String::new())
}

#[derive(Template)]
#[template(path = "employ_register.html")]
struct RegisterPage {
    shell: Shell,
    policy: Policy,
    input: Registration,
    fault: Fault,
    sent: bool,
    hint: String,
}

fn register_page(guest: &Guest, input: Registration, fault: Fault, sent: bool) -> Result<Response> {
    let policy = guest.app.policy::<Policy>().clone();
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = RegisterPage {
        shell: guest.shell("注册就业帮扶账号"),
        hint: password_hint(&policy, false),
        policy,
        // Passwords are never sent back to the browser.
        input: Registration {
            password: String::new(),
            repeat: String::new(),
            ..input
        },
        fault,
        sent,
    };
    page(status, &view)
}

/// `GET /employ/register`
pub(super) async fn registration(guest: Guest) -> Result<Response> {
    need_sms(guest.app.policy())?;
    register_page(&guest, Registration::default(), Fault::default(), false)
}

/// `POST /employ/register/code`
pub(super) async fn send(guest: Guest, form: Form<Registration>) -> Result<Response> {
    need_sms(guest.app.policy())?;
    let mut tx = guest.begin().await?;
    let limits = code_limits(guest.app.policy::<Policy>());
    let sent = employment::send(&mut tx, limits, guest.app.reserved(), &form.input.phone).await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            register_page(&guest, form.input, Fault::default(), true)
        }
        Err(fault) => register_page(&guest, form.input, fault, false),
    }
}

/// `POST /employ/register`
pub(super) async fn register(
    guest: Guest,
    headers: HeaderMap,
    form: Form<Registration>,
) -> Result<Response> {
    need_sms(guest.app.policy())?;
    let tx = guest.begin().await?;
    let done = employment::register(
        tx,
        guest.app.db(),
        guest.app.policy::<Policy>(),
        guest.app.reserved(),
        &browser(&guest, &headers),
        &form.input,
    )
    .await;
    match Fault::of(done)? {
        Ok(outcome) => answer(&guest, outcome, form.input.phone),
        Err(fault) => register_page(&guest, form.input, fault, false),
    }
}

#[derive(Template)]
#[template(path = "employ_consent.html")]
struct ConsentPage {
    shell: Shell,
    policy: Policy,
    fault: Fault,
}

async fn consent_page(ctx: &Ctx, status: StatusCode, fault: Fault) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let view = ConsentPage {
        shell: ctx.shell(&mut reader, "隐私政策", "").await?,
        policy: ctx.app.policy::<Policy>().clone(),
        fault,
    };
    page(status, &view)
}

/// `GET /employ/consent`: the privacy notice changed (ACC-09).
pub(super) async fn consent(ctx: Ctx) -> Result<Response> {
    if !is_employment(&ctx.me) || !ctx.me.must_change {
        return Ok(see_other(HOME));
    }
    consent_page(&ctx, StatusCode::OK, Fault::default()).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Agreed {
    privacy: String,
}

/// `POST /employ/consent`
pub(super) async fn agree(ctx: Ctx, form: Form<Agreed>) -> Result<Response> {
    if !is_employment(&ctx.me) {
        return Ok(see_other(HOME));
    }
    let version = &ctx.app.policy::<Policy>().privacy_version;
    if form.input.privacy != *version {
        let refused = base::Refused {
            field: Some("privacy"),
            code: "first.privacy",
            message: CONSENT.into(),
        };
        let fault = Fault::several(vec![refused]);
        return consent_page(&ctx, StatusCode::UNPROCESSABLE_ENTITY, fault).await;
    }
    let mut tx = ctx.begin().await?;
    employment::agree(&mut tx, ctx.me.account, version).await?;
    tx.commit().await?;
    Ok(see_other(HOME))
}

#[derive(Template)]
#[template(path = "demo_wechat.html")]
struct DemoPage {
    shell: Shell,
    policy: Policy,
    phone: String,
    code: String,
    fault: Fault,
}

fn demo_page(guest: &Guest, phone: String, code: String, fault: Fault) -> Result<Response> {
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = DemoPage {
        shell: guest.shell("演示微信"),
        policy: guest.app.policy::<Policy>().clone(),
        phone,
        code,
        fault,
    };
    page(status, &view)
}

fn only_in_demo(app: &App) -> Result<()> {
    if app.is_demo() {
        Ok(())
    } else {
        Err(Error::NotFound.into())
    }
}

/// `GET /demo/mini-program`: which number the demonstration's WeChat has.
pub(super) async fn demo(guest: Guest) -> Result<Response> {
    only_in_demo(&guest.app)?;
    demo_page(
        &guest,
        "10000000001".into(),
        String::new(),
        Fault::default(),
    )
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Number {
    phone: String,
}

/// `POST /demo/mini-program`: the sheet on which its holder allows or refuses.
pub(super) async fn demo_number(guest: Guest, form: Form<Number>) -> Result<Response> {
    only_in_demo(&guest.app)?;
    let typed = form.input.phone;
    match Mobile::parse(&typed, guest.app.reserved()) {
        Ok(phone) => {
            let code = SimulatedWechat::phone_code(guest.app.db(), &phone)?;
            demo_page(&guest, phone.masked(), code, Fault::default())
        }
        Err(fault) => {
            let refused = base::Refused {
                field: Some("phone"),
                code: "phone.form",
                message: fault.message().into(),
            };
            demo_page(&guest, typed, String::new(), Fault::several(vec![refused]))
        }
    }
}
