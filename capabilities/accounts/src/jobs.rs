//! Background work of the accounts.

use crate::{Policy, actions, store};
use base::{Error, FileId, OrgId, PersonId, Result, china_time};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use db::jobs::{Job, Run, Schedule};
use files::StoredFile;
use gateways::SimulatedRegister;
use orgs::Org;
use uuid::Uuid;
use web::App;

/// Background work: codes in bulk, nightly sweeping.
pub fn jobs(app: &App) -> (Vec<Job>, Vec<Schedule>) {
    let program = app.clone();
    let codes = Job::new("accounts.codes", move |run| {
        let app = program.clone();
        async move { batch(&app, run).await }
    });
    let program = app.clone();
    let credentials = Job::new("accounts.credentials", move |run| {
        let app = program.clone();
        async move { credentials(&app, run).await }
    });
    let files = app.files().clone();
    let sweep = Job::new("accounts.sweep", move |run: Run| {
        let files = files.clone();
        async move {
            let gone = actions::pictures::sweep(&run.db, &files).await?;
            tracing::info!(gone, "pictures");
            actions::sessions::sweep(run).await
        }
    });
    let nightly = Schedule {
        kind: "accounts.sweep",
        cron: "30 3 * * *",
        title: "清理已结束的登录、过期的安全日志与到期的证件照片",
    };
    // A register to ask is configured for real data; the simulated one serves demonstrations only.
    let register = app.is_demo().then_some(SimulatedRegister);
    let identity = Job::new("accounts.identity", move |run: Run| async move {
        let Some(register) = register else {
            return Ok(());
        };
        let tally = actions::identity::night(&run.db, &register).await?;
        tracing::info!(?tally, "identity check");
        Ok(())
    });
    let batch = Schedule {
        kind: "accounts.identity",
        cron: "0 2 * * *",
        title: "实名认证：把未认证的人员成批送公民登记库核验",
    };
    let program = app.clone();
    let appeals = Job::new("accounts.appeals", move |run: Run| {
        let app = program.clone();
        async move {
            let done = actions::appeal_end::apply_due(&run.db, app.policy()).await?;
            tracing::info!(done, "appeals");
            Ok(())
        }
    });
    let every = Schedule {
        kind: "accounts.appeals",
        cron: "*/10 * * * *",
        title: "满24小时无异议的手机号申诉生效",
    };
    let in_place = Job::new("accounts.stand_in", |run: Run| async move {
        let changed = actions::standing_in::night(&run.db).await?;
        run.progress(changed, changed).await
    });
    let vacancies = Schedule {
        kind: "accounts.stand_in",
        cron: "0 4 * * *",
        title: "组织超过30天没有管理员的，由其上级代行直接上级职责",
    };
    let idle = Job::new("accounts.unused", |run: Run| async move {
        let told = actions::standing_in::list_unused(&run.db).await?;
        run.progress(told, told).await
    });
    let monthly = Schedule {
        kind: "accounts.unused",
        cron: "0 4 1 * *",
        title: "每月把90天没有登录使用的权限告知所在组织",
    };
    let review = Job::new("accounts.review", |run: Run| async move {
        let asked = actions::review::night(&run.db).await?;
        run.progress(asked, asked).await
    });
    let yearly = Schedule {
        kind: "accounts.review",
        cron: "20 4 * * *",
        title: "满一年的权限请他人确认，并提醒；30天没有确认的改为只读",
    };
    (
        vec![
            codes,
            credentials,
            sweep,
            identity,
            appeals,
            in_place,
            idle,
            review,
        ],
        vec![nightly, batch, every, vacancies, monthly, yearly],
    )
}

const HEADINGS: [&str; 7] = [
    "组织简称",
    "组织全称",
    "注册码",
    "有效期至",
    "现有管理员",
    "联系电话",
    "备注",
];
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Subordinates settled in one transaction.
const PART: usize = 200;

/// Whoever ordered the work, acting for the committee as then, and the committee with its direct subordinates.
struct Order {
    committee: Org,
    children: Vec<Org>,
    actor: access::Actor,
    /// For the file's watermark.
    reader: String,
}

async fn ordered(run: &Run, name: &'static str, refusal: &str) -> Result<Order> {
    let (org, person): (OrgId, Uuid) = (run.get("org")?, run.get("person")?);
    let mut reader = run.db.read().await?;
    let committee = orgs::find(&mut reader, org).await?.ok_or(Error::NotFound)?;
    let standing = store::session::standing(&mut reader, person, run.db.clock.now())
        .await?
        .ok_or(Error::NotFound)?;
    // What may have ended since it was put down (STYLE 23).
    let Some(grant) = standing.grants.iter().find(|g| g.org.id == org).cloned() else {
        return Err(Error::forbidden(refusal));
    };
    let children = orgs::children(&mut reader, org).await?;
    let mut actor = access::Actor::system(name);
    actor.who = access::Who::Person(PersonId(person));
    actor.name = standing.signature(Some(org));
    actor.acting = Some(grant);
    Ok(Order {
        reader: format!("{} {}", committee.short_name, standing.name),
        committee,
        children,
        actor,
    })
}

