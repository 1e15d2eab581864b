//! 用短信验证码登录 (ACC-13, ACC-35).

use super::{
    fault::Fault,
    first::code_limits,
    login::{browser, enter},
    need_sms,
};
use crate::{
    Identifier, Policy,
    actions::{by_sms, sign_in::Outcome},
    rules::sign_in::{landing, past_prompts},
};
use axum::http::{HeaderMap, HeaderValue, header};
use base::{Error, Refused};
use serde::Deserialize;
use web::prelude::*;

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    phone: String,
    code: String,
    next: String,
}

#[derive(Template)]
#[template(path = "by_sms.html")]
struct SmsPage {
    shell: Shell,
    input: Typed,
    fault: Fault,
    sent: bool,
}

fn sms_page(
    guest: &Guest,
    status: StatusCode,
    input: Typed,
    fault: Fault,
    sent: bool,
) -> Result<Response> {
    let view = SmsPage {
        shell: guest.shell("用短信验证码登录"),
        input,
        fault,
        sent,
    };
    page(status, &view)
}

/// Where the profile has it and there is an SMS to be sent (ACC-76).
fn offered(guest: &Guest) -> Result<&Policy> {
    let policy = guest.app.policy::<Policy>();
    if !policy.takes(Identifier::PhoneCode) {
        return Err(Error::NotFound.into());
    }
    need_sms(policy)?;
    Ok(policy)
}

/// `GET /login/sms`
pub(super) async fn ask(guest: Guest, Query(input): Query<Typed>) -> Result<Response> {
    offered(&guest)?;
    if guest.me.is_some() {
        return Ok(see_other("/login"));
    }
    let input = Typed {
        next: input.next,
        ..Typed::default()
    };
    sms_page(&guest, StatusCode::OK, input, Fault::default(), false)
}

/// `POST /login/sms/code`
pub(super) async fn send(guest: Guest, form: Form<Typed>) -> Result<Response> {
    let limits = code_limits(offered(&guest)?);
    let mut tx = guest.begin().await?;
    let sent = by_sms::send(&mut tx, limits, guest.app.reserved(), &form.input.phone).await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            sms_page(&guest, StatusCode::OK, form.input, Fault::default(), true)
        }
        Err(fault) => {
            drop(tx);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            sms_page(&guest, status, form.input, fault, false)
        }
    }
}

/// `POST /login/sms`
pub(super) async fn sign_in(
    guest: Guest,
    headers: HeaderMap,
    form: Form<Typed>,
) -> Result<Response> {
    let policy = offered(&guest)?;
    let tx = guest.begin().await?;
    let input = form.input;
    let done = by_sms::sign_in(
        tx,
        guest.app.db(),
        policy,
        guest.app.reserved(),
        &browser(&guest, &headers),
        (&input.phone, &input.code),
    )
    .await;
    let said = |message: String| {
        Fault::several(vec![Refused {
            field: None,
            code: "sign_in",
            message,
        }])
    };
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    match Fault::of(done)? {
        Ok(Outcome::In(entered)) => {
            let place = if entered.must_change {
                "/account/first".to_owned()
            } else {
                let acting = entered.acting.as_ref();
                past_prompts(&landing(&input.next, &entered.kind, acting, entered.mobile))
            };
            Ok(enter(&guest.app, policy, &entered, &place))
        }
        Ok(Outcome::Refused { message, .. }) => {
            sms_page(&guest, unprocessable, input, said(message), false)
        }
        Ok(Outcome::Busy(seconds)) => {
            let fault = said(format!("操作过于频繁，请{seconds}秒后再试。"));
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = sms_page(&guest, status, input, fault, false)?;
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            Ok(response)
        }
        Err(fault) => sms_page(&guest, unprocessable, input, fault, false),
    }
}
