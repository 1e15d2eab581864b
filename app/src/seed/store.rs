//! What the seed asks the database besides COPY: how far it has come, and the indexes it puts off.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, types::Json};

use super::plan::Scale;

/// What a seeding was begun with; what the mark of an invented league holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) scale: Scale,
    pub(super) seed: u64,
    pub(super) profile: String,
    /// The moment the league is as of.
    pub(super) at: chrono::DateTime<chrono::Utc>,
    /// Persons a chunk holds about.
    pub(super) chunk: u32,
    /// Rows are still missing.
    pub(super) unfinished: bool,
    /// Indexes to be made when all rows are there.
    pub(super) indexes: Vec<String>,
}

/// The mark, if this database holds a league of the seed.
pub(super) async fn mark(conn: &mut PgConnection) -> anyhow::Result<Option<Mark>> {
    let value = sqlx::query_scalar!(
        "select value from setting where name = 'demo' and value ->> 'scale' is not null"
    )
    .fetch_optional(conn)
    .await?;
    Ok(value.map(serde_json::from_value).transpose()?)
}

/// Writes the mark.
pub(super) async fn set_mark(conn: &mut PgConnection, mark: &Mark) -> anyhow::Result<()> {
    sqlx::query!(
        "insert into setting (name, value) values ('demo', $1) on conflict (name) do update set value = excluded.value",
        Json(mark) as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether there is a league of any kind.
pub(super) async fn any_org(conn: &mut PgConnection) -> anyhow::Result<bool> {
    Ok(
        sqlx::query_scalar!(r#"select exists (select from org) as "yes!""#)
            .fetch_one(conn)
            .await?,
    )
}

/// Which of these organisations are there.
pub(super) async fn there(conn: &mut PgConnection, numbers: &[i64]) -> anyhow::Result<Vec<i64>> {
    Ok(
        sqlx::query_scalar!("select org_no from org where org_no = any($1)", numbers)
            .fetch_all(conn)
            .await?,
    )
}

/// Takes away the indexes of these tables that guard no rule, and answers how to make them again.
pub(super) async fn put_off_indexes(
    conn: &mut PgConnection,
    tables: &[String],
) -> anyhow::Result<Vec<String>> {
    let found = sqlx::query!(
        r#"select c.relname::text as "name!", pg_get_indexdef(i.indexrelid) as "definition!"
           from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
           where t.relnamespace = 'public'::regnamespace and t.relname = any($1) and not i.indisunique order by 1"#,
        tables
    )
    .fetch_all(&mut *conn)
    .await?;
    for index in &found {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop index {}", index.name)))
            .execute(&mut *conn)
            .await?;
    }
    Ok(found.into_iter().map(|index| index.definition).collect())
}

/// Makes one of them, if it is not there already.
pub(super) async fn make_index(conn: &mut PgConnection, definition: &str) -> anyhow::Result<()> {
    let statement = definition.replacen("CREATE INDEX ", "create index if not exists ", 1);
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(conn)
        .await?;
    Ok(())
}

/// The numbers handed out go on behind those of the league.
pub(super) async fn set_numbers(
    conn: &mut PgConnection,
    org: i64,
    transfer: i64,
) -> anyhow::Result<()> {
    sqlx::query!(
        "update number_range set next = case name when 'org' then $1::bigint else $2::bigint end where name in ('org', 'transfer')",
        org,
        transfer
    )
    .execute(conn)
    .await?;
    Ok(())
}
