//! 批量生成重置码 (FLD-101).

use super::fault::Fault;
use crate::{
    Policy,
    actions::reset_list::{self, Line, MOST},
};
use access::Permission;
use base::format_moment;
use chrono::TimeDelta;
use web::{Multi, prelude::*};

const HERE: &str = "/console/resets";

#[derive(Template)]
#[template(path = "reset_list.html")]
struct ListPage {
    shell: Shell,
    policy: Policy,
    most: usize,
    typed: String,
    by_sms: bool,
    lines: Vec<Line>,
    made: usize,
    until: String,
    again: bool,
    /// It waits for a second administrator (ACC-B11).
    held: bool,
    fault: Fault,
}

impl ListPage {
    /// What one line gives to copy: name, code, how to use it.
    fn text(&self, line: &Line) -> String {
        let code = line.code.as_deref().unwrap_or_default();
        format!(
            "{}：重置密码验证码 {code}（{}前有效，区分大小写）。请在登录页点“忘记密码”，输入身份证号、验证码和新密码。",
            line.name, self.until
        )
    }

    fn whole(&self) -> String {
        let lines = self.lines.iter().filter(|l| l.code.is_ok());
        lines.map(|l| self.text(l)).collect::<Vec<_>>().join("\n")
    }

    fn code<'a>(&self, line: &'a Line) -> &'a str {
        line.code.as_deref().unwrap_or_default()
    }

    fn ground<'a>(&self, line: &'a Line) -> &'a str {
        line.code.as_ref().err().map_or("", String::as_str)
    }
}

async fn view(ctx: &Ctx, typed: String, by_sms: bool, fault: Fault) -> Result<ListPage> {
    let mut reader = ctx.read().await?;
    let policy = ctx.app.policy::<Policy>().clone();
    let until = ctx.now() + TimeDelta::hours(policy.reset.code_hours);
    Ok(ListPage {
        shell: ctx
            .shell(&mut reader, "批量生成重置密码验证码", "/console/resets")
            .await?,
        until: format_moment(until, ctx.now()),
        policy,
        most: MOST,
        typed,
        by_sms,
        lines: Vec::new(),
        made: 0,
        again: false,
        held: false,
        fault,
    })
}

/// Only where codes are the way back, and for who may give them.
fn require(ctx: &Ctx) -> Result<()> {
    let own = ctx.org()?;
    ctx.actor.require(Permission::ResetPasswords, own)?;
    Ok(())
}

/// `GET /console/resets`
pub(super) async fn show(ctx: Ctx) -> Result<Response> {
    require(&ctx)?;
    let view = view(&ctx, String::new(), false, Fault::default()).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/resets`: the codes are on the answer and nowhere else (SEC-07).
pub(super) async fn submit(ctx: Ctx, mut form: Multi) -> Result<Response> {
    require(&ctx)?;
    form.declare(&ctx.app, &["list", "sms"], &["file"]).await;
    let mut typed = form.field("list").to_owned();
    if let Some(file) = form.files.get("file") {
        typed.push('\n');
        typed.push_str(&String::from_utf8_lossy(&file.bytes));
    }
    let by_sms = ctx.app.policy::<Policy>().sms && form.field("sms") == "1";
    let mut tx = ctx.begin().await?;
    if tx.once(&form.key).await?.is_some() {
        let mut view = view(&ctx, typed, by_sms, Fault::default()).await?;
        view.again = true;
        return page(StatusCode::OK, &view);
    }
    let policy = ctx.app.policy::<Policy>();
    let issued = reset_list::issue(&mut tx, policy, ctx.app.reserved(), &typed, by_sms).await;
    match Fault::of(issued)? {
        Ok(None) => {
            tx.commit_to(HERE).await?;
            let mut view = view(&ctx, typed, by_sms, Fault::default()).await?;
            view.held = true;
            page(StatusCode::OK, &view)
        }
        Ok(Some(lines)) => {
            tx.commit_to(HERE).await?;
            let mut view = view(&ctx, String::new(), false, Fault::default()).await?;
            view.made = lines.iter().filter(|l| l.code.is_ok()).count();
            view.lines = lines;
            page(StatusCode::OK, &view)
        }
        Err(fault) => {
            drop(tx);
            let view = view(&ctx, typed, by_sms, fault).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
