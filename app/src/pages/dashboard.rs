//! The console's home: what waits, what is wrong with the data, how the subordinates stand (console-dashboard).

use crate::figures;
use access::Permission;
use base::china_time;
use chrono::{Datelike, Timelike, Weekday};
use web::prelude::*;

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    shell: Shell,
    greeting: &'static str,
    day: String,
    /// When the figures were counted; now, where they are exact.
    counted: String,
    waiting: i64,
    today: i64,
    may_import: bool,
    missing: String,
    groups: Vec<Group>,
    steps: Vec<Step>,
    health: Vec<Health>,
    strip: Vec<Figure>,
    progress: Vec<Progress>,
    progress_more: bool,
    /// While the tree is being built, once a day (ORG-41).
    popup: Option<upkeep::Popup>,
}

struct Group {
    title: &'static str,
    chip: &'static str,
    late: bool,
    items: Vec<Work>,
}

struct Work {
    n: i64,
    label: String,
    hint: String,
    chip: String,
    href: String,
}

/// One of the four steps of building the tree (ORG-01), shown until the subtree is built.
struct Step {
    title: &'static str,
    hint: String,
    href: &'static str,
    done: bool,
}

struct Health {
    title: &'static str,
    hint: &'static str,
    n: i64,
    href: String,
}

struct Figure {
    label: &'static str,
    n: i64,
    hint: String,
    href: String,
}

struct Progress {
    id: String,
    number: i64,
    name: String,
    branches: i64,
    members: i64,
    percent: i64,
    kind: &'static str,
    number_faults: i64,
    waiting: i64,
}

const SHOWN: i64 = 20;

/// The console's home page.
pub(super) async fn show(ctx: Ctx, headers: axum::http::HeaderMap) -> Result<Response> {
    let own = ctx.org()?.clone();
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let moment = figures::moment(ctx.app.policy(), now);
    let f = orgs::figures(&mut reader, &own.path, Some(moment)).await?;
    let mut below = figures::below(&mut reader, own.id, SHOWN + 1).await?;
    let progress_more = below.len() as i64 > SHOWN;
    below.truncate(SHOWN as usize);

    let may_remove = ctx.actor.may(Permission::RemoveSubordinates, &own);
    let counts = approvals::counts(&mut reader, own.id, now).await?;
    let waiting = counts.iter().map(|c| c.all).sum();
    let mut groups = groups(&counts);
    if may_remove {
        groups.extend(emptied(upkeep::emptied(&mut reader, own.id).await?));
    }
    if own.category == base::OrgCategory::Branch {
        let short = upkeep::shortage(&mut reader, &own.path, ctx.app.policy()).await?;
        groups.extend(short.map(shortage));
    }
    let info = orgs::information(&mut reader, own.id).await?;
    let missing = info
        .map(|info| orgs::missing_information(&info, ctx.app.policy()).join("、"))
        .unwrap_or_default();
    let may = |permission| ctx.actor.may(permission, &own);
    let steps = if may(Permission::CreateSubordinates) {
        let built = missing.is_empty() && upkeep::is_built(&mut reader, own.id).await?;
        let done = Built {
            informed: missing.is_empty(),
            created: !below.is_empty(),
            served: !below.is_empty() && accounts::all_served(&mut reader, own.id, now).await?,
        };
        if built {
            Vec::new()
        } else {
            steps(done, ctx.app.policy())
        }
    } else {
        Vec::new()
    };
    let members = |view: &str| format!("/console/members?view={view}");
    let health = vec![
        Health {
            title: "发展团员编号不规范",
            hint: "改正后身份核对才能通过",
            n: f.number_faults,
            href: members("fault"),
        },
        Health {
            title: "团员资料不完整",
            hint: "支部会被计为未完成录入",
            n: f.gaps,
            href: members("gaps"),
        },
        Health {
            title: "团员身份尚未认证",
            hint: "2020 年 1 月及以后入团的，认证后才能转接",
            n: f.uncertified,
            href: members("uncertified"),
        },
        Health {
            title: "30 天内满 28 周岁",
            hint: "未任团内职务的将离团，请先核对任职",
            n: f.soon_28,
            href: members("soon28"),
        },
    ];
    let strip = vec![
        Figure {
            label: "团员",
            n: f.members,
            hint: "在册".into(),
            href: "/console/members".into(),
        },
        Figure {
            label: "团支部",
            n: f.branches,
            hint: format!("毕业生支部 {}", f.graduates),
            href: "/console/orgs?category=branch".into(),
        },
        Figure {
            label: "团干部",
            n: f.cadres,
            hint: "在任".into(),
            href: "/console/cadres".into(),
        },
        Figure {
            label: "资料不完整",
            n: f.gaps,
            hint: "逐人可补".into(),
            href: members("gaps"),
        },
        Figure {
            label: "等待审核",
            n: waiting,
            hint: "本组织".into(),
            href: "/console/inbox".into(),
        },
    ];
    let progress = below
        .into_iter()
        .map(|b| {
            let percent = if b.members > 0 {
                (b.members - b.gaps).max(0) * 100 / b.members
            } else {
                0
            };
            let kind = if percent < 60 {
                "tj-bad"
            } else if percent < 85 {
                "tj-warn"
            } else {
                "tj-ok"
            };
            Progress {
                id: b.id.to_string(),
                number: b.number,
                name: b.name,
                branches: b.branches,
                members: b.members,
                percent,
                kind,
                number_faults: b.number_faults,
                waiting: b.waiting,
            }
        })
        .collect();
    let china = china_time(now);
    let view = Dashboard {
        greeting: match china.hour() {
            5..=11 => "上午好",
            12..=17 => "下午好",
            _ => "晚上好",
        },
        day: format!(
            "{}年{}月{}日 {}",
            china.year(),
            china.month(),
            china.day(),
            weekday(china.weekday())
        ),
        counted: china_time(f.counted_at.unwrap_or(now))
            .format("%H:%M:%S")
            .to_string(),
        today: counts.iter().map(|c| c.today).sum(),
        may_import: may(Permission::EnterMembers),
        shell: ctx.shell(&mut reader, "工作台", "/console").await?,
        waiting,
        missing,
        groups,
        steps,
        health,
        strip,
        progress,
        progress_more,
        popup: upkeep::popup(&mut reader, &ctx, &headers).await?,
    };
    page(StatusCode::OK, &view)
}

