//! People who are known already and come in once more.

use super::edit::spread;
use super::enter::{Entry, Outcome};
use crate::rules::{self, Elsewhere, Fault, How, LifeEvent, NewMember, Person};
use crate::store;
use base::{Error, OrgId, PersonId, Result};
use db::Tx;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// A known person as the refusals of any branch need it.
pub(crate) struct There {
    name: String,
    membership: Option<(String, rules::MembershipState)>,
}

impl There {
    pub(crate) fn as_of(&self, same_branch: bool) -> Elsewhere {
        Elsewhere {
            name: self.name.clone(),
            membership: self
                .membership
                .clone()
                .map(|(branch, state)| (branch, same_branch, state)),
        }
    }
}

/// The same for reading (an import's check).
pub(crate) async fn known_elsewhere(
    conn: &mut PgConnection,
    hashes: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, (PersonId, There, Option<OrgId>)>> {
    let known = store::known(conn, hashes).await?;
    let mut ids: Vec<OrgId> = known
        .values()
        .filter_map(|k| k.membership.map(|(branch, _)| branch))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let names: HashMap<_, _> = if ids.is_empty() {
        HashMap::new()
    } else {
        orgs::find_many(conn, &ids)
            .await?
            .into_iter()
            .map(|org| (org.id, org.full_name))
            .collect()
    };
    Ok(known
        .into_iter()
        .map(|(hash, k)| {
            let membership = k
                .membership
                .map(|(branch, state)| (names.get(&branch).cloned().unwrap_or_default(), state));
            (
                hash,
                (
                    k.person,
                    There {
                        name: k.name,
                        membership,
                    },
                    k.membership.map(|(branch, _)| branch),
                ),
            )
        })
        .collect())
}

/// A known person without membership joins a branch; what the record knows better is taken over.
pub(super) async fn join(
    tx: &mut Tx,
    id: PersonId,
    entry: &Entry<'_>,
    how: How,
    basis: Option<Uuid>,
) -> Result<Outcome> {
    let keys = tx.keys().clone();
    let Some(mut person) = store::find(tx, &keys, id).await? else {
        return Err(Error::NotFound);
    };
    let old_number = person.admission_number.clone();
    if store::open_membership(tx, id, entry.org, how, basis)
        .await?
        .is_none()
    {
        // Somebody was faster between the look and the claim.
        return Ok(Outcome::Refused(Fault::new(
            "id_number",
            "id_number.elsewhere",
            "该团员刚刚被编入另一团支部，请刷新后核对，或办理组织关系转接",
        )));
    }
    take_over(tx, &mut person, &entry.new).await?;
    if let Some(old) = old_number.filter(|old| Some(old) != person.admission_number.as_ref()) {
        store::release_number(tx, &old, id).await?;
    }
    if !store::update_person(tx, &person).await? {
        return Err(Error::Conflict(
            "该人员的资料刚刚被他人修改，请刷新后重试".into(),
        ));
    }
    spread(tx, &person).await?;
    store::refresh_roster_post(tx, entry.org.id, id).await?;
    store::insert_life_event(
        tx,
        &LifeEvent {
            person: id,
            kind: "entry",
            title: format!("{}团员信息", how.label()),
            detail: None,
            org: Some((entry.org.id, entry.org.full_name.clone())),
        },
    )
    .await?;
    Ok(Outcome::Entered(id))
}

async fn take_over(tx: &mut Tx, person: &mut Person, new: &NewMember) -> Result<()> {
    macro_rules! prefer {
        ($($field:ident),*) => { $(if new.$field.is_some() { person.$field.clone_from(&new.$field); })* };
    }
    let old_phone = person.phone.clone();
    prefer!(
        ethnic,
        political,
        education,
        phone,
        admitted_on,
        party_on,
        admission_number,
        email,
        is_student,
        school,
        student_no,
        occupation,
        employer,
        residence
    );
    if old_phone != person.phone {
        person.phone_confirmed = false;
        let phone = person.phone.clone();
        store::replace_phone(tx, person.id, old_phone.as_ref(), phone.as_ref()).await?;
    }
    if person.certification == "not_required" {
        new.certification.clone_into(&mut person.certification);
    }
    person.missing.clone_from(&new.missing);
    Ok(())
}
