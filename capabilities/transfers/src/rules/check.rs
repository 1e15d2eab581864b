//! What must hold before a transfer starts (TRF-10): every fault at once, each with its remedy.

use super::{Admits, Field, Kind, Phase, Place, Reason, phase};
use crate::policy::Policy;
use base::{Error, Mobile, Refused, YearMonth, business_date};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use orgs::{BranchKind, Org, OrgState};

/// A condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong and what the rule is.
    pub message: String,
    /// The form field it stands beside; none for the transfer as a whole.
    pub field: Option<&'static str>,
    /// The way out.
    pub remedy: Option<Remedy>,
}

/// A way out of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What it does.
    pub label: &'static str,
    /// Where.
    pub href: String,
}

impl Fault {
    /// A fault of the transfer as a whole.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            remedy: None,
        }
    }

    /// A fault beside a field.
    pub fn at(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field),
            ..Self::new(code, message)
        }
    }

    fn remedy(mut self, label: &'static str, href: impl Into<String>) -> Self {
        self.remedy = Some(Remedy {
            label,
            href: href.into(),
        });
        self
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self {
            code: refused.code,
            message: refused.message,
            field: refused.field,
            remedy: None,
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Refused(Refused {
            code: fault.code,
            message: fault.message,
            field: fault.field,
        })
    }
}

/// The member as the pre-check sees them.
#[derive(Clone, Debug)]
pub struct Subject {
    /// 姓名.
    pub name: String,
    /// Birth.
    pub born: NaiveDate,
    /// Admission.
    pub admitted_on: Option<YearMonth>,
    /// 团员身份认证 is 已认证.
    pub certified: bool,
    /// Code of the membership's state; none without an open membership.
    pub membership: Option<String>,
    /// Present branch.
    pub branch: Org,
    /// Holds a League post.
    pub holds_post: bool,
    /// The present branch has no other administrator.
    pub only_administrator: bool,
    /// Number and step of the open transfer.
    pub open: Option<(String, &'static str)>,
    /// Where the member works, as the roster knows it.
    pub employer: Option<String>,
}

/// Whole years at a day.
fn age(born: NaiveDate, day: NaiveDate) -> i32 {
    let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
    day.year() - born.year() - i32::from(!had_birthday)
}

/// Faults that lie with the member, whatever the target (TRF-09, 11, 12, 17). `member_port` decides where remedies lead.
pub fn about_member(
    subject: &Subject,
    member_port: bool,
    now: DateTime<Utc>,
    policy: &Policy,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    match subject.membership.as_deref() {
        Some("normal") => {}
        Some("suspended") => faults.push(Fault::new(
            "transfer.status",
            "团籍已中止（受留团察看以上处理），不能转接，请先由所在团支部办理恢复",
        )),
        Some(_) | None => {
            faults.push(Fault::new(
                "transfer.status",
                "没有有效团籍（已退团、除名、离团或失效），不能转接；如有疑问请联系原团支部核对",
            ));
        }
    }
    if let Some((number, step)) = &subject.open {
        let fault = Fault::new(
            "transfer.already_open",
            format!("已有进行中的转接（{number}，{step}），请先撤销"),
        );
        let (label, href) = if member_port {
            ("去看这笔转接", "/member/transfers")
        } else {
            ("查看在途转接", "/console/transfers?tab=open")
        };
        faults.push(fault.remedy(label, href));
    }
    let must_certify = policy
        .certified_since
        .zip(subject.admitted_on)
        .is_some_and(|(since, admitted)| admitted >= since);
    if must_certify && !subject.certified {
        let fault = Fault::new("transfer.uncertified", "新发展团员须先完成团员身份认证");
        faults.push(if member_port {
            fault.remedy("看看我的资料", "/member/me")
        } else {
            fault.remedy("去团员名册核对", "/console/members")
        });
    }
    if subject.only_administrator && subject.branch.state != OrgState::Graduate {
        faults.push(
            Fault::new(
                "transfer.only_administrator",
                "请先变更本支部管理员：该团员是现支部唯一的管理员，转走后支部无人管理",
            )
            .remedy(
                if member_port {
                    "怎么变更"
                } else {
                    "查看本组织信息"
                },
                if member_port {
                    "/help"
                } else {
                    "/console/info"
                },
            ),
        );
    }
    let grown = age(subject.born, business_date(now))
        >= i32::try_from(policy.leaving_age).unwrap_or(i32::MAX);
    if grown && !subject.holds_post {
        faults.push(Fault::new(
            "transfer.leaving_age",
            format!(
                "已满{}周岁且未担任团内职务，应办理离团，不再转接；请联系所在团支部",
                policy.leaving_age
            ),
        ));
    }
    faults
}

/// What the starter states besides the target.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// 转出原因.
    pub reason: Option<Reason>,
    /// 新学校/工作单位名称.
    pub dest_name: String,
    /// 详细地址.
    pub dest_address: String,
    /// 所在地区划: 9 digits, or 6 for a county.
    pub dest_region: String,
    /// What that region is to the member.
    pub place: Option<Place>,
    /// When the member was told (退学, started by an organisation).
    pub informed_on: Option<NaiveDate>,
    /// 工作学习去向.
    pub study_work: String,
    /// 常用联系方式.
    pub contact: Option<Mobile>,
    /// 备注.
    pub remark: String,
}

