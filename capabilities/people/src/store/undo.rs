//! What an import needs to look back: names, namesakes, whether anything happened since, and the traces to remove.

use super::{blind_id, blind_phone, open_id, open_phone};
use base::{OrgId, Result};
use chrono::{DateTime, NaiveDate, Utc};
use db::Tx;
use sqlx::PgConnection;
use std::collections::HashSet;
use uuid::Uuid;

/// Names and birthdays of members of a subtree who have one of these names.
pub(crate) async fn namesakes(
    conn: &mut PgConnection,
    low: &str,
    high: &str,
    names: &[String],
) -> Result<HashSet<(String, NaiveDate)>> {
    let rows = sqlx::query!(
        "select name, born from roster where path >= $1 and path < $2 and name = any($3)",
        low,
        high,
        names
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.born)).collect())
}

/// Which of these persons have still to be certified by the application form.
pub(crate) async fn uncertified_names(
    conn: &mut PgConnection,
    people: &[Uuid],
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!("select name from person where person_id = any($1) and certification = 'none' order by pinyin, person_id", people)
        .fetch_all(conn)
        .await?)
}

/// A person an import made or gave something to.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub person: Uuid,
    pub name: String,
    /// Came into being with the import.
    pub new: bool,
    /// Anything happened since: a line of the timeline, a sign-in, a change of the profile.
    pub touched: bool,
    /// The branch of the open membership the import opened.
    pub branch: Option<Uuid>,
    pub id_sealed: Vec<u8>,
    pub phone_sealed: Option<Vec<u8>>,
    pub admission_number: Option<String>,
}

/// These persons as they stand now, seen from the import that was applied at `at`.
pub(crate) async fn made_by(
    conn: &mut PgConnection,
    people: &[Uuid],
    import: Uuid,
    at: DateTime<Utc>,
) -> Result<Vec<Made>> {
    Ok(sqlx::query_as!(
        Made,
        r#"select p.person_id as person, p.name, p.entered_at >= $3 as "new!", m.branch_id as "branch?", p.id_sealed, p.phone_sealed,
                  p.admission_number,
                  ((p.entered_at >= $3 and p.version > 1)
                   or exists (select from life_event l where l.person_id = p.person_id and l.at > $3)
                   or exists (select from security_event s where s.subject_id = p.person_id and s.at > $3 and s.kind <> 'unmask')) as "touched!"
           from person p left join membership m on m.person_id = p.person_id and m.until is null and m.basis = $2
           where p.person_id = any($1)"#,
        people,
        import,
        at
    )
    .fetch_all(conn)
    .await?)
}

/// Removes the memberships an import opened.
pub(crate) async fn forget_memberships(tx: &mut Tx, people: &[Uuid], import: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from membership where person_id = any($1) and basis = $2",
        people,
        import
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes these persons from a branch's roster, with the posts they got there.
pub(crate) async fn forget_roster(tx: &mut Tx, branch: OrgId, people: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "delete from roster where branch_id = $1 and person_id = any($2)",
        branch.0,
        people
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from org_post where org_id = $1 and person_id = any($2)",
        branch.0,
        people
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from person_post where person_id = any($2) and org_id = $1",
        branch.0,
        people
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes persons with their directories and timelines; the audit stays. The directories are left by their own keys.
pub(crate) async fn forget_people(tx: &mut Tx, made: &[&Made]) -> Result<()> {
    let keys = tx.keys().clone();
    let mut people = Vec::with_capacity(made.len());
    let (mut ids, mut phones, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for m in made {
        people.push(m.person);
        ids.push(blind_id(&keys, &open_id(&keys, m.person, &m.id_sealed)?));
        phones.extend(
            open_phone(&keys, m.person, m.phone_sealed.as_deref())?
                .map(|phone| blind_phone(&keys, &phone)),
        );
        numbers.extend(m.admission_number.clone());
    }
    sqlx::query!(
        "delete from person_identity where id_hash = any($1) and person_id = any($2)",
        &ids,
        &people
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from person_phone where phone_hash = any($1) and person_id = any($2)",
        &phones,
        &people
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from admission_number where number = any($1) and person_id = any($2)",
        &numbers,
        &people
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from life_event where person_id = any($1)", &people)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("delete from person where person_id = any($1)", &people)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes the posts an import gave in an organisation; answers whose and which.
pub(crate) async fn forget_posts(
    tx: &mut Tx,
    org: OrgId,
    basis: &str,
) -> Result<Vec<(Uuid, String)>> {
    let gone = sqlx::query!(
        "delete from org_post where org_id = $1 and basis = $2 returning person_id, post_id, title",
        org.0,
        basis
    )
    .fetch_all(&mut **tx)
    .await?;
    let (people, posts): (Vec<Uuid>, Vec<Uuid>) =
        gone.iter().map(|row| (row.person_id, row.post_id)).unzip();
    sqlx::query!(
        "delete from person_post where person_id = any($1) and post_id = any($2)",
        &people,
        &posts
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone
        .into_iter()
        .map(|row| (row.person_id, row.title))
        .collect())
}
