//! Transfers of a seeded league: open ones in every step, finished ones of the last two years with the memberships they
//! ended and began, returned ones. Chains and clocks are those the program itself would have given them.

mod case;

use super::{
    copy::{Rows, Table},
    plan::Plan,
    rows::{Kit, Ready, life, membership},
};
use base::{OrgCategory, YearMonth, business_date};
use case::begin;
use chrono::TimeDelta;
use orgs::{Org, OrgState};
use transfers::{Due, Kind, Outcome, State};
use uuid::Uuid;

/// Of a thousand members so many are on their way, came from elsewhere, were sent back.
const SHARES: [u64; 3] = [15, 35, 5];

impl Plan {
    /// An organisation as the rules see it.
    pub(super) fn org(&self, n: u32) -> Org {
        let node = &self.nodes[n as usize];
        Org {
            id: self.org_id(n),
            number: Self::org_no(n),
            parent: node.parent.map(|up| self.org_id(up)),
            path: node.path.clone(),
            category: node.category,
            kind: node.kind,
            short_name: node.short.clone(),
            full_name: node.full.clone(),
            sector: node.sector.map(str::to_owned),
            region: node.region.clone(),
            state: if node.graduate {
                OrgState::Graduate
            } else {
                OrgState::Active
            },
            phone: None,
            graduation: node
                .graduate
                .then(|| YearMonth::new(node.entry + 4, 6))
                .flatten(),
            accepts_registration: node.category == OrgCategory::Branch,
            version: 1,
        }
    }
}

/// What happened to a member without post, who is then written with it.
pub(super) fn story(kit: &Kit, n: u32, mut ready: Ready, rows: &mut Rows) -> anyhow::Result<Ready> {
    let (plan, random) = (&kit.plan, &ready.person.random);
    let draw = random.below(1000);
    let whole = ready.person.new.missing.is_empty()
        && !matches!(ready.person.certification, "none" | "failed")
        && ready.person.new.phone.is_some()
        && kit.transfers.allows(Kind::Member);
    let other = partner(plan, n, random);
    let (Some(other), true) = (other.filter(|other| *other != n), whole) else {
        membership(kit, n, &ready, rows);
        return Ok(ready);
    };
    if draw < SHARES[0] {
        membership(kit, n, &ready, rows);
        // One in six goes to a committee, which then chooses the branch.
        let to = if random.below(6) == 0 {
            plan.nodes[other as usize].parent.unwrap_or(other)
        } else {
            other
        };
        open(kit, &ready, n, to, rows)?;
    } else if draw < SHARES[0] + SHARES[1] {
        came(kit, &mut ready, other, n, rows)?;
    } else {
        membership(kit, n, &ready, rows);
        if draw < SHARES.iter().sum() {
            returned(kit, &ready, n, other, rows)?;
        }
    }
    Ok(ready)
}

/// The other side of a transfer: mostly a branch near by, sometimes any.
fn partner(plan: &Plan, n: u32, random: &base::Random) -> Option<u32> {
    let count = plan.branches.len();
    let at = plan.branches.binary_search(&n).ok()?;
    let at = if random.below(5) == 0 {
        random.below(count as u64) as usize
    } else {
        (at + count - count.min(20) / 2 + random.below(20) as usize) % count
    };
    plan.branches
        .get(at)
        .copied()
        .filter(|to| !plan.nodes[*to as usize].graduate)
}

/// A transfer that waits at one of its steps.
fn open(kit: &Kit, ready: &Ready, out: u32, to: u32, rows: &mut Rows) -> anyhow::Result<()> {
    let (plan, p) = (&kit.plan, &ready.person);
    let graduate = plan.nodes[out as usize].graduate;
    let hours = p.random.below(if graduate { 8 } else { 13 } * 24) as i64;
    let mut arrived =
        plan.now - TimeDelta::hours(hours) - TimeDelta::minutes(p.random.below(60) as i64);
    let probe = begin(kit, ready, out, to, arrived);
    // Graduates' clocks follow the phase at each step; theirs stand at the first.
    let k = if graduate {
        0
    } else {
        p.random.below(probe.steps.len() as u64) as usize
    };
    if probe.steps[k]
        .deadline
        .is_some_and(|d| d.at(arrived) <= plan.now)
    {
        arrived = plan.now - TimeDelta::minutes(30);
    }
    let hop = TimeDelta::hours(20 + p.random.below(60) as i64);
    let started = arrived - hop * i32::try_from(k)?;
    let mut case = begin(kit, ready, out, to, started);
    for past in 0..k {
        let at = started + hop * i32::try_from(past)?;
        case.decided(kit, past, at, at + hop, ("pass", "", ""), rows)?;
    }
    let step = transfers::Step::from_code(case.steps[k].code.trim_end_matches("_temporary"));
    let t = &mut case.transfer;
    t.step = step.unwrap_or(t.step);
    t.state = t.step.state();
    t.step_since = arrived;
    t.due = case.steps[k].deadline.map(|d| Due {
        at: d.at(arrived),
        outcome: Outcome::from_code(d.outcome.code()),
    });
    case.desk(kit, k, arrived, None, rows);
    case.write(kit, k, arrived, i32::try_from(k)?, "open", rows);
    let waiting = case.name(kit, case.seats[k].own);
    let body = format!("转接申请已提交，等待{waiting}审核");
    case.tell(
        &p.random,
        p.id,
        ("转接申请已提交", &body),
        started,
        false,
        rows,
    );
    if let Some(own) = case.seats[k].own {
        let heading = format!("{}：{}", case.steps[k].todo, p.new.name);
        let body = format!("{}：{}。", p.new.name, case.summary());
        case.tell(
            &p.random,
            plan.org_id(own).0,
            (&heading, &body),
            arrived,
            false,
            rows,
        );
    }
    Ok(())
}

