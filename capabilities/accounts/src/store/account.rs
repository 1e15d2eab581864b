//! Accounts, names to sign in with, passwords, devices, the security log.

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// An account's row.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub state: String,
    pub password_hash: Option<String>,
    pub must_change: bool,
    pub privacy_version: Option<String>,
    pub disabled_reason: Option<String>,
    pub password_at: Option<DateTime<Utc>>,
}

pub(crate) async fn find(conn: &mut PgConnection, account: Uuid) -> Result<Option<Account>> {
    Ok(sqlx::query_as!(
        Account,
        "select state, password_hash, must_change, privacy_version, disabled_reason, password_at
         from account where account_id = $1",
        account
    )
    .fetch_optional(conn)
    .await?)
}

/// The account for update, so that two resets or changes wait for each other.
pub(crate) async fn find_for_update(
    conn: &mut PgConnection,
    account: Uuid,
) -> Result<Option<Account>> {
    Ok(sqlx::query_as!(
        Account,
        "select state, password_hash, must_change, privacy_version, disabled_reason, password_at
         from account where account_id = $1 for update",
        account
    )
    .fetch_optional(conn)
    .await?)
}

/// Whether an account was made at or after a moment and nobody has signed in with it.
pub(crate) async fn is_fresh(
    conn: &mut PgConnection,
    account: Uuid,
    since: DateTime<Utc>,
) -> Result<bool> {
    let found = sqlx::query_scalar!(
        "select account_id from account where account_id = $1 and state = 'initial' and last_sign_in is null and created_at >= $2",
        account,
        since
    );
    Ok(found.fetch_optional(conn).await?.is_some())
}

/// What a new account is made of.
pub(crate) struct NewAccount<'a> {
    pub id: Uuid,
    pub kind: &'a str,
    pub org: Option<OrgId>,
    pub name: &'a str,
    pub state: &'a str,
    pub password_hash: Option<&'a str>,
    pub must_change: bool,
    pub privacy_version: Option<&'a str>,
}

/// Makes an account; answers whether there was none yet.
pub(crate) async fn insert(tx: &mut Tx, new: &NewAccount<'_>) -> Result<bool> {
    let now = tx.now();
    let made = sqlx::query_scalar!(
        "insert into account (account_id, kind, org_id, name, state, password_hash, password_at, must_change, privacy_version,
                              created_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1) on conflict do nothing returning account_id",
        new.id,
        new.kind,
        new.org.map(|o| o.0),
        new.name,
        new.state,
        new.password_hash,
        new.password_hash.map(|_| now),
        new.must_change,
        new.privacy_version,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(made.is_some())
}

