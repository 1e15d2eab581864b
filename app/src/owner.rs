//! What the deployment owner does with rights: proposes auditors (SEC-13), gives outside systems client keys (ACC-74).

use crate::{
    commands::{typed_or_read, with_runtime},
    config::{ClientCommand, Settings},
    server,
};
use accounts::NewClient;
use anyhow::bail;
use std::process::ExitCode;
use web::Mode;

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
pub(crate) async fn auditor(
    url: String,
    settings: Settings,
    id_number: String,
    until: String,
    reason: String,
) -> anyhow::Result<ExitCode> {
    let id_number = typed_or_read(id_number)?;
    let db = server::connect(&url, &settings, Mode::Production).await?;
    let reserved = if server::is_demo_database(&db.pool).await? {
        base::Reserved::Accepted
    } else {
        base::Reserved::Refused
    };
    let mut tx = db.begin(access::Actor::system("auditor")).await?;
    let number = base::IdNumber::parse(&id_number, base::business_date(tx.now()), reserved)
        .map_err(|fault| anyhow::anyhow!("{}", fault.message()))?;
    let keys = tx.keys().clone();
    let Some(person) = people::by_id_number(&mut tx, &keys, &number).await? else {
        bail!("没有这个身份证号码的人员，请先由所在组织录入");
    };
    let who = people::find(&mut tx, &keys, person).await?;
    let name = who.map(|who| who.name).unwrap_or_default();
    said(accounts::propose_auditor(&mut tx, person, &name, &reason, &until).await)?;
    tx.commit().await?;
    println!(
        "已提名〔{name}〕为审计员，至 {until}。请根组织的管理员在“角色与权限 → 审计员”中确认。"
    );
    Ok(ExitCode::SUCCESS)
}

/// `tuanjian client …`
pub(crate) fn client(command: ClientCommand) -> anyhow::Result<ExitCode> {
    match command {
        ClientCommand::Add {
            name,
            scope,
            org,
            per_minute,
            until,
            settings,
        } => {
            let new = NewClient {
                name,
                scopes: scope,
                orgs: org,
                per_minute,
                until,
            };
            with_runtime(&settings, Mode::Production, move |url, settings| {
                add(url, settings, new)
            })
        }
        ClientCommand::List(settings) => with_runtime(&settings, Mode::Production, list),
        ClientCommand::Revoke { id, settings } => {
            with_runtime(&settings, Mode::Production, move |url, settings| {
                revoke(url, settings, id)
            })
        }
    }
}

/// What a command refuses, as a sentence.
fn said<T>(done: base::Result<T>) -> anyhow::Result<T> {
    done.map_err(|cause| match cause {
        base::Error::Refused(refused) => anyhow::anyhow!("{}", refused.message),
        other => other.into(),
    })
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn add(url: String, settings: Settings, new: NewClient) -> anyhow::Result<ExitCode> {
    let db = server::connect(&url, &settings, Mode::Production).await?;
    let mut tx = db.begin(access::Actor::system("client")).await?;
    let (id, key) = said(accounts::make_client(&mut tx, &new).await)?;
    tx.commit().await?;
    println!(
        "客户端 {id}（{}），至 {}。密钥只显示这一次：\n{key}",
        new.name, new.until
    );
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn list(url: String, settings: Settings) -> anyhow::Result<ExitCode> {
    let db = server::connect(&url, &settings, Mode::Production).await?;
    let all = accounts::clients(&db).await?;
    if all.is_empty() {
        println!("还没有客户端。");
    }
    for one in all {
        println!(
            "{}  {}  {}  权限范围 {}  组织 {}  每分钟 {} 次  至 {}",
            one.id,
            one.state,
            one.name,
            one.scopes.join("、"),
            one.orgs.join("、"),
            one.per_minute,
            one.until
        );
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn revoke(url: String, settings: Settings, id: uuid::Uuid) -> anyhow::Result<ExitCode> {
    let db = server::connect(&url, &settings, Mode::Production).await?;
    let mut tx = db.begin(access::Actor::system("client")).await?;
    said(accounts::revoke_client(&mut tx, id).await)?;
    tx.commit().await?;
    println!("已撤销，下一次调用起不再应答。");
    Ok(ExitCode::SUCCESS)
}
