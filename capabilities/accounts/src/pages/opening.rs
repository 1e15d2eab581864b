//! 创建账号: the first step of 报到 and of registering in `beijing` (ACC-38, ACC-39).

use super::{
    fault::Fault,
    first::{code_limits, password_hint},
    joining::{Branch, rules, with_line},
    login, need_sms,
};
use crate::{
    Policy, RegistrationForm,
    actions::{
        joining::PURPOSE,
        reporting::{self, Opening},
    },
};
use axum::http::HeaderMap;
use base::{Error, Mobile};
use serde::Deserialize;
use web::prelude::*;

const HERE: &str = "/register/mine";

#[derive(Template)]
#[template(path = "register_create.html")]
struct CreatePage {
    shell: Shell,
    policy: Policy,
    typed: Opening,
    fault: Fault,
    sent: bool,
    branch: Option<Branch>,
}

impl CreatePage {
    fn password_hint(&self) -> String {
        password_hint(&self.policy, false)
    }

    fn is_report(&self) -> bool {
        self.policy.registration.form == RegistrationForm::Report
    }
}

/// 创建账号, the first step of both forms.
pub(super) async fn create_page(
    guest: &Guest,
    status: StatusCode,
    typed: Opening,
    fault: Fault,
    sent: bool,
) -> Result<Response> {
    let mut reader = guest.read().await?;
    let branch = match crate::actions::joining::branch(&mut reader, &typed.branch).await {
        Ok(org) => Some(with_line(&mut reader, org).await?),
        Err(Error::Refused(_)) => None,
        Err(other) => return Err(other.into()),
    };
    let policy = guest.app.policy::<Policy>().clone();
    let title = if policy.registration.form == RegistrationForm::Report {
        "团员报到"
    } else {
        "创建账号"
    };
    let view = CreatePage {
        shell: guest.shell(title),
        policy,
        typed: Opening {
            password: String::new(),
            repeat: String::new(),
            ..typed
        },
        fault,
        sent,
        branch,
    };
    page(status, &view)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Sent {
    /// `code`, `done`.
    go: String,
    #[serde(flatten)]
    typed: Opening,
}

/// `POST /register/account`
pub(super) async fn create(guest: Guest, headers: HeaderMap, form: Form<Sent>) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    if policy.registration.form == RegistrationForm::One {
        return Err(Error::NotFound.into());
    }
    need_sms(policy)?;
    let Sent { go, typed } = form.input;
    let mut tx = guest.begin().await?;
    let fault = if go == "code" {
        let sent = async {
            let phone = Mobile::parse(&typed.phone, guest.app.reserved())
                .map_err(|f| Error::refused_at("phone", "phone.form", f.message()))?;
            let limits = code_limits(policy);
            gateways::send_code(&mut tx, &phone, PURPOSE, guest.address(), limits).await
        };
        match Fault::of(sent.await)? {
            Ok(()) => {
                tx.commit_housekeeping().await?;
                return create_page(&guest, StatusCode::OK, typed, Fault::default(), true).await;
            }
            Err(fault) => fault,
        }
    } else {
        if let Some(before) = tx.once(&form.key).await? {
            return Ok(see_other(&before));
        }
        let (db, rules) = (guest.app.db(), rules(&guest.app));
        let opened = reporting::open_account(&mut tx, db, &rules, &typed, guest.address()).await;
        match Fault::of(opened)? {
            Ok(account) => {
                let attempt = login::browser(&guest, &headers);
                let device = crate::actions::sessions::device_hash(tx.keys(), &attempt.device);
                let entered =
                    crate::actions::sessions::open(&mut tx, policy, account, &device, &attempt)
                        .await?;
                tx.commit_to(HERE).await?;
                return Ok(login::enter(&guest.app, policy, &entered, HERE));
            }
            Err(fault) => fault,
        }
    };
    drop(tx);
    create_page(
        &guest,
        StatusCode::UNPROCESSABLE_ENTITY,
        typed,
        fault,
        false,
    )
    .await
}
