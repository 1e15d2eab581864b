//! Short tokens of the mini-program's shell (ACC-74), and who came to declare himself (ACC-49).

use base::Result;
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// One sign-in of a shell.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub wechat: Vec<u8>,
    pub access_hash: Vec<u8>,
    pub access_until: DateTime<Utc>,
    pub renewal_hash: Vec<u8>,
    pub spent_hash: Option<Vec<u8>>,
    pub renewable_until: DateTime<Utc>,
}

/// Finds one.
pub(crate) async fn find(
    conn: &mut PgConnection,
    account: Uuid,
    shell: Uuid,
) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select wechat, access_hash, access_until, renewal_hash, spent_hash, renewable_until
         from shell_token where account_id = $1 and shell_id = $2",
        account,
        shell
    )
    .fetch_optional(conn)
    .await?)
}

/// The same, locked until the transaction ends.
pub(crate) async fn find_for_update(
    tx: &mut Tx,
    account: Uuid,
    shell: Uuid,
) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select wechat, access_hash, access_until, renewal_hash, spent_hash, renewable_until
         from shell_token where account_id = $1 and shell_id = $2 for update",
        account,
        shell
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Writes one: a sign-in, or what a renewal made of it.
pub(crate) async fn put(tx: &mut Tx, account: Uuid, shell: Uuid, row: &Row) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into shell_token (account_id, shell_id, wechat, access_hash, access_until, renewal_hash, spent_hash,
                                  renewable_until, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (account_id, shell_id) do update
         set access_hash = excluded.access_hash, access_until = excluded.access_until,
             renewal_hash = excluded.renewal_hash, spent_hash = excluded.spent_hash",
        account,
        shell,
        row.wechat,
        row.access_hash,
        row.access_until,
        row.renewal_hash,
        row.spent_hash,
        row.renewable_until,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends one.
pub(crate) async fn end(tx: &mut Tx, account: Uuid, shell: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from shell_token where account_id = $1 and shell_id = $2",
        account,
        shell
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes what cannot be renewed any more (nightly).
pub(crate) async fn sweep(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!("delete from shell_token where renewable_until <= $1", now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Notes that an account came in to declare its holder; the first time is kept.
pub(crate) async fn put_student(tx: &mut Tx, account: Uuid) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into employment_student (account_id, since) values ($1, $2) on conflict do nothing",
        account,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether an account came in to declare its holder.
pub(crate) async fn is_student(conn: &mut PgConnection, account: Uuid) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from employment_student where account_id = $1) as "is!""#,
        account
    )
    .fetch_one(conn)
    .await?)
}
