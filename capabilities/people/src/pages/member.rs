//! One person: head, age axis, timeline, data, what can be done (ROS-25, ROS-30, ROS-60, ROS-B8).

use super::{Chip, gaps, masked};
use crate::rules::{Membership, Person, Policy, Post, codes};
use crate::store;
use access::Permission;
use base::{Error, OrgId, PersonId, YearMonth, business_date, china_time};
use chrono::{Datelike, NaiveDate};
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

/// A coloured stretch of the axis.
struct Stretch {
    x: i64,
    text_x: i64,
    width: i64,
    label: String,
    class: &'static str,
}

struct Pin {
    x: i64,
    label: String,
    date: String,
    high: bool,
}

/// The axis from 14 to 28 (DESIGN.md): 1,060 units for 168 months.
struct Axis {
    stretches: Vec<Stretch>,
    pins: Vec<Pin>,
    from: YearMonth,
    to: YearMonth,
    now: Option<(i64, i64, bool)>,
    now_label: String,
    description: String,
}

const LEFT: i64 = 30;
const WIDTH: i64 = 1060;

fn axis(seen: &Seen, today: NaiveDate) -> Axis {
    let person = &seen.person;
    let from = YearMonth::of(person.turns(14));
    let to = YearMonth::of(person.turns(28));
    let at =
        |month: YearMonth| LEFT + i64::from(month.months_since(from)).clamp(0, 168) * WIDTH / 168;
    let day = |date: NaiveDate| at(YearMonth::of(date));
    let mut stretches = Vec::new();
    let count = seen.memberships.len();
    for (i, m) in seen.memberships.iter().rev().enumerate() {
        // The first membership begins with the admission where that is known.
        let start = if i == 0 {
            person
                .admitted_on
                .map_or(day(m.since), |month| at(month).min(day(m.since)))
        } else {
            day(m.since)
        };
        let end = m.until.map_or(day(today), day);
        if end > start {
            let room = (end - start) as usize / 13;
            let label: String = m.branch_name.chars().take(room).collect();
            let class = if i + 1 == count { "s1" } else { "s2" };
            stretches.push(Stretch {
                x: start,
                text_x: start + 12,
                width: end - start,
                label: if room < 4 { String::new() } else { label },
                class,
            });
        }
    }
    let mut marks: Vec<(i64, String, String)> = Vec::new();
    if let Some(month) = person.admitted_on {
        marks.push((at(month), "入团".into(), month.to_string()));
    }
    for m in seen.memberships.iter().rev().skip(1) {
        marks.push((
            day(m.since),
            m.how.label().to_owned(),
            YearMonth::of(m.since).to_string(),
        ));
    }
    for post in seen.posts.iter().rev() {
        marks.push((
            day(post.since),
            format!("任{}", post.title),
            YearMonth::of(post.since).to_string(),
        ));
    }
    marks.sort();
    let mut last = -200;
    let pins = marks
        .into_iter()
        .map(|(x, label, date)| {
            // Pins closer than their words keep the dot and drop the words.
            let high = x - last >= 86;
            if high {
                last = x;
            }
            Pin {
                x,
                label,
                date,
                high,
            }
        })
        .collect();
    let league = person
        .admitted_on
        .map(|month| YearMonth::of(today).months_since(month))
        .filter(|m| *m >= 0);
    let now_label = league.map_or_else(
        || "今天".to_owned(),
        |m| format!("今天，团龄 {} 年 {} 个月", m / 12, m % 12),
    );
    let within = today >= person.turns(14) && today <= person.turns(28);
    let x = day(today);
    let description = format!(
        "{}；今天 {} 岁；{}满 28 周岁。",
        person.admitted_on.map_or_else(
            || "没有入团年月".to_owned(),
            |m| format!("{}入团", m.chinese())
        ),
        person.age(today),
        to.chinese()
    );
    // Close to the right end the words stand left of the line.
    let late = x > LEFT + WIDTH - 200;
    Axis {
        stretches,
        pins,
        from,
        to,
        now: within.then_some((x, if late { x - 12 } else { x + 12 }, late)),
        now_label,
        description,
    }
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

struct Can {
    yes: bool,
    what: &'static str,
    why: String,
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
    axis: Axis,
    tabs: Vec<Tab>,
    years: Vec<Year>,
    posts: Vec<(String, String, String, bool)>,
    can: Vec<Can>,
    missing: String,
    number_fault: String,
}

const TABS: [(&str, &str, &[&str]); 5] = [
    ("", "全部", &[]),
    ("relation", "组织关系", &["entry", "transfer"]),
    ("post", "任职", &["post"]),
    ("profile", "资料变更", &["profile", "number"]),
    ("account", "账号", &["account"]),
];

fn abilities(seen: &Seen, actor: &access::Actor, policy: &Policy, today: NaiveDate) -> Vec<Can> {
    let person = &seen.person;
    let mut out = Vec::new();
    let transfer = match (&seen.branch, person.certification.as_str()) {
        (None, _) => Err("没有团籍，不能转接".to_owned()),
        (Some(_), "none" | "failed") => Err(format!(
            "{}及以后入团的须先完成团员身份认证（上传入团志愿书并经上级团委审批）",
            policy.certification_from.chinese()
        )),
        (Some(_), _) if !person.missing.is_empty() => {
            Err(format!("资料不完整，{}", gaps(&person.missing)))
        }
        (Some(org), _) if seen.may(actor, Permission::StartTransfers) => {
            Ok(format!("资料完整、身份无碍；由〔{}〕发起", org.short_name))
        }
        (Some(org), _) => Err(format!("由〔{}〕或其直接上级发起", org.short_name)),
    };
    let mut say = |what, result: Result<String, String>| match result {
        Ok(why) => out.push(Can {
            yes: true,
            what,
            why: format!("可以。{why}"),
        }),
        Err(why) => out.push(Can {
            yes: false,
            what,
            why,
        }),
    };
    say("关系转接", transfer);
    say(
        "修改资料",
        if seen.may(actor, Permission::EditPeople) || seen.may(actor, Permission::EnterCadres) {
            Ok("民族、政治面貌、学历、入团年月、编号、手机等，改动留痕".into())
        } else {
            // ROS-29.
            Err("请由所在组织或直接上级修改。".into())
        },
    );
    say(
        "改姓名、性别、身份证号",
        Err("本级不能直接改。姓名、性别、身份证号码有误请申请更正，由省级团委修改。".into()),
    );
    // ROS-60.
    say(
        "删除",
        Err(
            "支部成员不能自行删除。已不在本支部：请办理组织关系转接；录入错误：请申请删除。".into(),
        ),
    );
    let adult = person.turns(policy.admission_max_age as u32);
    let office = seen.posts.iter().any(|p| p.until.is_none());
    say(
        "离团",
        if adult > today {
            Err(format!(
                "未满 28 周岁。{}后未任团内职务即可办理",
                YearMonth::of(adult).chinese()
            ))
        } else if office {
            Err("已满 28 周岁，担任团内职务期间保留团籍；卸任后办理".into())
        } else {
            Ok("已满 28 周岁，未任团内职务".into())
        },
    );
    out
}

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
            chips.push(Chip::new("tj-warn", m.state.label()))
        }
        None => chips.push(Chip::new("tj-info", "无团籍")),
        Some(_) => {}
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
        number_fault: person.number_fault.clone().unwrap_or_default(),
    };
    page(StatusCode::OK, &view)
}
