//! One person: head, age axis, timeline, data, what can be done (ROS-25, ROS-30, ROS-60, ROS-B8).

mod axis;
mod can;

use axis::{Axis, axis};
use can::{Can, abilities};

use super::{Chip, gaps, masked};
use crate::rules::{Membership, Person, Post, StudentMark, codes};
use crate::store;
use access::Permission;
use base::{Error, OrgId, PersonId, YearMonth, business_date, china_time};
use chrono::Datelike;
use uuid::Uuid;
use web::prelude::*;

/// A person as the console shows one, with the organisations the reader is measured by.
pub(crate) struct Seen {
    pub person: Person,
    pub memberships: Vec<Membership>,
    pub posts: Vec<Post>,
    /// The branch, if a membership is open.
    pub branch: Option<orgs::Org>,
    /// Organisations where a post is open.
    pub offices: Vec<orgs::Org>,
}

impl Seen {
    /// The organisation through which the reader may do this: the branch first, then any office.
    pub(crate) fn through(
        &self,
        actor: &access::Actor,
        permission: Permission,
    ) -> Option<&orgs::Org> {
        self.branch
            .iter()
            .chain(&self.offices)
            .find(|org| actor.may(permission, &org.to_ref()))
    }

    pub(crate) fn may(&self, actor: &access::Actor, permission: Permission) -> bool {
        self.through(actor, permission).is_some()
    }
}

/// The person, if the reader may look: through the branch or an office (SEC-12). Four statements.
pub(crate) async fn see(ctx: &Ctx, reader: &mut db::Reader, id: PersonId) -> Result<Seen> {
    let keys = reader.keys.clone();
    let person = store::find(reader, &keys, id)
        .await?
        .ok_or(Error::NotFound)?;
    let memberships = store::memberships(reader, id).await?;
    let posts = store::post_history(reader, id).await?;
    let home = memberships
        .iter()
        .find(|m| m.until.is_none())
        .map(|m| m.branch);
    let mut ids: Vec<OrgId> = posts
        .iter()
        .filter(|p| p.until.is_none())
        .map(|p| p.org)
        .chain(home)
        .collect();
    // Nobody's member and without office: the last branch, and who entered the person, still see it (ROS-88).
    if ids.is_empty() {
        ids.extend(memberships.first().map(|m| m.branch).or(person.entered_org));
    }
    ids.sort_unstable();
    ids.dedup();
    let all = orgs::find_many(reader, &ids).await?;
    if !all
        .iter()
        .any(|org| ctx.actor.may_look(Permission::ViewPeople, &org.to_ref()))
    {
        return Err(Error::NotFound.into());
    }
    let (branch, offices): (Vec<_>, Vec<_>) = all.into_iter().partition(|org| Some(org.id) == home);
    Ok(Seen {
        person,
        memberships,
        posts,
        branch: branch.into_iter().next(),
        offices,
    })
}

struct Line {
    title: String,
    detail: String,
    date: String,
    who: String,
}

struct Year {
    year: i32,
    lines: Vec<Line>,
}

struct Tab {
    label: &'static str,
    href: String,
    count: usize,
    current: bool,
}

struct Link {
    label: String,
    href: String,
}

