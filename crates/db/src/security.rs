//! The security log (ACC-69): each line lies beside the account it is about, and beside the organisations that account acts
//! for, whose administrators may read it.

use base::{OrgId, Result};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A line.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Its own id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// The account; for names nobody has, a new id.
    pub subject: Uuid,
    /// The organisations that read it; the first is the one acted for.
    pub orgs: &'a [OrgId],
    /// What, in a word: `sign_in`, `refusal`.
    pub kind: &'a str,
    /// How it went.
    pub outcome: &'a str,
    /// Network address.
    pub address: &'a str,
    /// Browser and system, as it calls itself.
    pub device: &'a str,
    /// A sentence or a path; never a whole number of a person.
    pub detail: &'a str,
}

/// Writes it.
pub async fn note(conn: &mut PgConnection, line: &Line<'_>) -> Result<()> {
    sqlx::query!(
        "insert into security_event (subject_id, at, event_id, kind, outcome, org_id, address, device, detail)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        line.subject,
        line.at,
        line.id,
        line.kind,
        line.outcome,
        line.orgs.first().map(|org| org.0),
        line.address,
        line.device,
        line.detail
    )
    .execute(&mut *conn)
    .await?;
    for org in line.orgs {
        sqlx::query!(
            "insert into org_security_event (org_id, at, event_id, subject_id, kind, outcome, address, device, detail)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
            org.0,
            line.at,
            line.id,
            line.subject,
            line.kind,
            line.outcome,
            line.address,
            line.device,
            line.detail
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
