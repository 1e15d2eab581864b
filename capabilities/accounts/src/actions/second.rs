//! The second proof at sign-in, setting an app up, taking it away (SEC-06).

use crate::{Policy, rules::second, store, store::account::Happened};
use access::{Grant, Permission, Relation};
use base::{Error, Mobile, PersonId, Result};
use db::{Db, Event, Tx, limits};
use gateways::CodeLimits;
use messages::{Note, Receiver};
use people::Person;
use serde_json::json;
use uuid::Uuid;

/// Named in the SMS.
pub(crate) const PURPOSE: &str = "登录二次验证";

/// What an account can prove itself with.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    /// An app is set up.
    pub app: bool,
    /// The passkeys registered.
    pub passkeys: Vec<Vec<u8>>,
    /// The verified phone, where an SMS is taken.
    pub phone: Option<Mobile>,
}

/// The ways open to an account. Whoever has an app or a passkey proves with it; the phone helps who has neither.
pub(crate) async fn ways(conn: &mut sqlx::PgConnection, db: &Db, account: Uuid) -> Result<Ways> {
    let app = store::factor::since(conn, account).await?.is_some();
    let passkeys: Vec<Vec<u8>> = store::passkey::all(conn, account)
        .await?
        .into_iter()
        .map(|key| key.credential_id)
        .collect();
    let person = people::find(conn, &db.keys, PersonId(account)).await?;
    let phone = person
        .filter(|p| !app && passkeys.is_empty() && p.phone_confirmed)
        .and_then(|p| p.phone);
    Ok(Ways {
        app,
        passkeys,
        phone,
    })
}

pub(crate) fn wrong() -> Error {
    Error::refused_at(
        "code",
        "second.wrong",
        "验证码不正确或已用过。请等验证器显示下一个验证码再输入；手机时间不准也会出错，请打开“自动设置时间”。",
    )
}

/// Tries count and commit by themselves; five in fifteen minutes pause the asking.
pub(crate) async fn count(db: &Db, policy: &Policy, account: Uuid) -> Result<()> {
    let now = db.clock.now();
    let mut tx = db.begin(access::Actor::system("second")).await?;
    let (tries, until) = limits::hit(&mut tx, &counter(account), now, policy.lock.window()).await?;
    tx.commit_housekeeping().await?;
    if tries > policy.lock.failures {
        let again = base::format_moment(until, now);
        let message = format!("验证码连续错误{}次，{again}后可再试", policy.lock.failures);
        return Err(Error::refused_at("code", "second.locked", message));
    }
    Ok(())
}

pub(crate) fn counter(account: Uuid) -> String {
    format!("second:{account}")
}

async fn take(tx: &mut Tx, account: Uuid, confirmed: bool, typed: &str) -> Result<Uuid> {
    let keys = tx.keys().clone();
    let factor = store::factor::find_for_update(tx, &keys, account, confirmed)
        .await?
        .ok_or_else(wrong)?;
    let digits: String = base::text::normalise(typed)
        .chars()
        .filter(|c| *c != ' ')
        .collect();
    let at = u64::try_from(tx.now().timestamp()).unwrap_or_default();
    let step = second::step_of(&factor.secret, &digits, at, factor.last_step)?.ok_or_else(wrong)?;
    store::factor::used(tx, account, factor.id, step).await?;
    Ok(factor.id)
}

/// Takes a code of the app set up.
pub(crate) async fn take_app(tx: &mut Tx, account: Uuid, typed: &str) -> Result<()> {
    take(tx, account, true, typed).await.map(drop)
}

/// Gives the second proof of this session; answers its new token (SEC-10).
pub(crate) async fn prove(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    account: Uuid,
    session: &[u8],
    typed: &str,
) -> Result<String> {
    count(db, policy, account).await?;
    let ways = ways(tx, db, account).await?;
    match &ways.phone {
        _ if ways.app => {
            take(tx, account, true, typed).await?;
        }
        Some(phone) => gateways::check_code(db, phone, PURPOSE, typed).await?,
        None => return Err(wrong()),
    }
    limits::clear(tx, &counter(account)).await?;
    strengthen(tx, session).await
}

/// Sends the SMS of the second proof.
pub(crate) async fn send(
    tx: &mut Tx,
    db: &Db,
    account: Uuid,
    address: &str,
    limits: CodeLimits,
) -> Result<()> {
    let phone = ways(tx, db, account).await?.phone.ok_or_else(|| {
        Error::refused_at(
            "code",
            "second.no_phone",
            "您已设置验证器，请输入验证器上的验证码。",
        )
    })?;
    gateways::send_code(tx, &phone, PURPOSE, address, limits).await
}

