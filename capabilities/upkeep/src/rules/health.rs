//! What is looked for in the tree (数据体检) and what mends it.

use crate::Policy;
use base::{OrgCategory, business_date};
use chrono::{DateTime, Days, NaiveDate, Utc};
use orgs::Org;

/// Subtrees of so many organisations are looked through on the spot; larger ones are shown as of the last snapshot, because
/// no page reads a province (OPS-52).
pub(crate) const LIVE: i64 = 2_000;

/// Limits the lists depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Members a branch has at least.
    pub(crate) members: i32,
    /// Branches founded after this day are not listed yet.
    pub(crate) founded: NaiveDate,
    /// Branches a general branch has at least.
    pub(crate) branches: i64,
    /// Counties' floating branches founded until this day should be empty.
    pub(crate) floating: NaiveDate,
}

/// The limits of a day.
pub(crate) fn limits(policy: &Policy, now: DateTime<Utc>) -> Limits {
    let today = business_date(now);
    let before = |days: i64| today - Days::new(u64::try_from(days).unwrap_or(0));
    Limits {
        members: policy.min_members,
        founded: before(policy.new_branch_days),
        branches: policy.min_branches,
        floating: before(policy.floating_empty_days),
    }
}

/// One of the lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) mend: &'static str,
    /// Counted at the last snapshot, not now.
    pub(crate) snapshot: bool,
}

/// All lists, in the order they are shown.
pub(crate) const KINDS: [Kind; 9] = [
    Kind {
        code: "hollow",
        title: "未到支部的组织",
        rule: "组织树最末端须为团支部；没有团支部的团委、团工委、团总支按未完成计。",
        mend: "在其下创建团支部；本来就是支部的，申请更正类别；不再需要的，删除。",
        snapshot: true,
    },
    Kind {
        code: "small",
        title: "不足3人的团支部",
        rule: "团支部至少3名团员；新建满90天后列出。",
        mend: "补录团员，或与其他支部合并、撤销。",
        snapshot: false,
    },
    Kind {
        code: "headless",
        title: "没有团干部的组织",
        rule: "每个组织都要有在任的团干部。",
        mend: "由该组织录入团干部；团支部书记由直接上级任命。",
        snapshot: false,
    },
    Kind {
        code: "secretary",
        title: "没有书记的组织",
        rule: "组织信息完整要求书记已录入。",
        mend: "录入或任命书记。",
        snapshot: true,
    },
    Kind {
        code: "phone",
        title: "书记没有手机号码的组织",
        rule: "以书记个人资料中本人确认的手机号码为准，组织联系电话不算。",
        mend: "请书记本人登录后填写手机号码。",
        snapshot: true,
    },
    Kind {
        code: "name",
        title: "名称不规范的组织",
        rule: "简称须以类别规定的字样结尾，且是团的组织。",
        mend: "还没有人登录的由直接上级更正；其余申请更正。",
        snapshot: true,
    },
    Kind {
        code: "few",
        title: "团支部不足2个的团总支",
        rule: "团总支下应有两个以上团支部。",
        mend: "补建团支部，或改建、合并。",
        snapshot: false,
    },
    Kind {
        code: "emptied",
        title: "团员已全部转出的毕业生团组织",
        rule: "毕业生团组织的团员全部转出后，由直接上级及时删除。",
        mend: "直接上级一步删除，30天内可以恢复。",
        snapshot: false,
    },
    Kind {
        code: "floating",
        title: "满一年仍有团员的县级流动团支部",
        rule: "县级流动团员团支部应在一年内把团员转到乡镇、街道等团支部；满270、330、365天提醒。",
        mend: "由该支部为团员办理转出，转完后由直接上级删除。",
        snapshot: false,
    },
];

/// The list of this code; the first without one.
pub(crate) fn kind(code: &str) -> &'static Kind {
    KINDS
        .iter()
        .find(|kind| kind.code == code)
        .unwrap_or(&KINDS[0])
}

/// Whole days a branch has stood.
pub(crate) fn days_since(founded: NaiveDate, today: NaiveDate) -> i64 {
    (today - founded).num_days().max(0)
}

/// A proper short name for one that departs from the rules: its own words with the ending of its category.
pub(crate) fn proposed_name(org: &Org) -> Option<String> {
    let ending = match org.category {
        OrgCategory::Committee => "团委",
        OrgCategory::WorkCommittee => "团工委",
        OrgCategory::GeneralBranch => "团总支",
        OrgCategory::Branch => "团支部",
        OrgCategory::LeadingBody => return None,
    };
    let stem = ["团支部", "团总支", "团工委", "团委", "支部", "总支"]
        .iter()
        .find_map(|end| org.short_name.strip_suffix(end))
        .unwrap_or(&org.short_name);
    let name = format!("{stem}{ending}");
    (name != org.short_name && orgs::check_short_name(org.category, &name).is_ok()).then_some(name)
}
