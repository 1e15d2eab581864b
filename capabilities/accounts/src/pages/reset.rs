//! 重置密码验证码 for a person (ACC-50), and the way back for who forgot the password (ACC-52).

use super::{
    fault::Fault,
    first::{code_limits, password_hint},
    need_sms,
};
use crate::{
    Policy,
    actions::{
        resets::{self, PURPOSE, ResetCode},
        second,
    },
    store,
};
use base::{Error, IdNumber, Mobile, PersonId, business_date, format_moment};
use chrono::TimeDelta;
use db::limits;
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage {
    shell: Shell,
    policy: Policy,
    person: people::Person,
    code: Option<ResetCode>,
    until: String,
    fault: Fault,
    /// Since when the person has an authenticator app.
    app: Option<String>,
    done: &'static str,
}

async fn reset_page(
    ctx: &Ctx,
    status: StatusCode,
    id: Uuid,
    code: Option<ResetCode>,
    fault: Fault,
    done: &'static str,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let keys = reader.keys.clone();
    let person = people::find(&mut reader, &keys, PersonId(id))
        .await?
        .ok_or(Error::NotFound)?;
    // Only who may see the person comes here at all (SEC-12).
    may_look(ctx, &mut reader, person.id).await?;
    let until = code
        .as_ref()
        .map(|c| format_moment(c.expires_at, ctx.now()))
        .unwrap_or_default();
    let app = store::factor::since(&mut reader, id).await?;
    let app = app.map(|at| format_moment(at, ctx.now()));
    let shell = ctx
        .shell(&mut reader, "重置密码验证码", "/console/members")
        .await?;
    page(
        status,
        &ResetPage {
            shell,
            policy: ctx.app.policy::<Policy>().clone(),
            person,
            code,
            until,
            fault,
            app,
            done,
        },
    )
}

async fn may_look(ctx: &Ctx, reader: &mut db::Reader, person: PersonId) -> Result<()> {
    let mut ids: Vec<_> = people::posts(reader, person)
        .await?
        .into_iter()
        .map(|p| p.org)
        .collect();
    ids.extend(people::membership(reader, person).await?.map(|m| m.branch));
    let orgs = orgs::find_many(reader, &ids).await?;
    let seen = orgs.iter().any(|org| {
        ctx.actor
            .may_look(access::Permission::ViewPeople, &org.to_ref())
    });
    if seen {
        Ok(())
    } else {
        Err(Error::NotFound.into())
    }
}

