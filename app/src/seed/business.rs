//! Transfers of a seeded league: open ones in every step, finished ones of the last two years with the memberships they
//! ended and began, returned ones. Chains and clocks are those the program itself would have given them.

use super::{
    copy::{Rows, Table},
    plan::Plan,
    rows::{Kit, Ready, life, membership},
};
use approvals::{AtDeadline, Seat, Superior};
use base::{CaseId, OrgCategory, OrgId, PersonId, TransferId, YearMonth, business_date};
use chrono::{DateTime, Days, TimeDelta, TimeZone, Utc};
use orgs::{Org, OrgState};
use serde_json::json;
use transfers::{Due, Kind, Outcome, Parties, Reason, Starter, State, Transfer};
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

/// Who decides a step, and who may as well.
struct Seats {
    own: Option<u32>,
    above: Option<u32>,
}

struct Case {
    transfer: Transfer,
    id: Uuid,
    steps: Vec<approvals::Step>,
    seats: Vec<Seats>,
    parties: Parties,
    out: u32,
    to: u32,
}

fn begin(kit: &Kit, ready: &Ready, out: u32, to: u32, started: DateTime<Utc>) -> Case {
    let (plan, p) = (&kit.plan, &ready.person);
    let up = |n: u32| plan.nodes[n as usize].parent;
    let parties = Parties {
        out_branch: plan.org(out),
        out_superior: up(out).map(|n| plan.org(n)),
        in_org: plan.org(to),
        in_superior: up(to).map(|n| plan.org(n)),
    };
    let near = parties.out_branch.path.common(&parties.in_org.path).depth() > 3;
    let graduate = plan.nodes[out as usize].graduate;
    let mut transfer = Transfer {
        person: PersonId(p.id),
        id: TransferId(p.random.uuid(started)),
        number: 100_000_000_001 + i64::from(p.serial),
        kind: Kind::Member,
        reason: if near { Reason::Regroup } else { Reason::Move },
        name: p.new.name.clone(),
        starter: Starter::Member(PersonId(p.id)),
        starter_name: p.new.name.clone(),
        case: None,
        out_branch: parties.out_branch.id,
        out_name: parties.out_branch.full_name.clone(),
        out_superior: parties.out_superior.as_ref().map(|org| org.id),
        in_org: parties.in_org.id,
        in_name: parties.in_org.full_name.clone(),
        in_branch: None,
        in_branch_name: None,
        dest_name: String::new(),
        dest_address: String::new(),
        dest_region: if near { String::new() } else { "990100".into() },
        place: None,
        informed_on: None,
        study_work: String::new(),
        contact: p.new.phone.clone(),
        remark: "班级或居住地变动".into(),
        is_handover: graduate,
        state: State::AwaitingOut,
        step: transfers::Step::Out,
        step_since: started,
        due: None,
        returned_by: None,
        return_code: None,
        return_text: None,
        flagged: false,
        how: None,
        started_at: started,
        ended_at: None,
        version: 1,
    };
    let id = p.random.uuid(started);
    transfer.case = Some(CaseId(id));
    let steps = transfers::chain_of(&transfer, &parties, &kit.transfers);
    let node_of = |id: OrgId| if id == parties.out_branch.id { out } else { to };
    let seats = steps
        .iter()
        .map(|step| {
            let own = match step.seat {
                Seat::Subject => None,
                Seat::Own => Some(node_of(step.org)),
                Seat::Above => up(node_of(step.org)),
            };
            Seats {
                own,
                above: own
                    .and_then(up)
                    .filter(|_| step.superior != Superior::Never),
            }
        })
        .collect();
    Case {
        transfer,
        id,
        steps,
        seats,
        parties,
        out,
        to,
    }
}

/// The secretary who decided for an organisation.
fn decider(kit: &Kit, org: Option<u32>) -> anyhow::Result<(Option<Uuid>, String)> {
    match org {
        Some(org) => {
            let person = super::people::invent(&kit.plan, org, 0, &kit.people)?;
            Ok((Some(person.id), person.new.name))
        }
        None => Ok((None, String::new())),
    }
}

impl Case {
    fn name(&self, kit: &Kit, org: Option<u32>) -> String {
        org.map_or_else(String::new, |n| kit.plan.nodes[n as usize].short.clone())
    }