/// Faults of what was typed (TRF-15: each reason's compulsory fields).
pub fn about_request(
    request: &Request,
    kind: Kind,
    subject: &Subject,
    now: DateTime<Utc>,
    policy: &Policy,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let Some(reason) = request.reason else {
        return vec![Fault::at(
            "reason",
            "transfer.reason",
            "请选择转接原因，原因决定可以转到哪里",
        )];
    };
    if reason.admits() == Admits::Vault {
        return vec![Fault::at(
            "reason",
            "transfer.vault",
            "参军入伍、转往涉密单位不走普通转接：请持证明联系学校团委或市级团委，由其汇总上报省级特殊单位专属库",
        )];
    }
    if kind.asks_destination() {
        for field in reason.needs() {
            faults.extend(missing(*field, request, reason, kind, now));
        }
        if request.contact.is_none() {
            faults.push(Fault::at(
                "contact",
                "transfer.contact",
                "请填写常用联系方式，转入方要靠它联系到人",
            ));
        }
        if policy.study_work_required && request.study_work.chars().count() < 2 {
            faults.push(Fault::at(
                "study_work",
                "transfer.study_work",
                "学习/工作单位未填写，请填写2至60个字",
            ));
        }
    } else if reason.needs().contains(&Field::Remark) {
        faults.extend(missing(Field::Remark, request, reason, kind, now));
    }
    let employed = !request.dest_name.is_empty()
        || subject
            .employer
            .as_ref()
            .is_some_and(|unit| !unit.is_empty());
    if reason == Reason::Unemployed && employed {
        faults.push(Fault::at("reason", "transfer.employed_as_unemployed", "已落实工作单位的团员不能按“未就业”转回户籍地，请改选就业原因；单位没有团组织的转到单位所在地乡镇街道"));
    }
    if request.remark.contains("休学") || request.dest_name.contains("休学") {
        faults.push(Fault::at(
            "remark",
            "transfer.leave_of_absence",
            "休学不需要转接，团组织关系留在原支部；只有退学才转出",
        ));
    }
    faults
}

fn missing(
    field: Field,
    request: &Request,
    reason: Reason,
    kind: Kind,
    now: DateTime<Utc>,
) -> Option<Fault> {
    let fault = |code, message: String| Some(Fault::at(field.name(), code, message));
    match field {
        Field::School | Field::Unit if request.dest_name.is_empty() => fault(
            "transfer.dest_name",
            format!(
                "请填写{}，要和录取通知或劳动合同上的一致",
                reason.name_label()
            ),
        ),
        Field::Address if request.dest_address.is_empty() => fault(
            "transfer.dest_address",
            "请填写详细地址，写到路名和门牌".into(),
        ),
        Field::Region if !is_region(&request.dest_region) => fault(
            "transfer.dest_region",
            "请填写所在地区划代码：乡镇、街道9位，只知道县区的填6位".into(),
        ),
        Field::PlaceKind if request.place.is_none() => fault(
            "transfer.place",
            "请选择所在地是居住地、户籍地、生源地还是父母居住地".into(),
        ),
        Field::Informed if kind.by_member() => None,
        Field::Informed => match request.informed_on {
            None => fault(
                "transfer.informed",
                "退学须本人知情，请填写告知本人的日期".into(),
            ),
            Some(day) if day > business_date(now) => {
                fault("transfer.informed", "告知日期不能晚于今天".into())
            }
            Some(_) => None,
        },
        Field::Remark if request.remark.chars().count() < 10 => fault(
            "transfer.remark",
            "选“其他”时请在备注中写明原因，至少10个字".into(),
        ),
        _ => None,
    }
}

fn is_region(text: &str) -> bool {
    matches!(text.len(), 6 | 9) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A possible target as the rules see it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The organisation.
    pub org: Org,
    /// Its direct superior.
    pub superior: Option<Org>,
    /// Its region, or its nearest superior's that has one.
    pub region: Option<String>,
    /// Whether there is a branch at or below it.
    pub has_branch: bool,
}

impl Target {
    fn is_school(&self, policy: &Policy) -> bool {
        self.org
            .sector
            .as_ref()
            .is_some_and(|sector| policy.school_sectors.contains(sector))
    }

