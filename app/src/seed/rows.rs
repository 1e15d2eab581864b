//! The rows of an organisation and everybody in it.

use super::{
    business,
    copy::{Rows, Table},
    people::{Person, invent, title},
    plan::{Node, Plan},
};
use base::{OrgCategory, YearMonth, business_date};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use db::Keyring;
use uuid::Uuid;

/// What writing rows needs besides the plan.
pub(super) struct Kit {
    pub(super) plan: Plan,
    pub(super) keys: Keyring,
    /// Fresh for every seal, never from the plan: no nonce is used twice.
    pub(super) nonces: base::Random,
    pub(super) people: people::Policy,
    pub(super) transfers: transfers::Policy,
    pub(super) privacy: String,
    /// The hash of the one password all accounts have.
    pub(super) password: String,
}

/// A person ready to be written, with the sealed bytes the tables share.
pub(super) struct Ready {
    pub(super) person: Person,
    pub(super) pinyin: String,
    pub(super) initials: String,
    id_sealed: Vec<u8>,
    phone_sealed: Option<Vec<u8>>,
    /// When the present membership began.
    pub(super) since: NaiveDate,
    /// Where the person was entered.
    pub(super) entered_in: u32,
}

/// What an organisation's counter says.
#[derive(Default)]
struct Tally {
    members: i32,
    cadres: i32,
    persons: i32,
    incomplete: i32,
    gaps: i32,
    unverified: i32,
    faults: i32,
    uncertified: i32,
}

/// Writes the organisation with its people, posts, accounts and business.
pub(super) fn organisation(kit: &Kit, n: u32, rows: &mut Rows) -> anyhow::Result<()> {
    let (plan, node) = (&kit.plan, &kit.plan.nodes[n as usize]);
    let id = plan.org_id(n).0;
    org(kit, n, rows);
    let mut tally = Tally::default();
    let mut seats = 0;
    for i in 0..node.members + node.cadres {
        let ready = Ready::new(kit, n, invent(plan, n, i, &kit.people)?);
        let member = i < node.members;
        let post = holds(node, i).then(|| title(node.category, i));
        let ready = if member && post.is_none() {
            business::story(kit, n, ready, rows)?
        } else {
            if member {
                membership(kit, n, &ready, rows);
            }
            ready
        };
        let person = &ready.person;
        write_person(kit, &ready, rows);
        if member {
            roster(n, kit, &ready, post, rows);
            tally.member(person);
        }
        if let Some(post) = post {
            hold(kit, n, &ready, post, rows);
            tally.cadres += 1;
        }
        tally.persons += 1;
        tally.incomplete += i32::from(!person.new.missing.is_empty());
        // Two administrators of a committee, one of a branch; some have none yet.
        let admin = match node.category {
            OrgCategory::Branch => i == 0 && node.first % 25 != 24,
            _ => i < 2,
        };
        if admin {
            grant(kit, n, person, rows);
            seats += 1;
        }
        // One in twelve has signed in before; the fourth member of each branch always has (`accounts_of`).
        if admin || (member && i == 3) || person.random.below(12) == 0 {
            account(kit, person, rows);
        }
    }
    if seats > 0 {
        rows.add(Table::org_seat, &[&id, &seats]);
    }
    let path = node.path.as_str();
    let t = tally;
    rows.add(
        Table::branch_counter,
        &[
            &id,
            &path,
            &t.members,
            &t.cadres,
            &t.persons,
            &t.incomplete,
            &t.gaps,
            &t.unverified,
            &t.faults,
            &t.uncertified,
        ],
    );
    Ok(())
}

/// Whether the `i`th person holds a post in the organisation: every cadre; of a branch the secretary, and two more
/// where there are enough members.
pub(super) fn holds(node: &Node, i: u32) -> bool {
    i >= node.members || i == 0 || (i < 3 && node.members > 5)
}

impl Tally {
    fn member(&mut self, person: &Person) {
        self.members += 1;
        self.gaps += i32::from(!person.new.missing.is_empty());
        self.unverified += i32::from(person.identity != "passed");
        self.faults += i32::from(person.new.number_fault.is_some());
        self.uncertified += i32::from(matches!(person.certification, "none" | "failed"));
    }
}

