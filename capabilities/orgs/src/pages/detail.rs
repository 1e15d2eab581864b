//! One organisation as the tree shows it: facts, numbers, what can be done.

use crate::rules::{Org, OrgInfo, OrgState, allowed_below, missing_information, needs_branches};
use crate::store::{self, Figures};
use crate::{Entrance, Policy};
use access::{Permission, Relation};
use base::{OrgCategory, Result};
use db::Reader;
use web::Ctx;

/// Something to do with the organisation, or why it cannot be done.
pub(super) struct Deed {
    pub(super) icon: &'static str,
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) label: &'static str,
    pub(super) href: String,
    /// Not now: the text says why.
    pub(super) blocked: bool,
}

/// A number with the list behind it.
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) number: i64,
    pub(super) href: String,
}

/// A line of the facts.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) href: String,
}

/// Why a superior may correct names for the time being.
#[derive(Clone, Copy)]
struct Open {
    /// The building phase is on (ORG-07).
    building: bool,
    /// The branch registered itself lately (ORG-27).
    fresh: bool,
}

/// Everything on the right side of the tree.
pub(super) struct Detail {
    pub(super) org: Org,
    pub(super) line: Vec<Org>,
    pub(super) school: bool,
    pub(super) missing: Vec<&'static str>,
    pub(super) unfinished: bool,
    pub(super) own: bool,
    pub(super) codes: bool,
    pub(super) grants: bool,
    pub(super) figures: Vec<Figure>,
    pub(super) tallies: Figures,
    pub(super) facts: Vec<Fact>,
    pub(super) deeds: Vec<Deed>,
    pub(super) progress_note: String,
    /// What its superior passes on to it.
    pub(super) passes_on: &'static str,
}

impl Detail {
    /// Reads it; the caller has made sure that the reader may look.
    pub(super) async fn read(reader: &mut Reader, ctx: &Ctx, info: OrgInfo) -> Result<Self> {
        let policy = ctx.app.policy::<Policy>();
        let org = info.org.clone();
        // Only superiors the reader may see stand in the line.
        let line: Vec<Org> = store::ancestors(reader, &org.path)
            .await?
            .into_iter()
            .filter(|a| ctx.actor.may_look(Permission::ViewOrg, &a.to_ref()))
            .collect();
        let tallies = store::figures(reader, &org.path, None).await?;
        let admins = store::administrators(reader, &[org.id])
            .await?
            .remove(&org.id)
            .unwrap_or_default()
            .join("、");
        let own = ctx.actor.relation(&org.to_ref()) == Relation::Own;
        let now = reader.now();
        let open = Open {
            building: store::building_phase(reader, policy, now).await?,
            fresh: crate::is_fresh(reader, &org, policy, now).await?,
        };
        let figures = numbers(reader, &org, &tallies).await?;
        Ok(Self {
            school: info.in_school_sector(policy),
            missing: missing_information(&info, policy),
            unfinished: needs_branches(org.category) && tallies.branches == 0,
            codes: ctx.actor.may(Permission::ManageCodes, &org.to_ref()),
            grants: own && ctx.actor.may_look(Permission::ViewGrants, &org.to_ref()),
            facts: facts(&info, line.last(), admins),
            deeds: deeds(ctx, &info, line.last(), policy, open),
            progress_note: policy.progress_note.clone(),
            passes_on: policy.entrance.of_one(),
            own,
            figures,
            tallies,
            line,
            org,
        })
    }
}

/// The node's numbers, each with its list already narrowed to it (FLD-09): its own, then those of everything below.
async fn numbers(reader: &mut Reader, org: &Org, tallies: &Figures) -> Result<Vec<Figure>> {
    let number = org.number;
    let (members, cadres) = (
        format!("/console/members?org={number}"),
        format!("/console/cadres?org={number}"),
    );
    let own = store::own_people(reader, org.id).await?;
    let figure = |label, number, href: &str| Figure {
        label,
        number,
        href: href.to_owned(),
    };
    let own_members = if org.is_branch() {
        members.as_str()
    } else {
        ""
    };
    let mut figures = vec![
        figure("本级团干", own.cadres, &cadres),
        figure("本级团员", own.members, own_members),
        figure("本级入驻团干", own.joined, &cadres),
    ];
    if !org.is_branch() {
        let list = format!("/console/orgs?within={number}&list=1");
        let branches = format!("/console/orgs?within={number}&category=branch");
        figures.push(figure("下级组织", tallies.orgs - 1, &list));
        figures.push(figure("团支部", tallies.branches, &branches));
        let below = format!("/console/statistics?org={number}");
        figures.push(figure("团干部", tallies.cadres, &below));
        figures.push(figure("团员", tallies.members, &members));
    }
    // As the statistics counted them last; before the first count there are none.
    if let Some(n) = store::counted_transfers(reader, org.id).await? {
        let list = |more: &str| format!("/console/transfers?org={number}&{more}");
        figures.push(figure("转出中", n[0], &list("side=out")));
        let done = "tab=done&state=completed";
        figures.push(figure("已转出", n[1], &list(&format!("side=out&{done}"))));
        figures.push(figure("待确认接收", n[2], &list("side=in")));
        figures.push(figure("已接收", n[3], &list(&format!("side=in&{done}"))));
    }
    Ok(figures)
}

