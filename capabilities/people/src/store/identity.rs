//! The state of the identity check on a person and its copies (ACC-61).

use super::{ID_FIELD, open_id};
use crate::rules::IdentityState;
use base::{IdNumber, OrgId, PersonId, Result};
use db::{Keyring, Tx};
use sqlx::PgConnection;
use uuid::Uuid;

/// Whose identity is to be asked for, with what.
#[derive(Clone, Debug)]
pub struct IdentityClaim {
    /// Who.
    pub person: PersonId,
    /// 姓名.
    pub name: String,
    /// 身份证号.
    pub number: IdNumber,
}

/// People with a resident's ID number in this state, by key, after `after`: of the states a night works on, which the
/// partial index holds.
pub async fn identities(
    conn: &mut PgConnection,
    keys: &Keyring,
    state: IdentityState,
    after: Option<PersonId>,
    most: i64,
) -> Result<Vec<IdentityClaim>> {
    let rows = sqlx::query!(
        "select person_id, name, id_sealed from person
         where identity_state = $1 and identity_state in ('unverified', 'sent', 'failed_register_lag') and person_id > $2
           and doc_type in ('resident_id', 'residence_permit')
         order by person_id limit $3",
        state.code(),
        after.map_or(Uuid::nil(), |p| p.0),
        most
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(IdentityClaim {
                person: PersonId(row.person_id),
                name: row.name,
                number: open_id(keys, row.person_id, &row.id_sealed)?,
            })
        })
        .collect()
}

/// What the blind index of ID numbers says of this one, for comparing with what was sent.
pub fn identity_mark(keys: &Keyring, number: &IdNumber) -> Vec<u8> {
    keys.blind(ID_FIELD, number.reveal())
}

/// Puts people into a state, their copies and counts with them.
pub(crate) async fn set_identities(
    tx: &mut Tx,
    people: &[PersonId],
    state: IdentityState,
) -> Result<()> {
    let ids: Vec<Uuid> = people.iter().map(|p| p.0).collect();
    sqlx::query!(
        "update person set identity_state = $2 where person_id = any($1)",
        &ids,
        state.code()
    )
    .execute(&mut **tx)
    .await?;
    let mut branches = sqlx::query_scalar!(
        "select distinct branch_id from membership where person_id = any($1) and until is null",
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let offices = sqlx::query_scalar!(
        "select distinct org_id from person_post where person_id = any($1) and until is null",
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "update org_post set identity_state = $3 where org_id = any($1) and person_id = any($2)",
        &offices,
        &ids,
        state.code()
    )
    .execute(&mut **tx)
    .await?;
    branches.sort_unstable();
    let orgs = orgs::find_many(
        tx,
        &branches.iter().map(|id| OrgId(*id)).collect::<Vec<_>>(),
    )
    .await?;
    for branch in &branches {
        let Some(org) = orgs.iter().find(|o| o.id.0 == *branch) else {
            continue;
        };
        super::lock_counter(tx, org.id, org.path.as_str()).await?;
        sqlx::query!(
            "update roster set identity_state = $3 where branch_id = $1 and person_id = any($2)",
            branch,
            &ids,
            state.code()
        )
        .execute(&mut **tx)
        .await?;
        super::recount(tx, org.id).await?;
    }
    Ok(())
}
