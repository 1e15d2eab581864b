//! The demonstration league: an invented province with its people, posts, accounts and open business; the same from the
//! same seed. It never comes into a production database (SEC-08).

mod business;
mod people;
mod store;
mod tree;

use ::people::{Demand, Entry, How, MemberInput, Nature, Outcome};
use access::{Actor, Role};
use anyhow::{Context, anyhow, bail};
use base::{OrgCategory, OrgId, OrgPath, PersonId, Random, YearMonth, business_date};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use db::{Event, Tx};
use orgs::Org;
use sqlx::{Connection, PgConnection, migrate::MigrateDatabase};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;
use web::App;

/// The seed of the shipped demonstration.
pub const SEED: u64 = 2026;

/// The password of all demonstration accounts.
const PASSWORD: &str = "Haitang2026!";

/// An account to try.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose.
    pub role: &'static str,
    /// What to type first.
    pub login: String,
    /// What to type second.
    pub password: String,
}

/// Who the demonstration accounts belong to: role shown, name, organisation's short name, role held, ID number.
const STAFF: [(&str, &str, &str, Option<Role>, &str); 7] = [
    (
        "省级管理员",
        "赵演示",
        "团海棠省委",
        Some(Role::Administrator),
        "99900119900101001",
    ),
    (
        "校团委管理员",
        "钱样例",
        "海棠理工大学团委",
        Some(Role::Administrator),
        "99900119910202002",
    ),
    (
        "学院团委管理员",
        "孙样本",
        "信息与智能工程学院团委",
        Some(Role::Administrator),
        "99900119920303003",
    ),
    (
        "街道团工委管理员",
        "周范例",
        "云栖街道团工委",
        Some(Role::Administrator),
        "99900119930404004",
    ),
    (
        "公司团委管理员",
        "吴示例",
        "海棠数字产业集团团委",
        Some(Role::Administrator),
        "99900119940505005",
    ),
    (
        "团干部（只看不审）",
        "郑观摩",
        "信息与智能工程学院团委",
        None,
        "99900119950606006",
    ),
    (
        "审计",
        "冯审计",
        "团中央（演示）",
        Some(Role::Auditor),
        "99900119880707007",
    ),
];
/// The branch whose secretary and members have accounts to try.
const BRANCH: &str = "软件工程专业2023级3班团支部";
const SECRETARY: &str = "99900220050315001";
const MEMBER: &str = "99900220050520002";
const NEWCOMER: &str = "99900220050816003";
const SECRETARY_PHONE: &str = "10000000001";
const MEMBER_PHONE: &str = "10000000002";
const NEWCOMER_PHONE: &str = "10000000003";

fn complete(front: &str) -> String {
    format!("{front}{}", base::check_digit(front.as_bytes()))
}

/// The accounts of the demonstration, as this profile lets them in: by ID number, or else by phone.
pub fn accounts(policy: &::accounts::Policy) -> Vec<Account> {
    let login = |front: &str, phone: &str| {
        if policy.takes(::accounts::Identifier::IdNumber) {
            complete(front)
        } else {
            phone.to_owned()
        }
    };
    let mut list: Vec<Account> = STAFF
        .iter()
        .enumerate()
        .map(|(n, s)| Account {
            role: s.0,
            login: login(s.4, &staff_phone(n)),
            password: PASSWORD.into(),
        })
        .collect();
    list.push(Account {
        role: "支部书记（管理员）",
        login: login(SECRETARY, SECRETARY_PHONE),
        password: PASSWORD.into(),
    });
    list.push(Account {
        role: "团员",
        login: login(MEMBER, MEMBER_PHONE),
        password: PASSWORD.into(),
    });
    // Where members register themselves, nobody waits with a first password.
    if policy.has_initial_password() {
        list.push(Account {
            role: "首次登录的团员",
            login: login(NEWCOMER, NEWCOMER_PHONE),
            password: complete(NEWCOMER)[10..].to_owned(),
        });
    }
    list
}

fn staff_phone(n: usize) -> String {
    format!("100000001{n:02}")
}

/// The accounts as lines for the terminal.
pub fn describe(policy: &::accounts::Policy) -> String {
    accounts(policy)
        .iter()
        .map(|a| format!("  {}：账号 {}  密码 {}\n", a.role, a.login, a.password))
        .collect()
}

/// Writes the demonstration league. The clock of `app` is moved to the past for what happened then, and put back.
pub async fn seed(app: &App, seed: u64) -> anyhow::Result<()> {
    let clock = &app.db().clock;
    let (start, offset) = (clock.now(), clock.offset());
    let outcome = write(app, seed, start).await;
    clock.set_offset(offset);
    outcome
}

