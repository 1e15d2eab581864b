//! 我的资料 on the member port (ROS-25, ROS-26, ROS-30): everything about oneself, what may be changed, and why the rest not.

use super::edit::unmask_unchanged;
use super::fields::{self, Field};
use super::gaps;
use crate::actions;
use crate::rules::{
    Demand, Fault, MemberInput, Membership, MembershipState, Person, Policy, codes, field_label,
    field_words,
};
use crate::store;
use approvals::Kinds;
use base::{Error, format_moment};
use web::prelude::*;

struct Fact {
    label: &'static str,
    value: String,
    why: String,
}

struct Line {
    title: String,
    hint: String,
}

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    shell: Shell,
    name: String,
    branch: String,
    missing: String,
    number_fault: String,
    facts: Vec<Fact>,
    posts: Vec<Line>,
    events: Vec<Line>,
    looks: Vec<Line>,
    edit_refused: String,
    /// What waits for the branch: label, present and new value.
    waiting: Vec<(&'static str, String, String)>,
}

#[derive(Template)]
#[template(path = "me_edit.html")]
struct MeEditPage {
    shell: Shell,
    version: i32,
    locked: Vec<Field>,
    open: Vec<Field>,
    rest: Vec<String>,
}

struct Own {
    person: Person,
    membership: Option<Membership>,
    past: bool,
}

async fn own(ctx: &Ctx, reader: &mut db::Reader) -> Result<Own> {
    let id = ctx.person()?;
    let keys = reader.keys.clone();
    let person = store::find(reader, &keys, id)
        .await?
        .ok_or(Error::NotFound)?;
    let all = store::memberships(reader, id).await?;
    let past = !all.is_empty() && all.iter().all(|m| m.until.is_some());
    Ok(Own {
        person,
        membership: all.into_iter().find(|m| m.until.is_none()),
        past,
    })
}

const IDENTITY: &str = "姓名、性别、身份证号码有误请申请更正，由省级团委修改。";

/// Why the member may not change this field; empty if it is free.
fn locked(policy: &Policy, field: &str) -> String {
    if !policy.is_locked_for_member(field) {
        return String::new();
    }
    match field {
        "phone" => "手机号码须经短信验证更换，请联系所在团支部办理。".into(),
        "admitted_on" => "入团年月不能由本人修改，有误请联系所在团支部。".into(),
        _ => IDENTITY.into(),
    }
}

/// Why nothing may be changed at all; empty if something may.
fn refused(own: &Own) -> String {
    match &own.membership {
        Some(m) if m.state != MembershipState::Normal => format!(
            "团员现为〔{}〕，资料只能查看。请联系所在团支部〔{}〕。",
            m.state.label(),
            m.branch_name
        ),
        None if own.past => "已离团，无法修改".into(),
        _ => String::new(),
    }
}

