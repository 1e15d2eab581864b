//! 办理转出 (TRF-02, 03): branch, member, reason, target, submit; each choice stands in the address.

use super::picker::{Picker, Purpose, Search, value};
use super::typed::Typed;
use super::view::Faults;
use crate::actions::{self, Start, member_facts};
use crate::case;
use crate::policy::Policy;
use crate::rules::{Fault, Kind, Place, Reason, may_start};
use crate::store;
use access::Permission;
use base::{Error, OrgCategory, OrgId, PersonId};
use orgs::Org;
use serde::Deserialize;
use web::prelude::*;

const HERE: &str = "/console/transfers/out";
const NAV: &str = "/console/transfers";
const BRANCHES: i64 = 500;

#[derive(Deserialize, Default)]
pub struct Chosen {
    #[serde(default)]
    branch: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    target: String,
    #[serde(flatten)]
    search: Search,
}

/// A line to choose.
pub(super) struct Option_ {
    /// First line.
    pub name: String,
    /// Second line.
    pub about: String,
    /// Where choosing leads.
    pub href: String,
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
#[template(path = "out_target.html")]
struct TargetView {
    shell: Shell,
    person: PersonId,
    name: String,
    branch: String,
    faults: Faults,
    reason: Option<Reason>,
    picker: Option<Picker>,
}

impl TargetView {
    fn reasons(&self) -> Vec<Reason> {
        Reason::offered().collect()
    }
}

#[derive(Template)]
#[template(path = "out_form.html")]
struct FormView {
    shell: Shell,
    name: String,
    branch: String,
    typed: Typed,
    reason: Reason,
    target: Org,
    steps: Vec<String>,
    faults: Faults,
    phone: String,
    study_work: bool,
}

impl FormView {
    fn places(&self) -> [Place; 4] {
        Place::ALL
    }
    fn asks_informed(&self) -> bool {
        self.typed.needs("informed_on")
    }
}

/// Whoever may not start a transfer out reads why, and who may.
fn allowed(ctx: &Ctx, policy: &Policy) -> Result<access::OrgRef> {
    let own = ctx.org()?.clone();
    may_start(Kind::BranchOut, own.category, policy)
        .map_err(|fault| Error::forbidden(fault.message))?;
    ctx.actor.require(Permission::StartTransfers, &own)?;
    Ok(own)
}

/// Walks through the choices.
pub async fn start_out(ctx: Ctx, Query(query): Query<Chosen>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let own = allowed(&ctx, policy)?;
    let mut reader = ctx.read().await?;
    if let Ok(person) = query.person.parse::<PersonId>() {
        let keys = reader.keys.clone();
        // Somebody outside the subtree is answered like somebody who does not exist (SEC-12).
        let found = member_facts(&mut reader, &keys, person).await?;
        let Some((_, subject)) =
            found.filter(|(_, subject)| own.path.contains(&subject.branch.path))
        else {
            return Err(Error::NotFound.into());
        };
        if query.target.is_empty() {
            return choose_target(&ctx, reader, person, subject, &query).await;
        }
        let typed = Typed {
            reason: query.reason,
            target: query.target,
            person: query.person,
            ..Typed::default()
        };
        drop(reader);
        return match form_view(&ctx, typed, Vec::new()).await? {
            Some(view) => page(StatusCode::OK, &view),
            None => Ok(see_other(&format!("{HERE}?person={person}"))),
        };
    }
    choose_member(&ctx, reader, &own, &query).await
}

async fn choose_member(
    ctx: &Ctx,
    mut reader: db::Reader,
    own: &access::OrgRef,
    query: &Chosen,
) -> Result<Response> {
    let keys = reader.keys.clone();
    let asked = if own.category == OrgCategory::Branch {
        Some(own.id)
    } else {
        query.branch.parse().ok()
    };
    let view = match asked {
        None => {
            let ids = store::branches_below(&mut reader, &own.path, BRANCHES).await?;
            let mut found = orgs::find_many(&mut reader, &ids).await?;
            found.sort_by(|a, b| a.path.cmp(&b.path));
            PickView {
                heading: "选择转出团支部".into(),
                lead: format!("本组织下的 {} 个团支部", found.len()),
                options: found
                    .into_iter()
                    .map(|org| Option_ {
                        about: format!("{}，组织ID {}", org.full_name, org.number),
                        href: format!("{HERE}?branch={}", org.id),
                        name: org.short_name,
                    })
                    .collect(),
                empty: "本组织下没有团支部，无法办理转出。",
                back: None,
                shell: ctx.shell(&mut reader, "办理转出", NAV).await?,
            }
        }
        Some(branch) => {
            let branch = orgs::find(&mut reader, branch)
                .await?
                .ok_or(Error::NotFound)?;
            if !own.path.contains(&branch.path) {
                return Err(
                    Error::refused("transfer.not_below", "该团支部不在您的下级组织中").into(),
                );
            }
            let members = people::members_of(&mut reader, &keys, branch.id, None, BRANCHES).await?;
            PickView {
                heading: "选择转出团员".into(),
                lead: format!("{}，{} 人", branch.full_name, members.len()),
                options: members
                    .into_iter()
                    .map(|m| Option_ {
                        about: format!(
                            "{}，{}",
                            m.id_number.masked(),
                            m.admitted_on.map_or_else(
                                || "入团年月未填写".into(),
                                |month| format!("{month} 入团")
                            )
                        ),
                        href: format!("{HERE}?person={}", m.person),
                        name: m.name,
                    })
                    .collect(),
                empty: "该团支部没有团员。",
                back: (own.category != OrgCategory::Branch).then(|| HERE.to_owned()),
                shell: ctx.shell(&mut reader, "办理转出", NAV).await?,
            }
        }
    };
    page(StatusCode::OK, &view)
}

async fn choose_target(
    ctx: &Ctx,
    mut reader: db::Reader,
    person: PersonId,
    subject: crate::rules::Subject,
    query: &Chosen,
) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let (keys, now) = (reader.keys.clone(), reader.now());
    let faults = actions::check(
        &mut reader,
        &keys,
        Kind::BranchOut,
        person,
        None,
        None,
        now,
        policy,
    )
    .await?;
    let reason = Reason::from_code(&query.reason);
    let picker = match reason {
        None => None,
        Some(reason) => {
            let stem = format!("{HERE}?person={person}&reason={}&", value(reason.code()));
            let purpose = Purpose {
                kind: Kind::BranchOut,
                person,
                reason,
                here: &stem,
                next: &stem,
            };
            Some(Picker::find(&mut reader, &query.search, purpose, policy).await?)
        }
    };
    let view = TargetView {
        shell: ctx.shell(&mut reader, "办理转出", NAV).await?,
        person,
        name: subject.name,
        branch: subject.branch.full_name,
        faults: Faults(faults),
        reason,
        picker,
    };
    page(StatusCode::OK, &view)
}

