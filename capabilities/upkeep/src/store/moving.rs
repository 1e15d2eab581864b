//! The copies of paths beside the tree, carried along when a subtree moves: one statement a table, by the range of paths.

use base::{OrgPath, Result};
use sqlx::PgConnection;

/// Tables with copies of places in the tree and the columns that hold them; a test compares them with the schema.
#[cfg(test)]
pub(crate) const COPIES: [(&str, &str); 13] = [
    ("branch_counter", "path"),
    ("leaving", "path"),
    ("membership_filing", "path"),
    ("org_finding", "path"),
    ("org_post", "path"),
    ("org_progress", "path"),
    ("org_stat", "path"),
    ("org_transfer", "path"),
    ("org_transfer", "shown_with"),
    ("org_twin", "other_path"),
    ("org_twin", "path"),
    ("roster", "path"),
    ("student_mark", "path"),
];

/// Places that belong to their day and stay: what was counted under a superior remains there (FLD-U7).
#[cfg(test)]
pub(crate) const KEPT: [(&str, &str); 1] = [("org_report", "path")];

/// Rewrites every copy of a place in the subtree of `old` to the same place below `new`.
pub(crate) async fn carry(conn: &mut PgConnection, old: &OrgPath, new: &OrgPath) -> Result<()> {
    let (low, high, to) = (old.as_str(), old.subtree_end(), new.as_str());
    let from = i32::try_from(low.len() + 1).unwrap_or(i32::MAX);
    sqlx::query!(
        "update roster set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update student_mark set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_post set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update branch_counter set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_transfer set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_transfer set shown_with = $3 || substr(shown_with, $4) where shown_with >= $1 and shown_with < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update leaving set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update membership_filing set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_stat set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_twin set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_twin set other_path = $3 || substr(other_path, $4) where other_path >= $1 and other_path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_finding set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update org_progress set path = $3 || substr(path, $4) where path >= $1 and path < $2",
        low,
        high,
        to,
        from
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Open transfers that touch a subtree.
pub(crate) async fn open_transfers(conn: &mut PgConnection, path: &OrgPath) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(distinct transfer_id) as "n!" from org_transfer where path >= $1 and path < $2 and open"#,
        path.as_str(),
        path.subtree_end()
    )
    .fetch_one(conn)
    .await?)
}