/// All codes of an organisation's direct subordinates in one file (ACC-26). Run again after a crash it repeats the codes
/// it made before.
async fn batch(app: &App, run: Run) -> Result<()> {
    let (org, person): (OrgId, Uuid) = (run.get("org")?, run.get("person")?);
    let policy = app.policy::<Policy>();
    let Order {
        committee,
        children,
        actor,
        reader: reader_name,
    } = ordered(
        &run,
        "accounts.codes",
        "您已不是该组织的管理员，不能批量生成注册码。",
    )
    .await?;
    let mut lines = Vec::with_capacity(children.len());
    for part in children.chunks(PART) {
        let mut tx = run.db.begin(actor.clone()).await?;
        tx.actor()
            .require(access::Permission::CreateSubordinates, &committee.to_ref())?;
        lines.extend(actions::codes::batch(&mut tx, policy, part).await?);
        tx.commit_housekeeping().await?;
        run.progress(lines.len() as u64, children.len() as u64)
            .await?;
    }
    let now = run.db.clock.now();
    let at = china_time(now).naive_local();
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![
                line.org.short_name.clone(),
                line.org.full_name.clone(),
                line.code.clone(),
                line.until.clone(),
                line.administrators.join("、"),
                line.org.phone.clone().unwrap_or_default(),
                line.remark.to_owned(),
            ]
        })
        .collect();
    let watermark = sheets::Watermark {
        reader: &reader_name,
        at,
    };
    let content = sheets::write_table("管理员注册码", &HEADINGS, rows, &watermark)
        .map_err(anyhow::Error::from)?;
    let file: FileId = FileId(run.db.random.uuid(now));
    let facts = StoredFile {
        owner: person,
        name: format!(
            "{}_管理员注册码_{}.xlsx",
            committee.short_name,
            at.format("%Y%m%d%H%M")
        ),
        content_type: XLSX.into(),
        expires_at: Some(now + TimeDelta::hours(24)),
    };
    let size = content.len();
    app.files().put(file, Bytes::from(content)).await?;
    let mut tx = run.db.begin(actor).await?;
    files::register(&mut tx, file, &facts, "codes", size, now).await?;
    tx.record(
        db::Event::new("code.exported", "org", org)
            .org(org)
            .after(serde_json::json!({ "rows": lines.len() })),
    );
    tx.commit().await?;
    let full = lines.iter().filter(|l| !l.remark.is_empty()).count();
    let message = format!(
        "共{}个下级组织，注册码{}个，管理员已满{full}个。文件24小时内可下载。",
        lines.len(),
        lines.len() - full
    );
    run.outcome(&message, Some(&format!("/files/{file}"))).await
}

const CREDENTIAL_HEADINGS: [&str; 6] = [
    "组织简称",
    "组织全称",
    "组织ID",
    "登录账号",
    "初始密码",
    "备注",
];
/// Accounts made in one transaction: each password is hashed with care, which takes its time.
const FEW: usize = 20;

/// 登录资料 of all direct subordinates that have no account yet, in one file that can be taken once (ACC-29, ORG-28).
/// Passwords are kept nowhere else: run again after a crash, the accounts it had made before get new ones.
async fn credentials(app: &App, run: Run) -> Result<()> {
    let (org, person): (OrgId, Uuid) = (run.get("org")?, run.get("person")?);
    let since: DateTime<Utc> = run.get("since")?;
    let policy = app.policy::<Policy>();
    let order = ordered(
        &run,
        "accounts.credentials",
        "您已不是该组织的管理员，不能批量生成登录资料。",
    )
    .await?;
    let all = order.children.len();
    let mut lines = Vec::with_capacity(all);
    for part in order.children.chunks(FEW) {
        let mut tx = run.db.begin(order.actor.clone()).await?;
        tx.actor().require(
            access::Permission::CreateSubordinates,
            &order.committee.to_ref(),
        )?;
        for org in part {
            lines.push((
                org,
                actions::org_accounts::give_first(&mut tx, policy, org, since).await?,
            ));
        }
        tx.commit_housekeeping().await?;
        run.progress(lines.len() as u64, all as u64).await?;
    }
    let made = lines.iter().filter(|(_, given)| given.is_some()).count();
    if made == 0 {
        let message = format!("{all}个直接下级都已有账号，没有需要生成的。忘记密码的请逐个重置。");
        return run.outcome(&message, None).await;
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|(org, given)| {
            let (account, password) = given
                .as_ref()
                .map(|c| (c.account.clone(), c.password.clone()))
                .unwrap_or_default();
            let remark = if given.is_none() { "已有账号" } else { "" };
            vec![
                org.short_name.clone(),
                org.full_name.clone(),
                org.number.to_string(),
                account,
                password,
                remark.to_owned(),
            ]
        })
        .collect();
    let now = run.db.clock.now();
    let at = china_time(now).naive_local();
    let watermark = sheets::Watermark {
        reader: &order.reader,
        at,
    };
    let content = sheets::write_table("登录资料", &CREDENTIAL_HEADINGS, rows, &watermark)
        .map_err(anyhow::Error::from)?;
    let file = FileId(run.db.random.uuid(now));
    let facts = StoredFile {
        owner: person,
        name: format!(
            "{}_登录资料_{}.xlsx",
            order.committee.short_name,
            at.format("%Y%m%d%H%M")
        ),
        content_type: XLSX.into(),
        expires_at: Some(now + TimeDelta::hours(24)),
    };
    let size = content.len();
    app.files().put(file, Bytes::from(content)).await?;
    let mut tx = run.db.begin(order.actor).await?;
    files::register(&mut tx, file, &facts, files::ONCE, size, now).await?;
    tx.record(
        db::Event::new("account.passwords_exported", "org", org)
            .org(org)
            .after(serde_json::json!({ "rows": made })),
    );
    tx.commit().await?;
    let message = format!(
        "已为{made}个下级组织生成登录资料，{}个已有账号。文件只能下载一次，24小时内有效，请妥善转交。",
        all - made
    );
    run.outcome(&message, Some(&format!("/files/{file}"))).await
}
