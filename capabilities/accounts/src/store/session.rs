//! Sessions: who they belong to, what that person may, and their list.

use access::{Bounds, Grant, OrgRef, Permission, Role, Root};
use base::{OrgCategory, OrgId, OrgPath, PersonId, Result};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

/// A session's row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub token_hash: Vec<u8>,
    pub account_id: Uuid,
    pub port: String,
    pub acting_org_id: Option<Uuid>,
    pub device: String,
    pub address: String,
    pub created_at: DateTime<Utc>,
    pub last_seen: DateTime<Utc>,
    pub proved_at: DateTime<Utc>,
    /// 1, or 2 after a second proof (SEC-06).
    pub strength: i16,
    pub ends_at: DateTime<Utc>,
    /// What an auditor said it is for (ACC-85).
    pub purpose: Option<String>,
}

/// A session that has not reached its end.
pub(crate) async fn find(
    conn: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select token_hash, account_id, port, acting_org_id, device, address, created_at, last_seen, proved_at, strength, ends_at, purpose
         from session where token_hash = $1 and ends_at > $2",
        token_hash,
        now
    )
    .fetch_optional(conn)
    .await?)
}

/// Notes that a session was seen.
pub(crate) async fn seen(
    conn: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update session set last_seen = $2 where token_hash = $1",
        token_hash,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Begins one.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    row: &Row,
    person: Option<PersonId>,
) -> Result<()> {
    sqlx::query!(
        "insert into session (token_hash, account_id, person_id, port, acting_org_id, strength, device, address,
                              created_at, last_seen, proved_at, ends_at)
         values ($1, $2, $3, $4, $5, $12, $6, $7, $8, $9, $10, $11)",
        row.token_hash,
        row.account_id,
        person.map(|p| p.0),
        row.port,
        row.acting_org_id,
        row.device,
        row.address,
        row.created_at,
        row.last_seen,
        row.proved_at,
        row.ends_at,
        row.strength
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// All sessions of an account, last seen first.
pub(crate) async fn of_account(
    conn: &mut PgConnection,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select token_hash, account_id, port, acting_org_id, device, address, created_at, last_seen, proved_at, strength, ends_at, purpose
         from session where account_id = $1 and ends_at > $2 order by last_seen desc, token_hash limit 50",
        account,
        now
    )
    .fetch_all(conn)
    .await?)
}