    fn is_county_floating(&self) -> bool {
        self.org.kind == BranchKind::Floating
            && self
                .superior
                .as_ref()
                .is_some_and(|up| up.category == base::OrgCategory::LeadingBody)
    }

    /// T* of the reason table.
    fn is_township(&self, policy: &Policy) -> bool {
        let kind = matches!(
            self.org.kind,
            BranchKind::Ordinary | BranchKind::Floating | BranchKind::HandoverTemporary
        );
        let sector = self
            .org
            .sector
            .as_ref()
            .is_some_and(|sector| policy.township_sectors.contains(sector));
        (kind && sector) || self.is_county_floating()
    }
}

const TARGET: &str = "target";

/// Faults of the target (TRF-05, 08, 14, 15, 16, 51).
pub fn about_target(
    target: &Target,
    request: &Request,
    kind: Kind,
    subject: &Subject,
    now: DateTime<Utc>,
    policy: &Policy,
) -> Vec<Fault> {
    let org = &target.org;
    let refuse = |code, message: &str| vec![Fault::at(TARGET, code, message)];
    if !org.state.is_live() {
        return refuse(
            "transfer.target_gone",
            "该组织已撤销、合并或归档，不能转入，请重新选择",
        );
    }
    if org.category == base::OrgCategory::LeadingBody {
        return refuse(
            "transfer.target_leading",
            "团的领导机关不直接接收团员，请选择其下的团委、团工委、团总支或团支部",
        );
    }
    if policy.branch_targets_only && !org.is_branch() {
        return refuse(
            "transfer.target_branch",
            "须选择具体团支部，请按支部全称或组织ID查找",
        );
    }
    if org.id == subject.branch.id {
        return refuse("transfer.same_branch", "转入团支部不能与转出团支部相同");
    }
    if !target.has_branch {
        return refuse("transfer.no_branch", "该组织下没有团支部，无法接收");
    }
    // The delayed are gathered by the school in a batch (ROS-52).
    let special = match org.kind {
        BranchKind::SpecialUnitVault
        | BranchKind::StudyingAbroad
        | BranchKind::AwaitingTransfer => true,
        BranchKind::DelayedGraduates => kind != Kind::Batch,
        _ => false,
    };
    if special {
        return refuse(
            "transfer.target_kind",
            "该支部只由上级按专门程序登记团员，不接收普通转接，请选择其他团支部",
        );
    }
    if org.state == OrgState::Graduate {
        return refuse(
            "transfer.target_graduate",
            "该支部是毕业生团组织，只转出不接收，请选择在读或在职团员所在的支部",
        );
    }
    let Some(reason) = request.reason else {
        return Vec::new();
    };
    let township = target.is_township(policy);
    if target.is_county_floating() && phase(now, &policy.handover) == Phase::Apply {
        return refuse(
            "transfer.county_floating",
            "流动团员团支部自9月1日起承接，之前请转到乡镇、街道团组织",
        );
    }
    let mut faults = Vec::new();
    let wrong = |message: &str| Fault::at(TARGET, "transfer.reason_target", message);
    match reason.admits() {
        Admits::School if township => faults.push(wrong("已升学的团员不能转往乡镇街道团组织，请选择录取学校的新生团组织")),
        Admits::School if !target.is_school(policy) => faults.push(wrong("升学应转入录取学校的团组织，该组织不属于学校领域；请选择录取学校的新生团组织")),
        Admits::Unit if township => faults.push(wrong("单位有团组织的应转入单位团组织；单位没有团组织，请改选“就业（单位没有团组织）”")),
        Admits::Unit if org.kind != BranchKind::Ordinary => faults.push(wrong("请选择单位自己的团组织，不能转往临时、流动或待接转团支部")),
        Admits::Township if !township => faults.push(wrong(match reason {
            Reason::EmployedNoOrg => "单位没有团组织的，应转入单位所在地的乡镇、街道团组织；单位有团组织请改选“就业（单位有团组织）”",
            _ => "应转入所在地的乡镇、街道团组织或其流动团员团支部、学社衔接临时团支部",
        })),
        _ => {}
    }
    if faults.is_empty()
        && township
        && kind.asks_destination()
        && reason.needs().contains(&Field::Region)
        && is_region(&request.dest_region)
    {
        let same = target.region.as_ref().is_some_and(|region| {
            region == &request.dest_region
                || (region.len() == 6 && request.dest_region.starts_with(region.as_str()))
        });
        if !same {
            faults.push(Fault::at(
                TARGET,
                "transfer.region",
                "转入组织不在所填地区，请核对区划代码或改选当地的乡镇、街道团组织",
            ));
        }
    }
    faults
}
