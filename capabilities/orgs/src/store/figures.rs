//! Figures of subtrees (DATA.md rules 11, 21). A branch's own are exact, from the counter its transactions keep; those of
//! everything above are rows the roll-up keeps, seconds behind. No figure is a sum over a range of paths.

use base::{OrgId, OrgPath, Result};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// What hangs on an organisation and everything below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Live organisations, itself included.
    pub orgs: i64,
    /// Live branches, itself included.
    pub branches: i64,
    /// Of them 毕业生支部.
    pub graduates: i64,
    /// 未到支部 (ORG-03).
    pub unfinished: i64,
    /// 团员.
    pub members: i64,
    /// 团干部.
    pub cadres: i64,
    /// Members and cadres with required fields empty.
    pub incomplete: i64,
    /// Members with required fields empty.
    pub gaps: i64,
    /// Members whose identity is not verified.
    pub unverified: i64,
    /// Members with an irregular number.
    pub number_faults: i64,
    /// Members not certified by the application form.
    pub uncertified: i64,
    /// Steps that wait for a decision.
    pub waiting: i64,
    /// Members who turn 28 within thirty days.
    pub soon_28: i64,
    /// Live organisations by level, its own first.
    pub levels: Vec<i64>,
    /// As of when; none where they are exact.
    pub counted_at: Option<DateTime<Utc>>,
}

/// Tells the roll-up that organisations' own figures, names or places changed. Insert only: nobody waits here.
pub async fn mark(conn: &mut PgConnection, ids: &[OrgId]) -> Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "insert into figure_mark (org_id) select u.org_id from unnest($1::uuid[]) as u (org_id)",
        &ids
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// For the figures that move with the clock, which a branch counts when asked.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Now.
    pub now: DateTime<Utc>,
    /// First and last birthday of those who turn 28 within thirty days.
    pub soon_28: (NaiveDate, NaiveDate),
}

