use super::join::{join, known_elsewhere};
use crate::rules::{self, Circumstances, Demand, Fault, How, NewMember};
use crate::store::{self, Coming};
use base::{Error, PersonId, Refused, Reserved, Result, business_date};
use db::{Event, Tx};
use orgs::Org;
use serde_json::json;
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// One record to be entered and the branch it goes to.
pub struct Entry<'a> {
    /// A branch.
    pub org: &'a Org,
    /// The checked record.
    pub new: NewMember,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Entered; a person known already (a cadre without membership) keeps the old id.
    Entered(PersonId),
    /// Not entered, the rest unaffected.
    Refused(Fault),
}

/// What the checks need to know about the organisation a record goes to: one statement.
pub async fn circumstances(
    conn: &mut PgConnection,
    org: &Org,
    demand: Demand,
    now: chrono::DateTime<chrono::Utc>,
    reserved: Reserved,
) -> Result<Circumstances> {
    let region = orgs::province(conn, org).await?.and_then(|p| p.region);
    Ok(Circumstances {
        today: business_date(now),
        reserved,
        xinjiang: region.is_some_and(|code| code.starts_with("65")),
        keep_number: false,
        demand,
        category: org.category,
    })
}

fn only_branches(org: &Org) -> Result<()> {
    if org.is_branch() && org.state.is_live() {
        return Ok(());
    }
    // ROS-33.
    Err(Error::refused(
        "membership.not_branch",
        format!(
            "〔{}〕是{}，团员只能编入团支部，请选择其下级的团支部；委员会、工委、总支的人员请用“录入本级团干部”",
            org.full_name,
            org.category_label()
        ),
    ))
}

/// Enters one member, or says why not (ROS-20, ROS-15).
pub async fn enter_member(
    tx: &mut Tx,
    org: &Org,
    new: NewMember,
    how: How,
    basis: Option<Uuid>,
) -> Result<PersonId> {
    let outcome = enter_members(tx, vec![Entry { org, new }], how, basis)
        .await?
        .pop();
    match outcome {
        Some(Outcome::Entered(person)) => Ok(person),
        Some(Outcome::Refused(fault)) => Err(Refused::from(fault).into()),
        None => Err(Error::NotFound),
    }
}

