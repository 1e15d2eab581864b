//! Who decides, in which order (TRF-21..25): the chain of a profile laid over the organisations of one transfer.

use super::{Kind, Step};
use crate::policy::{Policy, StepRule};
use base::OrgId;
use orgs::Org;

/// The organisations a transfer concerns.
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    /// The branch the member leaves.
    pub out_branch: &'a Org,
    /// Its direct superior.
    pub out_superior: Option<&'a Org>,
    /// Where the member goes.
    pub in_org: &'a Org,
    /// Its direct superior.
    pub in_superior: Option<&'a Org>,
}

/// A step as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which.
    pub step: Step,
    /// Who decides; the member's own step has none.
    pub org: Option<(OrgId, String)>,
    /// Who may decide in its place.
    pub superior: Option<(OrgId, String)>,
    /// From which day on the superior may.
    pub superior_from: Option<u32>,
    /// Its clock.
    pub rule: StepRule,
    /// Settled by an earlier step's decision (TRF-25).
    pub skipped: bool,
}

/// The steps of a transfer. The starter's own side has agreed by starting, so the profile's chain leaves it out; a target
/// that is a branch needs no allocation.
pub fn plan(kind: Kind, parties: Parties<'_>, policy: &Policy) -> Vec<Planned> {
    let chain = policy.chains.get(&kind).map_or(&[][..], Vec::as_slice);
    let name = |org: &Org| (org.id, org.short_name.clone());
    chain
        .iter()
        .filter_map(|&step| {
            let rule = policy.step(step);
            let (org, superior) = match step {
                Step::Member => {
                    let young = parties
                        .out_branch
                        .sector
                        .as_ref()
                        .is_some_and(|sector| policy.no_confirm_sectors.contains(sector));
                    return (!young).then_some(Planned {
                        step,
                        org: None,
                        superior: None,
                        superior_from: None,
                        rule,
                        skipped: false,
                    });
                }
                Step::Out => (parties.out_branch, parties.out_superior),
                Step::OutSuperior => (parties.out_superior?, None),
                Step::In => (
                    parties.in_org,
                    parties.in_superior.filter(|_| parties.in_org.is_branch()),
                ),
                Step::InSuperior => (parties.in_superior?, None),
                Step::Allocate if parties.in_org.is_branch() => return None,
                Step::Allocate => (parties.in_org, None),
            };
            let may = rule.superior || rule.superior_from.is_some();
            let same_superior = step == Step::InSuperior
                && chain.contains(&Step::OutSuperior)
                && parties.out_superior.is_some_and(|out| out.id == org.id);
            Some(Planned {
                step,
                org: Some(name(org)),
                superior: superior.filter(|_| may).map(name),
                superior_from: rule.superior_from,
                rule,
                skipped: same_superior,
            })
        })
        .collect()
}
