//! Where a member may go (TRF-05, 08, 14..16, 51).

use super::check::is_region;
use super::{Admits, Fault, Field, Kind, Phase, Reason, Request, Subject, phase};
use crate::policy::Policy;
use chrono::{DateTime, Utc};
use orgs::{BranchKind, Org, OrgState};

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