/// Enters many members in a fixed number of statements (plus two for each branch and a few for each post). Each record
/// succeeds or is refused on its own; two entries of the same person at the same moment: one is told.
pub async fn enter_members(
    tx: &mut Tx,
    entries: Vec<Entry<'_>>,
    how: How,
    basis: Option<Uuid>,
) -> Result<Vec<Outcome>> {
    for entry in &entries {
        only_branches(entry.org)?;
    }
    let mut outcomes: Vec<Option<Outcome>> = entries.iter().map(|_| None).collect();
    let mut rows: Vec<(usize, Vec<u8>, PersonId)> = Vec::with_capacity(entries.len());
    let mut seen = HashSet::new();
    for (i, entry) in entries.iter().enumerate() {
        let hash = store::blind_id(tx.keys(), &entry.new.id_number);
        if seen.insert(hash.clone()) {
            rows.push((i, hash, tx.new_id()));
        } else {
            outcomes[i] = Some(Outcome::Refused(rules::repeated()));
        }
    }
    let claims: Vec<(Vec<u8>, PersonId)> = rows
        .iter()
        .map(|(_, hash, id)| (hash.clone(), *id))
        .collect();
    let fresh = store::claim_identities(tx, &claims).await?;

    // Somebody known already: refused, or a cadre who now becomes a member (ROS-20).
    let old: Vec<Vec<u8>> = rows
        .iter()
        .filter(|(_, hash, _)| !fresh.contains(hash))
        .map(|(_, hash, _)| hash.clone())
        .collect();
    let known = known_elsewhere(tx, &old).await?;
    let mut joining = HashSet::new();
    rows.retain_mut(|(i, hash, id)| match known.get(hash) {
        None => true,
        Some((person, there, branch)) => match rules::double(
            &entries[*i].new,
            &there.as_of(*branch == Some(entries[*i].org.id)),
        ) {
            Some(fault) => {
                outcomes[*i] = Some(Outcome::Refused(fault));
                false
            }
            None => {
                *id = *person;
                joining.insert(*person);
                true
            }
        },
    });

    // Admission numbers (ROS-15).
    let numbers: Vec<(String, PersonId)> = rows
        .iter()
        .filter_map(|(i, _, id)| Some((entries[*i].new.admission_number.clone()?, *id)))
        .collect();
    let free = store::claim_numbers(tx, &numbers).await?;
    let taken: Vec<String> = numbers
        .iter()
        .map(|(number, _)| number.clone())
        .filter(|number| !free.contains(number))
        .collect();
    let owners = if taken.is_empty() {
        HashMap::new()
    } else {
        store::number_owners(tx, &taken).await?
    };
    let mut holders = HashSet::new();
    let mut given_back = Vec::new();
    rows.retain(|(i, hash, id)| {
        let Some(number) = &entries[*i].new.admission_number else {
            return true;
        };
        let mine = (free.contains(number) && holders.insert(number.clone()))
            || owners.get(number) == Some(id);
        if !mine {
            outcomes[*i] = Some(Outcome::Refused(rules::number_taken()));
            if fresh.contains(hash) {
                given_back.push(hash.clone());
            }
        }
        mine
    });
    if !given_back.is_empty() {
        store::release_identities(tx, &given_back).await?;
    }

    let since = business_date(tx.now());
    let (new, known): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition::<Vec<_>, _>(|(_, _, id)| !joining.contains(id));
    let coming: Vec<Coming<'_>> = new
        .iter()
        .map(|(i, _, id)| Coming::new(tx, *id, &entries[*i].new, entries[*i].org))
        .collect();
    store::insert_people(tx, &coming).await?;
    store::insert_memberships(tx, &coming, since, how, basis).await?;
    store::insert_roster(tx, &coming, since).await?;
    store::insert_life_events(tx, &coming, "entry", &format!("{}团员信息", how.label())).await?;
    for (i, _, person) in &new {
        outcomes[*i] = Some(Outcome::Entered(*person));
    }
    for (i, _, person) in &known {
        outcomes[*i] = Some(join(tx, *person, &entries[*i], how, basis).await?);
    }

    let mut branches: BTreeMap<_, &Org> = BTreeMap::new();
    for (i, _, person) in &rows {
        let entry = &entries[*i];
        if outcomes[*i] != Some(Outcome::Entered(*person)) {
            continue;
        }
        branches.insert(entry.org.id, entry.org);
        tx.record(Event::new("member.entered", "person", *person).org(entry.org.id).after(json!({
            "branch": entry.org.full_name, "how": how.code(), "name": entry.new.name, "id_number": entry.new.id_number.masked(), "basis": basis,
        })));
    }
    for org in branches.values() {
        store::lock_counter(tx, org.id, org.path.as_str()).await?;
        store::recount(tx, org.id).await?;
    }
    for (i, _, person) in &rows {
        let entry = &entries[*i];
        if let (Some(post), Some(Outcome::Entered(_))) = (&entry.new.post, &outcomes[*i]) {
            super::posts::hold(
                tx,
                *person,
                entry.org,
                post,
                post.title == "书记",
                how.label(),
            )
            .await?;
        }
    }
    Ok(outcomes
        .into_iter()
        .map(|o| o.unwrap_or_else(|| Outcome::Refused(rules::repeated())))
        .collect())
}

/// Enters a cadre of an organisation (ROS-01, ROS-32): somebody known is taken over by ID number and name, with the
/// membership untouched; somebody new comes into being with the post.
pub async fn enter_cadre(tx: &mut Tx, org: &Org, new: &NewMember, basis: &str) -> Result<PersonId> {
    let Some(post) = &new.post else {
        return Err(Error::refused_at(
            "title",
            "required",
            format!("请选择职务：{}", rules::titles(org.category).join("、")),
        ));
    };
    let hash = store::blind_id(tx.keys(), &new.id_number);
    let id: PersonId = tx.new_id();
    let fresh = store::claim_identities(tx, &[(hash.clone(), id)]).await?;
    let person = if fresh.is_empty() {
        let known = store::known(tx, std::slice::from_ref(&hash))
            .await?
            .remove(&hash)
            .ok_or(Error::NotFound)?;
        if known.name != new.name {
            // ORG-12, FLD-106: nothing more is said about whoever it is.
            return Err(Error::refused_at(
                "name",
                "id_number.other_name",
                "姓名与该身份证号在系统中的姓名不一致。请核对姓名和身份证号码，确认无误请联系直接上级团组织",
            ));
        }
        known.person
    } else {
        if let Some(number) = &new.admission_number
            && store::claim_numbers(tx, &[(number.clone(), id)])
                .await?
                .is_empty()
        {
            return Err(Refused::from(rules::number_taken()).into());
        }
        let coming = [Coming::new(tx, id, new, org)];
        store::insert_people(tx, &coming).await?;
        store::insert_life_events(tx, &coming, "entry", "录入团干部信息").await?;
        tx.record(
            Event::new("person.entered", "person", id)
                .org(org.id)
                .after(json!({
                    "org": org.full_name, "name": new.name, "id_number": new.id_number.masked(),
                })),
        );
        id
    };
    super::posts::hold(tx, person, org, post, post.title == "书记", basis).await?;
    Ok(person)
}
