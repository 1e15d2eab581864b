//! Codes for administrators and for new branches: issuing, showing, withdrawing, using.

use crate::{
    Policy,
    rules::code::{self, Kind},
    store,
    store::code::{NewCode, Row},
};
use access::Permission;
use base::{Error, OrgId, Result, days_until};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Event, Tx, limits};
use orgs::Org;
use serde_json::json;
use uuid::Uuid;

const FIELD: &str = "registration_code.code";

/// A code in clear.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The code.
    pub code: String,
    /// First moment it is no longer good.
    pub expires_at: DateTime<Utc>,
}

impl Issued {
    /// The last day it is good for, as shown (ACC-22).
    pub fn last_day(&self) -> String {
        code::last_day(self.expires_at).to_string()
    }
}

fn open(tx: &Tx, row: &Row) -> Result<Issued> {
    Ok(Issued {
        code: tx.keys().open(FIELD, row.code_id, &row.code_sealed)?,
        expires_at: row.expires_at,
    })
}

async fn make(tx: &mut Tx, org: OrgId, kind: Kind, length: usize, days: u32) -> Result<Issued> {
    let expires_at = days_until(tx.now(), days);
    loop {
        let (id, code): (Uuid, _) = (
            tx.new_id(),
            code::new_code(&tx.random().clone(), kind, length),
        );
        let new = NewCode {
            org,
            kind: kind.code(),
            id,
            hash: tx.keys().blind(FIELD, &code),
            sealed: tx.seal(FIELD, id, &code),
            expires_at,
        };
        if store::code::insert(tx, &new).await? {
            return Ok(Issued { code, expires_at });
        }
    }
}

/// Codes still good, newest first.
fn good(rows: &[Row], org: OrgId, now: DateTime<Utc>) -> impl Iterator<Item = &Row> {
    rows.iter()
        .filter(move |r| r.org_id == org.0 && r.state == "valid" && r.expires_at > now)
}

/// The organisations whose codes an organisation's administrators can read: its direct subordinates', and its own for new
/// branches.
async fn readable(tx: &mut Tx, org: &Org) -> Result<Vec<Uuid>> {
    let children = orgs::children(tx, org.id).await?;
    Ok(children.iter().map(|child| child.id.0).collect())
}

/// How many good codes the administrators of an organisation know (ACC-B9).
pub async fn codes_known(tx: &mut Tx, org: &Org) -> Result<usize> {
    let (below, now) = (readable(tx, org).await?, tx.now());
    store::code::known(tx, org.id, &below, now).await
}

/// Withdraws all of them: whoever leaves has read them (ACC-B9).
pub async fn void_known_codes(tx: &mut Tx, org: &Org) -> Result<usize> {
    let below = readable(tx, org).await?;
    let gone = store::code::void_known(tx, org.id, &below).await?;
    if gone > 0 {
        tx.record(
            Event::new("code.voided", "org", org.id)
                .org(org.id)
                .after(json!({ "codes": gone })),
        );
    }
    Ok(gone)
}

/// Makes a code for one more administrator of a direct subordinate (ACC-27). Administrators in office and good codes
/// together are at most as many as the organisation may have administrators.
pub async fn issue_code(tx: &mut Tx, policy: &Policy, org: &Org) -> Result<Issued> {
    tx.actor().require(Permission::ManageCodes, &org.to_ref())?;
    issue_unasked(tx, policy, org).await
}

async fn issue_unasked(tx: &mut Tx, policy: &Policy, org: &Org) -> Result<Issued> {
    let now = tx.now();
    // The row of seats is the lock: two who issue at the same moment follow each other.
    let seats = store::grant::lock_seats(tx, org.id).await?;
    let rows = store::code::of_orgs(tx, &[org.id.0], Kind::Admin.code()).await?;
    let codes = i32::try_from(good(&rows, org.id, now).count()).unwrap_or(i32::MAX);
    let most = policy.max_administrators;
    if most > 0 && seats >= most {
        return Err(Error::refused(
            "code.full",
            format!(
                "〔{}〕管理员已满（{most}位），不能再生成注册码。",
                org.full_name
            ),
        ));
    }
    if most > 0 && seats + codes >= most {
        return Err(Error::refused(
            "code.enough",
            format!(
                "有效注册码与管理员合计已达{most}个。请使用已有的注册码，或先作废它再重新生成。"
            ),
        ));
    }
    let issued = make(
        tx,
        org.id,
        Kind::Admin,
        policy.code.admin_length,
        policy.code.admin_days,
    )
    .await?;
    tx.record(
        Event::new("code.issued", "org", org.id)
            .org(org.id)
            .after(json!({ "until": issued.last_day() })),
    );
    Ok(issued)
}

