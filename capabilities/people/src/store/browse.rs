//! Lists over a subtree of the roster, one static statement for each order and direction.
//!
//! A page reads at most [`BUDGET`] rows, whatever the filters leave of them: where few members of a large subtree match,
//! the page ends early and the next goes on from the last row read (OPS-52).

use super::list::{MemberRow, Raw};
use base::Result;
use chrono::NaiveDate;
use db::Keyring;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// Rows a page or a count reads at most; the statements say it in figures.
pub(crate) const BUDGET: i64 = 20_000;

/// What a list of members is narrowed to. Carries ids and codes only, so it may lie in a job's payload.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Filter {
    /// Paths from here.
    pub low: String,
    /// Paths below this.
    pub high: String,
    /// Only these rows of the roster, by branch and person: what typed words or a number found.
    pub chosen: Option<Vec<(Uuid, Uuid)>>,
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

/// Order of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// By pinyin, a subtree that is read and sorted.
    Name,
    /// By pinyin, a subtree larger than a page may read: along the index of sounds. The place is compared as an expression,
    /// so that no plan reads and sorts the subtree.
    Sound,
    /// By month of admission.
    Admitted,
    /// By branch, then pinyin: what a large subtree is read in.
    Branch,
}

/// Where a page begins: sort key of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub path: String,
    pub text: String,
    pub number: i32,
    pub person: Uuid,
}

impl Key {
    /// The key as far as an order looks at it.
    fn by(&self, order: Order) -> (&str, i32, &str, Uuid) {
        match order {
            Order::Name | Order::Sound => ("", 0, &self.text, self.person),
            Order::Admitted => ("", self.number, "", self.person),
            Order::Branch => (&self.path, 0, &self.text, self.person),
        }
    }

    fn of(row: &Raw) -> Self {
        Self {
            path: row.path.clone(),
            text: row.pinyin.clone(),
            number: row.admitted_on.unwrap_or(0),
            person: row.person_id,
        }
    }
}

/// A page of members.
pub(crate) struct Found {
    pub rows: Vec<MemberRow>,
    /// The last row read, where the page ended for that and not for want of members.
    pub end: Option<Key>,
}