fn facts(info: &OrgInfo, superior: Option<&Org>, admins: String) -> Vec<Fact> {
    let plain = |label, value: Option<String>| Fact {
        label,
        value: value.unwrap_or_else(|| "未填写".into()),
        href: String::new(),
    };
    let mut facts = vec![plain("组织全称", Some(info.org.full_name.clone()))];
    if let Some(superior) = superior {
        facts.push(Fact {
            label: "上级组织",
            value: superior.short_name.clone(),
            href: format!("/console/orgs/{}", superior.id),
        });
    }
    if info.org.category != OrgCategory::LeadingBody {
        facts.push(plain("行业类别", info.org.sector.clone()));
    }
    facts.push(plain(
        "成立日期",
        Some(info.founded_on.format("%Y-%m-%d").to_string()),
    ));
    facts.push(match &info.secretary {
        Some(secretary) => Fact {
            label: "书记",
            value: secretary.name.clone(),
            href: format!("/console/cadres?org={}", info.org.number),
        },
        None => plain("书记", Some("未录入".into())),
    });
    let admins = Some(admins).filter(|names| !names.is_empty());
    facts.push(plain("管理员", admins.or_else(|| Some("无".into()))));
    facts.push(plain("联系电话", info.org.phone.clone()));
    facts.push(plain("电子邮箱", info.email.clone()));
    if info.org.is_branch() {
        facts.push(plain(
            "毕业时间",
            Some(graduation(&info.org, info.graduation_reason.as_deref())),
        ));
    }
    let number = |n: Option<i32>| n.map(|n| n.to_string());
    if let (Some(posts), Some(actual)) = (info.admin_posts, info.admin_actual) {
        facts.push(plain(
            "行政编制",
            Some(format!("{posts}，实际配备{actual}")),
        ));
    }
    if let (Some(posts), Some(actual)) = (info.inst_posts, info.inst_actual) {
        facts.push(plain(
            "事业编制",
            Some(format!("{posts}，实际配备{actual}")),
        ));
    }
    facts.push(plain("14-28周岁青年", number(info.youth_14_28)));
    facts.push(plain("年度推优入党", number(info.recommended_to_party)));
    if let Some(code) = &info.school_code {
        facts.push(plain("学校编号", Some(code.clone())));
    }
    facts
}

/// What lists say of a branch's graduation (ORG-55).
pub(super) fn graduation(org: &Org, reason: Option<&str>) -> String {
    match (org.graduation, reason) {
        (Some(month), _) => format!("已标记 {month}"),
        (None, Some(reason)) => format!("已标记（无法确定：{reason}）"),
        (None, None) => "未标记".into(),
    }
}

fn deeds(
    ctx: &Ctx,
    info: &OrgInfo,
    superior: Option<&Org>,
    policy: &Policy,
    open: Open,
) -> Vec<Deed> {
    let org = &info.org;
    let target = org.to_ref();
    let may = |permission| ctx.actor.may(permission, &target);
    let own = ctx.actor.relation(&target) == Relation::Own;
    let mut deeds = Vec::new();
    deeds.push(Deed {
        icon: "edit",
        title: "编辑组织信息",
        text: if may(Permission::EditOrg) {
            "联系电话、编制数、青年数等随时可改；名称、类别、行业类别首次提交后不能自行修改。"
                .into()
        } else {
            format!("由〔{}〕自己的管理员填写，上级不能代填。", org.short_name)
        },
        label: "编辑",
        href: "/console/info?edit=1".into(),
        blocked: !may(Permission::EditOrg),
    });
    if !allowed_below(org.category, policy).is_empty() {
        let deep = org.path.depth() >= policy.depth;
        let create = may(Permission::CreateSubordinates);
        deeds.push(Deed {
            icon: "plus",
            title: "创建下级组织",
            text: if !create {
                format!("由〔{}〕自己的管理员创建。", org.short_name)
            } else if deep {
                format!("组织树最多{}级，此处不能再往下创建。", policy.depth)
            } else {
                "用模板批量导入，或单个创建；创建后在这里排序。".into()
            },
            label: "创建",
            href: "/console/import/orgs".into(),
            blocked: !create || deep,
        });
    }
    if !own {
        deeds.extend(superiors_deeds(ctx, org, superior, policy, open));
    }
    if org.is_branch() {
        let enter = may(Permission::EnterMembers);
        deeds.push(Deed {
            icon: "table-import",
            title: "导入团员",
            text: match (enter, superior) {
                (true, _) => "下载模板，填好后上传；先检查、后入册。".into(),
                (false, Some(s)) => format!("由本支部或直接上级〔{}〕的管理员办理。", s.short_name),
                (false, None) => "由本支部或直接上级的管理员办理。".into(),
            },
            label: "导入",
            href: format!("/console/import/members?org={}", org.id),
            blocked: !enter,
        });
    }
    deeds
}

