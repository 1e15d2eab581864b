use anyhow::Context;
use sqlx::PgConnection;

/// `distribute.sql`: what spreads the tables over a Citus cluster.
pub const DISTRIBUTE: &str = include_str!("../distribute.sql");

/// Puts every table where `table_placement` wants it, and answers how many lie there; `None` on plain PostgreSQL, where
/// nothing happens. What is in its place already is left alone.
pub async fn distribute(conn: &mut PgConnection) -> anyhow::Result<Option<usize>> {
    sqlx::raw_sql(DISTRIBUTE)
        .execute(&mut *conn)
        .await
        .context("数据表没有分布完")?;
    if !on_citus(conn).await? {
        return Ok(None);
    }
    let placed = sqlx::query_scalar!(r#"select count(*) as "n!" from table_placement"#)
        .fetch_one(conn)
        .await?;
    Ok(usize::try_from(placed).ok())
}

/// The tables that do not lie where they should (`doctor`): after a migration that was not followed by [`distribute`].
/// None on plain PostgreSQL.
pub async fn misplaced(conn: &mut PgConnection) -> anyhow::Result<Vec<String>> {
    if !on_citus(conn).await? {
        return Ok(Vec::new());
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the catalogue of Citus is unknown when queries are checked"
    )]
    let tables = sqlx::query_scalar(
        "select p.tbl from table_placement p
         left join pg_dist_partition d on d.logicalrelid = to_regclass(p.tbl)
         where p.kind is distinct from case when d.partmethod = 'h' then 'distributed' when d.repmodel = 't' then 'reference'
                                            when d.logicalrelid is not null then 'local' end
         order by p.tbl",
    )
    .fetch_all(conn)
    .await?;
    Ok(tables)
}

async fn on_citus(conn: &mut PgConnection) -> anyhow::Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from pg_extension where extname = 'citus') as "there!""#
    )
    .fetch_one(conn)
    .await?)
}
