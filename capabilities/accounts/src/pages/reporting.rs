//! 报到 and 创建账号: the account first, then the registration's pages, each kept as it is left (ACC-38, ACC-39, FLD-21).

use super::{
    fault::Fault,
    joining::{Branch, rules, with_line},
};
use crate::{
    Policy, RegistrationForm,
    actions::{
        pictures,
        reporting::{self, Looked},
    },
    rules::report::{self, Ask, Field, Page, Report},
    store::{self, registration::Row},
};
use base::Error;
use files::picture::Bounds;
use serde::Deserialize;
use std::collections::BTreeMap;
use web::{Multi, list::Choice, prelude::*};

/// 照片 of a member (03-roster 1.1).
const PHOTO: Bounds = Bounds {
    field: "photo",
    label: "照片",
    bytes: 2 * 1024 * 1024,
};
const HERE: &str = "/register/mine";

/// A field as the page shows it.
struct Shown {
    field: Field,
    value: String,
    choices: Vec<Choice>,
    locked: bool,
}

impl Shown {
    fn of(field: Field, draft: &Report, fixed: &[&str]) -> Self {
        let value = draft.get(field.name).to_owned();
        let list: Vec<&str> = match field.ask {
            Ask::Code(codes) | Ask::Listed(codes) => codes.iter().map(|e| e.name).collect(),
            Ask::OneOf(list) => list.to_vec(),
            Ask::Line(_) | Ask::Month | Ask::Tick => Vec::new(),
        };
        let empty = if field.name == "title" {
            "无职务"
        } else {
            "请选择"
        };
        let options = std::iter::once(("", empty)).chain(list.into_iter().map(|l| (l, l)));
        Self {
            choices: Choice::list(options, &value),
            locked: fixed.contains(&field.name),
            field,
            value,
        }
    }

    fn is_tick(&self) -> bool {
        matches!(self.field.ask, Ask::Tick)
    }

    fn is_choice(&self) -> bool {
        matches!(
            self.field.ask,
            Ask::Code(_) | Ask::Listed(_) | Ask::OneOf(_)
        )
    }

    fn most(&self) -> usize {
        match self.field.ask {
            Ask::Line(most) => most,
            _ => 12,
        }
    }

    fn masked(&self) -> String {
        if self.field.name == "id_number" {
            base::mask_number(&self.value)
        } else {
            self.value.clone()
        }
    }
}

struct Step {
    number: usize,
    title: &'static str,
    current: bool,
    faults: usize,
}

/// The last page: everything, as the branch will see it (ACC-B3).
struct Review {
    facts: Vec<(&'static str, String)>,
    /// Page and sentence.
    faults: Vec<(usize, String)>,
    warnings: Vec<String>,
}

#[derive(Template)]
#[template(path = "register_report.html")]
struct ReportPage {
    shell: Shell,
    report: bool,
    /// Why it came back, or that it was taken back.
    notice: String,
    bad: bool,
    steps: Vec<Step>,
    number: usize,
    title: &'static str,
    class: &'static str,
    fields: Vec<Shown>,
    with_number_button: bool,
    fault: Fault,
    q: String,
    searched: bool,
    found: Vec<Branch>,
    chosen: Option<Branch>,
    review: Option<Review>,
    photo: bool,
}

impl ReportPage {
    fn is_chosen(&self, branch: &Branch) -> bool {
        self.chosen
            .as_ref()
            .is_some_and(|c| c.org.id == branch.org.id)
    }

    fn is_first(&self) -> bool {
        self.number == 1
    }

    fn has_photo_field(&self) -> bool {
        self.report && self.number == 4
    }

    fn next_words(&self) -> &'static str {
        if self.number + 1 == self.steps.len() {
            "核对资料"
        } else {
            "下一页"
        }
    }

