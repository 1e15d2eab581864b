//! 单个创建 (ORG-20): one organisation at a time, its full name proposed while typing.

use super::faults::Faults;
use super::tree::{choices, named};
use crate::rules::{
    Checked, Fault, Org, OrgInput, Superior, allowed_below, check, full_name, kinds_below,
};
use crate::{Entrance, Policy, actions, store};
use access::Permission;
use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use base::{Error, OrgCategory, business_date, text};
use chrono::Datelike;
use db::Reader;
use serde::Deserialize;
use web::list::{Choice, encode};
use web::{Ctx, Form, Result, Shell, page, see_other};

#[derive(Template)]
#[template(path = "new.html", blocks = ["name"])]
struct Page {
    shell: Shell,
    parent: Org,
    input: OrgInput,
    /// Proposed full name, shown beside the typed one where they differ.
    proposed: String,
    categories: Vec<Choice>,
    /// Kinds of branches this superior may set up; one alone is not asked.
    kinds: Vec<Choice>,
    sectors: Vec<Choice>,
    years: Vec<Choice>,
    faults: Faults,
    warnings: Vec<String>,
    checked: bool,
    made: Option<Org>,
    asks_school: bool,
    asks_graduation: bool,
    inherited: Option<String>,
    class_form: bool,
    entrance: Entrance,
}

#[derive(Default)]
struct Asked {
    parent: String,
    category: String,
    sector: String,
    short_name: String,
    made: String,
}

#[derive(Deserialize, Clone)]
pub(super) struct Submitted {
    #[serde(default)]
    parent: String,
    #[serde(default)]
    r#do: String,
    #[serde(flatten)]
    org: OrgInput,
}

impl Asked {
    /// From the address; of a repeated name the last counts.
    fn read(query: Vec<(String, String)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in query {
            match name.as_str() {
                "parent" => asked.parent = value,
                "category" => asked.category = value,
                "sector" => asked.sector = value,
                "short_name" => asked.short_name = value,
                "made" => asked.made = value,
                _ => {}
            }
        }
        asked
    }
}

/// The superior named in the address, or the acting organisation; only its own administrators create below it.
async fn superior(reader: &mut Reader, ctx: &Ctx, typed: &str) -> base::Result<Superior> {
    let own = ctx.actor.org().ok_or(Error::NotFound)?.id;
    let parent = if typed.is_empty() {
        store::find(reader, own).await?.ok_or(Error::NotFound)?
    } else {
        named(reader, ctx, typed).await?
    };
    ctx.actor
        .require(Permission::CreateSubordinates, &parent.to_ref())?;
    actions::superior(reader, parent).await
}

async fn view(reader: &mut Reader, ctx: &Ctx, superior: Superior, input: OrgInput) -> Result<Page> {
    let policy = ctx.app.policy::<Policy>();
    let allowed = allowed_below(superior.org.category, policy);
    let category = OrgCategory::from_code(&input.category);
    let proposed = propose(&superior, category, &input.short_name, policy);
    let year = business_date(ctx.now()).year();
    let years: Vec<String> = (year - 1..=year + 8).map(|y| y.to_string()).collect();
    Ok(Page {
        shell: ctx
            .shell(reader, "创建下级组织", "/console/subordinates")
            .await?,
        categories: choices(
            allowed.iter().map(|c| (c.code(), c.label())),
            "请选择",
            &input.category,
        ),
        kinds: Choice::list(
            kinds_below(&superior, policy)
                .iter()
                .map(|kind| (kind.code(), kind.label())),
            &input.kind,
        ),
        sectors: choices(
            policy
                .offered_sectors()
                .map(|s| (s.name.as_str(), s.name.as_str())),
            "请选择",
            &input.sector,
        ),
        years: choices(
            years.iter().map(|y| (y.as_str(), y.as_str())),
            "请选择",
            &input.graduation_year,
        ),
        faults: Faults::default(),
        warnings: Vec::new(),
        checked: false,
        made: None,
        asks_school: policy.asks_school,
        asks_graduation: policy.graduation_at_creation,
        inherited: superior.school_code.clone(),
        class_form: policy.full_name_form == crate::FullNameForm::Generated,
        entrance: policy.entrance,
        parent: superior.org,
        input,
        proposed,
    })
}

fn propose(
    superior: &Superior,
    category: Option<OrgCategory>,
    short_name: &str,
    policy: &Policy,
) -> String {
    let short_name = text::normalise(short_name);
    match category {
        Some(category) if !short_name.is_empty() => {
            full_name(&superior.line, category, &short_name, policy)
        }
        _ => String::new(),
    }
}

