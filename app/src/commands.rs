//! The commands. Exit codes: 0 success, 1 failed, 2 found problems, 3 could not finish looking,
//! 64 wrong use (OPS-02).

use crate::{
    bodies,
    config::{AuditCommand, Cli, Command, JobsCommand, Settings},
    demo, founding, owner, seed, server, wiring,
};
use access::table::MATRIX;
use anyhow::{Context, bail};
use base::Clock;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use sqlx::{Connection, PgConnection};
use std::process::ExitCode;
use web::Mode;

/// Runs one command.
#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::AccessMatrix => {
            println!("{}", access_matrix());
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(settings) => with_runtime(&settings, Mode::Production, serve),
        Command::Demo { fresh, settings } => {
            if fresh && let Err(cause) = wipe(&settings) {
                Err(cause)
            } else {
                with_runtime(&settings, Mode::Demo, run_demo)
            }
        }
        Command::Migrate { check, settings } => {
            with_runtime(&settings, Mode::Production, async move |url, settings| {
                if check {
                    check_migrations(url, settings).await
                } else {
                    migrate(url).await
                }
            })
        }
        Command::Distribute(settings) => {
            with_runtime(&settings, Mode::Production, async |url, _| {
                distribute(url).await
            })
        }
        Command::Doctor(settings) => with_runtime(&settings, Mode::Production, doctor),
        Command::Seed {
            scale,
            jobs,
            seed_value,
            settings,
        } => with_runtime(&settings, Mode::Demo, move |url, settings| async move {
            match scale {
                None => seed_demo(url, settings, seed_value).await,
                Some(scale) => {
                    let order = seed::Order::new(scale, seed_value, jobs);
                    seed_scale(url, settings, order).await
                }
            }
        }),
        Command::Init {
            root,
            name,
            id_number,
            settings,
        } => with_runtime(&settings, Mode::Production, move |url, settings| {
            init(url, settings, root, name, id_number)
        }),
        Command::Bodies {
            province,
            levels,
            settings,
        } => with_runtime(&settings, Mode::Production, move |url, settings| {
            seed_bodies(url, settings, province, levels)
        }),
        Command::Client { command } => owner::client(command),
        Command::Auditor {
            id_number,
            until,
            reason,
            settings,
        } => with_runtime(&settings, Mode::Production, move |url, settings| {
            owner::auditor(url, settings, id_number, until, reason)
        }),
        Command::Audit {
            command: AuditCommand::Verify(settings),
        } => with_runtime(&settings, Mode::Production, verify),
        Command::Jobs {
            command:
                JobsCommand::Run {
                    name,
                    as_of,
                    settings,
                },
        } => with_runtime(&settings, Mode::Production, move |url, settings| {
            run_jobs(url, settings, name, as_of)
        }),
    };
    match outcome {
        Ok(code) => code,
        Err(cause) => {
            report(&cause);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "commands answer on the terminal")]
fn report(cause: &anyhow::Error) {
    eprintln!("没有成功：{cause:#}");
}