async fn form_view(ctx: &Ctx, typed: Typed, faults: Vec<Fault>) -> Result<Option<FormView>> {
    let policy = ctx.app.policy::<Policy>();
    let mut reader = ctx.read().await?;
    let keys = reader.keys.clone();
    let (Some(reason), Ok(target), Ok(person)) = (
        typed.chosen(),
        typed.target.parse::<OrgId>(),
        typed.person.parse::<PersonId>(),
    ) else {
        return Ok(None);
    };
    let Some(target) = orgs::find(&mut reader, target).await? else {
        return Ok(None);
    };
    let (profile, subject) = member_facts(&mut reader, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    let steps = case::outlook(
        &mut reader,
        Kind::BranchOut,
        subject.branch.id,
        target.id,
        policy,
    )
    .await?;
    Ok(Some(FormView {
        shell: ctx.shell(&mut reader, "办理转出", NAV).await?,
        name: subject.name,
        branch: subject.branch.full_name,
        typed,
        reason,
        target,
        steps,
        faults: Faults(faults),
        phone: profile
            .phone
            .map(|phone| phone.masked())
            .unwrap_or_default(),
        study_work: policy.study_work_required,
    }))
}

/// Submits a transfer out.
pub async fn submit_out(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let own = allowed(&ctx, policy)?;
    let person: PersonId = form.input.person.parse().map_err(|_| Error::NotFound)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let (keys, now) = (tx.keys().clone(), tx.now());
    let found = member_facts(&mut tx, &keys, person).await?;
    if !found.is_some_and(|(_, subject)| own.path.contains(&subject.branch.path)) {
        return Err(Error::NotFound.into());
    }
    let (request, mut faults) = form.input.read(ctx.app.reserved());
    let target = form.input.target.parse::<OrgId>().ok();
    if faults.is_empty() {
        faults = actions::check(
            &mut tx,
            &keys,
            Kind::BranchOut,
            person,
            target,
            Some(&request),
            now,
            policy,
        )
        .await?;
    }
    if let (true, Some(target)) = (faults.is_empty(), target) {
        match actions::start(
            &mut tx,
            Start {
                kind: Kind::BranchOut,
                person,
                target,
                request,
            },
            policy,
        )
        .await
        {
            Ok(transfer) => {
                let to = format!("/console/transfers/{person}/{}?sent=1", transfer.id);
                tx.commit_to(&to).await?;
                return Ok(see_other(&to));
            }
            Err(Error::Refused(refused)) => faults.push(refused.into()),
            Err(other) => return Err(other.into()),
        }
    }
    drop(tx);
    match form_view(&ctx, form.input, faults).await? {
        Some(view) => page(StatusCode::UNPROCESSABLE_ENTITY, &view),
        None => Ok(see_other(&format!("{HERE}?person={person}"))),
    }
}
