//! 批量转接 (TRF-42): branch, members, branch, reason; then a page that says what will happen and asks to be typed to (GEN-06).

use super::out::Option_;
use crate::actions::{self, Batch, Hindered};
use crate::policy::Policy;
use crate::rules::{Kind, Reason, may_start};
use crate::store;
use access::{OrgRef, Permission};
use base::{Error, OrgId, PersonId, Refused};
use people::MemberRow;
use serde::Deserialize;
use web::list::Choice;
use web::prelude::*;

const HERE: &str = "/console/transfers/batch";
const NAV: &str = "/console/transfers";
const BRANCHES: i64 = 500;

#[derive(Deserialize, Default, Clone)]
pub struct Chosen {
    #[serde(default)]
    out: String,
    #[serde(default, rename = "in")]
    into: String,
    #[serde(default)]
    member: Vec<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    remark: String,
    #[serde(default)]
    confirm: String,
}

impl Chosen {
    fn batch(&self) -> Result<Batch, Refused> {
        let refuse = |field, code, message: &str| Refused {
            code,
            message: message.into(),
            field: Some(field),
        };
        Ok(Batch {
            out_branch: self
                .out
                .parse()
                .map_err(|_| refuse("out", "transfer.batch_out", "请选择转出团支部"))?,
            members: self
                .member
                .iter()
                .filter_map(|id| id.parse::<PersonId>().ok())
                .collect(),
            in_branch: self
                .into
                .parse()
                .map_err(|_| refuse("in", "transfer.batch_in", "请选择转入团支部"))?,
            reason: Reason::from_code(&self.reason)
                .ok_or_else(|| refuse("reason", "transfer.reason", "请选择转出原因"))?,
            remark: base::text::normalise(&self.remark)
                .chars()
                .take(200)
                .collect(),
        })
    }
}

#[derive(Template)]
#[template(path = "out_pick.html")]
struct PickView {
    shell: Shell,
    heading: String,
    lead: String,
    options: Vec<Option_>,
    empty: &'static str,
    back: Option<String>,
}

#[derive(Template)]
#[template(path = "batch.html")]
struct BatchView {
    shell: Shell,
    out: orgs::Org,
    members: Vec<MemberRow>,
    branches: Vec<Choice>,
    reasons: Vec<Choice>,
    chosen: Chosen,
    most: usize,
    fault: Option<Refused>,
    hindered: Vec<Hindered>,
}

impl BatchView {
    fn is_chosen(&self, row: &MemberRow) -> bool {
        self.chosen.member.contains(&row.person.to_string())
    }
    fn fault_of(&self, name: &str) -> &str {
        self.fault
            .as_ref()
            .filter(|fault| fault.field == Some(name))
            .map_or("", |fault| fault.message.as_str())
    }
}

#[derive(Template)]
#[template(path = "batch_confirm.html")]
struct ConfirmView {
    shell: Shell,
    chosen: Chosen,
    out: orgs::Org,
    into: orgs::Org,
    reason: Reason,
    names: Vec<String>,
    message: String,
}

fn allowed(ctx: &Ctx) -> Result<OrgRef> {
    let own = ctx.org()?.clone();
    may_start(Kind::Batch, own.category, ctx.app.policy())
        .map_err(|fault| Error::forbidden(fault.message))?;
    ctx.actor.require(Permission::StartTransfers, &own)?;
    Ok(own)
}

/// Chooses the branch the members leave, then the rest.
pub async fn start_batch(ctx: Ctx, Query(chosen): Query<Chosen1>) -> Result<Response> {
    let own = allowed(&ctx)?;
    if chosen.out.is_empty() {
        let mut reader = ctx.read().await?;
        let found = branches(&mut reader, &own).await?;
        let view = PickView {
            heading: "批量转接：选择转出团支部".into(),
            lead: format!(
                "在本组织下的 {} 个团支部之间调整，不需审核，立即生效",
                found.len()
            ),
            options: found
                .into_iter()
                .map(|org| Option_ {
                    about: format!("{}，组织ID {}", org.full_name, org.number),
                    href: format!("{HERE}?out={}", org.id),
                    name: org.short_name,
                })
                .collect(),
            empty: "本组织下没有团支部，无法批量转接。",
            back: None,
            shell: ctx.shell(&mut reader, "批量转接", NAV).await?,
        };
        return page(StatusCode::OK, &view);
    }
    form(
        &ctx,
        StatusCode::OK,
        Chosen {
            out: chosen.out,
            ..Chosen::default()
        },
        None,
        Vec::new(),
    )
    .await
}

/// The branch in the address.
#[derive(Deserialize)]
pub struct Chosen1 {
    #[serde(default)]
    out: String,
}