/// `GET /console/people/{id}/reset`
pub(super) async fn ask(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let done = if asked.done == "second" {
        "验证器已解除，其登录均已结束，已通知本人。"
    } else {
        ""
    };
    reset_page(&ctx, StatusCode::OK, id, None, Fault::default(), done).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct How {
    how: String,
}

/// `POST /console/people/{id}/second`: takes the authenticator app of somebody away who lost it (SEC-06).
pub(super) async fn take_second_away(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    form: Form<How>,
) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let keys = tx.keys().clone();
    let person = people::find(&mut tx, &keys, PersonId(id))
        .await?
        .ok_or(Error::NotFound)?;
    let gone = second::take_away(&mut tx, &person, &form.input.how).await;
    match Fault::of(gone)? {
        Ok(()) => {
            let place = format!("/console/people/{id}/reset?done=second");
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(fault) => {
            drop(tx);
            reset_page(&ctx, StatusCode::UNPROCESSABLE_ENTITY, id, None, fault, "").await
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /console/people/{id}/reset`
pub(super) async fn issue(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Nothing>) -> Result<Response> {
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
    let keys = tx.keys().clone();
    let person = people::find(&mut tx, &keys, PersonId(id))
        .await?
        .ok_or(Error::NotFound)?;
    match Fault::of(resets::issue(&mut tx, policy, &person).await)? {
        Ok(code) => {
            tx.commit_to(&format!("/console/people/{id}/reset")).await?;
            reset_page(&ctx, StatusCode::OK, id, Some(code), Fault::default(), "").await
        }
        Err(fault) => {
            drop(tx);
            reset_page(&ctx, StatusCode::UNPROCESSABLE_ENTITY, id, None, fault, "").await
        }
    }
}

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage {
    shell: Shell,
    policy: Policy,
    input: Forgotten,
    fault: Fault,
    sent: bool,
}

impl ForgotPage {
    fn hint(&self) -> String {
        format!(
            "{}；{}",
            password_hint(&self.policy, false),
            password_hint(&self.policy, true)
        )
    }
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Forgotten {
    identifier: String,
    code: String,
    password: String,
    repeat: String,
}

fn forgot_page(
    guest: &Guest,
    status: StatusCode,
    input: Forgotten,
    fault: Fault,
    sent: bool,
) -> Result<Response> {
    let input = Forgotten {
        password: String::new(),
        repeat: String::new(),
        ..input
    };
    let shell = guest.shell("忘记密码");
    page(
        status,
        &ForgotPage {
            shell,
            policy: guest.app.policy::<Policy>().clone(),
            input,
            fault,
            sent,
        },
    )
}

/// `GET /forgot`
pub(super) async fn forgot(guest: Guest) -> Result<Response> {
    forgot_page(
        &guest,
        StatusCode::OK,
        Forgotten::default(),
        Fault::default(),
        false,
    )
}

fn phone(guest: &Guest, typed: &str) -> base::Result<Mobile> {
    Mobile::parse(typed, guest.app.reserved())
        .map_err(|f| Error::refused_at("identifier", "phone.form", f.message()))
}

/// `POST /forgot/code`: sends an SMS where somebody has this phone; the answer is the same where nobody has (ACC-52).
pub(super) async fn send(guest: Guest, form: Form<Forgotten>) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    if !policy.reset.by_phone {
        return Err(Error::NotFound.into());
    }
    need_sms(policy)?;
    let mut tx = guest.begin().await?;
    let sent = async {
        let phone = phone(&guest, &form.input.identifier)?;
        // Limits and answers are those of an unknown phone too, so they tell nothing.
        let (address, sms) = (guest.address(), code_limits(policy));
        if resets::leads_somewhere(&mut tx, &phone).await? {
            gateways::send_code(&mut tx, &phone, PURPOSE, address, sms).await?;
        } else {
            gateways::pretend_code(&mut tx, phone.reveal(), PURPOSE, address, sms).await?;
        }
        Ok(())
    }
    .await;
    match Fault::of(sent)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            forgot_page(&guest, StatusCode::OK, form.input, Fault::default(), true)
        }
        Err(fault) => {
            drop(tx);
            forgot_page(
                &guest,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.input,
                fault,
                false,
            )
        }
    }
}

/// `POST /forgot`
pub(super) async fn set(guest: Guest, form: Form<Forgotten>) -> Result<Response> {
    let (policy, db) = (guest.app.policy::<Policy>(), guest.app.db());
    if !policy.reset.by_code {
        need_sms(policy)?;
    }
    let input = &form.input;
    let mut tx = guest.begin().await?;
    let done = async {
        let now = tx.now();
        let mut own = db.begin(guest.actor()).await?;
        let key = format!("reset:{}", guest.address());
        let (tries, _) = limits::hit(&mut own, &key, now, TimeDelta::minutes(1)).await?;
        own.commit_housekeeping().await?;
        if tries > policy.rate.sign_in_minute {
            return Err(Error::refused("rate", "操作过于频繁，请60秒后再试"));
        }
        if policy.reset.by_code {
            let number =
                IdNumber::parse(&input.identifier, business_date(now), guest.app.reserved())
                    .map_err(|f| Error::refused_at("identifier", "id.form", f.message()))?;
            resets::by_code(
                &mut tx,
                db,
                policy,
                &number,
                &input.code,
                &input.password,
                &input.repeat,
            )
            .await
        } else {
            let phone = phone(&guest, &input.identifier)?;
            resets::by_phone(
                &mut tx,
                db,
                policy,
                &phone,
                &input.code,
                &input.password,
                &input.repeat,
            )
            .await
        }
    }
    .await;
    match Fault::of(done)? {
        Ok(()) => {
            tx.commit().await?;
            Ok(see_other("/login?done=reset"))
        }
        Err(fault) => {
            drop(tx);
            forgot_page(
                &guest,
                StatusCode::UNPROCESSABLE_ENTITY,
                form.input,
                fault,
                false,
            )
        }
    }
}
