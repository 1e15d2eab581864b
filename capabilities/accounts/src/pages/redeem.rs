//! 使用管理员注册码 while signed in (ACC-B2): the code, then the post in the organisation it is for.

use super::fault::Fault;
use crate::{
    Policy,
    actions::redeem::{self, Wish},
};
use serde::Deserialize;
use web::{list::Choice, prelude::*};

#[derive(Template)]
#[template(path = "redeem.html")]
struct RedeemPage {
    shell: Shell,
    policy: Policy,
    code: String,
    /// The organisation of the code, once it was looked at.
    org: Option<orgs::Org>,
    titles: Vec<Choice>,
    fault: Fault,
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    code: String,
    title: String,
    go: String,
}

async fn redeem_page(
    ctx: &Ctx,
    typed: Typed,
    org: Option<orgs::Org>,
    fault: Fault,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let known = org
        .as_ref()
        .map_or(&[][..], |org| people::titles(org.category));
    let options = std::iter::once(("", "请选择")).chain(known.iter().map(|t| (*t, *t)));
    let status = if fault.top().is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = RedeemPage {
        shell: ctx.shell(&mut reader, "使用管理员注册码", "").await?,
        policy: ctx.app.policy::<Policy>().clone(),
        titles: Choice::list(options, &typed.title),
        code: typed.code,
        org,
        fault,
    };
    page(status, &view)
}

/// `GET /account/redeem`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    ctx.person()?;
    redeem_page(&ctx, Typed::default(), None, Fault::default()).await
}

/// `POST /account/redeem`: looks the code over, then with a post makes the person administrator.
pub(super) async fn submit(ctx: Ctx, form: Form<Typed>) -> Result<Response> {
    let person = ctx.person()?;
    let (policy, db) = (ctx.app.policy::<Policy>(), ctx.app.db());
    let typed = form.input;
    let mut tx = ctx.begin().await?;
    if typed.go != "done" {
        let address = ctx.actor.address.clone();
        let looked = redeem::look(&mut tx, db, policy, &typed.code, &address).await;
        drop(tx);
        return match Fault::of(looked)? {
            Ok(org) => redeem_page(&ctx, typed, Some(org), Fault::default()).await,
            Err(fault) => redeem_page(&ctx, typed, None, fault).await,
        };
    }
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let wish = Wish {
        code: &typed.code,
        title: &typed.title,
    };
    let done = redeem::become_administrator(&mut tx, db, policy, person, wish).await;
    match Fault::of(done)? {
        Ok(_) => {
            tx.commit_to("/account/switch").await?;
            Ok(see_other("/account/switch"))
        }
        Err(fault) => {
            drop(tx);
            // The post was wrong: the organisation stays; the code was: back to it.
            let org = if fault.at("title").is_empty() {
                None
            } else {
                let mut tx = ctx.begin().await?;
                let address = ctx.actor.address.clone();
                redeem::look(&mut tx, db, policy, &typed.code, &address)
                    .await
                    .ok()
            };
            redeem_page(&ctx, typed, org, fault).await
        }
    }
}