/// The page.
pub(crate) async fn show(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let own = own(&ctx, &mut reader).await?;
    let policy: &Policy = ctx.app.policy();
    let p = &own.person;
    let posts = store::posts(&mut reader, p.id).await?;
    let events = store::history(&mut reader, p.id, None).await?;
    let looks = store::unmaskings(&mut reader, p.id).await?;
    let open = store::waiting_change(&mut reader, p.id).await?;
    let now = ctx.now();
    let name_of = |list, code: &Option<String>| {
        code.as_deref()
            .map_or_else(String::new, |c| codes::name_of(list, c))
    };
    let month = |m: Option<base::YearMonth>| m.map_or_else(String::new, base::YearMonth::chinese);
    let text = |v: &Option<String>| v.clone().unwrap_or_default();
    let mut facts = Vec::new();
    let mut fact = |label, value: String, why: &str| {
        facts.push(Fact {
            label,
            value,
            why: why.to_owned(),
        });
    };
    fact("姓名", p.name.clone(), IDENTITY);
    fact(
        "实名认证",
        p.identity_state.label().into(),
        p.identity_state.advice(),
    );
    fact("性别", p.sex.label().to_owned(), IDENTITY);
    fact(p.doc_type.label(), p.id_number.masked(), IDENTITY);
    fact("出生日期", p.born.to_string(), "按身份证号码。");
    fact(
        "所在团支部",
        own.membership
            .as_ref()
            .map_or_else(|| "无".to_owned(), |m| m.branch_name.clone()),
        "随组织关系转接变更。",
    );
    fact("民族", name_of(codes::ETHNIC, &p.ethnic), "");
    fact("政治面貌", name_of(codes::POLITICAL, &p.political), "");
    fact("最高学历", name_of(codes::EDUCATION, &p.education), "");
    if policy.income_bands {
        fact("收入", name_of(codes::INCOME, &p.income), "");
    }
    fact(
        "手机号码",
        super::masked(p.phone.as_ref()),
        &locked(policy, "phone"),
    );
    fact(
        "入团年月",
        month(p.admitted_on),
        &locked(policy, "admitted_on"),
    );
    fact("发展团员编号", text(&p.admission_number), "");
    fact("入党年月", month(p.party_on), "");
    fact("学校", text(&p.school), "");
    fact("学号", text(&p.student_no), "");
    fact("职业", text(&p.occupation), "");
    fact("工作单位", text(&p.employer), "");
    fact("居住地", text(&p.residence), "");
    fact("电子邮箱", text(&p.email), "");
    let view = MePage {
        shell: ctx.shell(&mut reader, "我的资料", "/member/me").await?,
        name: p.name.clone(),
        branch: own
            .membership
            .as_ref()
            .map_or_else(|| "目前没有团支部".to_owned(), |m| m.branch_name.clone()),
        missing: if p.missing.is_empty() {
            String::new()
        } else {
            gaps(&p.missing)
        },
        number_fault: p.number_fault.clone().unwrap_or_default(),
        facts,
        posts: posts
            .into_iter()
            .map(|x| Line {
                title: x.title,
                hint: format!("{}，{} 起", x.org_name, x.since),
            })
            .collect(),
        events: events
            .into_iter()
            .map(|e| Line {
                title: e.title,
                hint: [
                    Some(format_moment(e.at, now)),
                    e.org_name,
                    e.detail,
                    e.actor_name.map(|a| format!("经办 {a}")),
                ]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("，"),
            })
            .collect(),
        looks: looks
            .into_iter()
            .map(|(at, what)| Line {
                title: what,
                hint: format_moment(at, now),
            })
            .collect(),
        edit_refused: refused(&own),
        waiting: open.map_or_else(Vec::new, |change| waiting(p, &change)),
    };
    page(StatusCode::OK, &view)
}

fn waiting(person: &Person, change: &store::Change) -> Vec<(&'static str, String, String)> {
    let present = MemberInput::of(person);
    let words = |name: &str, value: &str| {
        if value.is_empty() {
            "空值".to_owned()
        } else {
            field_words(name, value)
        }
    };
    change
        .fields
        .iter()
        .map(|(name, value)| {
            let was = present.field(name).unwrap_or_default();
            (field_label(name), words(name, &was), words(name, value))
        })
        .collect()
}