#[derive(Template)]
#[template(path = "member.html")]
struct MemberPage {
    shell: Shell,
    id: PersonId,
    name: String,
    initial: String,
    chips: Vec<Chip>,
    branch: Option<Link>,
    facts: Vec<(&'static str, String)>,
    id_number: String,
    phone: String,
    may_unmask: bool,
    may_edit: bool,
    may_transfer: bool,
    may_file: bool,
    /// The branch may make its member a cadre (转为团干, ROS-45).
    may_appoint: bool,
    axis: Axis,
    tabs: Vec<Tab>,
    years: Vec<Year>,
    posts: Vec<(String, String, String, bool)>,
    can: Vec<Can>,
    missing: String,
    /// What to do about an identity that did not pass (ACC-60).
    identity_advice: &'static str,
    number_fault: String,
}

const TABS: [(&str, &str, &[&str]); 5] = [
    ("", "全部", &[]),
    ("relation", "组织关系", &["entry", "transfer"]),
    ("post", "任职", &["post"]),
    ("profile", "资料变更", &["profile", "number"]),
    ("account", "账号", &["account"]),
];

/// The page.
pub(crate) async fn show(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response> {
    let id = PersonId(id);
    let kind = query
        .into_iter()
        .find(|(name, _)| name == "kind")
        .map(|(_, value)| value)
        .unwrap_or_default();
    let mut reader = ctx.read().await?;
    let seen = see(&ctx, &mut reader, id).await?;
    let lines = store::history(&mut reader, id, None).await?;
    let today = business_date(ctx.now());
    let person = &seen.person;

    let current = TABS
        .iter()
        .find(|(code, _, _)| *code == kind)
        .unwrap_or(&TABS[0]);
    let fits = |kinds: &[&str], kind: &str| kinds.is_empty() || kinds.contains(&kind);
    let tabs = TABS
        .iter()
        .map(|(code, label, kinds)| Tab {
            label,
            href: if code.is_empty() {
                format!("/console/members/{id}")
            } else {
                format!("/console/members/{id}?kind={code}")
            },
            count: lines.iter().filter(|line| fits(kinds, &line.kind)).count(),
            current: *code == current.0,
        })
        .collect();
    let mut years: Vec<Year> = Vec::new();
    for line in lines.iter().filter(|line| fits(current.2, &line.kind)) {
        let at = china_time(line.at);
        if years.last().is_none_or(|y| y.year != at.year()) {
            years.push(Year {
                year: at.year(),
                lines: Vec::new(),
            });
        }
        if let Some(year) = years.last_mut() {
            year.lines.push(Line {
                title: line.title.clone(),
                detail: [line.org_name.clone(), line.detail.clone()]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join("，"),
                date: at.format("%m-%d").to_string(),
                who: line.actor_name.clone().unwrap_or_default(),
            });
        }
    }

    let political = person.political.as_deref().map_or_else(
        || "政治面貌未填写".to_owned(),
        |c| codes::name_of(codes::POLITICAL, c),
    );
    let mut chips = vec![
        Chip::new("tj-brand", political),
        Chip::identity(person.identity_state.code()),
        Chip::certification(&person.certification),
    ];
    match seen
        .memberships
        .iter()
        .find(|m| m.until.is_none())
        .or(seen.memberships.first())
    {
        Some(m) if m.state != crate::MembershipState::Normal => {
            chips.push(Chip::new("tj-warn", m.state.label()));
        }
        None => chips.push(Chip::new("tj-info", "无团籍")),
        Some(_) => {}
    }
    let mark = store::mark_of(&mut reader, id).await?;
    if let Some((kind, month)) = &mark {
        let label = StudentMark::from_code(kind).map_or("", StudentMark::label);
        let month = month.map_or_else(String::new, |m| format!("，预计{}毕业", m.chinese()));
        chips.push(Chip::new("tj-info", format!("{label}{month}")));
    } else if let Some(branch) = &seen.branch
        && branch.state == orgs::OrgState::Graduate
    {
        chips.push(Chip::new("tj-info", "毕业生"));
    }
    let named = |list, code: &Option<String>| {
        code.as_deref()
            .map_or_else(|| "未填写".to_owned(), |c| codes::name_of(list, c))
    };
    let month = |m: Option<YearMonth>| m.map_or_else(|| "未填写".to_owned(), YearMonth::chinese);
    let filled = |v: &Option<String>| v.clone().unwrap_or_else(|| "未填写".to_owned());
    let facts = vec![
        (
            "性别 / 民族",
            format!(
                "{} / {}",
                person.sex.label(),
                named(codes::ETHNIC, &person.ethnic)
            ),
        ),
        (
            "出生年月",
            format!(
                "{}（{} 岁）",
                YearMonth::of(person.born).chinese(),
                person.age(today)
            ),
        ),
        ("最高学历", named(codes::EDUCATION, &person.education)),
        ("入团年月", month(person.admitted_on)),
        ("发展团员编号", filled(&person.admission_number)),
        ("入党年月", month(person.party_on)),
        ("学校", filled(&person.school)),
        ("学号", filled(&person.student_no)),
        ("职业", filled(&person.occupation)),
        ("工作单位", filled(&person.employer)),
        ("居住地", filled(&person.residence)),
        ("电子邮箱", filled(&person.email)),
    ];
    let posts = seen
        .posts
        .iter()
        .map(|p| {
            let span = match p.until {
                Some(until) => format!("{} 至 {until}", p.since),
                None => format!("{} 起", p.since),
            };
            (
                p.title.clone(),
                p.org_name.clone(),
                format!("{}，{span}", p.nature.label()),
                p.until.is_none(),
            )
        })
        .collect();
    let may_edit = seen.may(&ctx.actor, Permission::EditPeople)
        || seen.may(&ctx.actor, Permission::EnterCadres);
    let view = MemberPage {
        shell: ctx
            .shell(&mut reader, &person.name, "/console/members")
            .await?,
        id,
        name: person.name.clone(),
        initial: person
            .name
            .chars()
            .next()
            .map(String::from)
            .unwrap_or_default(),
        chips,
        branch: seen.branch.as_ref().map(|org| Link {
            label: org.full_name.clone(),
            href: format!("/console/orgs/{}", org.id),
        }),
        facts,
        id_number: person.id_number.masked(),
        phone: masked(person.phone.as_ref()),
        may_unmask: seen.may(&ctx.actor, Permission::UnmaskPeople),
        may_edit,
        may_transfer: seen
            .branch
            .as_ref()
            .is_some_and(|org| ctx.actor.may(Permission::StartTransfers, &org.to_ref())),
        may_file: seen
            .branch
            .as_ref()
            .is_some_and(|org| ctx.actor.may(Permission::FileEndings, &org.to_ref())),
        may_appoint: seen
            .branch
            .as_ref()
            .is_some_and(|org| ctx.actor.may(Permission::EnterCadres, &org.to_ref())),
        axis: axis(&seen, today),
        tabs,
        years,
        posts,
        can: abilities(&seen, &ctx.actor, ctx.app.policy(), today),
        missing: if person.missing.is_empty() {
            String::new()
        } else {
            gaps(&person.missing)
        },
        identity_advice: match person.identity_state {
            crate::IdentityState::Mismatch
            | crate::IdentityState::Altered
            | crate::IdentityState::RegisterLag => person.identity_state.advice(),
            _ => "",
        },
        number_fault: person.number_fault.clone().unwrap_or_default(),
    };
    page(StatusCode::OK, &view)
}