    fn before(&self) -> usize {
        self.number - 1
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    page: usize,
    q: String,
    /// Show the faults of this page.
    checked: String,
}

/// The page of a field; the branch stands on the first.
fn page_of(pages: &[Page], field: Option<&str>) -> usize {
    let holds = |page: &Page| page.fields.iter().any(|f| Some(f.name) == field);
    pages.iter().position(holds).map_or(1, |at| at + 1)
}

/// The applicant's page while something can still be changed.
pub(super) async fn show(
    ctx: &Ctx,
    status: StatusCode,
    row: &Row,
    asked: &Asked,
    fault: Option<Fault>,
) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let pages = report::pages(policy.registration.form);
    let mut reader = ctx.read().await?;
    let keys = reader.keys.clone();
    let draft = reporting::opened(&keys, row)?;
    let now = ctx.now();
    let looked = reporting::look(&mut reader, &rules(&ctx.app), &draft, now).await?;
    let count = |n: usize| {
        let on = |f: &&base::Refused| page_of(pages, f.field) == n;
        looked.faults.iter().filter(on).count()
    };
    let number = asked.page.clamp(1, pages.len() + 1);
    let at = pages.get(number - 1);
    let fixed = reporting::fixed(row);
    let fault = match fault {
        Some(fault) => fault,
        None if asked.checked.is_empty() => Fault::default(),
        None => Fault::several(
            looked
                .faults
                .iter()
                .filter(|f| page_of(pages, f.field) == number)
                .cloned()
                .collect(),
        ),
    };
    let q = base::text::normalise(&asked.q);
    let mut found = Vec::new();
    if number == 1 && !q.is_empty() {
        for org in orgs::find_branches(&mut reader, &q, 20).await? {
            found.push(with_line(&mut reader, org).await?);
        }
    }
    let chosen = match &looked.branch {
        Some(org) => Some(with_line(&mut reader, org.clone()).await?),
        None => None,
    };
    let photo = store::picture::latest(&mut reader, ctx.me.account, "photo")
        .await?
        .is_some();
    let titles = pages.iter().map(|p| p.title).chain(["核对并提交"]);
    let steps = titles
        .enumerate()
        .map(|(i, title)| Step {
            number: i + 1,
            title,
            current: i + 1 == number,
            faults: count(i + 1),
        })
        .collect();
    let review = at.is_none().then(|| review(pages, &draft, &looked));
    let (notice, bad) = match row.state.as_str() {
        "returned" => (
            format!(
                "已退回，原因：{}。修改后可重新提交。",
                row.reason.as_deref().unwrap_or("未写明")
            ),
            true,
        ),
        "expired" => (
            "90天未审核，申请已过期，资料已保留，可重新提交。".to_owned(),
            false,
        ),
        _ if !row.name.is_empty() => ("已撤回，可修改后重新提交。".to_owned(), false),
        _ => (String::new(), false),
    };
    let report = policy.registration.form == RegistrationForm::Report;
    let shell = ctx
        .shell(
            &mut reader,
            if report {
                "团员报到"
            } else {
                "申请加入团支部"
            },
            "",
        )
        .await?;
    let view = ReportPage {
        shell,
        report,
        notice,
        bad,
        steps,
        number,
        title: at.map_or("核对并提交", |p| p.title),
        class: at.map_or("下面就是团支部审核时看到的内容。", |p| {
            p.class
        }),
        fields: at.map_or_else(Vec::new, |p| {
            p.fields
                .iter()
                .map(|f| Shown::of(*f, &draft, fixed))
                .collect()
        }),
        with_number_button: policy.registration.make_numbers,
        fault,
        searched: !q.is_empty(),
        q,
        found,
        chosen,
        review,
        photo,
    };
    page(status, &view)
}

fn review(pages: &[Page], draft: &Report, looked: &Looked) -> Review {
    let mut facts = vec![(
        "所在团支部",
        looked
            .branch
            .as_ref()
            .map_or_else(String::new, |b| b.full_name.clone()),
    )];
    facts.push(("手机号码", base::mask_number(draft.get("phone"))));
    for field in pages.iter().flat_map(|p| p.fields) {
        let value = draft.get(field.name);
        let shown = match (field.name, field.ask) {
            ("id_number", _) if !value.is_empty() => base::mask_number(value),
            (_, Ask::Tick) if !value.is_empty() => "是".into(),
            _ => value.to_owned(),
        };
        facts.push((field.label, shown));
    }
    facts.retain(|(_, value)| !value.is_empty());
    Review {
        facts,
        faults: looked
            .faults
            .iter()
            .map(|f| (page_of(pages, f.field), f.message.clone()))
            .collect(),
        warnings: looked.warnings.clone(),
    }
}

/// The applicant's row.
async fn own(ctx: &Ctx) -> Result<Row> {
    let mut reader = ctx.read().await?;
    let row = store::registration::find(&mut reader, ctx.me.account).await?;
    Ok(row.ok_or(Error::NotFound)?)
}

fn place(number: usize, rest: &str) -> String {
    format!("{HERE}?page={number}{rest}")
}

/// What the pages of the report ask, and where to go on.
fn declared(app: &App) -> Vec<&'static str> {
    let pages = report::pages(app.policy::<Policy>().registration.form);
    let asked = pages
        .iter()
        .flat_map(|page| page.fields)
        .map(|field| field.name);
    asked.chain(["branch", "page", "go", "q"]).collect()
}