/// Opens the database (private cluster included), runs `work`, closes it again.
pub(crate) fn with_runtime<F, Fut>(
    settings: &Settings,
    mode: Mode,
    work: F,
) -> anyhow::Result<ExitCode>
where
    F: FnOnce(String, Settings) -> Fut,
    Fut: Future<Output = anyhow::Result<ExitCode>>,
{
    start_log(settings, mode);
    let database = server::Database::open(settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(work(database.url.clone(), settings.clone()));
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    database.close()?;
    outcome
}

fn start_log(settings: &Settings, mode: Mode) {
    let level = if mode == Mode::Demo {
        "warn,tuanjian=info"
    } else {
        "info"
    };
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start in the same process (tests) keeps the first log.
    let _ = if settings.log == "json" {
        log.json().try_init()
    } else {
        log.try_init()
    };
}

async fn serve(url: String, settings: Settings) -> anyhow::Result<ExitCode> {
    let db = server::connect(&url, &settings, Mode::Production).await?;
    let mut conn = db.pool.acquire().await?;
    let pending = db::pending_migrations(&mut conn).await?;
    if pending > 0 {
        bail!("数据库结构有 {pending} 项改动没有执行，请先运行 tuanjian migrate");
    }
    let misplaced = db::misplaced(&mut conn).await?;
    drop(conn);
    if !misplaced.is_empty() {
        bail!(
            "数据表 {} 还没有分布到 Citus 集群，请先运行 tuanjian distribute",
            misplaced.join("、")
        );
    }
    server::check_mode(&db.pool, Mode::Production).await?;
    let gateways = wiring::gateways(Mode::Production, settings.gateways.as_deref())?;
    let app = wiring::app_with(
        db,
        Mode::Production,
        &settings.profile,
        server::files(&settings.data)?,
        true,
        gateways,
        settings.breached.as_deref(),
    )?;
    server::serve(
        app,
        &settings,
        |address| tracing::info!(%address, "serving"),
    )
    .await?;
    Ok(ExitCode::SUCCESS)
}

#[expect(
    clippy::print_stdout,
    reason = "the address and the accounts are what the person who started it wants"
)]
async fn run_demo(url: String, settings: Settings) -> anyhow::Result<ExitCode> {
    server::migrate(&url, &Clock::system()).await?;
    let db = server::connect(&url, &settings, Mode::Demo).await?;
    server::check_mode(&db.pool, Mode::Demo).await?;
    let app = wiring::app(
        db,
        Mode::Demo,
        &settings.profile,
        server::files(&settings.data)?,
        false,
    )?;
    if !server::is_demo_database(&app.db().pool).await? {
        println!("正在写入演示数据……");
        demo::seed(&app, demo::SEED).await?;
    }
    let accounts = match seed::describe(&app).await? {
        Some(accounts) => accounts,
        None => demo::describe(app.policy()),
    };
    server::serve(app, &settings, |address| {
        println!("\n团建（演示）已启动：http://{address}\n\n{accounts}\n按 Ctrl-C 停止。");
    })
    .await?;
    println!("已停止。");
    Ok(ExitCode::SUCCESS)
}

