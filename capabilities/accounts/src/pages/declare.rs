//! 困难毕业生: in by phone and SMS, for the self-declaration and nothing else (ACC-49).

use super::{
    account::{Device, devices},
    fault::Fault,
    first::code_limits,
    login::{browser, enter, is_employment},
    need_sms,
};
use crate::{
    Policy,
    actions::{
        employment::{self, Coming},
        sign_in::Outcome,
    },
    store,
};
use axum::http::{HeaderMap, HeaderValue, header};
use base::Refused;
use web::prelude::*;

const HERE: &str = "/employ/declare";

#[derive(Template)]
#[template(path = "declare.html")]
struct ComePage {
    shell: Shell,
    policy: Policy,
    input: Coming,
    fault: Fault,
    sent: bool,
}

fn come_page(
    guest: &Guest,
    status: StatusCode,
    input: Coming,
    fault: Fault,
    sent: bool,
) -> Result<Response> {
    let policy = guest.app.policy::<Policy>().clone();
    page(
        status,
        &ComePage {
            shell: guest.shell("困难毕业生申报"),
            policy,
            input,
            fault,
            sent,
        },
    )
}

#[derive(Template)]
#[template(path = "declare_mine.html")]
struct MinePage {
    shell: Shell,
    phone: String,
    devices: Vec<Device>,
}

/// `GET /employ/declare`: the way in; for who is in, what can be done.
pub(super) async fn show(guest: Guest) -> Result<Response> {
    let Some(me) = guest.me.as_ref().filter(|me| is_employment(me)) else {
        return come_page(
            &guest,
            StatusCode::OK,
            Coming::default(),
            Fault::default(),
            false,
        );
    };
    if me.must_change {
        return Ok(see_other("/employ/consent"));
    }
    let mut reader = guest.read().await?;
    if !store::shell::is_student(&mut reader, me.account).await? {
        // A cadre of the action who wants to declare himself proves the phone here once.
        drop(reader);
        return come_page(
            &guest,
            StatusCode::OK,
            Coming::default(),
            Fault::default(),
            false,
        );
    }
    let keys = reader.keys.clone();
    let phone = store::entrance::phone(&mut reader, &keys, me.account).await?;
    let view = MinePage {
        phone: phone.map(|p| p.masked()).unwrap_or_default(),
        devices: devices(&guest.app, &mut reader, me).await?,
        shell: guest.shell("我的帮扶"),
    };
    page(StatusCode::OK, &view)
}

/// `POST /employ/declare/code`
pub(super) async fn send(guest: Guest, form: Form<Coming>) -> Result<Response> {
    need_sms(guest.app.policy())?;
    let mut tx = guest.begin().await?;
    let limits = code_limits(guest.app.policy::<Policy>());
    let reserved = guest.app.reserved();
    let sent = employment::send_declaring(&mut tx, limits, reserved, &form.input.phone).await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            come_page(&guest, StatusCode::OK, form.input, Fault::default(), true)
        }
        Err(fault) => {
            drop(tx);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            come_page(&guest, status, form.input, fault, false)
        }
    }
}

/// `POST /employ/declare`
pub(super) async fn come(guest: Guest, headers: HeaderMap, form: Form<Coming>) -> Result<Response> {
    need_sms(guest.app.policy())?;
    let tx = guest.begin().await?;
    let policy = guest.app.policy::<Policy>();
    let done = employment::declaring(
        tx,
        guest.app.db(),
        policy,
        guest.app.reserved(),
        &browser(&guest, &headers),
        &form.input,
    )
    .await;
    let refused = |message: String| {
        Fault::several(vec![Refused {
            field: None,
            code: "declare",
            message,
        }])
    };
    match Fault::of(done)? {
        Ok(Outcome::In(entered)) => Ok(enter(&guest.app, policy, &entered, HERE)),
        Ok(Outcome::Refused { message, .. }) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            come_page(&guest, status, form.input, refused(message), false)
        }
        Ok(Outcome::Busy(seconds)) => {
            let fault = refused(format!("操作过于频繁，请{seconds}秒后再试。"));
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = come_page(&guest, status, form.input, fault, false)?;
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            Ok(response)
        }
        Err(fault) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            come_page(&guest, status, form.input, fault, false)
        }
    }
}
