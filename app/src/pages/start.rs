//! What is shown between signing in and the first page (ACC-08), in the statute's order: irregular numbers (ROS-19), members
//! not certified, and last the organisation's own information (ORG-10). The forced change of the password comes before all of
//! it: nothing else answers until it is done. The subordinates' progress (ORG-41), which is for those whose own information is
//! complete, is a pop-up of the dashboard.

use access::{Permission, Role};
use serde::Deserialize;
use web::prelude::*;

/// One thing to look at first.
struct Prompt {
    title: String,
    text: String,
    href: &'static str,
    action: &'static str,
}

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    shell: Shell,
    prompts: Vec<Prompt>,
    later: String,
    ends_at_information: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    next: String,
}

/// `GET /start?next=…`: leads on at once where there is nothing to tell.
pub(super) async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let home = if web::is_local(&asked.next) && !asked.next.starts_with("/start") {
        asked.next
    } else {
        "/".to_owned()
    };
    let mut reader = ctx.read().await?;
    let lacking = lacks_information(&ctx, &mut reader).await?;
    let prompts = prompts(&ctx, &mut reader).await?;
    // The last of them is the page of the information itself; postponed there by going on.
    let later = if lacking {
        format!("/console/info?later={}", web::list::encode(&home))
    } else {
        home
    };
    if prompts.is_empty() {
        return Ok(see_other(&later));
    }
    let shell = ctx.shell(&mut reader, "登录提醒", "").await?;
    let view = StartPage {
        shell,
        prompts,
        later,
        ends_at_information: lacking,
    };
    page(StatusCode::OK, &view)
}

/// Whether the organisation acted for still owes its information to who may fill it in (ORG-10).
async fn lacks_information(ctx: &Ctx, reader: &mut db::Reader) -> Result<bool> {
    let Some(own) = ctx.actor.org() else {
        return Ok(false);
    };
    if !ctx.actor.may(Permission::EditOrg, own) {
        return Ok(false);
    }
    let info = orgs::information(reader, own.id).await?;
    Ok(info.is_some_and(|info| !orgs::missing_information(&info, ctx.app.policy()).is_empty()))
}

async fn prompts(ctx: &Ctx, reader: &mut db::Reader) -> Result<Vec<Prompt>> {
    let mut prompts = Vec::new();
    if let Some(person) = ctx.me.person {
        let keys = reader.keys.clone();
        let me = people::find(reader, &keys, person).await?;
        if let Some(fault) = me.and_then(|me| me.number_fault) {
            prompts.push(Prompt {
                title: "您的发展团员编号不规范".into(),
                text: format!("{fault}。更正之前，每次登录都会提醒。"),
                href: "/member/me",
                action: "去更正",
            });
        }
    }
    let Some(own) = ctx.actor.acting.as_ref() else {
        return Ok(prompts);
    };
    if !matches!(own.role, Role::Administrator | Role::Operator) {
        return Ok(prompts);
    }
    if ctx.app.policy::<orgs::Policy>().alias_max > 0 {
        // The first entry sets it, later it is changed in the console (FLD-06).
        let info = orgs::information(reader, own.org.id).await?;
        if info.is_some_and(|info| info.alias.is_none()) {
            prompts.push(Prompt {
                title: "请设置企业微信名称".into(),
                text: "组织在企业微信里的代称，最多16个字，同一上级之下不能重名。".into(),
                href: "/console/alias",
                action: "去设置",
            });
        }
    }
    let f = orgs::figures(reader, &own.org.path, None).await?;
    if f.number_faults > 0 {
        prompts.push(Prompt {
            title: format!("{}名团员的编号不规范", f.number_faults),
            text: "打开名单，逐人看错在哪里并更正；更正之前，每次登录都会提醒。".into(),
            href: "/console/members?view=fault",
            action: "看名单",
        });
    }
    if f.uncertified > 0 {
        prompts.push(Prompt {
            title: format!("{}名团员的身份尚未认证", f.uncertified),
            text: "2020年1月及以后入团的，须上传入团志愿书并经上级团委审批，认证后才能转接。"
                .into(),
            href: "/console/members?view=uncertified",
            action: "看名单",
        });
    }
    Ok(prompts)
}
