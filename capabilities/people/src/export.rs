//! The roster as a workbook, made in the background (ROS-92, GEN-07): masked, unless a purpose was given.

use crate::rules::codes;
use crate::store::{self, Filter, Key, Order};
use base::{FileId, OrgId, Result, china_time};
use chrono::TimeDelta;
use db::jobs::{Job, Run};
use serde::{Deserialize, Serialize};
use sheets::{Watermark, write_table};
use std::collections::HashMap;
use web::App;

/// Kind of the job.
pub(crate) const KIND: &str = "people.export";
/// How long the file can be fetched.
const KEPT: TimeDelta = TimeDelta::days(7);
const BATCH: i64 = 1000;

/// What the job carries: ids and codes, no words anybody typed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub filter: Filter,
    pub whole: bool,
    pub reader: String,
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

async fn export(app: &App, run: &Run) -> Result<()> {
    let order: Wanted = run.get("order")?;
    let mut reader = run.db.read().await?;
    let keys = reader.keys.clone();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut names: HashMap<OrgId, String> = HashMap::new();
    let mut from: Option<Key> = None;
    loop {
        let store::browse::Found { rows: page, end } = store::members(
            &mut reader,
            &keys,
            &order.filter,
            Order::Branch,
            from.as_ref(),
            false,
            BATCH,
        )
        .await?;
        let mut unknown: Vec<OrgId> = page
            .iter()
            .map(|row| row.branch)
            .filter(|id| !names.contains_key(id))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            names.extend(
                orgs::find_many(&mut reader, &unknown)
                    .await?
                    .into_iter()
                    .map(|org| (org.id, org.full_name)),
            );
        }
        for row in &page {
            let code = |list, code: &Option<String>| {
                code.as_deref()
                    .map_or_else(String::new, |c| codes::name_of(list, c))
            };
            let number = if order.whole {
                row.id_number.reveal().to_owned()
            } else {
                row.id_number.masked()
            };
            let phone = row.phone.as_ref().map_or_else(String::new, |p| {
                if order.whole {
                    p.reveal().to_owned()
                } else {
                    p.masked()
                }
            });
            rows.push(vec![
                row.name.clone(),
                row.sex.label().to_owned(),
                number,
                phone,
                names.get(&row.branch).cloned().unwrap_or_default(),
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
            ]);
        }
        run.progress(rows.len() as u64, 0).await?;
        let last = page.last().filter(|_| page.len() as i64 == BATCH);
        from = end.or_else(|| {
            last.map(|last| Key {
                text: last.pinyin.clone(),
                path: last.path.clone(),
                number: 0,
                person: last.person.0,
            })
        });
        if from.is_none() {
            break;
        }
    }
    let count = rows.len();
    let now = reader.now();
    let at = china_time(now).naive_local();
    let reader_name = order.reader.clone();
    let bytes = tokio::task::spawn_blocking(move || {
        write_table(
            "团员名册",
            &HEADINGS,
            rows,
            &Watermark {
                reader: &reader_name,
                at,
            },
        )
    })
    .await
    .map_err(anyhow::Error::from)?
    .map_err(anyhow::Error::from)?;
    let file: FileId = FileId(run.db.random.uuid(now));
    let size = bytes.len();
    app.files().put(file, bytes.into()).await?;
    let facts = files::StoredFile {
        owner: run.person.map(|p| p.0).unwrap_or_default(),
        name: format!("团员名册-{}.xlsx", at.format("%Y%m%d-%H%M")),
        content_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".into(),
        expires_at: Some(now + KEPT),
    };
    files::register(&mut reader, file, &facts, "people.export", size, now).await?;
    run.outcome(
        &format!(
            "已导出 {count} 人{}",
            if order.whole {
                "（完整证件号）"
            } else {
                "（脱敏）"
            }
        ),
        Some(&format!("/files/{file}")),
    )
    .await
}
