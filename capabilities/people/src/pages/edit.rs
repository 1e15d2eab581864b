//! 修改资料 by administrators (ROS-25, ROS-28, ROS-29): what may not be changed is shown with its way.

use super::fields::{self, Field};
use super::member::{Seen, see};
use crate::actions;
use crate::rules::{Demand, Fault, MemberInput, Person, Policy};
use access::Permission;
use base::{Error, PersonId};
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

/// The form with the version it was made from.
#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(default)]
    pub(crate) version: i32,
    #[serde(flatten)]
    pub(crate) member: MemberInput,
}

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage {
    shell: Shell,
    id: PersonId,
    name: String,
    version: i32,
    locked: Vec<Field>,
    profile: Vec<Field>,
    more: Vec<Field>,
    rest: Vec<String>,
}

const BY_PROVINCE: &str = "姓名、性别、身份证号码有误请申请更正，由省级团委修改。";
const BY_TRANSFER: &str = "所在团支部随组织关系转接变更。";

/// A phone sent back as it was shown, masked, is the one on file.
pub(crate) fn unmask_unchanged(typed: &mut MemberInput, person: &Person) {
    if let Some(phone) = &person.phone
        && typed.phone.trim() == phone.masked()
    {
        phone.reveal().clone_into(&mut typed.phone);
    }
}

/// The organisation the reader may edit this person for (ROS-29).
fn editor(ctx: &Ctx, seen: &Seen) -> Result<orgs::Org> {
    let org = seen
        .through(&ctx.actor, Permission::EditPeople)
        .or_else(|| seen.through(&ctx.actor, Permission::EnterCadres));
    org.cloned()
        .ok_or_else(|| Error::forbidden("请由所在组织或直接上级修改。").into())
}

async fn show(
    ctx: &Ctx,
    seen: &Seen,
    status: StatusCode,
    typed: &MemberInput,
    faults: &[Fault],
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let person = &seen.person;
    let mut locked = Vec::new();
    let mut lock = |label, value: String, why: &'static str| {
        locked.push(Field::text("locked", label, "", "").locked(value, why));
    };
    lock("姓名", person.name.clone(), BY_PROVINCE);
    lock("性别", person.sex.label().into(), BY_PROVINCE);
    lock(
        person.doc_type.label(),
        person.id_number.masked(),
        BY_PROVINCE,
    );
    if let Some(branch) = &seen.branch {
        lock("所在团支部", branch.full_name.clone(), BY_TRANSFER);
    }
    let mut profile = fields::profile(typed, seen.branch.is_some());
    let mut more = fields::more(typed);
    if ctx.app.policy::<Policy>().income_bands {
        more.push(fields::income(typed));
    }
    let (mine, others): (Vec<Fault>, Vec<Fault>) = faults
        .iter()
        .cloned()
        .partition(|fault| profile.iter().any(|f| f.name == fault.field));
    fields::put(&mut profile, &mine);
    let rest = fields::put(&mut more, &others);
    let view = EditPage {
        shell: ctx
            .shell(&mut reader, "修改资料", "/console/members")
            .await?,
        id: person.id,
        name: person.name.clone(),
        version: person.version,
        locked,
        profile,
        more,
        rest,
    };
    page(status, &view)
}

/// The form.
pub(crate) async fn form(ctx: Ctx, Path(id): Path<Uuid>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let seen = see(&ctx, &mut reader, PersonId(id)).await?;
    drop(reader);
    editor(&ctx, &seen)?;
    let typed = MemberInput::of(&seen.person);
    show(&ctx, &seen, StatusCode::OK, &typed, &[]).await
}

/// Changes what was typed.
pub(crate) async fn submit(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Input>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let mut seen = see(&ctx, &mut reader, PersonId(id)).await?;
    drop(reader);
    let org = editor(&ctx, &seen)?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let demand = if seen.branch.is_some() {
        Demand::Member
    } else {
        Demand::Cadre
    };
    let mut around =
        actions::circumstances(&mut tx, &org, demand, ctx.now(), ctx.app.reserved()).await?;
    let mut typed = form.input.member.clone();
    unmask_unchanged(&mut typed, &seen.person);
    // An irregular number already on file does not stand in the way of other changes (ROS-19).
    around.keep_number =
        seen.person.admission_number.as_deref() == Some(typed.admission_number.trim());
    // The version the reader saw decides, not the one just read (GEN-09).
    seen.person.version = form.input.version;
    match actions::edit(
        &mut tx,
        &seen.person,
        &typed,
        ctx.app.policy::<Policy>(),
        &around,
    )
    .await
    {
        Ok(_) => {
            let to = format!("/console/members/{id}");
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(faults) => {
            drop(tx);
            let conflict = faults.iter().any(|f| f.code == "conflict");
            if conflict {
                // Shown on the present data, so that the next submission can succeed.
                let mut reader = ctx.read().await?;
                seen = see(&ctx, &mut reader, PersonId(id)).await?;
            }
            show(
                &ctx,
                &seen,
                if conflict {
                    StatusCode::CONFLICT
                } else {
                    StatusCode::UNPROCESSABLE_ENTITY
                },
                &form.input.member,
                &faults,
            )
            .await
        }
    }
}