/// The session has two proofs from now on.
pub(crate) async fn strengthen(tx: &mut Tx, session: &[u8]) -> Result<String> {
    let token = super::sessions::new_token(tx);
    let now = tx.now();
    store::session::prove(tx, session, &web::session_token_hash(&token), now).await?;
    store::session::strengthen(tx, &web::session_token_hash(&token)).await?;
    Ok(token)
}

/// Begins setting an app up; answers its key.
pub(crate) async fn begin(tx: &mut Tx, account: Uuid) -> Result<String> {
    let secret = second::new_secret(tx.random());
    store::factor::begin(tx, account, &secret).await?;
    Ok(secret)
}

/// The key being set up, empty if none is.
pub(crate) async fn begun(conn: &mut sqlx::PgConnection, db: &Db, account: Uuid) -> Result<String> {
    let factor = store::factor::find_for_update(conn, &db.keys, account, false).await?;
    Ok(factor.map(|f| f.secret).unwrap_or_default())
}

/// Finishes setting it up with its first code; one app an account, so a former one goes. Answers the new token.
pub(crate) async fn confirm(
    tx: &mut Tx,
    db: &Db,
    policy: &Policy,
    account: Uuid,
    session: &[u8],
    typed: &str,
) -> Result<String> {
    count(db, policy, account).await?;
    let factor = take(tx, account, false, typed).await?;
    store::factor::remove(tx, account, Some(factor)).await?;
    limits::clear(tx, &counter(account)).await?;
    tell(tx, account, "已设置验证器", "您的账号已设置验证器，以后登录须再输入验证器上的验证码。如非本人操作，请立即联系直接上级管理员。").await?;
    tx.record(Event::new("account.second_factor_set", "account", account));
    let token = strengthen(tx, session).await?;
    store::session::end_others(tx, account, Some(&web::session_token_hash(&token))).await?;
    Ok(token)
}

/// A superior takes the app of a person away who lost it, having seen who it is (SEC-06). Never one's own.
pub(crate) async fn take_away(tx: &mut Tx, person: &Person, how: &str) -> Result<()> {
    let actor = tx.actor().clone();
    if actor.person() == Some(person.id) {
        return Err(Error::forbidden(
            "不能解除自己的验证器，请由本组织的另一位管理员或直接上级组织的管理员办理。",
        ));
    }
    let now = tx.now();
    let standing = store::session::standing(tx, person.id.0, now).await?;
    let offices: Vec<Grant> = standing
        .map(|s| s.grants)
        .unwrap_or_default()
        .into_iter()
        .filter(|g| g.role.administers())
        .collect();
    let above = |grant: &Grant| match actor.relation(&grant.org) {
        Relation::DirectSuperior => true,
        Relation::Own => grant.org.path.depth() == 1,
        Relation::HigherSuperior | Relation::None => false,
    };
    if !offices.iter().any(above) {
        super::resets::require_for(tx, Permission::ResetPasswords, person.id).await?;
    }
    if !offices.is_empty() && !offices.iter().any(above) {
        return Err(Error::forbidden(
            "此人是组织管理员，验证器须由其直接上级组织的管理员核实身份后解除。",
        ));
    }
    let how = base::text::normalise(how);
    if how.chars().count() < 5 {
        return Err(Error::refused_at(
            "how",
            "second.how",
            "请写明怎样核实了本人身份（至少5个字），例如：当面核对身份证原件",
        ));
    }
    let keys = store::passkey::remove(tx, person.id.0, None).await?;
    if !store::factor::remove(tx, person.id.0, None).await? && keys == 0 {
        return Err(Error::refused(
            "second.none",
            "此人没有设置验证器或通行密钥，无需解除。",
        ));
    }
    store::session::end_others(tx, person.id.0, None).await?;
    let body = format!(
        "〔{}〕已解除您账号的验证器和通行密钥，原有登录均已结束；下次登录后可重新设置。如非本人要求，请立即联系直接上级组织。",
        actor.name
    );
    tell(tx, person.id.0, "验证器已解除", &body).await?;
    let happened = Happened {
        subject: person.id.0,
        kind: "second",
        outcome: "removed",
        org: actor.org().map(|o| o.id),
        address: &actor.address,
        device: "",
        detail: &actor.name,
    };
    store::account::note(tx, &happened).await?;
    tx.record(
        Event::new("account.second_factor_removed", "person", person.id)
            .after(json!({ "how": how })),
    );
    Ok(())
}

async fn tell(tx: &mut Tx, account: Uuid, title: &str, body: &str) -> Result<()> {
    let note = Note {
        kind: "account",
        title: title.into(),
        body: body.into(),
        jump: Some("/account".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(PersonId(account)), note).await
}
