//! Registration codes and reset codes.

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A registration code's row; `code_sealed` opens as field `registration_code.code` of `code_id`.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub org_id: Uuid,
    pub code_id: Uuid,
    pub code_sealed: Vec<u8>,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub state: String,
    pub used_org_id: Option<Uuid>,
}

/// What a new code is made of.
pub(crate) struct NewCode<'a> {
    pub org: OrgId,
    pub kind: &'a str,
    pub id: Uuid,
    pub hash: Vec<u8>,
    pub sealed: Vec<u8>,
    pub expires_at: DateTime<Utc>,
}

/// Writes a code; `false` if another one reads the same.
pub(crate) async fn insert(tx: &mut Tx, new: &NewCode<'_>) -> Result<bool> {
    let (now, by) = (tx.now(), tx.actor().name.clone());
    let taken = sqlx::query_scalar!(
        "insert into code_directory (code_hash, org_id, code_id) values ($1, $2, $3) on conflict do nothing returning code_id",
        new.hash,
        new.org.0,
        new.id
    )
    .fetch_optional(&mut **tx)
    .await?;
    if taken.is_none() {
        return Ok(false);
    }
    sqlx::query!(
        "insert into registration_code (org_id, code_id, kind, code_sealed, issued_at, issued_by, expires_at, state)
         values ($1, $2, $3, $4, $5, $6, $7, 'valid')",
        new.org.0,
        new.id,
        new.kind,
        new.sealed,
        now,
        by,
        new.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// All codes of a kind of several organisations, newest first.
pub(crate) async fn of_orgs(
    conn: &mut PgConnection,
    orgs: &[Uuid],
    kind: &str,
) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select org_id, code_id, code_sealed, issued_at, expires_at, state, used_org_id
         from registration_code where org_id = any($1) and kind = $2 order by issued_at desc, code_id desc",
        orgs,
        kind
    )
    .fetch_all(conn)
    .await?)
}

/// Whether a direct subordinate nobody has signed in to has neither an administrator nor a good code (ORG-01).
pub(crate) async fn unserved(
    conn: &mut PgConnection,
    parent: OrgId,
    now: DateTime<Utc>,
) -> Result<bool> {
    // Joined from the counter every organisation has: the tree is on every node of Citus, what hangs on it is not.
    let found = sqlx::query_scalar!(
        "select o.org_id from org o join branch_counter b on b.org_id = o.org_id
         left join org_admin a on a.org_id = b.org_id and a.until is null
         left join registration_code c on c.org_id = b.org_id and c.kind = 'admin' and c.state = 'valid' and c.expires_at > $2
         where o.parent_id = $1 and o.state = 'created' and a.org_id is null and c.org_id is null limit 1",
        parent.0,
        now
    );
    Ok(found.fetch_optional(conn).await?.is_some())
}

/// Where a code lies.
pub(crate) async fn place(conn: &mut PgConnection, hash: &[u8]) -> Result<Option<(OrgId, Uuid)>> {
    let row = sqlx::query!(
        "select org_id, code_id from code_directory where code_hash = $1",
        hash
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| (OrgId(r.org_id), r.code_id)))
}

/// One code for update, so that of two who use it at the same moment one is told.
pub(crate) async fn find_for_update(
    conn: &mut PgConnection,
    org: OrgId,
    code: Uuid,
    kind: &str,
) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select org_id, code_id, code_sealed, issued_at, expires_at, state, used_org_id
         from registration_code where org_id = $1 and code_id = $2 and kind = $3 for update",
        org.0,
        code,
        kind
    )
    .fetch_optional(conn)
    .await?)
}

/// Marks a code used.
pub(crate) async fn set_used(
    tx: &mut Tx,
    org: OrgId,
    code: Uuid,
    by: &str,
    used_org: OrgId,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update registration_code set state = 'used', used_at = $3, used_by = $4, used_org_id = $5 where org_id = $1 and code_id = $2",
        org.0,
        code,
        now,
        by,
        used_org.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many good codes there are for these organisations, and of one for new branches.
pub(crate) async fn known(
    conn: &mut PgConnection,
    org: OrgId,
    below: &[Uuid],
    now: DateTime<Utc>,
) -> Result<usize> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "n!" from registration_code
           where state = 'valid' and expires_at > $3 and ((org_id = any($2) and kind = 'admin') or (org_id = $1 and kind = 'org'))"#,
        org.0,
        below,
        now
    )
    .fetch_one(conn)
    .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// Withdraws them; answers how many.
pub(crate) async fn void_known(
    conn: &mut PgConnection,
    org: OrgId,
    below: &[Uuid],
) -> Result<usize> {
    let done = sqlx::query!(
        "update registration_code set state = 'void'
         where state = 'valid' and ((org_id = any($2) and kind = 'admin') or (org_id = $1 and kind = 'org'))",
        org.0,
        below
    )
    .execute(conn)
    .await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or_default())
}

/// Withdraws a code; `false` if it was used or withdrawn before.
pub(crate) async fn set_void(conn: &mut PgConnection, org: OrgId, code: Uuid) -> Result<bool> {
    let done = sqlx::query!(
        "update registration_code set state = 'void' where org_id = $1 and code_id = $2 and state = 'valid'",
        org.0,
        code
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A reset code's row.
#[derive(Clone, Debug)]
pub(crate) struct Reset {
    pub code_id: Uuid,
    pub code_hash: Vec<u8>,
    pub expires_at: DateTime<Utc>,
    pub tries: i32,
}

/// Writes a person's new reset code; the former one is void (ACC-50).
pub(crate) async fn put_reset(
    tx: &mut Tx,
    account: Uuid,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let (id, now, by) = (tx.new_id::<Uuid>(), tx.now(), tx.actor().name.clone());
    sqlx::query!(
        "update reset_code set state = 'void' where account_id = $1 and state = 'valid'",
        account
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into reset_code (account_id, code_id, code_hash, issued_at, issued_by, expires_at, tries, state)
         values ($1, $2, $3, $4, $5, $6, 0, 'valid')",
        account,
        id,
        hash,
        now,
        by,
        expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A person's valid reset code, for update.
pub(crate) async fn reset_for_update(
    conn: &mut PgConnection,
    account: Uuid,
) -> Result<Option<Reset>> {
    Ok(sqlx::query_as!(
        Reset,
        "select code_id, code_hash, expires_at, tries from reset_code where account_id = $1 and state = 'valid' for update",
        account
    )
    .fetch_optional(conn)
    .await?)
}

/// Counts a wrong try; at `most` the code is void.
pub(crate) async fn count_reset_try(
    conn: &mut PgConnection,
    account: Uuid,
    code: Uuid,
    most: i32,
) -> Result<()> {
    sqlx::query!(
        "update reset_code set tries = tries + 1, state = case when tries + 1 >= $3 then 'void' else state end
         where account_id = $1 and code_id = $2",
        account,
        code,
        most
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks a reset code used.
pub(crate) async fn use_reset(conn: &mut PgConnection, account: Uuid, code: Uuid) -> Result<()> {
    sqlx::query!(
        "update reset_code set state = 'used' where account_id = $1 and code_id = $2",
        account,
        code
    )
    .execute(conn)
    .await?;
    Ok(())
}
