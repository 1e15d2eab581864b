//! Open and finished transfers of the demonstration, through the same actions people use: some in every step, some due
//! tomorrow, one returned, one withdrawn, two done.

use super::{BRANCH, League};
use access::{Actor, Grant, Port, Role, Who};
use anyhow::{Context, anyhow};
use approvals::{CaseKey, Kinds, ReturnInput};
use base::{OrgId, PersonId};
use chrono::{DateTime, TimeDelta, Utc};
use orgs::Org;
use transfers::{Kind, Reason, Request, Start};
use web::App;

/// How far a transfer of the demonstration has come.
enum Far {
    Out,
    In,
    Allocation,
    Returned,
    Withdrawn,
    Done,
}

/// From, to, begun so many days ago, how far.
const CASES: [(&str, &str, i64, Far); 14] = [
    (BRANCH, "软件工程专业2023级1班团支部", 15, Far::Out),
    (BRANCH, "会计学专业2024级1班团支部", 12, Far::Out),
    (BRANCH, "日语专业2024级1班团支部", 2, Far::Out),
    ("软件工程专业2023级1班团支部", BRANCH, 9, Far::Out),
    ("会计学专业2022级1班团支部", BRANCH, 14, Far::In),
    ("护理学专业2023级1班团支部", BRANCH, 6, Far::In),
    ("机械工程专业2024级2班团支部", BRANCH, 1, Far::In),
    (
        "英语专业2025级1班团支部",
        "信息与智能工程学院团委",
        8,
        Far::Allocation,
    ),
    (
        "工商管理专业2023级1班团支部",
        "信息与智能工程学院团委",
        3,
        Far::Allocation,
    ),
    (
        "临床医学专业2025级1班团支部",
        "经济管理学院团委",
        5,
        Far::In,
    ),
    ("软件工程专业2024级1班团支部", BRANCH, 20, Far::Returned),
    (
        "软件工程专业2024级2班团支部",
        "材料成型专业2024级1班团支部",
        4,
        Far::Withdrawn,
    ),
    ("计算机科学专业2025级1班团支部", BRANCH, 30, Far::Done),
    (BRANCH, "软件工程专业2024级1班团支部", 40, Far::Done),
];

fn acting(org: &Org, name: &str) -> Actor {
    Actor {
        who: Who::System("demo seed"),
        name: name.into(),
        acting: Some(Grant {
            role: Role::Administrator,
            org: org.to_ref(),
            org_name: org.short_name.clone(),
            covers: Vec::new(),
            bounds: access::Bounds::Whole,
            root: access::Root::default(),
        }),
        branch: None,
        port: Port::Console,
        address: String::new(),
        request: String::new(),
    }
}

/// Writes them; the clock is moved to each one's day.
pub(super) async fn transfers(
    app: &App,
    league: &League,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let policy = app.policy::<transfers::Policy>();
    if !policy.allows(Kind::Member) {
        return Ok(());
    }
    let mut taken: Vec<PersonId> = Vec::new();
    for (from, to, days, far) in &CASES {
        let (from, to) = (league.org(from)?, league.org(to)?);
        // Some profiles let members choose a branch only.
        if policy.branch_targets_only && !to.is_branch() {
            continue;
        }
        let began = now - TimeDelta::days(*days);
        app.db().clock.move_to(began);
        let person = somebody(app, from.id, &taken).await?;
        taken.push(person);
        one(app, person, from, to, far)
            .await
            .with_context(|| format!("{} → {}", from.short_name, to.short_name))?;
    }
    Ok(())
}

/// A member without post who may be moved, not used before.
async fn somebody(app: &App, branch: OrgId, taken: &[PersonId]) -> anyhow::Result<PersonId> {
    let mut reader = app.db().read().await?;
    let keys = reader.keys.clone();
    let rows = people::members_of(&mut reader, &keys, branch, None, 60).await?;
    rows.into_iter()
        .filter(|row| {
            row.post.is_none()
                && row.certification != "none"
                && row.missing.is_empty()
                && !taken.contains(&row.person)
        })
        .filter(|row| !matches!(row.name.as_str(), "陈团员" | "何新人" | "李书记"))
        .map(|row| row.person)
        .next()
        .ok_or_else(|| anyhow!("nobody to move"))
}

async fn one(app: &App, person: PersonId, from: &Org, to: &Org, far: &Far) -> anyhow::Result<()> {
    let (policy, kinds) = (app.policy::<transfers::Policy>(), app.policy::<Kinds>());
    let mut reader = app.db().read().await?;
    let keys = reader.keys.clone();
    let who = people::find(&mut reader, &keys, person)
        .await?
        .context("person")?;
    drop(reader);
    let member = Actor {
        who: Who::Person(person),
        name: who.name.clone(),
        acting: None,
        branch: Some(from.to_ref()),
        port: Port::Member,
        address: String::new(),
        request: String::new(),
    };
    let request = Request {
        reason: Some(Reason::Regroup),
        contact: who.phone.clone(),
        study_work: "海棠理工大学".into(),
        remark: "转专业，班级调整".into(),
        ..Request::default()
    };
    let mut tx = app.db().begin(member.clone()).await?;
    let transfer = transfers::start(
        &mut tx,
        Start {
            kind: Kind::Member,
            person,
            target: to.id,
            request,
        },
        policy,
    )
    .await?;
    tx.commit().await?;
    let key = CaseKey {
        subject: person,
        case: transfer.case.context("case")?,
    };
    if matches!(far, Far::Withdrawn) {
        let mut tx = app.db().begin(member).await?;
        transfers::withdraw(&mut tx, person, transfer.id, kinds, policy).await?;
        tx.commit().await?;
        return Ok(());
    }
    if matches!(far, Far::Out) {
        return Ok(());
    }
    let clock = &app.db().clock;
    clock.move_to(clock.now() + TimeDelta::minutes(95));
    step(app, key, from, None).await?;
    if matches!(far, Far::In) {
        return Ok(());
    }
    clock.move_to(clock.now() + TimeDelta::minutes(190));
    let back = matches!(far, Far::Returned).then(|| ReturnInput {
        code: "not_ours".into(),
        text: "班级名单里没有，请核对是不是转到 2 班".into(),
        insist: true,
    });
    step(app, key, to, back).await
}

/// Passes or returns the present step for `org`.
async fn step(app: &App, key: CaseKey, org: &Org, back: Option<ReturnInput>) -> anyhow::Result<()> {
    let kinds = app.policy::<Kinds>();
    let mut tx = app.db().begin(acting(org, "王审核")).await?;
    let case = approvals::find_case(&mut tx, key).await?.context("case")?;
    match back {
        None => {
            approvals::pass(&mut tx, kinds, key, case.step_no, "", None).await?;
        }
        Some(input) => {
            approvals::return_(&mut tx, kinds, key, case.step_no, input).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
