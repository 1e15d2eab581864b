//! All SQL of the organisation tree: here what other capabilities read, beside it writes and the reads of the pages.

mod figures;
mod life;
mod list;
mod read;
mod write;

pub use figures::*;
pub use life::*;
pub use list::*;
pub use read::*;
pub use write::*;

use crate::rules::{BranchKind, Org, OrgState, root_of};
use base::{OrgCategory, OrgId, OrgPath, Result, YearMonth};
use sqlx::PgConnection;
use uuid::Uuid;

struct Row {
    org_id: Uuid,
    org_no: i64,
    parent_id: Option<Uuid>,
    path: String,
    category: String,
    kind: String,
    short_name: String,
    full_name: String,
    sector: Option<String>,
    region: Option<String>,
    state: String,
    phone: Option<String>,
    graduation_month: Option<i32>,
    accepts_registration: bool,
    version: i32,
}

impl From<Row> for Org {
    fn from(row: Row) -> Self {
        Self {
            id: OrgId(row.org_id),
            number: row.org_no,
            parent: row.parent_id.map(OrgId),
            path: OrgPath::new(row.path),
            // The check constraint admits the five codes only.
            category: OrgCategory::from_code(&row.category).unwrap_or(OrgCategory::Branch),
            kind: BranchKind::from_code(&row.kind),
            short_name: row.short_name,
            full_name: row.full_name,
            sector: row.sector,
            region: row.region,
            state: OrgState::from_code(&row.state),
            phone: row.phone,
            graduation: row.graduation_month.map(YearMonth::from_index),
            accepts_registration: row.accepts_registration,
            version: row.version,
        }
    }
}

/// One organisation, deleted ones included.
pub async fn find(conn: &mut PgConnection, id: OrgId) -> Result<Option<Org>> {
    let row = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org where org_id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Org::from))
}

/// Several organisations, in no particular order.
pub async fn find_many(conn: &mut PgConnection, ids: &[OrgId]) -> Result<Vec<Org>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org where org_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
}

/// By 组织ID, live ones only.
pub async fn by_number(conn: &mut PgConnection, number: i64) -> Result<Option<Org>> {
    let row = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org where org_no = $1 and state in ('created', 'active', 'graduate')",
        number
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Org::from))
}

/// By place in the tree.
pub async fn by_path(conn: &mut PgConnection, path: &OrgPath) -> Result<Option<Org>> {
    let row = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org where path = $1",
        path.as_str()
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Org::from))
}

/// All superiors, root first, without the organisation itself.
pub async fn ancestors(conn: &mut PgConnection, path: &OrgPath) -> Result<Vec<Org>> {
    let paths: Vec<String> = path.ancestors().iter().map(OrgPath::to_string).collect();
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org where path = any($1) order by path",
        &paths
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
}

/// The provincial body an organisation belongs to, itself if it is one; none above them.
pub async fn province(conn: &mut PgConnection, org: &Org) -> Result<Option<Org>> {
    let mut line = ancestors(conn, &org.path).await?;
    line.push(org.clone());
    let root = root_of(&line);
    Ok(line.into_iter().find(|org| root.is_provincial(&org.path)))
}

/// The lowest organisation above or equal to both places.
pub async fn lowest_common(
    conn: &mut PgConnection,
    a: &OrgPath,
    b: &OrgPath,
) -> Result<Option<Org>> {
    by_path(conn, &a.common(b)).await
}

/// Live direct subordinates in their order (ORG-31).
pub async fn children(conn: &mut PgConnection, parent: OrgId) -> Result<Vec<Org>> {
    let rows = sqlx::query_as!(
        Row,
        "select org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, phone,
                graduation_month, accepts_registration, version
         from org where parent_id = $1 and state in ('created', 'active', 'graduate') order by sort_no, org_no limit 3000",
        parent.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Org::from).collect())
}
