//! What the pages of a run show, from what is stored.

use askama::Template as _;
use base::{ImportId, Result, china_time};
use sqlx::PgConnection;
use std::collections::BTreeSet;
use web::{Ctx, Shell, list::encode};

use super::{
    After, TAKE_BACK,
    engine::{self, Open},
    lines::{Line, lay_out},
    rows::{Kept, load},
    store::{self, Pick},
};
use crate::Template;

/// Rows a page.
const SIZE: i64 = 50;
/// What the address asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    pub show: String,
    pub reason: String,
    pub above: i32,
}

/// One number of the strip.
pub(super) struct Tile {
    pub label: &'static str,
    pub number: i32,
    pub class: &'static str,
    pub note: &'static str,
    pub href: String,
    pub current: bool,
}

/// A column of faults to filter by.
pub(super) struct Reason {
    pub label: String,
    pub number: i64,
    pub href: String,
    pub current: bool,
}

/// The page of a run.
#[derive(askama::Template)]
#[template(path = "run.html", blocks = ["wizard"])]
pub(super) struct RunPage {
    pub shell: Shell,
    pub id: ImportId,
    pub title: &'static str,
    pub kind: String,
    pub org: String,
    pub org_id: String,
    pub file: String,
    pub origin: String,
    pub ignored: String,
    pub state: &'static str,
    pub step: usize,
    pub alert: String,
    pub progress: Option<(i64, i64)>,
    pub tiles: Vec<Tile>,
    pub heading: String,
    pub reasons: Vec<Reason>,
    pub columns: Vec<String>,
    pub lines: Vec<Line>,
    pub next: Option<String>,
    pub here: String,
    pub failures: bool,
    pub ready: i32,
    pub faulty: i32,
    pub counted: String,
    pub may: bool,
    pub undo: Option<String>,
    pub after: After,
    pub confirming: bool,
}

/// Names of the steps.
pub(super) const STEPS: [&str; 5] = ["下载模板", "上传表格", "核对问题", "确认导入", "完成"];

impl RunPage {
    /// Class of a step (`step` is the present one).
    fn steps(&self) -> Vec<(&'static str, &'static str)> {
        (1..)
            .zip(STEPS)
            .map(|(n, label)| {
                let class = match n.cmp(&self.step) {
                    std::cmp::Ordering::Less => "is-done",
                    std::cmp::Ordering::Equal => "now",
                    std::cmp::Ordering::Greater => "",
                };
                (label, class)
            })
            .collect()
    }

    fn busy(&self) -> bool {
        self.progress.is_some()
    }

    /// The part htmx exchanges.
    pub(super) fn fragment(&self) -> Result<String> {
        Ok(self.as_wizard().render().map_err(anyhow::Error::from)?)
    }

    /// Reads everything the page shows. `confirming`: the last look before applying.
    pub(super) async fn of(
        ctx: &Ctx,
        reader: &mut db::Reader,
        open: Open,
        wish: Wish,
        alert: String,
        confirming: bool,
    ) -> Result<Self> {
        let shell = ctx
            .shell(reader, open.importer.title(), open.importer.place())
            .await
            .map_err(|failure| failure.0)?;
        let run = open.run();
        let stored = &open.stored;
        let id = run.id;
        let job = store::job(reader, stored.job_id).await?;
        let given_up = engine::stuck(reader, stored).await?;
        let mut page = Self {
            shell,
            id,
            title: open.importer.title(),
            kind: stored.kind.clone(),
            org: stored.org_name.clone(),
            org_id: stored.org_id.to_string(),
            file: stored.file_name.clone(),
            origin: if stored.sheet.is_empty() {
                String::new()
            } else {
                format!(
                    "工作表“{}”，表头第{}行，共{}行",
                    stored.sheet,
                    stored.header_row,
                    stored.ready + stored.duplicates + stored.faulty
                )
            },
            ignored: stored.ignored.replace('\n', "、"),
            state: "",
            step: 3,
            alert,
            progress: None,
            tiles: Vec::new(),
            heading: String::new(),
            reasons: Vec::new(),
            columns: Vec::new(),
            lines: Vec::new(),
            next: None,
            here: String::new(),
            failures: false,
            ready: stored.ready,
            faulty: stored.faulty,
            counted: open.importer.counted(stored.ready.into()),
            may: open.importer.authorise(&ctx.actor, &open.target).is_ok(),
            undo: None,
            after: After::default(),
            confirming,
        };
        let told = job.as_ref().and_then(|j| j.3.clone()).unwrap_or_default();
        match stored.state.as_str() {
            "checking" | "applying" if !given_up => {
                page.state = if stored.state == "checking" {
                    "checking"
                } else {
                    page.step = 4;
                    "applying"
                };
                page.progress = Some(job.map_or((0, 0), |j| (j.1, j.2)));
                return Ok(page);
            }
            "checking" => {
                page.state = "failed";
                page.step = 2;
                page.alert = format!("核对没有完成：{told}。没有写入任何数据，请重新上传表格。");
                return Ok(page);
            }
            "failed" | "cancelled" => {
                page.state = "failed";
                page.step = 2;
                page.alert = stored.fault.clone().unwrap_or_default();
                return Ok(page);
            }
            "applying" => {
                page.state = "preview";
                page.alert =
                    format!("上次写入没有成功：{told}。没有写入任何数据，可以再次确认导入。");
            }
            "done" => {
                page.state = "done";
                page.step = 5;
                page.counted = open.importer.counted(stored.created.into());
                let made = store::results(reader, id).await?;
                page.after = open.importer.after(&ctx.app, reader, &run, &made).await?;
                let until = stored.applied_at.map(|at| at + TAKE_BACK);
                let entitled = ctx
                    .actor
                    .may(access::Permission::UndoImports, &open.target.org);
                page.undo = until
                    .filter(|until| ctx.now() < *until && entitled && stored.created > 0)
                    .map(|until| china_time(until).format("%Y-%m-%d %H:%M").to_string());
            }
            "taken_back" => {
                page.state = "taken_back";
                page.step = 5;
                page.counted = open.importer.counted(stored.created.into());
            }
            _ => page.state = "preview",
        }
        if confirming {
            page.step = 4;
        }
        if stored.cleared_at.is_none() {
            let template = open
                .importer
                .template(&ctx.app, reader, &open.target)
                .await?;
            page.fill(reader, &ctx.app.db().keys, &open, &template, wish)
                .await?;
        }
        Ok(page)
    }