/// Shows the good codes of a direct subordinate; the showing is recorded (ACC-27).
pub async fn show_codes(tx: &mut Tx, org: &Org) -> Result<Vec<Issued>> {
    tx.actor().require(Permission::ManageCodes, &org.to_ref())?;
    let rows = store::code::of_orgs(tx, &[org.id.0], Kind::Admin.code()).await?;
    let now = tx.now();
    let codes = good(&rows, org.id, now)
        .map(|row| open(tx, row))
        .collect::<Result<Vec<_>>>()?;
    tx.record(
        Event::new("code.shown", "org", org.id)
            .org(org.id)
            .after(json!({ "codes": codes.len() })),
    );
    Ok(codes)
}

/// Withdraws the good codes of a direct subordinate (2.2); answers how many.
pub async fn void_codes(tx: &mut Tx, org: &Org) -> Result<usize> {
    tx.actor().require(Permission::ManageCodes, &org.to_ref())?;
    let rows = store::code::of_orgs(tx, &[org.id.0], Kind::Admin.code()).await?;
    let (now, mut count) = (tx.now(), 0);
    for row in good(&rows, org.id, now) {
        count += usize::from(store::code::set_void(tx, org.id, row.code_id).await?);
    }
    tx.record(
        Event::new("code.voided", "org", org.id)
            .org(org.id)
            .after(json!({ "codes": count })),
    );
    Ok(count)
}

/// One line of the batch file (ACC-26).
pub(crate) struct Line {
    pub org: Org,
    pub code: String,
    pub until: String,
    pub administrators: Vec<String>,
    pub remark: &'static str,
}

/// Codes for many direct subordinates at once: good ones are repeated, full organisations remarked, the others get one.
/// The caller has asked for permission.
pub(crate) async fn batch(tx: &mut Tx, policy: &Policy, orgs: &[Org]) -> Result<Vec<Line>> {
    let ids: Vec<Uuid> = orgs.iter().map(|o| o.id.0).collect();
    let rows = store::code::of_orgs(tx, &ids, Kind::Admin.code()).await?;
    let seats = store::grant::seats(tx, &ids).await?;
    let now = tx.now();
    let mut lines = Vec::with_capacity(orgs.len());
    for org in orgs {
        let administrators: Vec<String> = seats
            .iter()
            .filter(|(id, _)| *id == org.id.0)
            .map(|(_, name)| name.clone())
            .collect();
        let full = policy.max_administrators > 0
            && administrators.len() >= usize::try_from(policy.max_administrators).unwrap_or(0);
        let standing = good(&rows, org.id, now).next();
        let issued = match standing {
            _ if full => None,
            Some(row) => {
                tx.record(
                    Event::new("code.shown", "org", org.id)
                        .org(org.id)
                        .note("批量导出"),
                );
                Some(open(tx, row)?)
            }
            None => Some(issue_unasked(tx, policy, org).await?),
        };
        lines.push(Line {
            until: issued.as_ref().map(Issued::last_day).unwrap_or_default(),
            code: issued.map(|i| i.code).unwrap_or_default(),
            remark: if full { "管理员已满" } else { "" },
            org: org.clone(),
            administrators,
        });
    }
    Ok(lines)
}

/// Whether every direct subordinate has a way in: somebody has signed in, an account, or a code that is still good
/// (ORG-01, step 4).
pub async fn all_served(
    conn: &mut sqlx::PgConnection,
    parent: OrgId,
    now: DateTime<Utc>,
) -> Result<bool> {
    Ok(!store::code::unserved(conn, parent, now).await?)
}

/// Whether one organisation has a way in (ORG-71, step 5).
pub async fn is_served(
    conn: &mut sqlx::PgConnection,
    org: OrgId,
    now: DateTime<Utc>,
) -> Result<bool> {
    if !store::grant::holders(conn, org).await?.is_empty() {
        return Ok(true);
    }
    let rows = store::code::of_orgs(conn, &[org.0], Kind::Admin.code()).await?;
    Ok(good(&rows, org, now).next().is_some())
}

