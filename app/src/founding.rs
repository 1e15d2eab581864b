//! The first start of a real deployment (ACC-28, OPS-04): the root organisation and its first administrator, who comes
//! in by a code that works once and for a day; no password exists before.

use access::{Actor, Role};
use anyhow::{bail, ensure};
use base::format_moment;
use people::{Demand, MemberInput};
use web::App;

/// Founds the league; answers what to tell the first administrator. Refused where there is a root already.
pub async fn found(app: &App, root: &str, name: &str, id_number: &str) -> anyhow::Result<String> {
    let mut tx = app.db().begin(Actor::system("init")).await?;
    let there = sqlx::query_scalar!(r#"select exists (select from org) as "yes!""#)
        .fetch_one(&mut *tx)
        .await?;
    ensure!(
        !there,
        "这个数据库里已经有组织，不能重复初始化。新增管理员请由现有管理员办理。"
    );
    let org = orgs::create_root(&mut tx, root, root, crate::bodies::province_of(root)).await?;
    let accounts = app.policy::<accounts::Policy>();
    if !accounts.reset.by_code {
        // Profiles whose organisations sign in with an account of their own.
        let given = accounts::give_credentials(&mut tx, accounts, &org).await?;
        tx.commit().await?;
        return Ok(format!(
            "组织账号：{}\n初始密码：{}\n登录后须立即修改密码；密码只显示这一次。\n",
            given.account, given.password
        ));
    }
    let now = tx.now();
    let around =
        people::circumstances(&mut tx, &org, Demand::Identity, now, app.reserved()).await?;
    let input = MemberInput {
        name: name.to_owned(),
        id_number: id_number.to_owned(),
        title: "书记".to_owned(),
        nature: "专职".to_owned(),
        ..MemberInput::default()
    };
    let new = match people::check(&input, app.policy::<people::Policy>(), &around) {
        Ok(new) => new,
        Err(faults) => {
            let words: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
            bail!("{}", words.join("；"));
        }
    };
    let person = people::enter_cadre(&mut tx, &org, &new, "初始化").await?;
    accounts::grant(
        &mut tx,
        accounts,
        person,
        name,
        &org,
        Role::Administrator,
        "init",
    )
    .await?;
    let keys = tx.keys().clone();
    let Some(who) = people::find(&mut tx, &keys, person).await? else {
        bail!("人员没有写入")
    };
    let code = accounts::issue_reset_code(&mut tx, accounts, &who).await?;
    let until = format_moment(code.expires_at, now);
    tx.commit().await?;
    Ok(format!(
        "请〔{name}〕打开登录页的“忘记密码”（/forgot），用身份证号和一次性验证码设置密码：\n\n  验证码 {}（{until} 前有效，只能用一次）\n",
        code.code
    ))
}
