//! Lists over a subtree of the roster, one static statement for each order and direction.

use super::list::{MemberRow, Raw};
use base::{PersonId, Result};
use chrono::NaiveDate;
use db::Keyring;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a list of members is narrowed to. Carries ids and codes only, so it may lie in a job's payload.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Filter {
    /// Paths from here.
    pub low: String,
    /// Paths below this.
    pub high: String,
    /// Only these persons.
    pub people: Option<Vec<Uuid>>,
    /// Beginning of name, pinyin or initials, escaped for `like`, or the whole number; never kept.
    #[serde(skip)]
    pub words: Option<String>,
    pub sex: Option<i16>,
    pub ethnic: Option<String>,
    pub political: Option<String>,
    pub education: Option<String>,
    pub identity: Option<String>,
    pub certification: Option<String>,
    pub state: String,
    /// Required fields empty.
    pub gaps: bool,
    /// Identity not verified.
    pub unverified: bool,
    /// Irregular number.
    pub fault: bool,
    /// Not certified by the application form.
    pub uncertified: bool,
    /// With a post in the branch, or without.
    pub post: Option<bool>,
    pub born_from: Option<NaiveDate>,
    pub born_to: Option<NaiveDate>,
}

impl Filter {
    /// Words as the reader typed them.
    pub(crate) fn words(&mut self, typed: &str) {
        self.words = (!typed.is_empty()).then(|| prefix(typed));
    }
}

/// A pattern for `like` that means "begins with exactly this".
pub(crate) fn prefix(text: &str) -> String {
    format!(
        "{}%",
        text.to_lowercase()
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_")
    )
}

/// Order of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// By pinyin.
    Name,
    /// By month of admission.
    Admitted,
    /// By branch, then pinyin: what a large subtree is read in.
    Branch,
}

/// Where a page begins: sort key of a row.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub text: String,
    pub path: String,
    pub number: i32,
    pub person: Uuid,
}

macro_rules! page {
    ($conn:expr, $f:expr, $limit:expr, $tail:literal, $($bind:expr),*) => {
        sqlx::query_as!(
            Raw,
            "select person_id, branch_id, path, name, pinyin, sex, born, id_sealed, phone_sealed, ethnic, education, political, admitted_on, admission_number,
                    identity_state, certification, missing, number_fault, state, post
             from roster
             where path >= $1 and path < $2 and ($3::uuid[] is null or person_id = any($3))
               and ($4::text is null or name like $4 or pinyin like $4 or initials like $4 or admission_number like $4)
               and ($5::smallint is null or sex = $5) and ($6::text is null or ethnic = $6) and ($7::text is null or political = $7)
               and ($8::text is null or education = $8) and ($9::text is null or identity_state = $9)
               and ($10::text is null or certification = $10) and state = $11 and (not $12 or cardinality(missing) > 0)
               and (not $13 or identity_state <> 'verified') and (not $14 or number_fault is not null)
               and (not $15 or certification in ('none', 'failed')) and ($16::bool is null or (post is not null) = $16)
               and ($17::date is null or born >= $17) and ($18::date is null or born <= $18) " + $tail,
            $f.low,
            $f.high,
            $f.people.as_deref(),
            $f.words,
            $f.sex,
            $f.ethnic,
            $f.political,
            $f.education,
            $f.identity,
            $f.certification,
            $f.state,
            $f.gaps,
            $f.unverified,
            $f.fault,
            $f.uncertified,
            $f.post,
            $f.born_from,
            $f.born_to,
            $limit,
            $($bind),*
        )
        .fetch_all($conn)
        .await?
    };
}

