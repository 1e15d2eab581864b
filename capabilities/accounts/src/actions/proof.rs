//! Giving the password or a factor again before sensitive acts (ACC-67, SEC-11).

use super::{
    passkey::{self, Answer, Purpose},
    password, second,
    sessions::new_token,
};
use crate::{Policy, rules::second::Demand, store};
use access::Grant;
use base::{Error, Mobile, Result};
use db::{Db, Tx, limits};
use gateways::CodeLimits;
use uuid::Uuid;

/// Named in the SMS.
const PURPOSE: &str = "再次验证身份";

/// What an account can answer with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    pub password: bool,
    pub app: bool,
    pub passkeys: Vec<Vec<u8>>,
    /// The verified phone, where an SMS is taken.
    pub phone: Option<Mobile>,
}

impl Ways {
    pub(crate) fn none(&self) -> bool {
        !self.password && !self.app && self.passkeys.is_empty() && self.phone.is_none()
    }
}

/// The ways open to an account: an SMS helps who has no app or passkey, and is not enough where the roles demand an app.
pub(crate) async fn ways(
    conn: &mut sqlx::PgConnection,
    db: &Db,
    policy: &Policy,
    account: Uuid,
    grants: &[Grant],
) -> Result<Ways> {
    let factors = second::ways(conn, db, account).await?;
    let row = store::account::find(conn, account).await?;
    let sms = policy.sms && crate::rules::second::demand(policy, grants) < Demand::App;
    Ok(Ways {
        password: row.is_some_and(|a| a.password_hash.is_some()),
        app: factors.app,
        passkeys: factors.passkeys,
        phone: factors.phone.filter(|_| sms),
    })
}

/// Sends the code to the verified phone.
pub(crate) async fn send(
    tx: &mut Tx,
    ways: &Ways,
    address: &str,
    limits: CodeLimits,
) -> Result<()> {
    let phone = ways.phone.as_ref().ok_or_else(|| {
        Error::refused_at(
            "code",
            "proof.no_phone",
            "这里不能用短信验证，请用密码、验证器或通行密钥。",
        )
    })?;
    gateways::send_code(tx, phone, PURPOSE, address, limits).await
}

/// What was answered.
pub(crate) enum Given<'a> {
    Password(&'a str),
    /// Of the app, or by SMS.
    Code(&'a str),
    Passkey(Answer),
}

/// Takes the answer and renews the session's token (SEC-10). Wrong answers count although the form is refused: never
/// call it with a transaction open on the account.
pub(crate) async fn take(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    (account, session): (Uuid, &[u8]),
    ways: &Ways,
    given: &Given<'_>,
) -> Result<String> {
    match given {
        Given::Password(typed) => {
            password::prove(db, policy, account, "password", typed).await?;
        }
        Given::Code(typed) => {
            second::count(db, policy, account).await?;
            match &ways.phone {
                _ if ways.app => second::take_app(tx, account, typed).await?,
                Some(phone) => gateways::check_code(db, phone, PURPOSE, typed).await?,
                None => return Err(second::wrong()),
            }
            limits::clear(tx, &second::counter(account)).await?;
        }
        Given::Passkey(answer) => {
            second::count(db, policy, account).await?;
            passkey::again(tx, account, session, Purpose::Proof, answer).await?;
            limits::clear(tx, &second::counter(account)).await?;
        }
    }
    let (token, now) = (new_token(tx), tx.now());
    store::session::prove(tx, session, &web::session_token_hash(&token), now).await?;
    Ok(token)
}
