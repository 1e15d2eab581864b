//! Transfers by organisation: the thin rows the console's lists read (DATA.md rule 3).

use super::Transfer;
use crate::rules::{Kind, Reason, State, Step};
use access::Scope;
use base::{OrgId, OrgPath, PersonId, Result, TransferId};
use chrono::{DateTime, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// A line of the lists 在途 and 已办.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// Whose list.
    pub org: OrgId,
    /// Which transfer.
    pub id: TransferId,
    /// Whose.
    pub person: PersonId,
    /// The organisation is the receiving side.
    pub is_in: bool,
    /// 转接编号.
    pub number: i64,
    /// Member.
    pub name: String,
    /// How it was started.
    pub kind: Option<Kind>,
    /// Why.
    pub reason: Option<Reason>,
    /// 学社衔接.
    pub is_handover: bool,
    /// The other side's name.
    pub other_name: String,
    /// Where it stands.
    pub state: State,
    /// Present or last step.
    pub step: Option<Step>,
    /// Deadline of the step.
    pub due_at: Option<DateTime<Utc>>,
    /// Last change.
    pub touched_at: DateTime<Utc>,
}

struct Row {
    org_id: Uuid,
    transfer_id: Uuid,
    person_id: Uuid,
    side: String,
    number: i64,
    name: String,
    kind: String,
    reason: String,
    is_handover: bool,
    other_name: String,
    state: String,
    step: String,
    due_at: Option<DateTime<Utc>>,
    touched_at: DateTime<Utc>,
}

impl From<Row> for ListRow {
    fn from(row: Row) -> Self {
        Self {
            org: OrgId(row.org_id),
            id: TransferId(row.transfer_id),
            person: PersonId(row.person_id),
            is_in: row.side == "in",
            number: row.number,
            name: row.name,
            kind: Kind::from_code(&row.kind),
            reason: Reason::from_code(&row.reason),
            is_handover: row.is_handover,
            other_name: row.other_name,
            state: State::from_code(&row.state),
            step: Step::from_code(&row.step),
            due_at: row.due_at,
            touched_at: row.touched_at,
        }
    }
}

/// Writes the row of one organisation. `shown_with` is the place of the row that already shows the transfer to whoever sees
/// both: none for the leaving side, whose row comes first.
pub async fn place(
    tx: &mut Tx,
    t: &Transfer,
    org: OrgId,
    path: &OrgPath,
    shown_with: Option<&OrgPath>,
) -> Result<()> {
    let is_in = shown_with.is_some();
    let now = tx.now();
    sqlx::query!(
        "insert into org_transfer (org_id, transfer_id, person_id, path, shown_with, side, number, name, kind, reason, is_handover, other_name,
                                   state, step, due_at, open, touched_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         on conflict (org_id, transfer_id) do update set path = excluded.path, shown_with = excluded.shown_with, state = excluded.state, step = excluded.step,
             due_at = excluded.due_at, open = excluded.open, touched_at = excluded.touched_at",
        org.0,
        t.id.0,
        t.person.0,
        path.as_str(),
        shown_with.map(OrgPath::as_str),
        if is_in { "in" } else { "out" },
        t.number,
        t.name,
        t.kind.code(),
        t.reason.code(),
        t.is_handover,
        if is_in { &t.out_name } else { t.in_branch_name.as_ref().unwrap_or(&t.in_name) },
        t.state.code(),
        t.step.code(),
        t.due.map(|due| due.at),
        t.state.is_open(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Which rows a list asks for; empty texts ask for all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Open or ended.
    pub open: bool,
    /// `out` or `in`.
    pub side: Option<String>,
    /// Reason code.
    pub reason: Option<String>,
    /// Beginning of the member's name.
    pub name: Option<String>,
    /// State code.
    pub state: Option<String>,
}

/// A page of the transfers in scope, latest change first: `limit` rows after (or before) a row.
pub async fn list(
    conn: &mut PgConnection,
    scope: &Scope,
    filter: &Filter,
    after: Option<(DateTime<Utc>, TransferId)>,
    before: Option<(DateTime<Utc>, TransferId)>,
    limit: i64,
) -> Result<Vec<ListRow>> {
    let name = filter
        .name
        .as_ref()
        .map(|name| format!("{}%", name.replace(['%', '_', '\\'], "")));
    let rows = if let Some((at, id)) = before {
        sqlx::query_as!(
            Row,
            "select org_id, transfer_id, person_id, side, number, name, kind, reason, is_handover, other_name, state, step, due_at, touched_at
             from org_transfer
             where path >= $1 and path < $2 and (shown_with is null or shown_with < $1 or shown_with >= $2) and open = $3 and ($4::text is null or side = $4) and ($5::text is null or reason = $5)
               and ($6::text is null or name like $6) and ($7::text is null or state = $7) and (touched_at, transfer_id) > ($8, $9)
             order by touched_at, transfer_id limit $10",
            scope.low(), scope.high(), filter.open, filter.side, filter.reason, name, filter.state, at, id.0, limit
        )
        .fetch_all(conn)
        .await?
    } else {
        sqlx::query_as!(
            Row,
            "select org_id, transfer_id, person_id, side, number, name, kind, reason, is_handover, other_name, state, step, due_at, touched_at
             from org_transfer
             where path >= $1 and path < $2 and (shown_with is null or shown_with < $1 or shown_with >= $2) and open = $3 and ($4::text is null or side = $4) and ($5::text is null or reason = $5)
               and ($6::text is null or name like $6) and ($7::text is null or state = $7)
               and ($8::timestamptz is null or (touched_at, transfer_id) < ($8, $9))
             order by touched_at desc, transfer_id desc limit $10",
            scope.low(), scope.high(), filter.open, filter.side, filter.reason, name, filter.state, after.map(|a| a.0), after.map(|a| a.1.0), limit
        )
        .fetch_all(conn)
        .await?
    };
    Ok(rows.into_iter().map(ListRow::from).collect())
}

/// Transfers in progress are counted to so many, those that have ended to so many: who works off a list wants to know its
/// length, nobody how much history there is.
pub const COUNTED: [i64; 2] = [10_000, 1_000];

/// How many transfers in scope are open and how many have ended; beyond [`COUNTED`] that many and one.
pub async fn tallies(conn: &mut PgConnection, scope: &Scope) -> Result<(i64, i64)> {
    let mut counts = [0, 0];
    for ((count, most), open) in counts.iter_mut().zip(COUNTED).zip([true, false]) {
        *count = sqlx::query_scalar!(
            r#"select count(*) as "n!" from (
                 select 1 from org_transfer
                 where path >= $1 and path < $2 and (shown_with is null or shown_with < $1 or shown_with >= $2) and open = $3 limit $4) t"#,
            scope.low(),
            scope.high(),
            open,
            most + 1
        )
        .fetch_one(&mut *conn)
        .await?;
    }
    Ok((counts[0], counts[1]))
}

/// The transfer of this number, if the scope shows it.
pub async fn numbered(
    conn: &mut PgConnection,
    scope: &Scope,
    number: i64,
) -> Result<Option<ListRow>> {
    let row = sqlx::query_as!(
        Row,
        "select org_id, transfer_id, person_id, side, number, name, kind, reason, is_handover, other_name, state, step, due_at, touched_at
         from org_transfer
         where number = $3 and path >= $1 and path < $2 and (shown_with is null or shown_with < $1 or shown_with >= $2) limit 1",
        scope.low(),
        scope.high(),
        number
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(ListRow::from))
}
