//! Runs, their sealed rows and the index over them.

use base::{FileId, ImportId, OrgId, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A run as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub import_id: Uuid,
    pub kind: String,
    pub org_id: Uuid,
    pub org_name: String,
    pub owner_id: Uuid,
    pub actor: Value,
    pub file_id: Uuid,
    pub file_name: String,
    pub state: String,
    pub fault: Option<String>,
    pub sheet: String,
    pub header_row: i32,
    pub ignored: String,
    pub ready: i32,
    pub duplicates: i32,
    pub faulty: i32,
    pub warned: i32,
    pub created: i32,
    pub job_id: i64,
    pub created_at: DateTime<Utc>,
    pub applied_at: Option<DateTime<Utc>>,
    pub cleared_at: Option<DateTime<Utc>>,
}

/// What begins a run.
pub(super) struct NewRun<'a> {
    pub id: ImportId,
    pub kind: &'a str,
    pub org: OrgId,
    pub org_name: &'a str,
    pub owner: OrgId,
    pub actor: &'a Value,
    pub file: FileId,
    pub file_name: &'a str,
    pub job: i64,
    pub now: DateTime<Utc>,
}

pub(super) async fn insert(conn: &mut PgConnection, new: &NewRun<'_>) -> Result<()> {
    sqlx::query!(
        "insert into import_run (import_id, kind, org_id, org_name, owner_id, actor, file_id, file_name, state, sheet, header_row,
                                 ignored, ready, duplicates, faulty, warned, created, job_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'checking', '', 0, '', 0, 0, 0, 0, 0, $9, $10)",
        new.id.0,
        new.kind,
        new.org.0,
        new.org_name,
        new.owner.0,
        new.actor,
        new.file.0,
        new.file_name,
        new.job,
        new.now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn find(conn: &mut PgConnection, id: ImportId) -> Result<Option<Stored>> {
    Ok(sqlx::query_as!(
        Stored,
        "select import_id, kind, org_id, org_name, owner_id, actor, file_id, file_name, state, fault, sheet, header_row, ignored,
                ready, duplicates, faulty, warned, created, job_id, created_at, applied_at, cleared_at
         from import_run where import_id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?)
}

/// The run, held until the transaction ends: steps of one run come one after the other.
pub(super) async fn lock(conn: &mut PgConnection, id: ImportId) -> Result<Option<Stored>> {
    sqlx::query!(
        "select import_id from import_run where import_id = $1 for update",
        id.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    find(conn, id).await
}

/// Runs of an organisation, newest first, below the one shown last.
pub(super) async fn history(
    conn: &mut PgConnection,
    owner: OrgId,
    kind: &str,
    below: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Stored>> {
    Ok(sqlx::query_as!(
        Stored,
        "select import_id, kind, org_id, org_name, owner_id, actor, file_id, file_name, state, fault, sheet, header_row, ignored,
                ready, duplicates, faulty, warned, created, job_id, created_at, applied_at, cleared_at
         from import_run where owner_id = $1 and kind = $2 and ($3::uuid is null or import_id < $3)
         order by import_id desc limit $4",
        owner.0,
        kind,
        below,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// State, steps done, steps in all and message of the work behind a run.
pub(super) async fn job(
    conn: &mut PgConnection,
    job_id: i64,
) -> Result<Option<(String, i64, i64, Option<String>)>> {
    let found = sqlx::query!(
        "select state, done, total, message from job where job_id = $1",
        job_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(|j| (j.state, j.done, j.total, j.message)))
}

/// The whole file is refused, or the run given up.
pub(super) async fn end(
    conn: &mut PgConnection,
    id: ImportId,
    state: &str,
    fault: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update import_run set state = $2, fault = $3, ended_at = $4 where import_id = $1",
        id.0,
        state,
        fault,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Where the rows came from.
pub(super) async fn set_sheet(
    conn: &mut PgConnection,
    id: ImportId,
    sheet: &str,
    header_row: i32,
    ignored: &str,
) -> Result<()> {
    sqlx::query!(
        "update import_run set sheet = $2, header_row = $3, ignored = $4 where import_id = $1",
        id.0,
        sheet,
        header_row,
        ignored
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ready, duplicates, faulty, warned.
pub(super) type Counts = (i32, i32, i32, i32);

pub(super) async fn set_preview(
    conn: &mut PgConnection,
    id: ImportId,
    counts: Counts,
) -> Result<()> {
    sqlx::query!(
        "update import_run set state = 'preview', ready = $2, duplicates = $3, faulty = $4, warned = $5 where import_id = $1",
        id.0,
        counts.0,
        counts.1,
        counts.2,
        counts.3
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_applying(
    conn: &mut PgConnection,
    id: ImportId,
    actor: &Value,
    job: i64,
) -> Result<()> {
    sqlx::query!(
        "update import_run set state = 'applying', actor = $2, job_id = $3 where import_id = $1",
        id.0,
        actor,
        job
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_done(
    conn: &mut PgConnection,
    id: ImportId,
    counts: Counts,
    created: i32,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update import_run set state = 'done', ready = $2, duplicates = $3, faulty = $4, warned = $5, created = $6, applied_at = $7,
                ended_at = $7 where import_id = $1",
        id.0,
        counts.0,
        counts.1,
        counts.2,
        counts.3,
        created,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes sealed chunks, new or again.
pub(super) async fn put_chunks(
    conn: &mut PgConnection,
    id: ImportId,
    numbers: &[i32],
    sealed: &[Vec<u8>],
) -> Result<()> {
    sqlx::query!(
        "insert into import_chunk (import_id, chunk_no, sealed)
         select $1, c.chunk_no, c.sealed from unnest($2::int[], $3::bytea[]) as c (chunk_no, sealed)
         on conflict (import_id, chunk_no) do update set sealed = excluded.sealed",
        id.0,
        numbers,
        sealed
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Columns of the index, row by row.
#[derive(Default)]
pub(super) struct Marks {
    pub rows: Vec<i32>,
    pub chunks: Vec<i32>,
    pub verdicts: Vec<String>,
    pub warned: Vec<bool>,
    pub reasons: Vec<String>,
}

/// Writes the index of rows, new or again.
pub(super) async fn put_rows(conn: &mut PgConnection, id: ImportId, marks: &Marks) -> Result<()> {
    sqlx::query!(
        "insert into import_row (import_id, row_no, chunk_no, verdict, warned, reasons)
         select $1, r.row_no, r.chunk_no, r.verdict, r.warned, r.reasons
         from unnest($2::int[], $3::int[], $4::text[], $5::bool[], $6::text[]) as r (row_no, chunk_no, verdict, warned, reasons)
         on conflict (import_id, row_no) do update set verdict = excluded.verdict, warned = excluded.warned, reasons = excluded.reasons",
        id.0,
        &marks.rows,
        &marks.chunks,
        &marks.verdicts,
        &marks.warned,
        &marks.reasons
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes what rows became.
pub(super) async fn put_results(
    conn: &mut PgConnection,
    id: ImportId,
    rows: &[i32],
    made: &[Uuid],
) -> Result<()> {
    sqlx::query!(
        "update import_row as r set result_id = n.result_id
         from unnest($2::int[], $3::uuid[]) as n (row_no, result_id)
         where r.import_id = $1 and r.row_no = n.row_no",
        id.0,
        rows,
        made
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the rows became, in their order.
pub(super) async fn results(conn: &mut PgConnection, id: ImportId) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        r#"select result_id as "result_id!" from import_row where import_id = $1 and result_id is not null order by row_no"#,
        id.0
    )
    .fetch_all(conn)
    .await?)
}

/// Sealed chunks in order: these, or all.
pub(super) async fn chunks(
    conn: &mut PgConnection,
    id: ImportId,
    which: Option<&[i32]>,
) -> Result<Vec<(i32, Vec<u8>)>> {
    let found = sqlx::query!(
        "select chunk_no, sealed from import_chunk
         where import_id = $1 and ($2::int[] is null or chunk_no = any($2)) order by chunk_no",
        id.0,
        which
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(|c| (c.chunk_no, c.sealed)).collect())
}

/// Which rows a page shows.
#[derive(Debug, Clone, Default)]
pub(super) struct Pick {
    pub verdict: Option<String>,
    pub warned: bool,
    pub reason: Option<String>,
    pub above: i32,
    pub limit: i64,
}

/// Row and chunk numbers of the rows picked, in order.
pub(super) async fn pick(
    conn: &mut PgConnection,
    id: ImportId,
    pick: &Pick,
) -> Result<Vec<(i32, i32)>> {
    let found = sqlx::query!(
        "select row_no, chunk_no from import_row
         where import_id = $1 and row_no > $2 and ($3::text is null or verdict = $3) and (not $4 or warned)
           and ($5::text is null or strpos(reasons, ',' || $5 || ',') > 0)
         order by row_no limit $6",
        id.0,
        pick.above,
        pick.verdict,
        pick.warned,
        pick.reason,
        pick.limit
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(|r| (r.row_no, r.chunk_no)).collect())
}

/// Faulty rows by column, most first.
pub(super) async fn reasons(conn: &mut PgConnection, id: ImportId) -> Result<Vec<(String, i64)>> {
    let found = sqlx::query!(
        r#"select n.reason as "reason!", count(*) as "rows!"
           from import_row as r cross join unnest(string_to_array(trim(both ',' from r.reasons), ',')) as n (reason)
           where r.import_id = $1 and r.verdict = 'faulty' group by n.reason order by count(*) desc, n.reason"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(|r| (r.reason, r.rows)).collect())
}

/// Runs whose rows need not be kept: finished before the one moment, or begun before the other.
pub(super) async fn overdue(
    conn: &mut PgConnection,
    finished: DateTime<Utc>,
    begun: DateTime<Utc>,
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select import_id from import_run
         where cleared_at is null and (coalesce(applied_at, ended_at) <= $1 or created_at <= $2) order by created_at limit 500",
        finished,
        begun
    )
    .fetch_all(conn)
    .await?)
}

/// Deletes the rows of a run; the run with its counts stays.
pub(super) async fn clear(conn: &mut PgConnection, id: ImportId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("delete from import_row where import_id = $1", id.0)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from import_chunk where import_id = $1", id.0)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "update import_run set cleared_at = $2 where import_id = $1",
        id.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
