//! The rows of one transfer and its approval: what the engine would have written on the way there.

use crate::seed::{
    copy::{Rows, Table},
    rows::{Kit, Ready},
};
use approvals::{AtDeadline, Seat, Superior};
use base::{CaseId, OrgId, PersonId, TransferId, business_date};
use chrono::{DateTime, Days, TimeZone, Utc};
use serde_json::json;
use transfers::{Kind, Parties, Reason, Starter, State, Transfer};
use uuid::Uuid;

/// Who decides a step, and who may as well.
pub(super) struct Seats {
    pub(super) own: Option<u32>,
    pub(super) above: Option<u32>,
}

/// A transfer with its approval.
pub(super) struct Case {
    pub(super) transfer: Transfer,
    pub(super) id: Uuid,
    pub(super) steps: Vec<approvals::Step>,
    pub(super) seats: Vec<Seats>,
    pub(super) parties: Parties,
    pub(super) out: u32,
    pub(super) to: u32,
}

/// The transfer of `ready` as it began.
pub(super) fn begin(kit: &Kit, ready: &Ready, out: u32, to: u32, started: DateTime<Utc>) -> Case {
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
            let person = crate::seed::people::invent(&kit.plan, org, 0, &kit.people)?;
            Ok((Some(person.id), person.new.name))
        }
        None => Ok((None, String::new())),
    }
}

impl Case {
    pub(super) fn name(&self, kit: &Kit, org: Option<u32>) -> String {
        org.map_or_else(String::new, |n| kit.plan.nodes[n as usize].short.clone())
    }

    /// A step that was decided: its line of history and the rows of those who could decide.
    pub(super) fn decided(
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
    pub(super) fn desk(
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

    pub(super) fn summary(&self) -> String {
        format!("{} → {}", self.transfer.out_name, self.transfer.in_name)
    }

    /// Both sides watch it; the case itself, the transfer and its lines in both lists.
    pub(super) fn write(
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
    pub(super) fn tell(
        &self,
        p: &base::Random,
        to: Uuid,
        words: (&str, &str),
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