/// `POST /register/report`: keeps a page and leads on.
pub(super) async fn save(ctx: Ctx, mut form: Form<BTreeMap<String, String>>) -> Result<Response> {
    form.declare(&ctx.app, &declared(&ctx.app)).await;
    let typed = form.input;
    let text = |name: &str| typed.get(name).map_or("", String::as_str);
    let number: usize = text("page").parse().unwrap_or(1);
    let policy = ctx.app.policy::<Policy>();
    let account = ctx.me.account;
    let mut tx = ctx.begin().await?;
    reporting::save(&mut tx, policy, account, number, &typed).await?;
    let go = text("go");
    if go == "number" {
        let made = reporting::number_from_student_no(&mut tx, policy, account).await;
        return match Fault::of(made)? {
            Ok(()) => {
                tx.commit_housekeeping().await?;
                Ok(see_other(&place(number, "#admission_number")))
            }
            Err(fault) => {
                tx.commit_housekeeping().await?;
                let asked = Asked {
                    page: number,
                    ..Asked::default()
                };
                let row = own(&ctx).await?;
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                show(&ctx, status, &row, &asked, Some(fault)).await
            }
        };
    }
    tx.commit_housekeeping().await?;
    lead(&ctx, number, go, text("q")).await
}

/// Where a kept page leads: on, unless something on it is wrong.
async fn lead(ctx: &Ctx, number: usize, go: &str, q: &str) -> Result<Response> {
    let to = match go {
        "search" => place(number, &format!("&q={}", web::list::encode(q))),
        "back" => place(number.saturating_sub(1).max(1), ""),
        "photo" => place(number, ""),
        _ => {
            let pages = report::pages(ctx.app.policy::<Policy>().registration.form);
            let row = own(ctx).await?;
            let mut reader = ctx.read().await?;
            let keys = reader.keys.clone();
            let draft = reporting::opened(&keys, &row)?;
            let now = ctx.now();
            let looked = reporting::look(&mut reader, &rules(&ctx.app), &draft, now).await?;
            let here = |f: &base::Refused| page_of(pages, f.field) == number;
            if looked.faults.iter().any(here) {
                place(number, "&checked=1")
            } else {
                place(number + 1, "")
            }
        }
    };
    Ok(see_other(&to))
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /register/report/send`
pub(super) async fn send(ctx: Ctx, form: Form<Nothing>) -> Result<Response> {
    let Form {
        key,
        input: Nothing {},
        ..
    } = form;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&key).await? {
        return Ok(see_other(&before));
    }
    let (db, address) = (ctx.app.db(), ctx.actor.address.clone());
    let sent = reporting::submit(&mut tx, db, &rules(&ctx.app), ctx.me.account, &address).await;
    let fault = match Fault::of(sent)? {
        Ok(Ok(())) => {
            tx.commit_to(HERE).await?;
            return Ok(see_other(HERE));
        }
        Ok(Err(faults)) => Fault::several(faults),
        Err(fault) => fault,
    };
    drop(tx);
    let row = own(&ctx).await?;
    let asked = Asked {
        page: usize::MAX,
        ..Asked::default()
    };
    show(
        &ctx,
        StatusCode::UNPROCESSABLE_ENTITY,
        &row,
        &asked,
        Some(fault),
    )
    .await
}

/// `POST /register/report/photo`: the last page of a report, which has a photo beside its fields.
pub(super) async fn photo(ctx: Ctx, mut form: Multi) -> Result<Response> {
    form.declare(&ctx.app, &declared(&ctx.app), &["photo"])
        .await;
    let policy = ctx.app.policy::<Policy>();
    let number = report::pages(policy.registration.form).len();
    if policy.registration.form != RegistrationForm::Report {
        return Err(Error::NotFound.into());
    }
    let typed: BTreeMap<String, String> = form.fields.clone().into_iter().collect();
    let owner = ctx.me.account;
    let mut tx = ctx.begin().await?;
    reporting::save(&mut tx, policy, owner, number, &typed).await?;
    tx.commit_housekeeping().await?;
    let go = form.field("go");
    let Some(file) = form.files.get("photo") else {
        if go == "photo" {
            let refused = base::Refused {
                code: "picture.none",
                message: "请先选择照片，再点上传".into(),
                field: Some("photo"),
            };
            return refused_photo(&ctx, number, Fault::several(vec![refused])).await;
        }
        return lead(&ctx, number, go, "").await;
    };
    let mut tx = ctx.begin().await?;
    let kept = async {
        let bytes = file.bytes.clone();
        let id = pictures::keep(&mut tx, ctx.app.files(), owner, "photo", bytes, PHOTO).await?;
        let now = tx.now();
        store::picture::let_go(&mut tx, owner, Some(id), now).await
    };
    match Fault::of(kept.await)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            lead(&ctx, number, go, "").await
        }
        Err(fault) => {
            drop(tx);
            refused_photo(&ctx, number, fault).await
        }
    }
}

async fn refused_photo(ctx: &Ctx, number: usize, fault: Fault) -> Result<Response> {
    let row = own(ctx).await?;
    let asked = Asked {
        page: number,
        ..Asked::default()
    };
    show(
        ctx,
        StatusCode::UNPROCESSABLE_ENTITY,
        &row,
        &asked,
        Some(fault),
    )
    .await
}
