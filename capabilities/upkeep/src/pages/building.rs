//! The building phase: set by the root, announced to everybody else after sign-in (ORG-41).

use super::faults::{at, refusal};
use crate::rules::progress as rules;
use crate::store::progress as store;
use access::Permission;
use axum::http::{HeaderMap, HeaderValue, header};
use base::{Error, OrgCategory, Refused, business_date};
use chrono::NaiveDate;
use db::{Event, Reader};
use serde::Deserialize;
use serde_json::json;
use web::prelude::*;

const HERE: &str = "/console/building";
const SEEN: &str = "tj_progress";

/// What is said once a day while the tree is being built.
#[derive(Clone, Debug)]
pub struct Popup {
    /// The sentence of ORG-40 about the direct subordinates.
    pub sentence: String,
}

/// The pop-up for the reader: an administrator of anything but a branch whose own information is complete, who has not
/// closed it today.
pub async fn popup(
    reader: &mut Reader,
    ctx: &Ctx,
    headers: &HeaderMap,
) -> base::Result<Option<Popup>> {
    let Some(own) = ctx.actor.org() else {
        return Ok(None);
    };
    let now = reader.now();
    let policy = ctx.app.policy::<orgs::Policy>();
    if !ctx.app.policy::<crate::Policy>().progress_popup
        || own.category == OrgCategory::Branch
        || !ctx.actor.may(Permission::ViewProgress, own)
        || seen(headers) == Some(today_of(ctx))
        || !orgs::building_phase(reader, policy, now).await?
    {
        return Ok(None);
    }
    let Some(info) = orgs::information(reader, own.id).await? else {
        return Ok(None);
    };
    if !orgs::missing_information(&info, policy).is_empty() {
        return Ok(None);
    }
    let below = store::below(reader, own.id).await?;
    Ok(below.and_then(|below| {
        below.level(2).map(|direct| Popup {
            sentence: rules::sentence(below.at, &info.org.full_name, 2, direct),
        })
    }))
}

/// The day and who reads: a browser may be shared.
fn today_of(ctx: &Ctx) -> String {
    format!("{}.{}", business_date(ctx.now()), ctx.me.account.simple())
}

fn seen(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == SEEN)
        .map(|(_, day)| day.to_owned())
}

/// `POST /console/building/seen`: closed for today, for this reader in this browser.
pub(super) async fn close(ctx: Ctx, _form: Form<Input>) -> Result<Response> {
    ctx.actor
        .require_look(Permission::ViewProgress, ctx.org()?)?;
    let today = today_of(&ctx);
    let cookie = format!("{SEEN}={today}; Path=/console; Max-Age=86400; HttpOnly; SameSite=Lax");
    let mut response = see_other("/console");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// First and last day.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    from: String,
    to: String,
}

#[derive(Template)]
#[template(path = "building.html")]
struct View {
    shell: Shell,
    open: bool,
    input: Input,
    fault: Option<Refused>,
}

impl View {
    fn fault_of(&self, field: &str) -> &str {
        at(self.fault.as_ref(), field)
    }
}

/// Only the root sets it.
fn allowed(ctx: &Ctx) -> Result<()> {
    let own = ctx.org()?;
    ctx.actor.require(Permission::ViewProgress, own)?;
    if own.path.depth() > 1 {
        return Err(Error::forbidden("建树阶段的起止日期由最高一级组织的管理员设置。").into());
    }
    Ok(())
}

async fn view(ctx: &Ctx, input: Option<Input>, fault: Option<Refused>) -> Result<View> {
    allowed(ctx)?;
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let days = orgs::building_days(&mut reader).await?;
    Ok(View {
        open: orgs::building_phase(&mut reader, ctx.app.policy(), now).await?,
        input: input.unwrap_or_else(|| {
            days.map_or_else(Input::default, |(from, to)| Input {
                from: from.to_string(),
                to: to.to_string(),
            })
        }),
        shell: ctx
            .shell(&mut reader, "建树阶段", "/console/progress")
            .await?,
        fault,
    })
}

/// `GET /console/building`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    let view = view(&ctx, None, None).await?;
    page(StatusCode::OK, &view)
}

fn read(input: &Input) -> base::Result<(NaiveDate, NaiveDate)> {
    let day = |field, typed: &str| {
        typed
            .trim()
            .parse::<NaiveDate>()
            .map_err(|_| Error::refused_at(field, "building.day", "请填写日期，如 2026-09-01。"))
    };
    let (from, to) = (day("from", &input.from)?, day("to", &input.to)?);
    if to < from {
        return Err(Error::refused_at(
            "to",
            "building.order",
            "结束日期不能早于开始日期。",
        ));
    }
    Ok((from, to))
}

/// `POST /console/building`
pub(super) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    allowed(&ctx)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    match read(&form.input) {
        Ok((from, to)) => {
            let before = orgs::building_days(&mut tx).await?;
            orgs::set_building_days(&mut tx, from, to).await?;
            let org = ctx.org()?.id;
            tx.record(
                Event::new("org.building_phase", "setting", org)
                    .org(org)
                    .before(json!(before))
                    .after(json!([from, to])),
            );
            tx.commit_to(HERE).await?;
            Ok(see_other(HERE))
        }
        Err(error) => {
            drop(tx);
            let view = view(&ctx, Some(form.input), Some(refusal(error)?)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