    async fn fill(
        &mut self,
        conn: &mut PgConnection,
        keys: &db::Keyring,
        open: &Open,
        template: &Template,
        wish: Wish,
    ) -> Result<()> {
        let stored = &open.stored;
        let base = format!("/console/imports/{}", self.id);
        let show = match wish.show.as_str() {
            shown @ ("ready" | "warned" | "faulty" | "duplicate") => shown.to_owned(),
            _ if self.confirming => "ready".to_owned(),
            _ if stored.faulty > 0 => "faulty".to_owned(),
            _ if stored.ready > 0 => "ready".to_owned(),
            _ => "duplicate".to_owned(),
        };
        let done = self.state == "done";
        self.tiles = [
            (
                if done {
                    "核对时可导入"
                } else {
                    "可导入"
                },
                stored.ready,
                "tj-ok",
                if done { "已写入" } else { "确认后写入" },
                "ready",
            ),
            (
                "建议核对",
                stored.warned,
                "tj-warn",
                "已含在可导入内",
                "warned",
            ),
            (
                "有问题",
                stored.faulty,
                "tj-bad",
                if done { "没有导入" } else { "不会导入" },
                "faulty",
            ),
            ("重复", stored.duplicates, "", "自动跳过", "duplicate"),
        ]
        .map(|(label, number, class, note, key)| Tile {
            label,
            number,
            class: if number > 0 { class } else { "" },
            note,
            href: format!("{base}?show={key}"),
            current: key == show,
        })
        .into();
        let shown = self.tiles.iter().find(|t| t.current);
        self.heading = shown.map_or_else(String::new, |t| format!("{}的{}行", t.label, t.number));
        self.failures = stored.faulty > 0;
        if show == "faulty" {
            for (key, number) in store::reasons(conn, self.id).await? {
                let label = match template.column(&key) {
                    Some(column) => column.heading.to_owned(),
                    None => "整行".to_owned(),
                };
                let current = wish.reason == key;
                self.reasons.push(Reason {
                    label,
                    number,
                    href: format!("{base}?show=faulty&reason={}", encode(&key)),
                    current,
                });
            }
        }
        let pick = Pick {
            verdict: Some(if show == "warned" {
                "ready".to_owned()
            } else {
                show.clone()
            }),
            warned: show == "warned",
            reason: Some(wish.reason.clone()).filter(|r| show == "faulty" && !r.is_empty()),
            above: wish.above,
            limit: SIZE + 1,
        };
        let mut picked = store::pick(conn, self.id, &pick).await?;
        let more = picked.len() > usize::try_from(SIZE).unwrap_or(0);
        picked.truncate(usize::try_from(SIZE).unwrap_or(0));
        let reason = if wish.reason.is_empty() {
            String::new()
        } else {
            format!("&reason={}", encode(&wish.reason))
        };
        let list = format!("{base}?show={show}{reason}");
        self.next = picked
            .last()
            .filter(|_| more)
            .map(|(row, _)| format!("{list}&above={row}"));
        self.here = if wish.above > 0 {
            format!("{list}&above={}", wish.above)
        } else {
            list
        };
        let chunks: BTreeSet<i32> = picked.iter().map(|(_, chunk)| *chunk).collect();
        let chunks: Vec<i32> = chunks.into_iter().collect();
        let wanted: BTreeSet<u32> = picked
            .iter()
            .filter_map(|(row, _)| u32::try_from(*row).ok())
            .collect();
        let kept = load(conn, keys, self.id, Some(&chunks)).await?;
        let kept: Vec<Kept> = kept
            .into_iter()
            .filter(|k| wanted.contains(&k.row.number))
            .collect();
        let mendable = self.state == "preview" && self.may;
        (self.columns, self.lines) = lay_out(template, &kept, mendable);
        Ok(())
    }
}
