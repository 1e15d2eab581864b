//! The branches one run of the generator made (ORG-B2).

use base::{ImportId, OrgId, Result};
use sqlx::PgConnection;

/// Keeps the range of numbers a run was given: they follow each other, and nobody else gets one of them.
pub(crate) async fn keep(
    conn: &mut PgConnection,
    superior: OrgId,
    run: ImportId,
    (first, last): (i64, i64),
) -> Result<()> {
    sqlx::query!(
        "insert into org_intake (org_id, import_id, first_no, last_no) values ($1, $2, $3, $4)",
        superior.0,
        run.0,
        first,
        last
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The live branches of a run.
pub(crate) async fn made_by(
    conn: &mut PgConnection,
    superior: OrgId,
    run: ImportId,
) -> Result<Vec<OrgId>> {
    let range = sqlx::query!(
        "select first_no, last_no from org_intake where org_id = $1 and import_id = $2",
        superior.0,
        run.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(range) = range else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query_scalar!(
        "select org_id from org where org_no between $1 and $2 and state in ('created', 'active', 'graduate') order by org_no limit 3000",
        range.first_no,
        range.last_no
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(OrgId).collect())
}