impl Ready {
    fn new(kit: &Kit, n: u32, person: Person) -> Self {
        let (pinyin, initials) = people::spell(&person.new.name);
        let seal = |field, plain: &str| kit.keys.seal(&kit.nonces, field, person.id, plain);
        Self {
            id_sealed: seal(people::ID_FIELD, person.new.id_number.reveal()),
            phone_sealed: person
                .new
                .phone
                .as_ref()
                .map(|phone| seal(people::PHONE_FIELD, phone.reveal())),
            since: business_date(person.entered),
            entered_in: n,
            pinyin,
            initials,
            person,
        }
    }
}

fn org(kit: &Kit, n: u32, rows: &mut Rows) {
    let (plan, node) = (&kit.plan, &kit.plan.nodes[n as usize]);
    let number = Plan::org_no(n);
    let posts = matches!(
        node.category,
        OrgCategory::LeadingBody | OrgCategory::Committee | OrgCategory::WorkCommittee
    )
    .then_some(3_i32);
    let body = node.category == OrgCategory::LeadingBody;
    let founded = plan.founded(n);
    let graduation = node
        .graduate
        .then(|| YearMonth::new(node.entry + 4, 6).map_or(0, YearMonth::index));
    rows.add(
        Table::org,
        &[
            &plan.org_id(n).0,
            &number,
            &node.parent.map(|up| plan.org_id(up).0),
            &node.path.as_str(),
            &node.category.code(),
            &node.kind.code(),
            &node.short,
            &node.full,
            &node.sector,
            &node.region,
            &if node.graduate { "graduate" } else { "active" },
            &i32::try_from(node.path.last_number()).unwrap_or(1),
            &Some(format!("100-0000-{:04}", number % 10_000)),
            &body.then(|| format!("org{number}@haitang.example")),
            &posts,
            &posts,
            &posts,
            &posts,
            &graduation,
            &business_date(founded),
            &(node.category == OrgCategory::Branch),
            &founded,
            &founded,
            &1_i32,
        ],
    );
}

fn write_person(kit: &Kit, ready: &Ready, rows: &mut Rows) {
    let n = ready.entered_in;
    let (p, new) = (&ready.person, &ready.person.new);
    let org = kit.plan.org_id(n).0;
    let full = kit.plan.nodes[n as usize].full.as_str();
    let member = new.admitted_on.is_some();
    rows.add(
        Table::person,
        &[
            &p.id,
            &new.name,
            &ready.pinyin,
            &ready.initials,
            &new.sex.code(),
            &new.doc_type.code(),
            &ready.id_sealed,
            &new.born,
            &new.ethnic,
            &new.political,
            &new.education,
            &ready.phone_sealed,
            &(p.random.below(3) == 0 && new.phone.is_some()),
            &new.is_student,
            &new.school,
            &new.admitted_on.map(YearMonth::index),
            &new.party_on.map(YearMonth::index),
            &new.admission_number,
            &p.identity,
            &p.certification,
            &new.missing,
            &new.number_fault,
            &p.entered,
            &org,
            &1_i32,
        ],
    );
    let hash = kit.keys.blind(people::ID_FIELD, new.id_number.reveal());
    rows.add(Table::person_identity, &[&hash, &p.id]);
    if let Some(phone) = &new.phone {
        let hash = kit.keys.blind(people::PHONE_FIELD, phone.reveal());
        rows.add(Table::person_phone, &[&hash, &p.id]);
    }
    if let Some(number) = &new.admission_number {
        rows.add(Table::admission_number, &[number, &p.id]);
    }
    let words = if member {
        "录入团员信息"
    } else {
        "录入团干部信息"
    };
    life(rows, p, p.entered, "entry", words, (org, full));
    // Many have changed something about themselves since.
    if p.random.below(5) == 0 {
        let at = p.entered + (kit.plan.now - p.entered) / 2;
        life(rows, p, at, "profile", "修改本人资料", (org, full));
    }
}

