//! The thin rows beside the organisations (group `roster`); each statement names its `org_id`.

use crate::rules::{AtDeadline, Case, CaseKey, Waiting};
use base::{CaseId, OrgId, PersonId, Result, at_midnight, business_date};
use chrono::{DateTime, Days, TimeZone, Utc};
use db::Tx;
use sqlx::PgConnection;
use uuid::Uuid;

/// Items without deadline come after all others.
fn sort_at(deadline: Option<DateTime<Utc>>) -> DateTime<Utc> {
    deadline.unwrap_or_else(|| {
        Utc.timestamp_opt(253_370_764_800, 0)
            .single()
            .unwrap_or_default()
    })
}

/// A row beside an organisation; `part` is decide, superior, sent or watch, the latter two at step 0.
pub(crate) async fn insert_row(
    tx: &mut Tx,
    org: OrgId,
    case: &Case,
    part: &str,
    arrived: DateTime<Utc>,
) -> Result<()> {
    let acts = matches!(part, "decide" | "superior");
    let deadline = case.deadline_at.filter(|_| acts);
    sqlx::query!(
        "insert into org_inbox (org_id, case_id, step_no, subject_id, kind, todo, title, subject_name, summary, part, arrived_at,
                                deadline_at, deadline_outcome, sort_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         on conflict (org_id, case_id, step_no) do update
         set part = excluded.part, arrived_at = excluded.arrived_at, deadline_at = excluded.deadline_at,
             deadline_outcome = excluded.deadline_outcome, sort_at = excluded.sort_at, done_at = null, done_how = null, done_by = null",
        org.0,
        case.key.case.0,
        if acts { case.step_no } else { 0 },
        case.key.subject.0,
        case.kind,
        case.step().todo,
        case.title,
        case.subject_name,
        case.summary,
        part,
        arrived,
        deadline,
        case.deadline_outcome.code(),
        sort_at(deadline)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The present step is settled: gone for all who could have decided it (COM-04).
pub(crate) async fn close_rows(
    tx: &mut Tx,
    case: &Case,
    how: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let mut desks = case.desks.clone();
    desks.sort_unstable();
    for org in desks {
        sqlx::query!(
            "update org_inbox set done_at = $4, done_how = $5, done_by = $6
             where org_id = $1 and case_id = $2 and step_no = $3 and done_at is null",
            org.0,
            case.key.case.0,
            case.step_no,
            at,
            how,
            by
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The case is over: the rows of those who started or watched it as well.
pub(crate) async fn end_rows(tx: &mut Tx, case: &Case, at: DateTime<Utc>) -> Result<()> {
    let mut watchers = case.watchers.clone();
    watchers.sort_unstable();
    for org in watchers {
        sqlx::query!(
            "update org_inbox set done_at = $3, done_how = $4, done_by = ''
             where org_id = $1 and case_id = $2 and step_no = 0 and done_at is null",
            org.0,
            case.key.case.0,
            at,
            case.state.code()
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// An organisation that no longer has anything to do with a step (TRF-30).
pub(crate) async fn drop_row(tx: &mut Tx, org: OrgId, case: &Case) -> Result<()> {
    sqlx::query!(
        "delete from org_inbox where org_id = $1 and case_id = $2 and step_no = $3 and done_at is null",
        org.0,
        case.key.case.0,
        case.step_no
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Cases an organisation holds an open row of.
pub(crate) async fn open_cases_of(conn: &mut PgConnection, org: OrgId) -> Result<Vec<CaseKey>> {
    let rows = sqlx::query!(
        "select subject_id, case_id from org_inbox
         where org_id = $1 and done_at is null and part in ('decide', 'superior') order by case_id",
        org.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| CaseKey {
            subject: PersonId(row.subject_id),
            case: CaseId(row.case_id),
        })
        .collect())
}

/// What waits for an organisation, by type and urgency; one cheap statement for the dashboard, the menu and the phone.
pub async fn counts(
    conn: &mut PgConnection,
    org: OrgId,
    now: DateTime<Utc>,
) -> Result<Vec<Waiting>> {
    let tomorrow = at_midnight(business_date(now) + Days::new(1));
    let week = at_midnight(business_date(now) + Days::new(7));
    let rows = sqlx::query!(
        r#"select todo, count(*) as "all!", count(*) filter (where sort_at <= $3) as "today!",
                  count(*) filter (where sort_at > $3 and sort_at <= $4) as "week!"
           from org_inbox where org_id = $1 and done_at is null and part in ('decide', 'superior') and arrived_at <= $2
           group by todo order by min(sort_at), todo"#,
        org.0,
        now,
        tomorrow,
        week
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Waiting {
            todo: row.todo,
            all: row.all,
            today: row.today,
            week: row.week,
            later: row.all - row.today - row.week,
        })
        .collect())
}

/// How much waits for one organisation: the badge of every page (COM-08).
pub async fn waiting_here(conn: &mut PgConnection, org: OrgId, now: DateTime<Utc>) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from org_inbox
           where org_id = $1 and done_at is null and part in ('decide', 'superior') and arrived_at <= $2"#,
        org.0,
        now
    )
    .fetch_one(conn)
    .await?)
}

/// How much waits for each of several organisations (COM-08, the badge in the menu); those with nothing are left out.
pub async fn waiting(
    conn: &mut PgConnection,
    orgs: &[OrgId],
    now: DateTime<Utc>,
) -> Result<Vec<(OrgId, i64)>> {
    let ids: Vec<Uuid> = orgs.iter().take(50).map(|org| org.0).collect();
    let rows = sqlx::query!(
        r#"select org_id, count(*) as "n!" from org_inbox
           where org_id = any($1) and done_at is null and part in ('decide', 'superior') and arrived_at <= $2 group by org_id"#,
        &ids,
        now
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (OrgId(row.org_id), row.n))
        .collect())
}

/// One item of a list.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) key: CaseKey,
    pub(crate) step_no: i32,
    pub(crate) todo: String,
    pub(crate) title: String,
    pub(crate) subject_name: String,
    pub(crate) summary: String,
    pub(crate) part: String,
    pub(crate) arrived_at: DateTime<Utc>,
    pub(crate) deadline_at: Option<DateTime<Utc>>,
    pub(crate) deadline_outcome: AtDeadline,
    pub(crate) sort_at: DateTime<Utc>,
    pub(crate) done_at: Option<DateTime<Utc>>,
    pub(crate) done_how: String,
    pub(crate) done_by: String,
}

struct ItemRow {
    case_id: Uuid,
    step_no: i32,
    subject_id: Uuid,
    todo: String,
    title: String,
    subject_name: String,
    summary: String,
    part: String,
    arrived_at: DateTime<Utc>,
    deadline_at: Option<DateTime<Utc>>,
    deadline_outcome: String,
    sort_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
    done_how: Option<String>,
    done_by: Option<String>,
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        Self {
            key: CaseKey {
                subject: PersonId(row.subject_id),
                case: CaseId(row.case_id),
            },
            step_no: row.step_no,
            todo: row.todo,
            title: row.title,
            subject_name: row.subject_name,
            summary: row.summary,
            part: row.part,
            arrived_at: row.arrived_at,
            deadline_at: row.deadline_at,
            deadline_outcome: AtDeadline::from_code(&row.deadline_outcome),
            sort_at: row.sort_at,
            done_at: row.done_at,
            done_how: row.done_how.unwrap_or_default(),
            done_by: row.done_by.unwrap_or_default(),
        }
    }
}

/// Which items.
#[derive(Clone, Debug)]
pub(crate) struct ItemFilter<'a> {
    pub(crate) org: OrgId,
    pub(crate) now: DateTime<Utc>,
    pub(crate) todo: Option<&'a str>,
    /// Only the organisation's own turn, not where it is the superior.
    pub(crate) own_only: bool,
    /// The row before the page: sort key and case; the page goes `backwards` from it.
    pub(crate) from: Option<(DateTime<Utc>, Uuid)>,
    pub(crate) backwards: bool,
    pub(crate) limit: i64,
}

/// What waits, most urgent first.
pub(crate) async fn items_open(conn: &mut PgConnection, f: &ItemFilter<'_>) -> Result<Vec<Item>> {
    let (at, id) = f.from.unzip();
    let rows = if f.backwards {
        sqlx::query_as!(
            ItemRow,
            "select case_id, step_no, subject_id, todo, title, subject_name, summary, part, arrived_at, deadline_at, deadline_outcome,
                    sort_at, done_at, done_how, done_by
             from org_inbox
             where org_id = $1 and done_at is null and part in ('decide', 'superior') and arrived_at <= $2
               and ($3::text is null or todo = $3) and (not $4 or part = 'decide') and (sort_at, case_id) < ($5, $6)
             order by sort_at desc, case_id desc limit $7",
            f.org.0, f.now, f.todo, f.own_only, at, id, f.limit
        )
        .fetch_all(conn)
        .await?
    } else {
        sqlx::query_as!(
            ItemRow,
            "select case_id, step_no, subject_id, todo, title, subject_name, summary, part, arrived_at, deadline_at, deadline_outcome,
                    sort_at, done_at, done_how, done_by
             from org_inbox
             where org_id = $1 and done_at is null and part in ('decide', 'superior') and arrived_at <= $2
               and ($3::text is null or todo = $3) and (not $4 or part = 'decide')
               and ($5::timestamptz is null or (sort_at, case_id) > ($5, $6))
             order by sort_at, case_id limit $7",
            f.org.0, f.now, f.todo, f.own_only, at, id, f.limit
        )
        .fetch_all(conn)
        .await?
    };
    Ok(rows.into_iter().map(Item::from).collect())
}

/// What was decided, here or by the other who could; newest first.
pub(crate) async fn items_done(conn: &mut PgConnection, f: &ItemFilter<'_>) -> Result<Vec<Item>> {
    let (at, id) = f.from.unzip();
    let rows = if f.backwards {
        sqlx::query_as!(
            ItemRow,
            "select case_id, step_no, subject_id, todo, title, subject_name, summary, part, arrived_at, deadline_at, deadline_outcome,
                    sort_at, done_at, done_how, done_by
             from org_inbox
             where org_id = $1 and done_at is not null and part in ('decide', 'superior') and arrived_at <= $2
               and ($3::text is null or todo = $3) and (done_at, case_id) > ($4, $5)
             order by done_at, case_id limit $6",
            f.org.0, f.now, f.todo, at, id, f.limit
        )
        .fetch_all(conn)
        .await?
    } else {
        sqlx::query_as!(
            ItemRow,
            "select case_id, step_no, subject_id, todo, title, subject_name, summary, part, arrived_at, deadline_at, deadline_outcome,
                    sort_at, done_at, done_how, done_by
             from org_inbox
             where org_id = $1 and done_at is not null and part in ('decide', 'superior') and arrived_at <= $2
               and ($3::text is null or todo = $3) and ($4::timestamptz is null or (done_at, case_id) < ($4, $5))
             order by done_at desc, case_id desc limit $6",
            f.org.0, f.now, f.todo, at, id, f.limit
        )
        .fetch_all(conn)
        .await?
    };
    Ok(rows.into_iter().map(Item::from).collect())
}

/// What the organisation started or watches, newest first; going on or over.
pub(crate) async fn items_watched(
    conn: &mut PgConnection,
    f: &ItemFilter<'_>,
) -> Result<Vec<Item>> {
    let (at, id) = f.from.unzip();
    let rows = if f.backwards {
        sqlx::query_as!(
            ItemRow,
            "select case_id, step_no, subject_id, todo, title, subject_name, summary, part, arrived_at, deadline_at, deadline_outcome,
                    sort_at, done_at, done_how, done_by
             from org_inbox
             where org_id = $1 and part in ('sent', 'watch') and (arrived_at, case_id) > ($2, $3)
             order by arrived_at, case_id limit $4",
            f.org.0, at, id, f.limit
        )
        .fetch_all(conn)
        .await?
    } else {
        sqlx::query_as!(
            ItemRow,
            "select case_id, step_no, subject_id, todo, title, subject_name, summary, part, arrived_at, deadline_at, deadline_outcome,
                    sort_at, done_at, done_how, done_by
             from org_inbox
             where org_id = $1 and part in ('sent', 'watch') and ($2::timestamptz is null or (arrived_at, case_id) < ($2, $3))
             order by arrived_at desc, case_id desc limit $4",
            f.org.0, at, id, f.limit
        )
        .fetch_all(conn)
        .await?
    };
    Ok(rows.into_iter().map(Item::from).collect())
}

/// Types among the last thousand decided items, for the filter 所有类型.
pub(crate) async fn todos(conn: &mut PgConnection, org: OrgId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select distinct todo from (select todo from org_inbox
                                   where org_id = $1 and done_at is not null and part in ('decide', 'superior')
                                   order by done_at desc, case_id desc limit 1000) t order by todo",
        org.0
    )
    .fetch_all(conn)
    .await?)
}

/// Where an item stood in the list, for the way to the next one.
pub(crate) async fn place_of(
    conn: &mut PgConnection,
    org: OrgId,
    case: CaseId,
    step_no: i32,
) -> Result<Option<DateTime<Utc>>> {
    Ok(sqlx::query_scalar!(
        "select sort_at from org_inbox where org_id = $1 and case_id = $2 and step_no = $3",
        org.0,
        case.0,
        step_no
    )
    .fetch_optional(conn)
    .await?)
}

/// The open cases an organisation started.
pub(crate) async fn sent_open(tx: &mut Tx, org: OrgId) -> Result<Vec<CaseKey>> {
    let rows = sqlx::query!(
        "select subject_id, case_id from org_inbox where org_id = $1 and part = 'sent' and done_at is null order by subject_id, case_id",
        org.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| CaseKey {
            subject: base::PersonId(row.subject_id),
            case: base::CaseId(row.case_id),
        })
        .collect())
}