/// What the direct superior does, told to higher ones with the name of who does it.
fn superiors_deeds(
    ctx: &Ctx,
    org: &Org,
    superior: Option<&Org>,
    policy: &Policy,
    open: Open,
) -> Vec<Deed> {
    let direct = ctx.actor.relation(&org.to_ref()) == Relation::DirectSuperior
        && ctx.actor.may(Permission::ManageCodes, &org.to_ref());
    let whose = superior.map_or("直接上级", |s| s.short_name.as_str());
    let (title, text, label) = match policy.entrance {
        Entrance::AdminCode => (
            "管理员注册码",
            "生成后交给该组织的管理员，本人凭码开通。",
            "注册码",
        ),
        Entrance::Account => (
            "登录资料",
            "生成登录账号和初始密码，或重置密码。",
            "登录资料",
        ),
        Entrance::OrgCode => (
            "注册码",
            "团支部凭组织注册码自行注册；其他组织用登录资料登录。",
            "注册码",
        ),
    };
    let codes = Deed {
        icon: "key",
        title,
        text: if direct {
            text.into()
        } else {
            format!("由〔{whose}〕的管理员办理。")
        },
        label,
        href: "/console/codes".into(),
        blocked: !direct,
    };
    let Open { building, fresh } = open;
    let open = org.state == OrgState::Created
        || fresh
        || (building && org.category == OrgCategory::LeadingBody);
    let rename = Deed {
        icon: "id",
        title: "更正名称",
        text: if !direct {
            format!("由〔{whose}〕的管理员办理。")
        } else if fresh {
            "该支部用组织注册码自行注册不满7天，可以更正简称、全称和行业类别。".into()
        } else if org.state == OrgState::Created {
            "该组织还没有人登录，可以直接更正简称和全称。".into()
        } else if open {
            "建设期内，团的领导机关的简称和全称可以直接更正。".into()
        } else {
            "该组织已有管理员登录，名称已锁定。请由该组织书面说明理由，逐级报省级团委核实更正。"
                .into()
        },
        label: "更正",
        href: format!("/console/orgs/{}/rename", org.id),
        blocked: !(direct && open),
    };
    let superior_does = |icon, title, text: &str, label, href, able: bool| Deed {
        icon,
        title,
        text: if direct {
            text.into()
        } else {
            format!("由〔{whose}〕的管理员办理。")
        },
        label,
        href,
        blocked: !(direct && able),
    };
    let leading = org.category == OrgCategory::LeadingBody;
    let administrators = superior_does(
        "user-check",
        "管理员变更",
        "任命、变更、撤销该组织的管理员，立即生效。",
        "变更",
        format!("/console/administrators?org={}", org.id),
        true,
    );
    let correct = superior_does(
        "file-search",
        "信息更正",
        "锁定的简称、全称、类别、行业、毕业时间有误时申请，逐级报省级团委核实。",
        "申请",
        format!("/console/changes/new?org={}", org.id),
        true,
    );
    let moving = superior_does(
        "git-merge",
        "组织迁移",
        "连同全部下级和团员迁到另一个上级之下，双方同意后进行。",
        "迁移",
        format!("/console/moves/new?org={}", org.number),
        !leading,
    );
    let remove = superior_does(
        "trash",
        if org.is_branch() {
            "合并、删除"
        } else {
            "删除"
        },
        if leading {
            "团的领导机关不能删除。"
        } else {
            "撤销管理员、清空成员后删除；30天内可以恢复。"
        },
        "办理",
        format!("/console/orgs/{}/remove", org.id),
        !leading,
    );
    vec![codes, rename, administrators, correct, moving, remove]
}