async fn branches(reader: &mut db::Reader, own: &OrgRef) -> Result<Vec<orgs::Org>> {
    let ids = store::branches_below(reader, &own.path, BRANCHES).await?;
    let mut found = orgs::find_many(reader, &ids).await?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

async fn form(
    ctx: &Ctx,
    status: StatusCode,
    chosen: Chosen,
    fault: Option<Refused>,
    hindered: Vec<Hindered>,
) -> Result<Response> {
    let own = allowed(ctx)?;
    let mut reader = ctx.read().await?;
    let keys = reader.keys.clone();
    let out: OrgId = chosen.out.parse().map_err(|_| Error::NotFound)?;
    let out = orgs::find(&mut reader, out)
        .await?
        .filter(|org| own.path.contains(&org.path))
        .ok_or(Error::NotFound)?;
    let members = people::members_of(&mut reader, &keys, out.id, None, BRANCHES).await?;
    let found = branches(&mut reader, &own).await?;
    let branches = found
        .iter()
        .filter(|org| org.id != out.id)
        .map(|org| Choice {
            value: org.id.to_string(),
            label: org.full_name.clone(),
            selected: chosen.into == org.id.to_string(),
        })
        .collect();
    let view = BatchView {
        shell: ctx.shell(&mut reader, "批量转接", NAV).await?,
        reasons: Choice::list(
            std::iter::once(("", "请选择")).chain(Reason::offered().map(|r| (r.code(), r.label()))),
            &chosen.reason,
        ),
        out,
        members,
        branches,
        chosen,
        most: ctx.app.policy::<Policy>().batch_max,
        fault,
        hindered,
    };
    page(status, &view)
}

/// Checks everything and shows what will happen.
pub async fn confirm_batch(ctx: Ctx, sent: Form<Chosen>) -> Result<Response> {
    confirm(&ctx, StatusCode::OK, sent.input, String::new()).await
}

async fn confirm(
    ctx: &Ctx,
    status: StatusCode,
    chosen: Chosen,
    message: String,
) -> Result<Response> {
    let own = allowed(ctx)?;
    let policy = ctx.app.policy::<Policy>();
    let batch = match chosen.batch() {
        Ok(batch) => batch,
        Err(refused) => {
            return form(
                ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                chosen,
                Some(refused),
                Vec::new(),
            )
            .await;
        }
    };
    let mut reader = ctx.read().await?;
    let (keys, now) = (reader.keys.clone(), reader.now());
    match actions::check_batch(&mut reader, &keys, &own, &batch, now, policy).await {
        Ok(hindered) if hindered.is_empty() => {}
        Ok(hindered) => {
            return form(
                ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                chosen,
                None,
                hindered,
            )
            .await;
        }
        Err(Error::Refused(refused)) => {
            return form(
                ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                chosen,
                Some(refused),
                Vec::new(),
            )
            .await;
        }
        Err(other) => return Err(other.into()),
    }
    let mut names = Vec::new();
    for person in &batch.members {
        names.extend(
            people::find(&mut reader, &keys, *person)
                .await?
                .map(|p| p.name),
        );
    }
    let view = ConfirmView {
        out: orgs::find(&mut reader, batch.out_branch)
            .await?
            .ok_or(Error::NotFound)?,
        into: orgs::find(&mut reader, batch.in_branch)
            .await?
            .ok_or(Error::NotFound)?,
        shell: ctx.shell(&mut reader, "确认批量转接", NAV).await?,
        reason: batch.reason,
        chosen,
        names,
        message,
    };
    page(status, &view)
}

/// Moves them, if the name of the branch was typed.
pub async fn submit_batch(ctx: Ctx, sent: Form<Chosen>) -> Result<Response> {
    allowed(&ctx)?;
    let chosen = sent.input;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&sent.key).await? {
        return Ok(see_other(&before));
    }
    let Ok(batch) = chosen.batch() else {
        drop(tx);
        return confirm(
            &ctx,
            StatusCode::UNPROCESSABLE_ENTITY,
            chosen,
            String::new(),
        )
        .await;
    };
    let into = orgs::find(&mut tx, batch.in_branch)
        .await?
        .ok_or(Error::NotFound)?;
    if base::text::normalise(&chosen.confirm) != into.short_name {
        drop(tx);
        let message = format!(
            "没有转接任何人：请一字不差地输入转入团支部的简称“{}”",
            into.short_name
        );
        return confirm(&ctx, StatusCode::UNPROCESSABLE_ENTITY, chosen, message).await;
    }
    match actions::batch(&mut tx, batch, ctx.app.policy()).await {
        Ok(_) => {
            let to = format!("{NAV}?tab=done");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            form(
                &ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                chosen,
                Some(refused),
                Vec::new(),
            )
            .await
        }
        Err(other) => Err(other.into()),
    }
}