/// Figures of the subtree at `path`: two or three small reads whatever lies below. Without a moment a branch's `waiting`
/// and `soon_28` are not counted.
pub async fn figures(
    conn: &mut PgConnection,
    path: &OrgPath,
    moment: Option<Moment>,
) -> Result<Figures> {
    let own = sqlx::query!(
        r#"select o.org_id, o.category = 'branch' as "branch!", o.state in ('created', 'active', 'graduate') as "live!",
                  o.state = 'graduate' as "graduate!", c.members, c.cadres, c.incomplete, c.gaps, c.unverified, c.number_faults, c.uncertified
           from org o join branch_counter c on c.org_id = o.org_id where o.path = $1"#,
        path.as_str()
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(own) = own else {
        return Ok(Figures::default());
    };
    if !own.branch {
        return match rolled_up(conn, own.org_id).await? {
            Some(figures) => Ok(figures),
            None => not_yet(conn, path).await,
        };
    }
    let (waiting, soon_28) = match moment {
        Some(moment) => clocked(conn, own.org_id, moment).await?,
        None => (0, 0),
    };
    Ok(Figures {
        orgs: own.live.into(),
        branches: own.live.into(),
        graduates: own.graduate.into(),
        unfinished: 0,
        members: own.members.into(),
        cadres: own.cadres.into(),
        incomplete: own.incomplete.into(),
        gaps: own.gaps.into(),
        unverified: own.unverified.into(),
        number_faults: own.number_faults.into(),
        uncertified: own.uncertified.into(),
        waiting,
        soon_28,
        levels: vec![own.live.into()],
        counted_at: None,
    })
}

/// What waits for an organisation and who of its own members turns 28 soon.
async fn clocked(conn: &mut PgConnection, id: Uuid, moment: Moment) -> Result<(i64, i64)> {
    let soon_28 = sqlx::query_scalar!(
        r#"select count(*) as "n!" from roster where branch_id = $1 and state = 'normal' and born between $2 and $3"#,
        id,
        moment.soon_28.0,
        moment.soon_28.1
    )
    .fetch_one(&mut *conn)
    .await?;
    let waiting = sqlx::query_scalar!(
        r#"select count(*) as "n!" from org_inbox where org_id = $1 and done_at is null and part = 'decide' and arrived_at <= $2"#,
        id,
        moment.now
    )
    .fetch_one(conn)
    .await?;
    Ok((waiting, soon_28))
}

async fn rolled_up(conn: &mut PgConnection, id: Uuid) -> Result<Option<Figures>> {
    let row = sqlx::query!(
        "select orgs, branches, graduates, unfinished, members, cadres, incomplete, gaps, unverified, number_faults, uncertified,
                waiting, soon_28, levels
         from org_stat where org_id = $1",
        id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let counted_at = sqlx::query_scalar!("select at from figure_run where name = 'roll'")
        .fetch_optional(conn)
        .await?;
    Ok(Some(Figures {
        orgs: row.orgs.into(),
        branches: row.branches.into(),
        graduates: row.graduates.into(),
        unfinished: row.unfinished.into(),
        members: row.members.into(),
        cadres: row.cadres.into(),
        incomplete: row.incomplete.into(),
        gaps: row.gaps.into(),
        unverified: row.unverified.into(),
        number_faults: row.number_faults.into(),
        uncertified: row.uncertified.into(),
        waiting: row.waiting.into(),
        soon_28: row.soon_28.into(),
        levels: row.levels.into_iter().map(i64::from).collect(),
        counted_at,
    }))
}

/// An organisation the roll-up has not met yet is some seconds old (or the database has just been upgraded): the sums at
/// first hand. What waits and who turns 28 come with the roll-up.
async fn not_yet(conn: &mut PgConnection, path: &OrgPath) -> Result<Figures> {
    let (low, high) = (path.as_str(), path.subtree_end());
    let people = sqlx::query!(
        r#"select coalesce(sum(members), 0)::bigint as "members!", coalesce(sum(cadres), 0)::bigint as "cadres!",
                  coalesce(sum(incomplete), 0)::bigint as "incomplete!", coalesce(sum(gaps), 0)::bigint as "gaps!",
                  coalesce(sum(unverified), 0)::bigint as "unverified!", coalesce(sum(number_faults), 0)::bigint as "number_faults!",
                  coalesce(sum(uncertified), 0)::bigint as "uncertified!"
           from branch_counter where path >= $1 and path < $2"#,
        low,
        high
    )
    .fetch_one(&mut *conn)
    .await?;
    let levels = sqlx::query!(
        r#"select (length(path) / 4)::bigint as "level!", count(*) as "orgs!", count(*) filter (where category = 'branch') as "branches!",
                  count(*) filter (where state = 'graduate') as "graduates!"
           from org where path >= $1 and path < $2 and state in ('created', 'active', 'graduate') group by 1 order by 1"#,
        low,
        high
    )
    .fetch_all(&mut *conn)
    .await?;
    let unfinished = sqlx::query_scalar!(
        r#"select count(*) as "n!" from org o
           where path >= $1 and path < $2 and category in ('committee', 'work_committee', 'general_branch')
             and state in ('created', 'active', 'graduate') and not exists (
               select from org b where b.path > o.path and b.path < o.path || '~' and b.category = 'branch'
                 and b.state in ('created', 'active', 'graduate'))"#,
        low,
        high
    )
    .fetch_one(conn)
    .await?;
    Ok(Figures {
        orgs: levels.iter().map(|l| l.orgs).sum(),
        branches: levels.iter().map(|l| l.branches).sum(),
        graduates: levels.iter().map(|l| l.graduates).sum(),
        unfinished,
        members: people.members,
        cadres: people.cadres,
        incomplete: people.incomplete,
        gaps: people.gaps,
        unverified: people.unverified,
        number_faults: people.number_faults,
        uncertified: people.uncertified,
        levels: levels.into_iter().map(|l| l.orgs).collect(),
        ..Figures::default()
    })
}

/// Members and cadres of each direct subordinate's subtree, by its path.
pub async fn totals_below(
    conn: &mut PgConnection,
    parent: OrgId,
) -> Result<HashMap<String, (i64, i64)>> {
    let rows = sqlx::query!(
        r#"select o.path, s.members as "members?", s.cadres as "cadres?" from org o left join org_stat s on s.org_id = o.org_id
           where o.parent_id = $1 and o.state in ('created', 'active', 'graduate')"#,
        parent.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut totals = HashMap::with_capacity(rows.len());
    for row in rows {
        let (members, cadres) = match (row.members, row.cadres) {
            (Some(members), Some(cadres)) => (members.into(), cadres.into()),
            _ => {
                let fresh = not_yet(conn, &OrgPath::new(row.path.as_str())).await?;
                (fresh.members, fresh.cadres)
            }
        };
        totals.insert(row.path, (members, cadres));
    }
    Ok(totals)
}

/// People of an organisation itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnPeople {
    /// Members; only branches have any.
    pub members: i64,
    /// Cadres, each person once.
    pub cadres: i64,
    /// Of these with an account in use and not 禁用 here (已入驻).
    pub joined: i64,
}

/// Members and cadres of an organisation itself: two reads by organisation, one by person.
pub async fn own_people(conn: &mut PgConnection, id: OrgId) -> Result<OwnPeople> {
    let members = sqlx::query_scalar!("select members from branch_counter where org_id = $1", id.0)
        .fetch_optional(&mut *conn)
        .await?;
    let rows = sqlx::query!(
        r#"select person_id, bool_and(disabled) as "disabled!" from org_post where org_id = $1 and until is null group by person_id limit 1000"#,
        id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    // Who is 禁用 here stays a cadre, but has not entered (FLD-12).
    let enabled: Vec<uuid::Uuid> = rows
        .iter()
        .filter(|row| !row.disabled)
        .map(|row| row.person_id)
        .collect();
    let joined = sqlx::query_scalar!(
        r#"select count(*) as "n!" from account where account_id = any($1) and state in ('active', 'read_only')"#,
        &enabled
    )
    .fetch_one(conn)
    .await?;
    Ok(OwnPeople {
        members: members.unwrap_or(0).into(),
        cadres: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        joined,
    })
}

/// Transfers of a subtree as the statistics counted them last: leaving, left, to be received, received (FLD-80).
pub async fn counted_transfers(conn: &mut PgConnection, id: OrgId) -> Result<Option<[i64; 4]>> {
    let row = sqlx::query!(
        r#"select (figures #>> '{all,out_open}')::bigint as "out_open!", (figures #>> '{all,out}')::bigint as "out!",
                  (figures #>> '{all,in_open}')::bigint as "in_open!", (figures #>> '{all,taken_in}')::bigint as "taken_in!"
           from org_report where org_id = $1 order by at desc limit 1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| [r.out_open, r.out, r.in_open, r.taken_in]))
}