/// A line of somebody's timeline.
pub(super) fn life(
    rows: &mut Rows,
    p: &Person,
    at: DateTime<Utc>,
    kind: &str,
    title: &str,
    org: (Uuid, &str),
) {
    let nothing: Option<String> = None;
    rows.add(
        Table::life_event,
        &[
            &p.id,
            &at,
            &p.random.uuid(at),
            &kind,
            &title,
            &nothing,
            &org.0,
            &org.1,
            &"团组织管理员",
        ],
    );
}

/// A membership that is open and was never elsewhere.
pub(super) fn membership(kit: &Kit, n: u32, ready: &Ready, rows: &mut Rows) {
    let p = &ready.person;
    let how = if kit.plan.nodes[n as usize].entry > 0 {
        "imported"
    } else {
        "entered"
    };
    let (none, never): (Option<Uuid>, Option<NaiveDate>) = (None, None);
    let reason: Option<String> = None;
    rows.add(
        Table::membership,
        &[
            &p.id,
            &p.random.uuid(p.entered),
            &kit.plan.org_id(n).0,
            &"normal",
            &ready.since,
            &never,
            &kit.plan.nodes[n as usize].full,
            &how,
            &reason,
            &none,
        ],
    );
}

fn roster(n: u32, kit: &Kit, ready: &Ready, post: Option<&str>, rows: &mut Rows) {
    let (p, new) = (&ready.person, &ready.person.new);
    rows.add(
        Table::roster,
        &[
            &kit.plan.org_id(n).0,
            &p.id,
            &kit.plan.nodes[n as usize].path.as_str(),
            &new.name,
            &ready.pinyin,
            &ready.initials,
            &new.sex.code(),
            &new.born,
            &new.ethnic,
            &new.political,
            &new.education,
            &new.admitted_on.map(YearMonth::index),
            &new.admission_number,
            &ready.id_sealed,
            &ready.phone_sealed,
            &p.identity,
            &p.certification,
            &new.missing,
            &new.number_fault,
            &"normal",
            &post,
            &ready.since,
        ],
    );
}

fn hold(kit: &Kit, n: u32, ready: &Ready, title: &str, rows: &mut Rows) {
    let (p, node) = (&ready.person, &kit.plan.nodes[n as usize]);
    let (org, secretary) = (kit.plan.org_id(n).0, title == "书记");
    let at = p.entered + TimeDelta::days(3);
    let (post, since) = (p.random.uuid(at), business_date(at));
    let nature = if node.category == OrgCategory::LeadingBody {
        "full_time"
    } else {
        "part_time"
    };
    rows.add(
        Table::org_post,
        &[
            &org,
            &post,
            &p.id,
            &node.path.as_str(),
            &p.new.name,
            &title,
            &nature,
            &secretary,
            &since,
            &"支部选举",
            &ready.phone_sealed,
            &p.identity,
            &p.new.missing,
        ],
    );
    rows.add(
        Table::person_post,
        &[
            &p.id, &post, &org, &node.full, &title, &nature, &secretary, &since,
        ],
    );
    let words = if nature == "full_time" {
        "专职"
    } else {
        "兼职"
    };
    life(
        rows,
        p,
        at,
        "post",
        &format!("任{title}（{words}）"),
        (org, &node.full),
    );
}

fn grant(kit: &Kit, n: u32, p: &Person, rows: &mut Rows) {
    let org = kit.plan.org_id(n).0;
    let at = p.entered + TimeDelta::days(4);
    let id = p.random.uuid(at);
    let (role, basis, by) = ("administrator", "seed", "演示数据");
    rows.add(
        Table::role_grant,
        &[&p.id, &id, &role, &org, &at, &basis, &by],
    );
    rows.add(
        Table::org_admin,
        &[&org, &id, &p.id, &p.new.name, &role, &at, &basis, &by],
    );
}

fn account(kit: &Kit, p: &Person, rows: &mut Rows) {
    let at = p.entered + TimeDelta::days(5);
    let last = kit.plan.now - TimeDelta::minutes(p.random.below(120 * 24 * 60) as i64);
    rows.add(
        Table::account,
        &[
            &p.id,
            &"personal",
            &"",
            &"active",
            &kit.password,
            &at,
            &false,
            &kit.privacy,
            &at,
            &last.max(at),
            &2_i32,
        ],
    );
    rows.add(Table::password_history, &[&p.id, &at, &kit.password]);
}