async fn write(app: &App, seed: u64, now: DateTime<Utc>) -> anyhow::Result<()> {
    let random = Random::seeded(seed);
    let today = business_date(now);
    let mut league = League {
        orgs: Vec::new(),
        by_name: HashMap::new(),
        plan: BTreeMap::new(),
    };

    app.db().clock.move_to(moment(today.year() - 5, 9, 1));
    let mut tx = begin(app).await?;
    let mut rows = Vec::new();
    lay_out(
        &tree::tree(),
        None,
        &OrgPath::root(),
        "",
        &random,
        &mut rows,
        &mut league,
        app.now(),
        today.year() - 5,
    );
    store::insert_orgs(&mut tx, &rows, app.now()).await?;
    let policy = app.policy::<orgs::Policy>();
    if policy.asks_school {
        let mut names: Vec<(String, String)> = rows
            .iter()
            .filter_map(|row| row.sector)
            .filter_map(|old| Some((old.to_owned(), policy.sector(old)?.name.clone())))
            .collect();
        names.sort_unstable();
        names.dedup();
        store::call_sectors(&mut tx, &names, &policy.school_sectors()).await?;
    }
    tx.record(
        Event::new("demo.orgs_seeded", "setting", Uuid::nil())
            .note(format!("{} organisations", rows.len())),
    );
    tx.commit().await?;
    let mut reader = app.db().read().await?;
    league.orgs =
        orgs::find_many(&mut reader, &rows.iter().map(|r| r.id).collect::<Vec<_>>()).await?;
    drop(reader);

    let mut maker = people::Maker::new(random.clone(), today);
    // Branches by the year they began, oldest first, each entered in that September.
    for (year, branches) in &league.plan {
        let began = moment((*year).min(today.year()), 9, 8).min(now - TimeDelta::days(20));
        app.db().clock.move_to(began);
        let mut tx = begin(app).await?;
        for plan in branches {
            fill_branch(app, &mut tx, &league, plan, &mut maker).await?;
        }
        tx.commit().await?;
    }
    app.db().clock.move_to(now - TimeDelta::days(10));
    staff(app, &league).await?;
    let mut tx = begin(app).await?;
    store::certify(&mut tx, 40).await?;
    tx.record(Event::new("demo.certified", "setting", Uuid::nil()));
    tx.commit().await?;
    business::transfers(app, &league, now).await?;
    app.db().clock.move_to(now);
    let mut tx = begin(app).await?;
    store::mark(
        &mut tx,
        serde_json::json!({ "seed": seed, "profile": app.profile() }),
    )
    .await?;
    tx.record(Event::new("demo.seeded", "setting", Uuid::nil()));
    accounts::confirm_all_grants(&mut tx).await?;
    // The progress of the entry need not wait for the full hour.
    upkeep::ask_progress(&mut tx).await?;
    tx.commit().await?;
    crate::figures::refill(app.db(), app.policy(), |_| async { Ok(()) }).await?;
    // The server would find out by itself within minutes; until then it plans for empty tables.
    sqlx::raw_sql("analyze").execute(&app.db().pool).await?;
    Ok(())
}

fn moment(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    base::at_midnight(NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default())
        + TimeDelta::hours(9)
}

async fn begin(app: &App) -> anyhow::Result<Tx> {
    Ok(app.db().begin(Actor::system("demo seed")).await?)
}

/// A branch to be filled.
struct Plan {
    org: OrgId,
    entry_year: i32,
    school_age: i32,
    members: usize,
    named: bool,
}

struct League {
    orgs: Vec<Org>,
    by_name: HashMap<String, OrgId>,
    plan: BTreeMap<i32, Vec<Plan>>,
}

impl League {
    fn org(&self, name: &str) -> anyhow::Result<&Org> {
        let id = self
            .by_name
            .get(name)
            .with_context(|| format!("no organisation {name}"))?;
        self.get(*id)
    }

    fn get(&self, id: OrgId) -> anyhow::Result<&Org> {
        self.orgs
            .iter()
            .find(|org| org.id == id)
            .context("organisation")
    }
}