// The order is said twice, inside and outside: only so the planner knows that it need not sort what it has read in order,
// and stops as soon as the page is full.
macro_rules! page {
    ($conn:expr, $f:expr, $limit:expr, $from:literal, $order:literal, $shown:literal, $($bind:expr),*) => {
        sqlx::query_as!(
            Raw,
            r#"select f.person_id, f.branch_id, f.path, f.name, f.pinyin, f.sex, f.born, f.id_sealed, f.phone_sealed, f.ethnic, f.education, f.political,
                      f.admitted_on, f.admission_number, f.identity_state, f.certification, f.missing, f.number_fault, f.state, f.post,
                      f.hit as "hit!", f.n as "n!"
               from (select r.person_id, r.branch_id, r.path, r.name, r.pinyin, r.sex, r.born, r.id_sealed, r.phone_sealed, r.ethnic, r.education,
                            r.political, r.admitted_on, r.admission_number, r.identity_state, r.certification, r.missing, r.number_fault, r.state,
                            r.post, r.month, r.n,
                            ($4::smallint is null or r.sex = $4) and ($5::text is null or r.ethnic = $5) and ($6::text is null or r.political = $6)
                            and ($7::text is null or r.education = $7) and ($8::text is null or r.identity_state = $8)
                            and ($9::text is null or r.certification = $9) and (not $10 or cardinality(r.missing) > 0)
                            and (not $11 or r.identity_state not in ('passed', 'passed_offline')) and (not $12 or r.number_fault is not null)
                            and (not $13 or r.certification in ('none', 'failed')) and ($14::bool is null or (r.post is not null) = $14)
                            and ($15::date is null or r.born >= $15) and ($16::date is null or r.born <= $16) as hit
                     from (select m.person_id, m.branch_id, m.path, m.name, m.pinyin, m.sex, m.born, m.id_sealed, m.phone_sealed, m.ethnic, m.education,
                                  m.political, m.admitted_on, m.admission_number, m.identity_state, m.certification, m.missing, m.number_fault,
                                  m.state, m.post, coalesce(m.admitted_on, 0) as month,
                                  row_number() over (order by "# + $order + r#") as n
                           from roster m where m.state = $3 and "# + $from + r#"
                           order by "# + $order + r#" limit 20000) r) f
               where f.hit or f.n = 20000 order by "# + $shown + r#" limit $17"#,
            $f.low,
            $f.high,
            $f.state,
            $f.sex,
            $f.ethnic,
            $f.political,
            $f.education,
            $f.identity,
            $f.certification,
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
) -> Result<Found> {
    if let Some(chosen) = &filter.chosen {
        let rows = chosen_page(conn, filter, chosen, order, from, backwards, limit).await?;
        let rows = rows.into_iter().map(|row| row.open(keys));
        return Ok(Found {
            rows: rows.collect::<Result<_>>()?,
            end: None,
        });
    }
    let first = Key {
        text: String::new(),
        path: String::new(),
        number: i32::MIN,
        person: Uuid::nil(),
    };
    let k = from.unwrap_or(&first);
    let path = super::start((&filter.low, &filter.high), &k.path);
    let mut rows: Vec<Raw> = match (order, backwards) {
        (Order::Name, false) => page!(
            conn,
            filter,
            limit,
            "m.path >= $1 and m.path < $2 and (m.pinyin, m.person_id) > ($18, $19)",
            "m.pinyin, m.person_id",
            "f.pinyin, f.person_id",
            k.text,
            k.person
        ),
        (Order::Name, true) => page!(
            conn,
            filter,
            limit,
            "m.path >= $1 and m.path < $2 and (m.pinyin, m.person_id) < ($18, $19)",
            "m.pinyin desc, m.person_id desc",
            "f.pinyin desc, f.person_id desc",
            k.text,
            k.person
        ),
        (Order::Sound, false) => page!(
            conn,
            filter,
            limit,
            "(m.path || '') >= $1 and (m.path || '') < $2 and (m.pinyin, m.person_id) > ($18, $19)",
            "m.pinyin, m.person_id",
            "f.pinyin, f.person_id",
            k.text,
            k.person
        ),
        (Order::Sound, true) => page!(
            conn,
            filter,
            limit,
            "(m.path || '') >= $1 and (m.path || '') < $2 and (m.pinyin, m.person_id) < ($18, $19)",
            "m.pinyin desc, m.person_id desc",
            "f.pinyin desc, f.person_id desc",
            k.text,
            k.person
        ),
        (Order::Admitted, false) => page!(
            conn,
            filter,
            limit,
            "m.path >= $1 and m.path < $2 and (coalesce(m.admitted_on, 0), m.person_id) > ($18, $19)",
            "coalesce(m.admitted_on, 0), m.person_id",
            "f.month, f.person_id",
            k.number,
            k.person
        ),
        (Order::Admitted, true) => page!(
            conn,
            filter,
            limit,
            "m.path >= $1 and m.path < $2 and (coalesce(m.admitted_on, 0), m.person_id) < ($18, $19)",
            "coalesce(m.admitted_on, 0) desc, m.person_id desc",
            "f.month desc, f.person_id desc",
            k.number,
            k.person
        ),
        (Order::Branch, false) => page!(
            conn,
            filter,
            limit,
            "m.path >= $1 and m.path < $2 and (m.path, m.pinyin, m.person_id) > ($18, $19, $20)",
            "m.path, m.pinyin, m.person_id",
            "f.path, f.pinyin, f.person_id",
            path,
            k.text,
            k.person
        ),
        (Order::Branch, true) => page!(
            conn,
            filter,
            limit,
            "m.path >= $1 and m.path < $2 and (m.path, m.pinyin, m.person_id) < ($18, $19, $20)",
            "m.path desc, m.pinyin desc, m.person_id desc",
            "f.path desc, f.pinyin desc, f.person_id desc",
            path,
            k.text,
            k.person
        ),
    };
    let end = rows.last().filter(|row| row.n == BUDGET).map(Key::of);
    rows.retain(|row| row.hit);
    let rows = rows.into_iter().map(|row| row.open(keys));
    Ok(Found {
        rows: rows.collect::<Result<_>>()?,
        end,
    })
}

/// A page of what typed words found: they are few enough to be put in order here.
async fn chosen_page(
    conn: &mut PgConnection,
    f: &Filter,
    chosen: &[(Uuid, Uuid)],
    order: Order,
    from: Option<&Key>,
    backwards: bool,
    limit: i64,
) -> Result<Vec<Raw>> {
    let (branches, people): (Vec<Uuid>, Vec<Uuid>) = chosen.iter().copied().unzip();
    let rows = sqlx::query_as!(
        Raw,
        r#"select r.person_id, r.branch_id, r.path, r.name, r.pinyin, r.sex, r.born, r.id_sealed, r.phone_sealed, r.ethnic, r.education, r.political,
                  r.admitted_on, r.admission_number, r.identity_state, r.certification, r.missing, r.number_fault, r.state, r.post,
                  true as "hit!", 0::bigint as "n!"
           from unnest($1::uuid[], $2::uuid[]) as c (branch_id, person_id)
           join roster r on r.branch_id = c.branch_id and r.person_id = c.person_id
           where r.path >= $3 and r.path < $4 and r.state = $5
             and ($6::smallint is null or r.sex = $6) and ($7::text is null or r.ethnic = $7) and ($8::text is null or r.political = $8)
             and ($9::text is null or r.education = $9) and ($10::text is null or r.identity_state = $10)
             and ($11::text is null or r.certification = $11) and (not $12 or cardinality(r.missing) > 0)
             and (not $13 or r.identity_state not in ('passed', 'passed_offline')) and (not $14 or r.number_fault is not null)
             and (not $15 or r.certification in ('none', 'failed')) and ($16::bool is null or (r.post is not null) = $16)
             and ($17::date is null or r.born >= $17) and ($18::date is null or r.born <= $18)"#,
        &branches,
        &people,
        f.low,
        f.high,
        f.state,
        f.sex,
        f.ethnic,
        f.political,
        f.education,
        f.identity,
        f.certification,
        f.gaps,
        f.unverified,
        f.fault,
        f.uncertified,
        f.post,
        f.born_from,
        f.born_to
    )
    .fetch_all(conn)
    .await?;
    let mut rows: Vec<(Key, Raw)> = rows.into_iter().map(|row| (Key::of(&row), row)).collect();
    rows.sort_unstable_by(|(a, _), (b, _)| a.by(order).cmp(&b.by(order)));
    if backwards {
        rows.reverse();
    }
    Ok(rows
        .into_iter()
        .filter(|(key, _)| {
            from.is_none_or(|from| {
                if backwards {
                    key.by(order) < from.by(order)
                } else {
                    key.by(order) > from.by(order)
                }
            })
        })
        .take(usize::try_from(limit).unwrap_or(0))
        .map(|(_, row)| row)
        .collect())
}

/// How many members a filter finds among the first [`BUDGET`] of its subtree, and whether that was all of them.
pub(crate) async fn count_members(conn: &mut PgConnection, f: &Filter) -> Result<(i64, bool)> {
    if let Some(chosen) = &f.chosen {
        let found = chosen_page(conn, f, chosen, Order::Branch, None, false, BUDGET).await?;
        return Ok((found.len() as i64, true));
    }
    let row = sqlx::query!(
        r#"select count(*) as "read!", count(*) filter (
               where ($4::smallint is null or r.sex = $4) and ($5::text is null or r.ethnic = $5) and ($6::text is null or r.political = $6)
                 and ($7::text is null or r.education = $7) and ($8::text is null or r.identity_state = $8)
                 and ($9::text is null or r.certification = $9) and (not $10 or cardinality(r.missing) > 0)
                 and (not $11 or r.identity_state not in ('passed', 'passed_offline')) and (not $12 or r.number_fault is not null)
                 and (not $13 or r.certification in ('none', 'failed')) and ($14::bool is null or (r.post is not null) = $14)
                 and ($15::date is null or r.born >= $15) and ($16::date is null or r.born <= $16)) as "found!"
           from (select sex, ethnic, political, education, identity_state, certification, missing, number_fault, post, born from roster
                 where path >= $1 and path < $2 and state = $3 limit 20000) r"#,
        f.low,
        f.high,
        f.state,
        f.sex,
        f.ethnic,
        f.political,
        f.education,
        f.identity,
        f.certification,
        f.gaps,
        f.unverified,
        f.fault,
        f.uncertified,
        f.post,
        f.born_from,
        f.born_to
    )
    .fetch_one(conn)
    .await?;
    Ok((row.found, row.read < BUDGET))
}
