//! 单个录入 (ROS-01, ROS-02): one form, all faults at once beside their fields.

use super::fields::{self, Field};
use crate::actions;
use crate::rules::{Demand, Fault, How, MemberInput, Policy, check, titles};
use access::Permission;
use base::Error;
use serde::Deserialize;
use web::list::Choice;
use web::prelude::*;

/// The form: a person and the branch.
#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(default)]
    branch: String,
    #[serde(flatten)]
    member: MemberInput,
}

struct Group {
    title: &'static str,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage {
    shell: Shell,
    branches: Vec<Choice>,
    branch: String,
    branch_fault: String,
    rest: Vec<String>,
    faults: usize,
    groups: Vec<Group>,
}

/// What to do where nobody can be entered: memberships exist in branches only (ORG-09).
#[derive(Template)]
#[template(path = "enter_none.html")]
struct NoBranch {
    shell: Shell,
    org: orgs::Org,
    /// Applies for corrections of its own organisation.
    applies: bool,
    /// Subordinates stand in the way of becoming a branch.
    subordinates: usize,
    /// Creates subordinates.
    creates: bool,
}

async fn no_branch(ctx: &Ctx, reader: &mut db::Reader) -> Result<Response> {
    let me = ctx.org()?.clone();
    let view = NoBranch {
        shell: ctx.shell(reader, "录入团员", "/console/members").await?,
        org: orgs::find(reader, me.id).await?.ok_or(Error::NotFound)?,
        applies: me.category != base::OrgCategory::LeadingBody
            && ctx.actor.mark(Permission::CorrectOrgs, &me) >= access::Mark::Applies,
        subordinates: orgs::children(reader, me.id).await?.len(),
        creates: ctx.actor.may(Permission::CreateSubordinates, &me),
    };
    page(StatusCode::FORBIDDEN, &view)
}

/// Branches the reader may enter members into: the own one, or direct subordinates (ROS-01).
async fn branches(ctx: &Ctx, conn: &mut sqlx::PgConnection) -> Result<Vec<orgs::Org>> {
    let me = ctx.org()?;
    let all = if me.category == base::OrgCategory::Branch {
        orgs::find(conn, me.id).await?.into_iter().collect()
    } else {
        orgs::children(conn, me.id).await?
    };
    Ok(all
        .into_iter()
        .filter(|org| org.is_branch() && ctx.actor.may(Permission::EnterMembers, &org.to_ref()))
        .collect())
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    branch: &str,
    typed: &MemberInput,
    faults: &[Fault],
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let all = branches(ctx, &mut reader).await?;
    if all.is_empty() {
        return no_branch(ctx, &mut reader).await;
    }
    let mut groups = vec![
        Group {
            title: "身份",
            fields: fields::identity(typed),
        },
        Group {
            title: "团员资料",
            fields: fields::profile(typed, true),
        },
        Group {
            title: "职务（普通团员不填）",
            fields: fields::post(typed, titles(base::OrgCategory::Branch), Some("无职务")),
        },
        Group {
            title: "其他（选填）",
            fields: fields::more(typed),
        },
    ];
    let mut left: Vec<Fault> = faults.to_vec();
    let mut rest = Vec::new();
    for group in &mut groups {
        let (mine, others): (Vec<Fault>, Vec<Fault>) = left
            .into_iter()
            .partition(|fault| group.fields.iter().any(|f| f.name == fault.field));
        fields::put(&mut group.fields, &mine);
        left = others;
    }
    let branch_fault = left
        .iter()
        .find(|f| f.field == "branch")
        .map(|f| f.message.clone())
        .unwrap_or_default();
    rest.extend(
        left.into_iter()
            .filter(|f| f.field != "branch")
            .map(|f| f.message),
    );
    let numbers: Vec<(String, String)> = all
        .iter()
        .map(|org| (org.number.to_string(), org.full_name.clone()))
        .collect();
    let view = EnterPage {
        shell: ctx
            .shell(&mut reader, "录入团员", "/console/members")
            .await?,
        branches: Choice::list(
            numbers.iter().map(|(n, name)| (n.as_str(), name.as_str())),
            branch,
        ),
        branch: if let [only] = all.as_slice() {
            only.full_name.clone()
        } else {
            String::new()
        },
        branch_fault,
        rest,
        faults: faults.len(),
        groups,
    };
    page(status, &view)
}

/// The empty form.
pub(crate) async fn form(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let branch = query
        .into_iter()
        .find(|(name, _)| name == "branch")
        .map(|(_, value)| value)
        .unwrap_or_default();
    show(&ctx, StatusCode::OK, &branch, &MemberInput::default(), &[]).await
}

/// Enters the person, or shows everything that is wrong.
pub(crate) async fn submit(ctx: Ctx, form: Form<Input>) -> Result<Response> {
    let Input { branch, member } = &form.input;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let all = branches(&ctx, &mut tx).await?;
    let chosen = match all.as_slice() {
        [only] => Some(only),
        _ => all.iter().find(|org| org.number.to_string() == *branch),
    };
    let Some(org) = chosen else {
        drop(tx);
        let fault = Fault::new("branch", "required", "请选择所在团支部");
        return show(
            &ctx,
            StatusCode::UNPROCESSABLE_ENTITY,
            branch,
            member,
            &[fault],
        )
        .await;
    };
    let around =
        actions::circumstances(&mut tx, org, Demand::Member, ctx.now(), ctx.app.reserved()).await?;
    let new = match check(member, ctx.app.policy::<Policy>(), &around) {
        Ok(new) => new,
        Err(faults) => {
            drop(tx);
            return show(
                &ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                branch,
                member,
                &faults,
            )
            .await;
        }
    };
    tx.actor()
        .require(Permission::EnterMembers, &org.to_ref())?;
    // Refused all the same: a secretary is changed by the superior (ROS-41).
    if new.post.as_ref().is_some_and(|post| post.title == "书记") && ctx.org()?.id == org.id {
        drop(tx);
        let fault = Fault::new(
            "title",
            "post.secretary",
            "变更团支部书记请联系上级团组织管理员。",
        );
        return show(
            &ctx,
            StatusCode::UNPROCESSABLE_ENTITY,
            branch,
            member,
            &[fault],
        )
        .await;
    }
    match actions::enter_member(&mut tx, org, new, How::Entered, None).await {
        Ok(person) => {
            let to = format!("/console/members/{person}");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            let fault = Fault {
                field: refused.field.unwrap_or("form"),
                code: refused.code,
                message: refused.message,
            };
            show(
                &ctx,
                StatusCode::UNPROCESSABLE_ENTITY,
                branch,
                member,
                &[fault],
            )
            .await
        }
        Err(other) => Err(other.into()),
    }
}