/// Name without what its category adds: 信息学院团委 → 信息学院 (ORG-18).
fn stem(short: &str) -> &str {
    ["团工委", "团总支", "团委"]
        .iter()
        .find_map(|end| short.strip_suffix(end))
        .unwrap_or(short)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one recursive walk over the drawn tree"
)]
fn lay_out(
    node: &tree::Node,
    parent: Option<OrgId>,
    path: &OrgPath,
    prefix: &str,
    random: &Random,
    rows: &mut Vec<store::Row>,
    league: &mut League,
    at: DateTime<Utc>,
    founded: i32,
) {
    let id = OrgId(random.uuid(at));
    let number = 10_000_001 + rows.len() as i64;
    let full = node
        .full
        .clone()
        .unwrap_or_else(|| format!("{prefix}{}", node.short));
    let is_branch = node.category == OrgCategory::Branch;
    let year = if node.entry_year > 0 {
        node.entry_year
    } else {
        founded
    };
    let posts = matches!(
        node.category,
        OrgCategory::LeadingBody | OrgCategory::Committee | OrgCategory::WorkCommittee
    )
    .then_some(3);
    let body = node.category == OrgCategory::LeadingBody;
    league.by_name.entry(node.short.clone()).or_insert(id);
    rows.push(store::Row {
        id,
        number,
        parent,
        path: path.clone(),
        category: node.category.code(),
        kind: node.kind,
        short: node.short.clone(),
        full,
        sector: node.sector,
        region: node.region,
        sort: i32::try_from(path.last_number()).unwrap_or(1),
        founded: NaiveDate::from_ymd_opt(year, 9, 1).unwrap_or_default(),
        posts,
        phone: Some(format!("100-0000-{:04}", number % 10_000)),
        email: body.then(|| format!("org{number}@haitang.example")),
    });
    if is_branch && node.members > 0 {
        let school_age = match node.sector {
            Some("普通高中" | "中等职业学校") => 15,
            _ => 18,
        };
        let named = node.short == BRANCH;
        let entry_year = node.entry_year;
        // Working people of today: entered this year.
        let entered = if entry_year > 0 { entry_year } else { i32::MAX };
        league.plan.entry(entered).or_default().push(Plan {
            org: id,
            entry_year,
            school_age,
            members: node.members,
            named,
        });
    }
    let below = if body {
        String::new()
    } else {
        format!("{prefix}{}", stem(&node.short))
    };
    for (n, child) in node.below.iter().enumerate() {
        lay_out(
            child,
            Some(id),
            &path.child(n as u32 + 1),
            &below,
            random,
            rows,
            league,
            at,
            founded,
        );
    }
}

async fn fill_branch(
    app: &App,
    tx: &mut Tx,
    league: &League,
    plan: &Plan,
    maker: &mut people::Maker,
) -> anyhow::Result<()> {
    let org = league.get(plan.org)?;
    let policy = app.policy::<::people::Policy>();
    let (now, reserved) = (tx.now(), app.reserved());
    let around = ::people::circumstances(tx, org, Demand::Member, now, reserved).await?;
    let mut inputs: Vec<MemberInput> = Vec::new();
    if plan.named {
        inputs.push(named(
            "李书记",
            SECRETARY,
            SECRETARY_PHONE,
            "202000900001",
            "2020-05",
        ));
        inputs.push(named(
            "陈团员",
            MEMBER,
            MEMBER_PHONE,
            "201900900002",
            "2019-12",
        ));
    }
    while inputs.len() < plan.members {
        let one = maker.member(plan.entry_year, plan.school_age, YearMonth::at(now));
        inputs.push(MemberInput {
            name: one.name,
            id_number: one.id_number,
            ethnic: one.ethnic.into(),
            political: one.political.into(),
            education: one.education.into(),
            admitted_on: one.admitted_on.to_string(),
            admission_number: one.admission_number,
            // Here and there a phone is missing, as in life.
            phone: if inputs.len() % 29 == 11 {
                String::new()
            } else {
                one.phone
            },
            is_student: if plan.entry_year > 0 && plan.school_age == 18 {
                "是"
            } else {
                "否"
            }
            .into(),
            ..MemberInput::default()
        });
    }
    let mut entries = Vec::new();
    for input in &inputs {
        let input = MemberInput {
            phone: if input.phone.is_empty() {
                "10099999999".into()
            } else {
                input.phone.clone()
            },
            ..input.clone()
        };
        let new = ::people::check(&input, policy, &around)
            .map_err(|faults| anyhow!("{}: {}: {faults:?}", org.short_name, input.name))?;
        entries.push(Entry { org, new });
    }
    let outcomes = ::people::enter_members(tx, entries, How::Entered, None).await?;
    let mut ids = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Entered(id) => ids.push(id),
            Outcome::Refused(fault) => bail!("{}: {fault:?}", org.short_name),
        }
    }
    // The member with an account to try holds no post.
    let holders = ids
        .iter()
        .enumerate()
        .filter(|(n, _)| !(plan.named && *n == 1))
        .map(|(_, id)| id);
    for (person, (title, secretary)) in
        holders.zip([("书记", true), ("组织委员", false), ("宣传委员", false)])
    {
        if ids.len() > 5 || secretary {
            ::people::appoint(
                tx,
                *person,
                org,
                title,
                Nature::PartTime,
                secretary,
                "支部选举",
            )
            .await?;
        }
    }
    if plan.named {
        let accounts = app.policy::<accounts::Policy>();
        for id in &ids[..2] {
            accounts::make_account(tx, *id, PASSWORD, false, &accounts.privacy_version).await?;
            confirm(tx, *id).await?;
        }
        accounts::grant(
            tx,
            accounts,
            ids[0],
            "李书记",
            org,
            Role::Administrator,
            "seed",
        )
        .await?;
    }
    Ok(())
}