/// The empty form; after a creation with 继续创建: category and sector kept.
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let asked = Asked::read(query);
    let mut reader = ctx.read().await?;
    let superior = superior(&mut reader, &ctx, &asked.parent).await?;
    let made = match asked.made.parse::<i64>() {
        Ok(number) => store::by_number(&mut reader, number)
            .await?
            .filter(|org| org.parent == Some(superior.org.id)),
        Err(_) => None,
    };
    let input = OrgInput {
        category: asked.category,
        sector: asked.sector,
        ..OrgInput::default()
    };
    let view = Page {
        made,
        ..view(&mut reader, &ctx, superior, input).await?
    };
    page(StatusCode::OK, &view)
}

/// The full name for what is typed so far, as a fragment.
pub(super) async fn name(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let asked = Asked::read(query);
    let mut reader = ctx.read().await?;
    let superior = superior(&mut reader, &ctx, &asked.parent).await?;
    let policy = ctx.app.policy::<Policy>();
    let category = OrgCategory::from_code(&asked.category);
    let input = OrgInput {
        full_name: propose(&superior, category, &asked.short_name, policy),
        category: asked.category,
        sector: asked.sector,
        short_name: asked.short_name,
        ..OrgInput::default()
    };
    let mut view = view(&mut reader, &ctx, superior, input).await?;
    if let (Some(category), false) = (category, view.input.short_name.is_empty()) {
        let short_name = text::normalise(&view.input.short_name);
        if let Err(fault) = crate::rules::check_short_name(category, &short_name) {
            view.warnings.push(fault.message);
        } else {
            let mut new = crate::NewOrg::plain(category, short_name);
            new.sector = Some(view.input.sector.clone());
            view.warnings = crate::rules::hints(&new, policy);
        }
    }
    let html = view
        .as_name()
        .render()
        .map_err(|cause| Error::Internal(anyhow::anyhow!("template: {cause}")))?;
    Ok(Html(html).into_response())
}

/// A branch created singly says its sector; in a batch its own administrator fills it later.
fn with_sector(
    checked: std::result::Result<Checked, Vec<Fault>>,
    input: &OrgInput,
) -> std::result::Result<Checked, Vec<Fault>> {
    if input.category != OrgCategory::Branch.code() || !text::normalise(&input.sector).is_empty() {
        return checked;
    }
    let mut faults = checked.err().unwrap_or_default();
    faults.push(Fault::new(
        "sector",
        "org.required",
        "团支部须选择单位所属行业类别。",
    ));
    Err(faults)
}

/// 检查全称 looks once more, 创建 creates.
pub(super) async fn submit(ctx: Ctx, form: Form<Submitted>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let superior = superior(&mut reader, &ctx, &form.input.parent).await?;
    let policy = ctx.app.policy::<Policy>();
    let today = business_date(ctx.now());
    let mut input = form.input.org.clone();
    let checked = check(&input, &superior, policy, ctx.app.reserved(), today);
    let checked = with_sector(checked, &input);
    if form.input.r#do == "check" {
        let mut faults = checked.as_ref().err().cloned().unwrap_or_default();
        if let Ok(checked) = &checked {
            input.full_name = checked.new.full_name.clone().unwrap_or_default();
            if let Some(number) = store::namesake(&mut reader, &input.full_name, None).await? {
                faults.push(Fault::new(
                    "full_name",
                    "org.full_name_taken",
                    format!("组织全称与〔{number}〕重复。"),
                ));
            }
        }
        let view = Page {
            checked: faults.is_empty(),
            faults: Faults(faults),
            warnings: checked.map(|c| c.warnings).unwrap_or_default(),
            ..view(&mut reader, &ctx, superior, input).await?
        };
        return page(StatusCode::OK, &view);
    }
    let faults = match checked {
        Ok(checked) => {
            let mut tx = ctx.begin().await?;
            if let Some(before) = tx.once(&form.key).await? {
                return Ok(see_other(&before));
            }
            match crate::create(&mut tx, &superior.org, checked.new, policy).await {
                Ok(org) => {
                    let to = format!(
                        "/console/orgs/new?parent={}&category={}&sector={}&made={}",
                        superior.org.number,
                        org.category.code(),
                        encode(org.sector.as_deref().unwrap_or("")),
                        org.number
                    );
                    tx.commit_to(&to).await?;
                    return Ok(see_other(&to));
                }
                Err(refusal) => Faults::of(refusal)?,
            }
        }
        Err(faults) => Faults(faults),
    };
    let view = Page {
        faults,
        ..view(&mut reader, &ctx, superior, input).await?
    };
    page(StatusCode::UNPROCESSABLE_ENTITY, &view)
}