/// Makes codes for new branches of the acting committee (ACC-32).
pub async fn issue_org_codes(
    tx: &mut Tx,
    policy: &Policy,
    committee: &Org,
    many: usize,
) -> Result<Vec<Issued>> {
    tx.actor()
        .require(Permission::CreateSubordinates, &committee.to_ref())?;
    if !(1..=policy.code.batch_max).contains(&many) {
        let message = format!(
            "一次可生成1–{}个组织注册码，请修改数量",
            policy.code.batch_max
        );
        return Err(Error::refused_at("many", "code.many", message));
    }
    let mut issued = Vec::with_capacity(many);
    for _ in 0..many {
        issued.push(
            make(
                tx,
                committee.id,
                Kind::Org,
                policy.code.org_length,
                policy.code.org_days,
            )
            .await?,
        );
    }
    tx.record(
        Event::new("code.issued", "org", committee.id)
            .org(committee.id)
            .after(json!({ "kind": "org", "codes": many })),
    );
    Ok(issued)
}

/// The committee's codes for branches in clear, with their rows; the showing is recorded.
pub(crate) async fn show_org_codes(tx: &mut Tx, committee: &Org) -> Result<Vec<(Row, Issued)>> {
    tx.actor()
        .require(Permission::CreateSubordinates, &committee.to_ref())?;
    let rows = store::code::of_orgs(tx, &[committee.id.0], Kind::Org.code()).await?;
    let codes = rows
        .into_iter()
        .map(|row| open(tx, &row).map(|issued| (row, issued)))
        .collect::<Result<Vec<_>>>()?;
    tx.record(
        Event::new("code.shown", "org", committee.id)
            .org(committee.id)
            .after(json!({ "kind": "org", "codes": codes.len() })),
    );
    Ok(codes)
}

/// Finds a typed code, locked for its use, with the checks of ACC-21 in their order. `wanted` is the organisation chosen
/// before; a code for a branch names its committee itself.
pub(crate) async fn redeem(
    tx: &mut Tx,
    policy: &Policy,
    kind: Kind,
    wanted: Option<(OrgId, &str)>,
    typed: &str,
) -> Result<Row> {
    let (length, days) = match kind {
        Kind::Admin => (policy.code.admin_length, policy.code.admin_days),
        Kind::Org => (policy.code.org_length, policy.code.org_days),
    };
    let code = code::read(kind, length, typed)?;
    let hash = tx.keys().blind(FIELD, &code);
    let (org, id) = store::code::place(tx, &hash)
        .await?
        .ok_or_else(code::unknown)?;
    let row = store::code::find_for_update(tx, org, id, kind.code())
        .await?
        .ok_or_else(code::unknown)?;
    code::check(&row, wanted, days, tx.now())?;
    Ok(row)
}

/// The organisation an administrator code names.
pub(crate) async fn home_of(tx: &mut Tx, policy: &Policy, typed: &str) -> Result<Org> {
    let code = code::read(Kind::Admin, policy.code.admin_length, typed)?;
    let hash = tx.keys().blind(FIELD, &code);
    let (org, _) = store::code::place(tx, &hash)
        .await?
        .ok_or_else(code::unknown)?;
    orgs::find(tx, org).await?.ok_or_else(code::unknown)
}

const PAUSE: TimeDelta = TimeDelta::hours(1);

/// Whether the address is paused after too many wrong codes (ACC-21).
pub(crate) async fn not_paused(tx: &mut Tx, policy: &Policy, address: &str) -> Result<()> {
    let now = tx.now();
    let (wrong, until) = limits::hits(tx, &format!("code.wrong:{address}"), now, PAUSE).await?;
    if wrong >= policy.code.wrong_tries {
        let message = format!(
            "注册码错误次数过多，请{}后再试。",
            base::format_moment(until, now)
        );
        return Err(Error::refused_at("code", "code.paused", message));
    }
    Ok(())
}

/// Counts a wrong code of an address; it commits by itself, as the form it came with is refused.
pub(crate) async fn count_wrong(db: &Db, address: &str) -> Result<()> {
    let mut tx = db.begin(access::Actor::system("codes")).await?;
    let now = tx.now();
    limits::hit(&mut tx, &format!("code.wrong:{address}"), now, PAUSE).await?;
    tx.commit_housekeeping().await
}

/// Whether a text is a valid code for administrators, whoever's: to say so where a reset code is asked (ACC-50).
pub(crate) async fn is_admin_code(tx: &mut Tx, policy: &Policy, typed: &str) -> Result<bool> {
    let Ok(code) = code::read(Kind::Admin, policy.code.admin_length, typed) else {
        return Ok(false);
    };
    let hash = tx.keys().blind(FIELD, &code);
    Ok(store::code::place(tx, &hash).await?.is_some())
}
