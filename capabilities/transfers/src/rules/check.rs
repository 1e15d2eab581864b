//! What must hold before a transfer starts (TRF-10): every fault at once, each with its remedy.

use super::{Admits, Field, Kind, Place, Reason};
use crate::policy::Policy;
use base::{Error, Mobile, Refused, YearMonth, business_date};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use orgs::{Org, OrgState};

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
        // 流动团员 have no branch since theirs was archived, and a standing of their own: they are free to join one (ACC-40).
        Some("normal" | "floating") => {}
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

pub(super) fn is_region(text: &str) -> bool {
    matches!(text.len(), 6 | 9) && text.bytes().all(|b| b.is_ascii_digit())
}