/// One page of members: after or before a row, or from the beginning. Rows read backwards come in reverse order.
pub(crate) async fn members(
    conn: &mut PgConnection,
    keys: &Keyring,
    filter: &Filter,
    order: Order,
    from: Option<&Key>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<MemberRow>> {
    let first = Key {
        text: String::new(),
        path: String::new(),
        number: i32::MIN,
        person: Uuid::nil(),
    };
    let k = from.unwrap_or(&first);
    let rows: Vec<Raw> = match (order, backwards) {
        (Order::Name, false) => page!(
            conn,
            filter,
            limit,
            "and (pinyin, person_id) > ($20, $21) order by pinyin, person_id limit $19",
            k.text,
            k.person
        ),
        (Order::Name, true) => page!(
            conn,
            filter,
            limit,
            "and (pinyin, person_id) < ($20, $21) order by pinyin desc, person_id desc limit $19",
            k.text,
            k.person
        ),
        (Order::Admitted, false) => page!(
            conn,
            filter,
            limit,
            "and (coalesce(admitted_on, 0), person_id) > ($20, $21) order by coalesce(admitted_on, 0), person_id limit $19",
            k.number,
            k.person
        ),
        (Order::Admitted, true) => page!(
            conn,
            filter,
            limit,
            "and (coalesce(admitted_on, 0), person_id) < ($20, $21) order by coalesce(admitted_on, 0) desc, person_id desc limit $19",
            k.number,
            k.person
        ),
        (Order::Branch, false) => page!(
            conn,
            filter,
            limit,
            "and (path, pinyin, person_id) > ($20, $21, $22) order by path, pinyin, person_id limit $19",
            k.path,
            k.text,
            k.person
        ),
        (Order::Branch, true) => page!(
            conn,
            filter,
            limit,
            "and (path, pinyin, person_id) < ($20, $21, $22) order by path desc, pinyin desc, person_id desc limit $19",
            k.path,
            k.text,
            k.person
        ),
    };
    rows.into_iter().map(|row| row.open(keys)).collect()
}

/// The persons a filter finds, at most `limit`; what an export with typed words keeps instead of them.
pub(crate) async fn found_people(
    conn: &mut PgConnection,
    keys: &Keyring,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<PersonId>> {
    Ok(
        members(conn, keys, filter, Order::Branch, None, false, limit)
            .await?
            .into_iter()
            .map(|row| row.person)
            .collect(),
    )
}

/// How many members a filter finds; beyond ten thousand that many and one.
pub(crate) async fn count_members(conn: &mut PgConnection, f: &Filter) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "n!" from (
             select 1 from roster
             where path >= $1 and path < $2 and ($3::uuid[] is null or person_id = any($3))
               and ($4::text is null or name like $4 or pinyin like $4 or initials like $4 or admission_number like $4)
               and ($5::smallint is null or sex = $5) and ($6::text is null or ethnic = $6) and ($7::text is null or political = $7)
               and ($8::text is null or education = $8) and ($9::text is null or identity_state = $9)
               and ($10::text is null or certification = $10) and state = $11 and (not $12 or cardinality(missing) > 0)
               and (not $13 or identity_state <> 'verified') and (not $14 or number_fault is not null)
               and (not $15 or certification in ('none', 'failed')) and ($16::bool is null or (post is not null) = $16)
               and ($17::date is null or born >= $17) and ($18::date is null or born <= $18) limit 10001) found"#,
        f.low,
        f.high,
        f.people.as_deref(),
        f.words,
        f.sex,
        f.ethnic,
        f.political,
        f.education,
        f.identity,
        f.certification,
        f.state,
        f.gaps,
        f.unverified,
        f.fault,
        f.uncertified,
        f.post,
        f.born_from,
        f.born_to
    )
    .fetch_one(conn)
    .await?)
}

/// The counts of the roster's views over a subtree.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub members: i64,
    pub gaps: i64,
    pub unverified: i64,
    pub faults: i64,
    pub uncertified: i64,
    pub soon_28: i64,
}

/// Sums the kept counts; who turns 28 soon is counted by birthday.
pub(crate) async fn tally(
    conn: &mut PgConnection,
    low: &str,
    high: &str,
    born_from: NaiveDate,
    born_to: NaiveDate,
) -> Result<Tally> {
    Ok(sqlx::query_as!(
        Tally,
        r#"select kept.members as "members!", kept.gaps as "gaps!", kept.unverified as "unverified!", kept.faults as "faults!",
                  kept.uncertified as "uncertified!", ageing.soon_28 as "soon_28!"
           from (select coalesce(sum(members), 0) as members, coalesce(sum(gaps), 0) as gaps, coalesce(sum(unverified), 0) as unverified,
                        coalesce(sum(number_faults), 0) as faults, coalesce(sum(uncertified), 0) as uncertified
                 from branch_counter where path >= $1 and path < $2) as kept,
                (select count(*) as soon_28 from roster
                 where path >= $1 and path < $2 and state = 'normal' and born >= $3 and born <= $4) as ageing"#,
        low,
        high,
        born_from,
        born_to
    )
    .fetch_one(conn)
    .await?)
}