/// Ends one session of an account; answers whether there was one.
pub(crate) async fn end(conn: &mut PgConnection, account: Uuid, token_hash: &[u8]) -> Result<bool> {
    let done = sqlx::query!(
        "delete from session where account_id = $1 and token_hash = $2",
        account,
        token_hash
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all sessions of an account, but for the one kept, and its tokens; answers how many.
pub(crate) async fn end_others(
    conn: &mut PgConnection,
    account: Uuid,
    keep: Option<&[u8]>,
) -> Result<u64> {
    let done = sqlx::query!(
        "delete from session where account_id = $1 and ($2::bytea is null or token_hash <> $2)",
        account,
        keep
    )
    .execute(&mut *conn)
    .await?;
    // The shell of the mini-program signs in anew as well: its token would buy sessions for days.
    sqlx::query!("delete from shell_token where account_id = $1", account)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Keeps the session just begun and of the others of its port those seen last, `most` together. While the clock stands (a
/// demonstration, a test) all were seen at one moment: the one just begun stays in any case.
pub(crate) async fn trim(
    conn: &mut PgConnection,
    account: Uuid,
    port: &str,
    most: i64,
    begun: &[u8],
) -> Result<()> {
    sqlx::query!(
        "delete from session where account_id = $1 and port = $2 and token_hash not in
            (select s.token_hash from session s where s.account_id = $1 and s.port = $2
             order by s.token_hash = $4 desc, s.last_seen desc, s.created_at desc, s.token_hash limit $3)",
        account,
        port,
        most,
        begun
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Chooses the organisation a session acts for, under a new token (SEC-10).
pub(crate) async fn switch(
    conn: &mut PgConnection,
    old: &[u8],
    new: &[u8],
    org: OrgId,
) -> Result<()> {
    sqlx::query!(
        "update session set token_hash = $2, acting_org_id = $3 where token_hash = $1",
        old,
        new,
        org.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the password was given again, under a new token (ACC-67, SEC-10).
pub(crate) async fn prove(
    conn: &mut PgConnection,
    old: &[u8],
    new: &[u8],
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update session set token_hash = $2, proved_at = $3 where token_hash = $1",
        old,
        new,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes a second proof.
pub(crate) async fn strengthen(conn: &mut PgConnection, token_hash: &[u8]) -> Result<()> {
    sqlx::query!(
        "update session set strength = 2 where token_hash = $1",
        token_hash
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes what has ended, five thousand at a time (nightly).
pub(crate) async fn sweep(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!("delete from session where token_hash in (select token_hash from session where ends_at <= $1 order by ends_at limit 5000)", now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// What an account's holder is, and where, at this moment.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub kind: String,
    pub state: String,
    pub name: String,
    pub must_change: bool,
    pub password_at: Option<DateTime<Utc>>,
    pub privacy_version: Option<String>,
    pub default_org: Option<OrgId>,
    /// An authenticator app or a passkey is set up.
    pub app: bool,
    /// The phone on file is verified.
    pub phone: bool,
    /// 职位标签 where the account is operator (FLD-10).
    pub labels: Vec<(OrgId, String)>,
    pub grants: Vec<Grant>,
    pub branch: Option<OrgRef>,
}

#[derive(Deserialize)]
struct GrantJson {
    role: String,
    org_id: Uuid,
    path: String,
    category: String,
    short_name: String,
    #[serde(default)]
    label: Option<String>,
    /// Subordinates it stands in for (ACC-79).
    #[serde(default)]
    covers: Option<Vec<String>>,
    /// In whose place a deputy acts, and what for (ACC-B5).
    #[serde(default)]
    of_name: Option<String>,
    #[serde(default)]
    functions: Option<Vec<String>>,
    #[serde(default)]
    of_account: Option<Uuid>,
    /// Nobody confirmed it in time (ACC-B8).
    #[serde(default)]
    unreviewed: bool,
}

/// One statement: account, person's name, grants in force, posts held, open membership; with organisations that still
/// give rights only (ACC-68, ACC-84).
pub(crate) async fn standing(
    conn: &mut PgConnection,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Standing>> {
    let root = OrgPath::root();
    let row = sqlx::query!(
        r#"select a.kind, a.state, coalesce(p.name, a.name) as "name!", a.must_change, a.password_at, a.privacy_version, a.default_org_id,
            exists (select from second_factor f where f.account_id = a.account_id and f.confirmed_at is not null)
                or exists (select from passkey k where k.account_id = a.account_id) as "app!",
            coalesce(p.phone_confirmed and p.phone_sealed is not null, false) as "phone!",
            coalesce((select json_agg(json_build_object('role', g.role, 'org_id', o.org_id, 'path', o.path,
                                        'category', o.category, 'short_name', o.short_name, 'label', g.label,
                                        'of_name', g.of_name, 'functions', g.functions, 'of_account', g.of_account,
                                        'unreviewed', coalesce(g.review_asked_at < $3, false),
                                        'covers', (select json_agg(c.path order by c.path) from org_stand_in v join org c on c.org_id = v.org_id
                                                   where v.superior_id = o.org_id and v.ended_at is null and c.parent_id = o.org_id))
                                        order by g.since, g.grant_id)
                      from role_grant g join org o on o.org_id = g.org_id
                      where g.account_id = a.account_id and g.since <= $2 and (g.until is null or g.until > $2)
                        and not (g.role = 'operator' and exists (select from person_post w where w.person_id = a.account_id
                                 and w.org_id = g.org_id and w.until is null and w.disabled))
                        and (g.role <> 'deputy' or exists (select from person_post w where w.person_id = a.account_id
                                 and w.org_id = g.org_id and w.until is null and not w.disabled))
                        and o.state in ('created', 'active', 'graduate')), '[]') as "grants!",
            coalesce((select json_agg(json_build_object('role', 'cadre', 'org_id', o.org_id, 'path', o.path,
                                        'category', o.category, 'short_name', o.short_name) order by w.since, w.post_id)
                      from person_post w join org o on o.org_id = w.org_id
                      where w.person_id = a.account_id and w.until is null and not w.disabled
                        and o.state in ('created', 'active', 'graduate')), '[]') as "posts!",
            (select json_build_object('role', 'member', 'org_id', o.org_id, 'path', o.path, 'category', o.category,
                                        'short_name', o.short_name)
             from membership m join org o on o.org_id = m.branch_id
             where m.person_id = a.account_id and m.until is null) as branch,
            (select o.region from org o where o.path = $4) as root_region
           from account a left join person p on p.person_id = a.account_id
           where a.account_id = $1"#,
        account,
        now,
        crate::rules::review::lapsed_before(now),
        root.as_str()
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let read = |json| serde_json::from_value::<Vec<GrantJson>>(json).map_err(anyhow::Error::from);
    let root = Root::of(row.root_region.as_deref());
    let given = read(row.grants)?;
    let labels = given
        .iter()
        .filter_map(|g| Some((OrgId(g.org_id), g.label.clone()?)))
        .collect();
    let (deputies, held): (Vec<_>, Vec<_>) = given
        .iter()
        .filter_map(|g| g.grant(root))
        .partition(|grant| grant.role == Role::Deputy);
    let mut grants: Vec<Grant> = held;
    let posts = read(row.posts)?;
    // Who administers an organisation needs no second entry as its deputy or its cadre.
    for grant in deputies
        .into_iter()
        .chain(posts.iter().filter_map(|g| g.grant(root)))
    {
        if grants.iter().all(|had| had.org.id != grant.org.id) {
            grants.push(grant);
        }
    }
    let branch = match row.branch {
        Some(json) => {
            let json: GrantJson = serde_json::from_value(json).map_err(anyhow::Error::from)?;
            json.grant(root).map(|g| g.org)
        }
        None => None,
    };
    Ok(Some(Standing {
        kind: row.kind,
        state: row.state,
        name: row.name,
        must_change: row.must_change,
        password_at: row.password_at,
        privacy_version: row.privacy_version,
        default_org: row.default_org_id.map(OrgId),
        app: row.app,
        phone: row.phone,
        labels,
        grants,
        branch,
    }))
}

impl Standing {
    /// How acts for an organisation are signed: an operator with the position label of the moment (FLD-11), a deputy with
    /// whose place it is (ACC-B5).
    pub(crate) fn signature(&self, acting: Option<OrgId>) -> String {
        if let Some((_, label)) = self.labels.iter().find(|(org, _)| Some(*org) == acting) {
            return format!("{label}{}", self.name);
        }
        let grant = self.grants.iter().find(|g| Some(g.org.id) == acting);
        match grant.map(|g| &g.bounds) {
            Some(Bounds::Deputy { of, .. }) => format!("{}（代〔{of}〕）", self.name),
            _ => self.name.clone(),
        }
    }
}

impl GrantJson {
    fn grant(&self, root: Root) -> Option<Grant> {
        let bounds = match (&self.of_name, &self.functions) {
            (Some(of), Some(functions)) => Bounds::Deputy {
                of: of.clone(),
                account: PersonId(self.of_account.unwrap_or_default()),
                // What the principal has no longer, the deputy has no longer either (ACC-B8).
                functions: functions
                    .iter()
                    .filter(|_| !self.unreviewed)
                    .filter_map(|code| Permission::from_code(code))
                    .collect(),
            },
            _ if self.unreviewed => Bounds::Unreviewed,
            _ => Bounds::Whole,
        };
        Some(Grant {
            role: Role::from_code(&self.role)?,
            org: OrgRef {
                id: OrgId(self.org_id),
                path: OrgPath::new(self.path.clone()),
                category: OrgCategory::from_code(&self.category)?,
            },
            org_name: self.short_name.clone(),
            covers: self
                .covers
                .iter()
                .flatten()
                .cloned()
                .map(OrgPath::new)
                .collect(),
            bounds,
            root,
        })
    }
}

/// Moves all sessions in time (demonstration).
pub(crate) async fn carry(conn: &mut PgConnection, by: chrono::TimeDelta) -> Result<()> {
    let by = sqlx::postgres::types::PgInterval {
        months: 0,
        days: 0,
        microseconds: by.num_microseconds().unwrap_or(0),
    };
    // Through a zone that knows no summer time: a moment plus an interval depends on the session's zone, which Citus refuses.
    sqlx::query!(
        "update session set created_at = (created_at at time zone 'UTC' + $1) at time zone 'UTC',
                            last_seen = (last_seen at time zone 'UTC' + $1) at time zone 'UTC',
                            proved_at = (proved_at at time zone 'UTC' + $1) at time zone 'UTC',
                            ends_at = (ends_at at time zone 'UTC' + $1) at time zone 'UTC'",
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Organisations whose cadre the person is, but disabled (FLD-12).
pub(crate) async fn disabled_in(
    conn: &mut PgConnection,
    person: Uuid,
) -> Result<Vec<(OrgId, String)>> {
    let rows = sqlx::query!(
        "select distinct o.org_id, o.short_name from person_post w join org o on o.org_id = w.org_id
         where w.person_id = $1 and w.until is null and w.disabled order by o.short_name, o.org_id",
        person
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| (OrgId(r.org_id), r.short_name))
        .collect())
}
