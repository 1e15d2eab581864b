//! 查找我的组织 (ACC-55).

use super::{fault::Fault, first::code_limits, need_sms};
use crate::{
    Policy,
    actions::find_org::{self, Found, Typed},
};
use web::prelude::*;

#[derive(Template)]
#[template(path = "find_org.html")]
struct View {
    shell: Shell,
    typed: Typed,
    fault: Fault,
    sent: bool,
    found: Option<Vec<Found>>,
}

fn view(
    guest: &Guest,
    status: StatusCode,
    typed: Typed,
    fault: Fault,
    sent: bool,
    found: Option<Vec<Found>>,
) -> Result<Response> {
    let shell = guest.shell("查找我的组织");
    page(
        status,
        &View {
            shell,
            typed,
            fault,
            sent,
            found,
        },
    )
}

/// `GET /find-org`
pub(super) async fn show(guest: Guest) -> Result<Response> {
    need_sms(guest.app.policy())?;
    view(
        &guest,
        StatusCode::OK,
        Typed::default(),
        Fault::default(),
        false,
        None,
    )
}

/// `POST /find-org/code`
pub(super) async fn send(guest: Guest, form: Form<Typed>) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    need_sms(policy)?;
    let (db, reserved) = (guest.app.db(), guest.app.reserved());
    let mut tx = guest.begin().await?;
    let limits = code_limits(policy);
    let sent = find_org::send(&mut tx, db, policy, reserved, limits, &form.input).await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            view(
                &guest,
                StatusCode::OK,
                form.input,
                Fault::default(),
                true,
                None,
            )
        }
        Err(fault) => {
            drop(tx);
            view(
                &guest,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.input,
                fault,
                false,
                None,
            )
        }
    }
}

/// `POST /find-org`
pub(super) async fn look(guest: Guest, form: Form<Typed>) -> Result<Response> {
    need_sms(guest.app.policy())?;
    let mut tx = guest.begin().await?;
    let found = find_org::look(&mut tx, guest.app.db(), guest.app.reserved(), &form.input).await;
    match Fault::of(found)? {
        Ok(found) => {
            tx.commit_housekeeping().await?;
            view(
                &guest,
                StatusCode::OK,
                form.input,
                Fault::default(),
                false,
                Some(found),
            )
        }
        Err(fault) => {
            drop(tx);
            view(
                &guest,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.input,
                fault,
                false,
                None,
            )
        }
    }
}