/// Whoever has an account to try has confirmed the phone (ORG-45).
async fn confirm(tx: &mut Tx, person: PersonId) -> anyhow::Result<()> {
    let keys = tx.keys().clone();
    let who = ::people::find(tx, &keys, person).await?.context("person")?;
    if let Some(phone) = &who.phone {
        ::people::confirm_phone(tx, &who, phone).await?;
    }
    Ok(())
}

fn named(name: &str, front: &str, phone: &str, number: &str, admitted: &str) -> MemberInput {
    MemberInput {
        name: name.into(),
        id_number: complete(front),
        ethnic: "汉族".into(),
        political: "共青团员".into(),
        education: "普通高中".into(),
        admitted_on: admitted.into(),
        admission_number: number.into(),
        phone: phone.into(),
        is_student: "是".into(),
        ..MemberInput::default()
    }
}

/// Cadres of committees with their accounts, and the member who signs in for the first time.
async fn staff(app: &App, league: &League) -> anyhow::Result<()> {
    let mut tx = begin(app).await?;
    let (policy, accounts) = (
        app.policy::<::people::Policy>(),
        app.policy::<accounts::Policy>(),
    );
    let (now, reserved) = (tx.now(), app.reserved());
    for (n, (_, name, org, role, front)) in STAFF.iter().enumerate() {
        let org = league.org(org)?;
        let around = ::people::circumstances(&mut tx, org, Demand::Cadre, now, reserved).await?;
        let input = MemberInput {
            name: (*name).into(),
            id_number: complete(front),
            ethnic: "汉族".into(),
            political: "中共党员".into(),
            education: "大学本科".into(),
            phone: staff_phone(n),
            title: if role.is_some() { "书记" } else { "委员" }.into(),
            nature: "专职".into(),
            ..MemberInput::default()
        };
        let new = ::people::check(&input, policy, &around)
            .map_err(|faults| anyhow!("{name}: {faults:?}"))?;
        let person: PersonId = ::people::enter_cadre(&mut tx, org, &new, "团委任命").await?;
        accounts::make_account(&mut tx, person, PASSWORD, false, &accounts.privacy_version).await?;
        confirm(&mut tx, person).await?;
        if let Some(role) = role {
            accounts::grant(&mut tx, accounts, person, name, org, *role, "seed").await?;
        }
    }
    let branch = league.org(BRANCH)?;
    let around = ::people::circumstances(&mut tx, branch, Demand::Member, now, reserved).await?;
    let newcomer = named(
        "何新人",
        NEWCOMER,
        NEWCOMER_PHONE,
        "201900900003",
        "2019-12",
    );
    let new =
        ::people::check(&newcomer, policy, &around).map_err(|faults| anyhow!("{faults:?}"))?;
    ::people::enter_member(&mut tx, branch, new, How::Entered, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Empties a database for a new demonstration; refuses one that holds anything but a demonstration.
pub async fn wipe(url: &str) -> anyhow::Result<()> {
    if !sqlx::Postgres::database_exists(url).await? {
        return Ok(());
    }
    let mut conn = PgConnection::connect(url).await?;
    let known = sqlx::query_scalar!(r#"select to_regclass('setting') is not null as "yes!""#)
        .fetch_one(&mut conn)
        .await?;
    if known {
        let foreign = sqlx::query_scalar!(
            r#"select exists (select from org) and not exists (select from setting where name = 'demo') as "yes!""#
        )
        .fetch_one(&mut conn)
        .await?;
        if foreign {
            bail!("这个数据库里有正式数据，不能清空。");
        }
    }
    sqlx::raw_sql("drop schema public cascade; create schema public")
        .execute(&mut conn)
        .await?;
    conn.close().await?;
    Ok(())
}
