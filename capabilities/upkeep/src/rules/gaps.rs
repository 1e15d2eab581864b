//! Why an organisation's entry is not complete (ORG-B6): each missing item with who can fill it and where.

use base::OrgCategory;
use orgs::{OrgInfo, OrgState};

/// Who can fill an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filler {
    /// The organisation's own administrators.
    Own,
    /// Its secretary, in the personal profile.
    Secretary,
    /// The direct superior.
    Superior,
}

/// One missing item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) item: &'static str,
    pub(crate) by: Filler,
    pub(crate) how: &'static str,
    /// Where who fills it does so.
    pub(crate) place: String,
    /// Counts for 组织信息完整 (ORG-45), not for the rest of the entry.
    pub(crate) information: bool,
    /// What the item says beyond its name: how many are lacking.
    pub(crate) more: String,
}

impl Gap {
    /// The item with what it says beyond its name.
    pub(crate) fn said(&self) -> String {
        match self.more.is_empty() {
            true => self.item.to_owned(),
            false => format!("{}：{}", self.item, self.more),
        }
    }
}

/// What is known beside the information.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Has live subordinates.
    pub(crate) subs: bool,
    /// A live branch stands somewhere below.
    pub(crate) branches: bool,
    /// What the entry of its people lacks, in words; nothing if it is complete (ORG-47, ROS-74).
    pub(crate) people: String,
    /// Somebody administers it.
    pub(crate) administered: bool,
}

/// Nobody administers it: reminders sent to it are read by nobody.
pub(crate) const NOBODY: &str = "还没有管理员";

/// Its people are not entered completely.
pub(crate) const PEOPLE: &str = "团员、团干部没有录全";

/// Everything that is missing, what comes first first.
pub(crate) fn gaps(info: &OrgInfo, standing: Standing, policy: &orgs::Policy) -> Vec<Gap> {
    let org = &info.org;
    let mut gaps = Vec::new();
    let beside = |item, by, how, place| Gap {
        item,
        by,
        how,
        place,
        information: false,
        more: String::new(),
    };
    if org.state == OrgState::Created {
        gaps.push(beside(
            "还没有人登录",
            Filler::Superior,
            "发放管理员注册码或账号，由该组织的管理员开通",
            "/console/codes".into(),
        ));
    }
    if org.state != OrgState::Created && !standing.administered {
        gaps.push(beside(
            NOBODY,
            Filler::Superior,
            "发放管理员注册码或账号，或在“管理员变更”里任命",
            format!("/console/administrators?org={}", org.id),
        ));
    }
    for item in orgs::missing_information(info, policy) {
        gaps.push(information(item));
    }
    if org.category != OrgCategory::Branch && !standing.branches {
        let item = if standing.subs {
            "还没有到团支部"
        } else {
            "还没有创建下级组织"
        };
        let place = if standing.subs {
            "/console/health?kind=hollow".into()
        } else {
            format!("/console/orgs/new?parent={}", org.number)
        };
        let how = "在其下创建下级组织，最末端须为团支部";
        gaps.push(beside(item, Filler::Own, how, place));
    }
    if !standing.people.is_empty() {
        // The page of the cadres names members and cadres alike; the roster of a committee would be its branches'.
        let people = beside(
            PEOPLE,
            Filler::Own,
            "补录人员，并补齐标出的缺项",
            format!("/console/cadres?org={}", org.number),
        );
        gaps.push(Gap {
            more: standing.people,
            ..people
        });
    }
    gaps
}

/// An item of 组织信息完整, in the words of the form.
fn information(item: &'static str) -> Gap {
    let (by, how, place) = match item {
        "书记尚未注册登录" => (
            Filler::Secretary,
            "书记本人用身份证号开通账号并登录",
            "/login",
        ),
        "书记未录入" => (
            Filler::Own,
            "在“书记信息”中填写姓名、身份证号和手机号码",
            "/console/info/secretary",
        ),
        _ if item.starts_with("书记个人资料") => (
            Filler::Secretary,
            "书记本人登录后，在“账号与安全 → 手机号码”中填写并确认",
            "/account/phone",
        ),
        "基本资料尚未提交" => (
            Filler::Own,
            "在“基本资料 → 编辑”中核对后提交",
            "/console/info?edit=1",
        ),
        _ => (
            Filler::Own,
            "在“基本资料 → 编辑”中填写，没有的编制数填0",
            "/console/info?edit=1",
        ),
    };
    Gap {
        item,
        by,
        how,
        place: place.into(),
        information: true,
        more: String::new(),
    }
}