/// Today, this week, later; each type of to-do where its most urgent case stands.
fn groups(counts: &[approvals::Waiting]) -> Vec<Group> {
    let item = |n: i64, c: &approvals::Waiting, chip: &str| Work {
        n,
        label: c.todo.clone(),
        hint: if n < c.all {
            format!("同类共 {} 件", c.all)
        } else {
            "按时限从急到缓排列".into()
        },
        chip: chip.into(),
        href: format!("/console/inbox?kind={}", web::list::encode(&c.todo)),
    };
    let pick = |n: fn(&approvals::Waiting) -> i64, chip: &str| -> Vec<Work> {
        counts
            .iter()
            .filter(|c| n(c) > 0)
            .map(|c| item(n(c), c, chip))
            .collect()
    };
    [
        Group {
            title: "今天到期",
            chip: "tj-bad",
            late: true,
            items: pick(|c| c.today, "今天"),
        },
        Group {
            title: "本周内",
            chip: "tj-warn",
            late: false,
            items: pick(|c| c.week, "7 天内"),
        },
        Group {
            title: "不着急",
            chip: "",
            late: false,
            items: pick(|c| c.later, ""),
        },
    ]
    .into_iter()
    .filter(|group| !group.items.is_empty())
    .collect()
}

/// ORG-59: 毕业生团组织 nobody is left in wait for their deletion.
fn emptied(n: i64) -> Option<Group> {
    (n > 0).then(|| Group {
        title: "待清理",
        chip: "",
        late: false,
        items: vec![Work {
            n,
            label: "毕业生团组织团员已全部转出".into(),
            hint: "请及时删除该组织".into(),
            chip: String::new(),
            href: "/console/health?kind=emptied".into(),
        }],
    })
}

/// ORG-70: the branch itself reads that it has too few members.
fn shortage(short: upkeep::Shortage) -> Group {
    Group {
        title: "支部规模",
        chip: "",
        late: false,
        items: vec![Work {
            n: short.members,
            label: format!("本支部团员不足{}名", short.least),
            hint: format!("已持续{}天，请补录团员，或与上级商量合并、撤销", short.days),
            chip: String::new(),
            href: "/console/members".into(),
        }],
    }
}

/// Which of the steps of building the tree are done.
#[derive(Clone, Copy)]
struct Built {
    informed: bool,
    created: bool,
    served: bool,
}

/// ORG-01: what the superior gave, the own information, the direct subordinates, what they are given. The page shows them
/// until the subtree is built.
fn steps(done: Built, policy: &accounts::Policy) -> Vec<Step> {
    use accounts::Organisations::{AdminCode, OrgAccount, OrgCode};
    let (got, give, hint) = match policy.organisations {
        AdminCode => (
            "用上级发放的管理员注册码登录",
            "生成并发放管理员注册码",
            format!(
                "每个下级最多{}位管理员，注册码 {} 天有效",
                policy.max_administrators, policy.code.admin_days
            ),
        ),
        OrgAccount => (
            "用上级发放的登录资料登录",
            "生成并转交登录资料",
            "账号和初始密码只给出一次，首次登录须修改密码".to_owned(),
        ),
        OrgCode => (
            "用上级发放的登录资料登录",
            "发放组织注册码和登录资料",
            format!(
                "团支部凭组织注册码自行注册，{} 天有效；其他下级用登录资料",
                policy.code.org_days
            ),
        ),
    };
    vec![
        Step {
            title: got,
            hint: "您已登录".to_owned(),
            href: "/console",
            done: true,
        },
        Step {
            title: "完善本组织信息",
            hint: "填齐必填项，核对简称、全称、类别".to_owned(),
            href: "/console/info",
            done: done.informed,
        },
        Step {
            title: "创建全部直接下级",
            hint: "批量导入或单个创建；树的最末端须为团支部".to_owned(),
            href: "/console/import/orgs",
            done: done.created,
        },
        Step {
            title: give,
            hint,
            href: "/console/codes",
            done: done.served,
        },
    ]
}

fn weekday(day: Weekday) -> &'static str {
    [
        "星期一",
        "星期二",
        "星期三",
        "星期四",
        "星期五",
        "星期六",
        "星期日",
    ][day.num_days_from_monday() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_59_emptied_graduate_branches_wait_on_the_home_page() {
        assert!(emptied(0).is_none());
        let group = emptied(2).unwrap();
        assert_eq!(group.items[0].n, 2);
        assert_eq!(group.items[0].href, "/console/health?kind=emptied");
    }
}