/// A member who came from `out` within the last two years.
fn came(kit: &Kit, ready: &mut Ready, out: u32, to: u32, rows: &mut Rows) -> anyhow::Result<()> {
    let (plan, p) = (&kit.plan, &ready.person);
    let room = (plan.now - p.entered).num_hours().clamp(24 * 20, 24 * 700) as u64;
    let ended = plan.now - TimeDelta::hours(24 * 8 + p.random.below(room - 24 * 14) as i64);
    let hop = TimeDelta::hours(10 + p.random.below(40) as i64);
    let probe = begin(kit, ready, out, to, ended);
    let many = probe.steps.len();
    let started = ended - hop * i32::try_from(many)?;
    let mut case = begin(kit, ready, out, to, started);
    for k in 0..many {
        let at = started + hop * i32::try_from(k)?;
        case.decided(kit, k, at, at + hop, ("pass", "", ""), rows)?;
    }
    let last = transfers::Step::from_code(case.steps[many - 1].code.trim_end_matches("_temporary"));
    let t = &mut case.transfer;
    t.step = last.unwrap_or(t.step);
    t.step_since = ended - hop;
    t.state = State::Completed;
    t.how = Some("reviewed".into());
    t.in_branch = Some(t.in_org);
    t.in_branch_name = Some(t.in_name.clone());
    t.ended_at = Some(ended);
    case.write(
        kit,
        many - 1,
        ended - hop,
        i32::try_from(many)?,
        "passed",
        rows,
    );
    let words = format!(
        "由〔{}〕转入〔{}〕",
        case.transfer.out_name, case.transfer.in_name
    );
    case.tell(
        &p.random,
        p.id,
        ("组织关系转接已完成", &words),
        ended,
        true,
        rows,
    );
    life(
        rows,
        p,
        ended,
        "transfer",
        &words,
        (case.parties.in_org.id.0, &case.transfer.in_name),
    );
    let day = business_date(ended);
    let nobody: Option<Uuid> = None;
    let open: Option<chrono::NaiveDate> = None;
    rows.add(
        Table::membership,
        &[
            &p.id,
            &p.random.uuid(p.entered),
            &case.transfer.out_branch.0,
            &"transferred",
            &ready.since,
            &Some(day),
            &case.transfer.out_name,
            &"entered",
            &Some("转出"),
            &nobody,
        ],
    );
    rows.add(
        Table::membership,
        &[
            &p.id,
            &p.random.uuid(ended),
            &case.transfer.in_org.0,
            &"normal",
            &day,
            &open,
            &case.transfer.in_name,
            &"transferred",
            &None::<String>,
            &Some(case.transfer.id.0),
        ],
    );
    ready.since = day;
    ready.entered_in = out;
    Ok(())
}

/// A member who was sent back by the other side.
fn returned(kit: &Kit, ready: &Ready, out: u32, to: u32, rows: &mut Rows) -> anyhow::Result<()> {
    let (plan, p) = (&kit.plan, &ready.person);
    let ended = plan.now - TimeDelta::hours(30 + p.random.below(24 * 12) as i64);
    let hop = TimeDelta::hours(20);
    let count = begin(kit, ready, out, to, ended).steps.len();
    let started = ended - hop * i32::try_from(count)?;
    let mut case = begin(kit, ready, out, to, started);
    let words = "班级名单里没有，请核对";
    for k in 0..count {
        let at = started + hop * i32::try_from(k)?;
        let how = if k + 1 == count {
            ("return", "not_ours", words)
        } else {
            ("pass", "", "")
        };
        case.decided(kit, k, at, at + hop, how, rows)?;
    }
    let last =
        transfers::Step::from_code(case.steps[count - 1].code.trim_end_matches("_temporary"));
    let t = &mut case.transfer;
    t.step = last.unwrap_or(t.step);
    t.step_since = ended - hop;
    t.state = State::Returned;
    t.returned_by = Some(t.in_name.clone());
    t.return_code = Some("not_ours".into());
    t.return_text = Some(words.into());
    t.ended_at = Some(ended);
    case.write(
        kit,
        count - 1,
        ended - hop,
        i32::try_from(count)?,
        "returned",
        rows,
    );
    case.tell(&p.random, p.id, ("转接被退回", words), ended, false, rows);
    Ok(())
}