    /// A step that was decided: its line of history and the rows of those who could decide.
    fn decided(
        &self,
        kit: &Kit,
        k: usize,
        arrived: DateTime<Utc>,
        at: DateTime<Utc>,
        how: (&str, &str, &str),
        rows: &mut Rows,
    ) -> anyhow::Result<()> {
        let (seats, step) = (&self.seats[k], &self.steps[k]);
        let (by, name) = decider(kit, seats.own)?;
        let deadline = step.deadline.map(|d| d.at(arrived));
        let number = i32::try_from(k + 1)?;
        let org = seats.own.map(|n| kit.plan.org_id(n).0);
        rows.add(
            Table::approval_step,
            &[
                &self.transfer.person.0,
                &self.id,
                &number,
                &number,
                &arrived,
                &deadline,
                &at,
                &by,
                &name,
                &access::Role::Administrator.label(),
                &org,
                &self.name(kit, seats.own),
                &how.0,
                &how.1,
                &how.2,
            ],
        );
        self.desk(kit, k, arrived, Some((at, how.0, &name)), rows);
        Ok(())
    }

    /// The rows of those who may decide a step, open or done.
    fn desk(
        &self,
        kit: &Kit,
        k: usize,
        arrived: DateTime<Utc>,
        done: Option<(DateTime<Utc>, &str, &str)>,
        rows: &mut Rows,
    ) {
        let step = &self.steps[k];
        let from = match step.superior {
            Superior::FromDay(days) => {
                base::at_midnight(business_date(arrived) + Days::new(days.into()))
            }
            _ => arrived,
        };
        let seats = &self.seats[k];
        for (org, part, arrived_here) in [
            (seats.own, "decide", arrived),
            (seats.above, "superior", from),
        ] {
            if let Some(org) = org {
                let deadline = step.deadline.map(|d| d.at(arrived));
                self.inbox(kit, org, k, k + 1, part, arrived_here, deadline, done, rows);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one row of many columns")]
    fn inbox(
        &self,
        kit: &Kit,
        org: u32,
        k: usize,
        step_no: usize,
        part: &str,
        arrived: DateTime<Utc>,
        deadline: Option<DateTime<Utc>>,
        done: Option<(DateTime<Utc>, &str, &str)>,
        rows: &mut Rows,
    ) {
        let step = &self.steps[k];
        let outcome = step.deadline.map_or(AtDeadline::Nothing, |d| d.outcome);
        // Items without deadline come after all others.
        let end = Utc.timestamp_opt(253_370_764_800, 0).single();
        rows.add(
            Table::org_inbox,
            &[
                &kit.plan.org_id(org).0,
                &self.id,
                &i32::try_from(step_no).unwrap_or(0),
                &self.transfer.person.0,
                &"transfer",
                &step.todo,
                &self.transfer.reason.label(),
                &self.transfer.name,
                &self.summary(),
                &part,
                &arrived,
                &deadline,
                &outcome.code(),
                &deadline.or(end),
                &done.map(|d| d.0),
                &done.map(|d| d.1),
                &done.map(|d| d.2),
            ],
        );
    }

    fn summary(&self) -> String {
        format!("{} → {}", self.transfer.out_name, self.transfer.in_name)
    }

    /// Both sides watch it; the case itself, the transfer and its lines in both lists.
    fn write(
        &self,
        kit: &Kit,
        k: usize,
        arrived: DateTime<Utc>,
        passed: i32,
        state: &str,
        rows: &mut Rows,
    ) {
        let (t, plan) = (&self.transfer, &kit.plan);
        let open = t.state.is_open();
        let done = t.ended_at.map(|at| (at, state, ""));
        for org in [self.out, self.to] {
            self.inbox(kit, org, 0, 0, "watch", t.started_at, None, done, rows);
        }
        let step = &self.steps[k];
        let deadline = step.deadline.map(|d| d.at(arrived));
        let outcome = step.deadline.map_or(AtDeadline::Nothing, |d| d.outcome);
        let alarm = approvals::next_alarm(step, arrived, deadline, outcome, plan.now);
        let desks: Vec<Uuid> = [self.seats[k].own, self.seats[k].above]
            .into_iter()
            .flatten()
            .filter(|_| open)
            .map(|n| plan.org_id(n).0)
            .collect();
        let mut watchers = vec![t.out_branch.0, t.in_org.0];
        watchers.sort_unstable();
        rows.add(
            Table::approval_case,
            &[
                &t.person.0,
                &self.id,
                &"transfer",
                &t.id.0,
                &t.reason.label(),
                &t.name,
                &self.summary(),
                &Some(t.person.0),
                &t.starter_name,
                &state,
                &i32::try_from(k + 1).unwrap_or(1),
                &json!(self.steps),
                &arrived,
                &deadline,
                &outcome.code(),
                &alarm.filter(|_| open),
                &desks,
                &watchers,
                &t.started_at,
                &t.ended_at,
                &(passed + 1),
            ],
        );
        self.transfer_row(kit, rows);
        self.lists(kit, rows);
    }

    fn transfer_row(&self, kit: &Kit, rows: &mut Rows) {
        let t = &self.transfer;
        let contact = t.contact.as_ref().map(|phone| {
            kit.keys
                .seal(&kit.nonces, transfers::CONTACT, t.id.0, phone.reveal())
        });
        rows.add(
            Table::transfer,
            &[
                &t.person.0,
                &t.id.0,
                &t.number,
                &t.kind.code(),
                &t.reason.code(),
                &t.name,
                &"member",
                &t.person.0,
                &t.starter_name,
                &t.case.map(|id| id.0),
                &t.out_branch.0,
                &t.out_name,
                &t.out_superior.map(|id| id.0),
                &t.in_org.0,
                &t.in_name,
                &t.in_branch.map(|id| id.0),
                &t.in_branch_name,
                &t.dest_name,
                &t.dest_address,
                &t.dest_region,
                &t.study_work,
                &contact,
                &t.remark,
                &t.is_handover,
                &t.state.code(),
                &t.step.code(),
                &t.step_since,
                &t.due.map(|due| due.at),
                &t.due.map(|due| due.outcome.code()),
                &t.returned_by,
                &t.return_code,
                &t.return_text,
                &t.flagged,
                &t.how,
                &t.started_at,
                &t.ended_at,
                &2_i32,
            ],
        );
    }

    fn lists(&self, kit: &Kit, rows: &mut Rows) {
        let (t, plan) = (&self.transfer, &kit.plan);
        let out_path = plan.nodes[self.out as usize].path.as_str();
        for (org, side) in [(self.out, "out"), (self.to, "in")] {
            let is_in = side == "in";
            let other = if is_in {
                &t.out_name
            } else {
                t.in_branch_name.as_ref().unwrap_or(&t.in_name)
            };
            rows.add(
                Table::org_transfer,
                &[
                    &plan.org_id(org).0,
                    &t.id.0,
                    &t.person.0,
                    &plan.nodes[org as usize].path.as_str(),
                    &is_in.then_some(out_path),
                    &side,
                    &t.number,
                    &t.name,
                    &t.kind.code(),
                    &t.reason.code(),
                    &t.is_handover,
                    other,
                    &t.state.code(),
                    &t.step.code(),
                    &t.due.map(|due| due.at),
                    &t.state.is_open(),
                    &t.ended_at.unwrap_or(t.step_since),
                ],
            );
        }
    }

    /// A message about it.
    fn tell(
        &self,
        p: &base::Random,
        to: Uuid,
        words: (&str, String),
        at: DateTime<Utc>,
        read: bool,
        rows: &mut Rows,
    ) {
        let t = &self.transfer;
        let jump = if to == t.person.0 {
            format!("/member/transfers/{}", t.id)
        } else {
            format!("/console/cases/{}/{}", t.person, self.id)
        };
        let kind = if to == t.person.0 {
            "transfer"
        } else {
            "approval"
        };
        rows.add(
            Table::message,
            &[
                &to,
                &p.uuid(at),
                &kind,
                &words.0,
                &words.1,
                &jump,
                &t.id.0,
                &1_i32,
                &false,
                &at,
                &read.then_some(at),
            ],
        );
    }
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
        ("转接申请已提交", body),
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
            (&heading, body),
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
        ("组织关系转接已完成", words.clone()),
        ended,
        true,
        rows,
    );
    life(
        rows,
        p,
        ended,
        "transfer",
        words,
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
    case.tell(
        &p.random,
        p.id,
        ("转接被退回", words.into()),
        ended,
        false,
        rows,
    );
    Ok(())
}