fn wipe(settings: &Settings) -> anyhow::Result<()> {
    if let Some(url) = &settings.database_url {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        return runtime.block_on(demo::wipe(url));
    }
    server::Database::wipe(settings)?;
    for folder in ["files", "keys"] {
        let folder = settings.data.join(folder);
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    Ok(())
}

async fn migrate(url: String) -> anyhow::Result<ExitCode> {
    server::migrate(&url, &Clock::system()).await?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn distribute(url: String) -> anyhow::Result<ExitCode> {
    let mut conn = PgConnection::connect(&url).await?;
    match db::distribute(&mut conn).await? {
        Some(tables) => println!("{tables} 张数据表都在 Citus 集群中各自的位置"),
        None => println!("这是单机 PostgreSQL（没有 citus 扩展），不需要分布"),
    }
    conn.close().await?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn check_migrations(url: String, settings: Settings) -> anyhow::Result<ExitCode> {
    let db = server::connect(&url, &settings, Mode::Production).await?;
    let pending = db::pending_migrations(&mut *db.pool.acquire().await?).await?;
    println!("待执行的数据库改动：{pending}");
    Ok(if pending == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

async fn seed_demo(url: String, settings: Settings, seed_value: u64) -> anyhow::Result<ExitCode> {
    server::migrate(&url, &Clock::system()).await?;
    let db = server::connect(&url, &settings, Mode::Demo).await?;
    server::check_mode(&db.pool, Mode::Demo).await?;
    if server::is_demo_database(&db.pool).await? {
        bail!("演示数据已经写过；要重来请用 demo --fresh");
    }
    let app = wiring::app(
        db,
        Mode::Demo,
        &settings.profile,
        server::files(&settings.data)?,
        false,
    )?;
    demo::seed(&app, seed_value).await?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "progress is what one waits with")]
async fn seed_scale(
    url: String,
    settings: Settings,
    order: seed::Order,
) -> anyhow::Result<ExitCode> {
    server::migrate(&url, &Clock::system()).await?;
    let db = server::connect(&url, &settings, Mode::Demo).await?;
    server::check_mode(&db.pool, Mode::Demo).await?;
    let files = server::files(&settings.data)?;
    let app = wiring::app(db, Mode::Demo, &settings.profile, files, false)?;
    seed::seed(&app, order, |line| println!("{line}")).await?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn verify(url: String, settings: Settings) -> anyhow::Result<ExitCode> {
    let db = server::connect(&url, &settings, Mode::Production).await?;
    let mut conn = db.pool.acquire().await?;
    let verdict = match db::audit::verify(&mut conn, &db.keys).await {
        Ok(verdict) => verdict,
        Err(cause) => {
            println!("没能核完：{cause}");
            return Ok(ExitCode::from(3));
        }
    };
    println!("核对了 {} 条审计记录。", verdict.entries);
    for fault in &verdict.faults {
        println!("发现问题：{fault}");
    }
    Ok(if verdict.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn run_jobs(
    url: String,
    settings: Settings,
    name: Option<String>,
    as_of: Option<String>,
) -> anyhow::Result<ExitCode> {
    let db = server::connect(&url, &settings, Mode::Production).await?;
    let mode = if server::is_demo_database(&db.pool).await? {
        Mode::Demo
    } else {
        Mode::Production
    };
    if mode == Mode::Demo {
        server::follow_clock(&db.pool, &db.clock).await?;
    }
    let app = wiring::app_with(
        db.clone(),
        mode,
        &settings.profile,
        server::files(&settings.data)?,
        true,
        wiring::gateways(mode, settings.gateways.as_deref())?,
        settings.breached.as_deref(),
    )?;
    let registry = wiring::registry(&app);
    if let Some(name) = name {
        let Some(schedule) = registry.schedules.iter().find(|s| s.kind == name) else {
            let known: Vec<&str> = registry.schedules.iter().map(|s| s.kind).collect();
            bail!("没有名为“{name}”的计划任务，可选：{}", known.join("、"));
        };
        let due = match as_of {
            Some(typed) => due_date(&typed, db.clock.now(), mode)?,
            None => db.clock.now(),
        };
        let mut tx = db.begin(access::Actor::system("jobs run")).await?;
        tx.enqueue(db::jobs::NewJob::new(
            schedule.kind,
            serde_json::json!({ "due": due }),
        ))
        .await?;
        tx.commit_housekeeping().await?;
    }
    let done = registry
        .drain(&db)
        .await
        .map_err(|cause| anyhow::anyhow!("{cause}"))?;
    println!("运行了 {done} 个任务。");
    Ok(ExitCode::SUCCESS)
}

/// The due date a scheduled job is run for. What is not due yet runs in a demonstration only: it would end memberships
/// before their day.
fn due_date(typed: &str, now: DateTime<Utc>, mode: Mode) -> anyhow::Result<DateTime<Utc>> {
    let typed = typed.trim();
    let moment = NaiveDateTime::parse_from_str(typed, "%Y-%m-%d %H:%M")
        .or_else(|_| {
            NaiveDate::parse_from_str(typed, "%Y-%m-%d").map(|day| day.and_time(NaiveTime::MIN))
        })
        .ok()
        .and_then(|moment| moment.and_local_timezone(base::CST).single())
        .with_context(|| format!("“{typed}”不是时刻，应写成 2026-06-01 或 \"2026-06-01 00:10\""))?
        .to_utc();
    if moment > now && mode != Mode::Demo {
        bail!("{typed} 还没有到，计划任务只能按已到的时刻补办");
    }
    Ok(moment)
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn doctor(url: String, settings: Settings) -> anyhow::Result<ExitCode> {
    let mut problems = 0;
    let mut line = |good: bool, what: &str, remedy: &str| {
        if !good {
            problems += 1;
        }
        let remedy = if good || remedy.is_empty() {
            String::new()
        } else {
            format!("：{remedy}")
        };
        println!("{} {what}{remedy}", if good { "✓" } else { "✗" });
    };
    line(
        wiring::policies(&settings.profile).is_ok(),
        &format!("规则 {}", settings.profile),
        "用 TUANJIAN_PROFILE 选择 national、guangdong 或 beijing",
    );
    let gateways = wiring::gateways(Mode::Production, settings.gateways.as_deref());
    let configured = match &gateways {
        Ok(gateways) => format!("服务商：{}", gateways.describe()),
        Err(cause) => format!("服务商：{cause:#}"),
    };
    line(
        gateways.is_ok(),
        &configured,
        "改正 TUANJIAN_GATEWAYS 指定的文件",
    );
    let db = match server::connect(&url, &settings, Mode::Production).await {
        Ok(db) => db,
        Err(cause) => {
            line(false, "数据库与密钥", &format!("{cause:#}"));
            return Ok(ExitCode::from(2));
        }
    };
    line(
        true,
        &format!("数据库可连，字段密钥 {}", db.keys.describe()),
        "",
    );
    let mut conn = db.pool.acquire().await?;
    let pending = db::pending_migrations(&mut conn).await?;
    line(
        pending == 0,
        &format!("待执行的数据库改动 {pending} 项"),
        "运行 tuanjian migrate",
    );
    if pending == 0 {
        let misplaced = db::misplaced(&mut conn).await?;
        line(
            misplaced.is_empty(),
            &format!("没有分布到集群的数据表 {} 张", misplaced.len()),
            &format!("{}：运行 tuanjian distribute", misplaced.join("、")),
        );
        let server_time =
            sqlx::query_scalar!(r#"select extract(epoch from clock_timestamp())::float8 as "t!""#)
                .fetch_one(&mut *conn)
                .await?;
        let skew = (server_time - db.clock.now().timestamp_micros() as f64 / 1e6).abs();
        line(
            skew < 2.0,
            &format!("数据库与本机时钟相差 {skew:.1} 秒"),
            "两台机器都请同步 NTP",
        );
        let dead =
            sqlx::query_scalar!(r#"select count(*) as "n!" from job where state = 'failed'"#)
                .fetch_one(&mut *conn)
                .await?;
        line(
            dead == 0,
            &format!("停止重试的任务 {dead} 个"),
            "查看日志中的原因",
        );
        let now = db.clock.now();
        let overdue = sqlx::query_scalar!(
            r#"select count(*) as "n!" from job where state = 'waiting' and run_at < $1"#,
            now - chrono::TimeDelta::minutes(10)
        )
        .fetch_one(&mut *conn)
        .await?;
        line(
            overdue == 0,
            &format!("到期十分钟仍未运行的任务 {overdue} 个"),
            "确认 serve 在运行且 TUANJIAN_WORKERS 不为 0；任务太多时加大 TUANJIAN_WORKERS",
        );
        let demo = server::is_demo_database(&db.pool).await?;
        line(
            true,
            if demo {
                "这是演示数据库"
            } else {
                "这是正式数据库"
            },
            "",
        );
        let app = wiring::app(
            db.clone(),
            if demo { Mode::Demo } else { Mode::Production },
            &settings.profile,
            server::files(&settings.data)?,
            true,
        )?;
        let guessable =
            accounts::guessable_first_passwords(&mut conn, app.policy::<accounts::Policy>());
        if let Some(many) = guessable.await? {
            // A risk the profile takes (SEC-05), no fault of this deployment.
            println!(
                "！还没有自己的密码、初始密码是证件号后8位的团员 {many} 人：请各级组织提醒其登录改密"
            );
        }
        for schedule in wiring::registry(&app).schedules {
            let last = sqlx::query_scalar!(
                "select max(due_at) from schedule_slot where name = $1",
                schedule.kind
            )
            .fetch_one(&mut *conn)
            .await?;
            let late = last
                .and_then(|last| schedule.next(last))
                .is_some_and(|next| next < now - chrono::TimeDelta::minutes(10));
            line(
                !late || demo,
                &format!("计划任务 {}（{}）", schedule.title, schedule.kind),
                "没有按时运行：确认 serve 在运行且 TUANJIAN_WORKERS 不为 0",
            );
        }
    }
    Ok(if problems == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

#[expect(
    clippy::print_stdout,
    reason = "the one-time code is for whoever runs the command"
)]
async fn init(
    url: String,
    settings: Settings,
    root: String,
    name: String,
    id_number: String,
) -> anyhow::Result<ExitCode> {
    let id_number = typed_or_read(id_number)?;
    server::migrate(&url, &Clock::system()).await?;
    let db = server::connect(&url, &settings, Mode::Production).await?;
    server::check_mode(&db.pool, Mode::Production).await?;
    let files = server::files(&settings.data)?;
    let app = wiring::app(db, Mode::Production, &settings.profile, files, true)?;
    let first = founding::found(&app, &root, &name, &id_number).await?;
    println!("已建立根组织〔{root}〕。\n\n{first}");
    Ok(ExitCode::SUCCESS)
}

/// The number typed, or with `-` the first line of the standard input, where no list of processes shows it.
pub(crate) fn typed_or_read(typed: String) -> anyhow::Result<String> {
    if typed != "-" {
        return Ok(typed);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

#[expect(clippy::print_stdout, reason = "commands answer on the terminal")]
async fn seed_bodies(
    url: String,
    settings: Settings,
    province: Option<String>,
    levels: u8,
) -> anyhow::Result<ExitCode> {
    let db = server::connect(&url, &settings, Mode::Production).await?;
    server::check_mode(&db.pool, Mode::Production).await?;
    let files = server::files(&settings.data)?;
    let app = wiring::app(db, Mode::Production, &settings.profile, files, true)?;
    let done = bodies::seed(&app, province.as_deref(), levels).await?;
    let (version, _) = bodies::divisions();
    println!(
        "行政区划 {version}：新建领导机关 {} 个，已有 {} 个。请各级核对下级的排序和简称。",
        done.made, done.there
    );
    Ok(ExitCode::SUCCESS)
}

/// The permission table as text, one row an action; a checked-in copy is compared by a test.
pub fn access_matrix() -> String {
    let mut out = String::from(
        "| 事项 | 规则 | 团支部 | 团总支 | 团委 | 领导机关 | 直接上级 | 隔级上级 | 省级 | 中央 | 团干部 | 团员 | 报到中 | 审计 |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (_, label, rule, cells) in MATRIX {
        let cells: Vec<&str> = cells.iter().map(|mark| mark.sign()).collect();
        out.push_str(&format!("| {label} | {rule} | {} |\n", cells.join(" | ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_41_missed_work_is_run_with_the_date_it_was_due_and_never_ahead_of_it() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a moment");
        let now = at("2026-06-01T00:10:00Z");
        let due = |typed, mode| due_date(typed, now, mode).map_err(|cause| cause.to_string());
        assert_eq!(due("2026-06-01 08:10", Mode::Production), Ok(now));
        assert_eq!(
            due(" 2026-06-01 ", Mode::Production),
            Ok(at("2026-05-31T16:00:00Z"))
        );
        let ahead = due("2026-06-01 08:11", Mode::Production).unwrap_err();
        assert!(ahead.contains("还没有到"), "{ahead}");
        assert_eq!(
            due("2026-06-01 08:11", Mode::Demo),
            Ok(at("2026-06-01T00:11:00Z"))
        );
        let odd = due("1 June", Mode::Demo).unwrap_err();
        assert!(odd.contains("应写成"), "{odd}");
    }
}
