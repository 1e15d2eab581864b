//! The roster as a workbook, made in the background (ROS-92, GEN-07): masked, unless a purpose was given.

use crate::rules::codes;
use crate::store::{self, Filter, Key, Order};
use access::{Actor, Permission};
use base::{OrgId, Result};
use db::Reader;
use db::jobs::{Job, Run};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use web::App;

/// Kind of the job.
pub const KIND: &str = "people.export";
const BATCH: i64 = 1000;

/// What the job carries: ids and codes, no words anybody typed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub filter: Filter,
    pub whole: bool,
    /// The branch whose whole numbers were asked for.
    #[serde(default)]
    pub of: Option<OrgId>,
}

const HEADINGS: [&str; 14] = [
    "姓名",
    "性别",
    "证件号码",
    "手机号码",
    "所在团支部",
    "出生日期",
    "民族",
    "政治面貌",
    "最高学历",
    "入团年月",
    "发展团员编号",
    "支部职务",
    "身份认证",
    "资料",
];

/// The work.
pub(crate) fn job(app: &App) -> Job {
    let app = app.clone();
    Job::new(KIND, move |run| {
        let app = app.clone();
        async move { export(&app, &run).await }
    })
}

/// Rows of one page, and where the next one begins.
async fn part(
    reader: &mut Reader,
    order: &Wanted,
    from: Option<&Key>,
) -> Result<(Vec<Vec<String>>, Option<Key>)> {
    let keys = reader.keys.clone();
    let store::browse::Found { rows: page, end } = store::members(
        reader,
        &keys,
        &order.filter,
        Order::Branch,
        from,
        false,
        BATCH,
    )
    .await?;
    let mut branches: Vec<OrgId> = page.iter().map(|row| row.branch).collect();
    branches.sort_unstable();
    branches.dedup();
    let found = orgs::find_many(reader, &branches).await?;
    let names: HashMap<OrgId, String> = found
        .into_iter()
        .map(|org| (org.id, org.full_name))
        .collect();
    let last = page.last().filter(|_| page.len() as i64 == BATCH);
    let next = end.or_else(|| {
        last.map(|last| Key {
            text: last.pinyin.clone(),
            path: last.path.clone(),
            number: 0,
            person: last.person.0,
        })
    });
    let rows = page
        .iter()
        .map(|row| line(row, names.get(&row.branch), order.whole));
    Ok((rows.collect(), next))
}

fn line(row: &store::MemberRow, branch: Option<&String>, whole: bool) -> Vec<String> {
    let code = |list, code: &Option<String>| {
        code.as_deref()
            .map_or_else(String::new, |c| codes::name_of(list, c))
    };
    let number = if whole {
        row.id_number.reveal().to_owned()
    } else {
        row.id_number.masked()
    };
    let phone = row.phone.as_ref().map_or_else(String::new, |p| {
        if whole {
            p.reveal().to_owned()
        } else {
            p.masked()
        }
    });
    vec![
        row.name.clone(),
        row.sex.label().to_owned(),
        number,
        phone,
        branch.cloned().unwrap_or_default(),
        row.born.to_string(),
        code(codes::ETHNIC, &row.ethnic),
        code(codes::POLITICAL, &row.political),
        code(codes::EDUCATION, &row.education),
        row.admitted_on.map_or_else(String::new, |m| m.to_string()),
        row.admission_number.clone().unwrap_or_default(),
        row.post.clone().unwrap_or_default(),
        crate::IdentityState::from_code(&row.identity_state)
            .label()
            .to_owned(),
        if row.missing.is_empty() {
            "完整".to_owned()
        } else {
            crate::pages::gaps(&row.missing)
        },
    ]
}

async fn export(app: &App, run: &Run) -> Result<()> {
    let order: Wanted = run.get("order")?;
    let mut reader = run.db.read().await?;
    let of = match order.of {
        Some(id) => orgs::find(&mut reader, id).await?.map(|org| org.to_ref()),
        None => None,
    };
    drop(reader);
    let (title, whole) = if order.whole {
        ("团员名册（完整证件号）", true)
    } else {
        ("团员名册", false)
    };
    // Whole numbers are for who may see them where they are, when the file is made and when it is given.
    let allowed = move |actor: &Actor| match &of {
        _ if !whole => true,
        Some(of) => actor.may(Permission::UnmaskPeople, of),
        None => false,
    };
    let from = (run.db.clone(), Arc::new(order));
    let rows = stream::try_unfold(Some(None::<Key>), move |at| {
        let (db, order) = from.clone();
        async move {
            let Some(after) = at else { return Ok(None) };
            let mut conn = db.read().await?;
            let (rows, next) = part(&mut conn, &order, after.as_ref()).await?;
            Ok::<_, base::Error>(Some((rows, next.map(Some))))
        }
    })
    .map_ok(|rows| stream::iter(rows).map(Ok))
    .try_flatten();
    sheets::export::deliver(app, run, title, &HEADINGS, rows, allowed).await
}