/// Sets a password.
pub(crate) async fn set_password(
    conn: &mut PgConnection,
    account: Uuid,
    hash: &str,
    must_change: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update account set password_hash = $2, password_at = $3, must_change = $4, version = version + 1 where account_id = $1",
        account,
        hash,
        now,
        must_change
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into password_history (account_id, set_at, password_hash) values ($1, $2, $3) on conflict do nothing",
        account,
        now,
        hash
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the same password under a stronger hash (SEC-03).
pub(crate) async fn rehash(conn: &mut PgConnection, account: Uuid, hash: &str) -> Result<()> {
    sqlx::query!(
        "update account set password_hash = $2 where account_id = $1",
        account,
        hash
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The last passwords, newest first.
pub(crate) async fn former_passwords(
    conn: &mut PgConnection,
    account: Uuid,
    many: i64,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select password_hash from password_history where account_id = $1 order by set_at desc limit $2",
        account,
        many
    )
    .fetch_all(conn)
    .await?)
}

/// Changes the state.
pub(crate) async fn set_state(
    conn: &mut PgConnection,
    account: Uuid,
    state: &str,
    reason: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "update account set state = $2, disabled_reason = $3, version = version + 1 where account_id = $1",
        account,
        state,
        reason
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What stands of an account for who looks after it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub state: String,
    pub reason: Option<String>,
    pub stopped_by: Option<Uuid>,
    pub last_sign_in: Option<DateTime<Utc>>,
    pub has_password: bool,
}

pub(crate) async fn seen(conn: &mut PgConnection, account: Uuid) -> Result<Option<Seen>> {
    Ok(sqlx::query_as!(
        Seen,
        r#"select state, disabled_reason as reason, stopped_by, last_sign_in, password_hash is not null as "has_password!"
           from account where account_id = $1"#,
        account
    )
    .fetch_optional(conn)
    .await?)
}

/// Stops it, and notes which organisation did.
pub(crate) async fn stop(
    conn: &mut PgConnection,
    account: Uuid,
    reason: &str,
    by: Option<OrgId>,
) -> Result<()> {
    sqlx::query!(
        "update account set state = 'disabled', disabled_reason = $2, stopped_by = $3, version = version + 1 where account_id = $1",
        account,
        reason,
        by.map(|org| org.0)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the name an account is greeted by.
pub(crate) async fn set_name(conn: &mut PgConnection, account: Uuid, name: &str) -> Result<()> {
    sqlx::query!(
        "update account set name = $2, version = version + 1 where account_id = $1",
        account,
        name
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Records the acceptance of the privacy notice (ACC-09).
pub(crate) async fn accept_privacy(
    conn: &mut PgConnection,
    account: Uuid,
    version: &str,
) -> Result<()> {
    sqlx::query!(
        "update account set privacy_version = $2, version = version + 1 where account_id = $1",
        account,
        version
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a sign-in.
pub(crate) async fn signed_in(
    conn: &mut PgConnection,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update account set last_sign_in = $2 where account_id = $1",
        account,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When an account that was signed in with was last used: signed in with, or given a password.
pub(crate) async fn last_used(
    conn: &mut PgConnection,
    account: Uuid,
) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!(
        "select greatest(last_sign_in, password_at) from account where account_id = $1 and last_sign_in is not null",
        account
    )
    .fetch_optional(conn)
    .await?
    .flatten())
}

/// Remembers the organisation chosen (ACC-57).
pub(crate) async fn set_default_org(
    conn: &mut PgConnection,
    account: Uuid,
    org: OrgId,
) -> Result<()> {
    sqlx::query!(
        "update account set default_org_id = $2 where account_id = $1",
        account,
        org.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Last sign-ins of several accounts.
pub(crate) async fn last_sign_ins(
    conn: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<Vec<(Uuid, Option<DateTime<Utc>>)>> {
    let rows = sqlx::query!(
        "select account_id, last_sign_in from account where account_id = any($1)",
        accounts
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.account_id, row.last_sign_in))
        .collect())
}

/// The account of a name to sign in with.
pub(crate) async fn by_login(conn: &mut PgConnection, hash: &[u8]) -> Result<Option<Uuid>> {
    Ok(
        sqlx::query_scalar!("select account_id from login where login_hash = $1", hash)
            .fetch_optional(conn)
            .await?,
    )
}

/// Takes a name to sign in with; answers whether it was free.
pub(crate) async fn take_login(
    conn: &mut PgConnection,
    hash: &[u8],
    kind: &str,
    account: Uuid,
) -> Result<bool> {
    let taken = sqlx::query_scalar!(
        "insert into login (login_hash, kind, account_id) values ($1, $2, $3) on conflict do nothing returning kind",
        hash,
        kind,
        account
    )
    .fetch_optional(conn)
    .await?;
    Ok(taken.is_some())
}

/// Gives a name to sign in with free again.
pub(crate) async fn free_login(conn: &mut PgConnection, hash: &[u8]) -> Result<()> {
    sqlx::query!("delete from login where login_hash = $1", hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether the account signed in with this browser since `since`.
pub(crate) async fn knows_device(
    conn: &mut PgConnection,
    account: Uuid,
    device: &[u8],
    since: DateTime<Utc>,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select true as "known!" from known_device where account_id = $1 and device_hash = $2 and last_seen > $3"#,
        account,
        device,
        since
    )
    .fetch_optional(conn)
    .await?
    .is_some())
}

/// How many browsers the account knows.
pub(crate) async fn devices(conn: &mut PgConnection, account: Uuid) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from known_device where account_id = $1"#,
        account
    )
    .fetch_one(conn)
    .await?)
}

/// The browsers the account knows.
pub(crate) async fn devices_of(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Vec<u8>>> {
    Ok(sqlx::query_scalar!(
        "select device_hash from known_device where account_id = $1",
        account
    )
    .fetch_all(conn)
    .await?)
}

/// Remembers a browser.
pub(crate) async fn remember_device(
    conn: &mut PgConnection,
    account: Uuid,
    device: &[u8],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "insert into known_device (account_id, device_hash, last_seen) values ($1, $2, $3)
         on conflict (account_id, device_hash) do update set last_seen = excluded.last_seen",
        account,
        device,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A line of the security log (ACC-69).
#[derive(Clone, Debug)]
pub(crate) struct SecurityLine {
    pub at: DateTime<Utc>,
    pub kind: String,
    pub outcome: String,
    pub address: String,
    pub device: String,
    pub detail: String,
}

/// What happened, for the security log.
pub(crate) struct Happened<'a> {
    /// The account; for names nobody has, a new id.
    pub subject: Uuid,
    pub kind: &'a str,
    pub outcome: &'a str,
    pub org: Option<OrgId>,
    pub address: &'a str,
    pub device: &'a str,
    pub detail: &'a str,
}

/// Writes a line: for the account, and for the organisation it is about or, where none is named, those it acts for.
pub(crate) async fn note(tx: &mut Tx, happened: &Happened<'_>) -> Result<()> {
    let (id, at) = (tx.new_id::<Uuid>(), tx.now());
    let orgs = match happened.org {
        Some(org) => vec![org],
        None => super::grant::orgs_of(tx, happened.subject).await?,
    };
    let line = db::security::Line {
        id,
        at,
        subject: happened.subject,
        orgs: &orgs,
        kind: happened.kind,
        outcome: happened.outcome,
        address: happened.address,
        device: happened.device,
        detail: happened.detail,
    };
    db::security::note(tx, &line).await
}

/// The latest lines of an account.
pub(crate) async fn security_log(
    conn: &mut PgConnection,
    account: Uuid,
    many: i64,
) -> Result<Vec<SecurityLine>> {
    Ok(sqlx::query_as!(
        SecurityLine,
        "select at, kind, outcome, address, device, detail from security_event
         where subject_id = $1 order by at desc, event_id desc limit $2",
        account,
        many
    )
    .fetch_all(conn)
    .await?)
}

/// Removes lines older than the keeping time (ACC-69: two years), five thousand at a time.
pub(crate) async fn sweep_log(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!("delete from security_event e using (select subject_id, at, event_id from security_event where at < $1 order by at limit 5000) o
         where e.subject_id = o.subject_id and e.at = o.at and e.event_id = o.event_id", before)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Moves the accounts that are in one of these states into another; answers which were.
pub(crate) async fn restate(
    conn: &mut PgConnection,
    accounts: &[Uuid],
    from: &[&str],
    to: &str,
) -> Result<Vec<Uuid>> {
    let from: Vec<String> = from.iter().map(|state| (*state).to_owned()).collect();
    Ok(sqlx::query_scalar!(
        "update account set state = $3, version = version + 1 where account_id = any($1) and state = any($2) returning account_id",
        accounts,
        &from,
        to
    )
    .fetch_all(conn)
    .await?)
}