async fn show_edit(
    ctx: &Ctx,
    own: &Own,
    status: StatusCode,
    typed: &MemberInput,
    faults: &[Fault],
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let policy: &Policy = ctx.app.policy();
    let mut all = fields::profile(typed, own.membership.is_some());
    all.extend(fields::more(typed));
    if policy.income_bands {
        all.push(fields::income(typed));
    }
    let rest = fields::put(&mut all, faults);
    let (shut, open): (Vec<Field>, Vec<Field>) = all
        .into_iter()
        .partition(|f| policy.is_locked_for_member(f.name));
    let present = MemberInput::of(&own.person);
    let mut locked_fields: Vec<Field> = vec![
        Field::text("locked", "姓名", "", "").locked(own.person.name.clone(), IDENTITY),
        Field::text("locked", own.person.doc_type.label(), "", "")
            .locked(own.person.id_number.masked(), IDENTITY),
    ];
    locked_fields.extend(shut.into_iter().map(|f| {
        let value = if f.name == "phone" {
            present.phone.clone()
        } else {
            f.value.clone()
        };
        let why = locked(policy, f.name);
        f.locked(value, why)
    }));
    let view = MeEditPage {
        shell: ctx.shell(&mut reader, "修改我的资料", "/member/me").await?,
        version: own.person.version,
        locked: locked_fields,
        open,
        rest,
    };
    page(status, &view)
}

/// The form.
pub(crate) async fn form(ctx: Ctx) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let own = own(&ctx, &mut reader).await?;
    drop(reader);
    let why = refused(&own);
    if !why.is_empty() {
        return Err(Error::forbidden(why).into());
    }
    let typed = MemberInput::of(&own.person);
    show_edit(&ctx, &own, StatusCode::OK, &typed, &[]).await
}

/// Changes what was typed, except what a member never changes.
pub(crate) async fn submit(ctx: Ctx, form: Form<super::edit::Input>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let mut own = own(&ctx, &mut reader).await?;
    drop(reader);
    let policy: &Policy = ctx.app.policy();
    let why = refused(&own);
    if !why.is_empty() {
        return Err(Error::forbidden(why).into());
    }
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let place = match own
        .membership
        .as_ref()
        .map(|m| m.branch)
        .or(own.person.entered_org)
    {
        Some(org) => orgs::find(&mut tx, org).await?,
        None => None,
    };
    let org = place.ok_or(Error::NotFound)?;
    let demand = if own.membership.is_some() {
        Demand::Member
    } else {
        Demand::Cadre
    };
    let mut around =
        actions::circumstances(&mut tx, &org, demand, ctx.now(), ctx.app.reserved()).await?;
    let mut typed = form.input.member.clone();
    let present = MemberInput::of(&own.person);
    if policy.is_locked_for_member("phone") {
        typed.phone.clone_from(&present.phone);
    }
    if policy.is_locked_for_member("admitted_on") {
        typed.admitted_on.clone_from(&present.admitted_on);
    }
    unmask_unchanged(&mut typed, &own.person);
    around.keep_number =
        own.person.admission_number.as_deref() == Some(typed.admission_number.trim());
    own.person.version = form.input.version;
    let kinds = ctx.app.policy::<Kinds>();
    match actions::submit_own(&mut tx, &own.person, &typed, policy, &around, &org, kinds).await {
        Ok(_) => {
            tx.commit_to("/member/me").await?;
            Ok(see_other("/member/me"))
        }
        Err(faults) => {
            drop(tx);
            let conflict = faults.iter().any(|f| f.code == "conflict");
            if conflict {
                let mut reader = ctx.read().await?;
                own = self::own(&ctx, &mut reader).await?;
            }
            let status = if conflict {
                StatusCode::CONFLICT
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            show_edit(&ctx, &own, status, &form.input.member, &faults).await
        }
    }
}

/// Takes back the change that waits.
pub(crate) async fn withdraw(ctx: Ctx, form: Form<Nothing>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let keys = tx.keys().clone();
    let person = store::find(&mut tx, &keys, ctx.person()?)
        .await?
        .ok_or(Error::NotFound)?;
    if !actions::withdraw_own(&mut tx, &person, ctx.app.policy::<Kinds>()).await? {
        return Err(Error::Conflict("没有待审核的修改，可能刚刚审核完，请刷新".into()).into());
    }
    tx.commit_to("/member/me").await?;
    Ok(see_other("/member/me"))
}

/// A form with nothing but its button.
#[derive(serde::Deserialize)]
pub(crate) struct Nothing {}
