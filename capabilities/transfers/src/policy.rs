//! The section `[transfers]` of a profile.

use crate::rules::{Kind, MonthDay, Outcome, Step};
use base::YearMonth;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Every value of this capability a profile may change (GEN-02).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Ways to start a transfer.
    pub kinds: Vec<Kind>,
    /// Steps of a transfer by the way it was started (TRF-21..25).
    pub chains: BTreeMap<Kind, Vec<Step>>,
    /// Clock and deciders of each step.
    pub steps: BTreeMap<Step, StepRule>,
    /// Only branches may be chosen as target (TRF-14).
    pub branch_targets_only: bool,
    /// Members one batch may hold (TRF-42); 0 where there are no batches.
    pub batch_max: usize,
    /// The decision after which the initiator can no longer withdraw (TRF-31).
    pub withdraw_until: Step,
    /// Members admitted from this month on must be certified (TRF-11).
    #[serde(default, deserialize_with = "month")]
    pub certified_since: Option<YearMonth>,
    /// Where members need not confirm what their branch started (TRF-46).
    pub no_confirm_sectors: Vec<String>,
    /// Whether the place of study or work must always be stated (entity, `study_work`).
    pub study_work_required: bool,
    /// From this age on members without a post leave the League instead (TRF-17).
    pub leaving_age: u32,
    /// Searches for a person that found nobody, a day and searcher (TRF-04).
    pub query_misses: i32,
    /// Words that point to an inadmissible ground of refusal (TRF-29).
    pub inadmissible_words: Vec<String>,
    /// Sectors of schools (ORG-04).
    pub school_sectors: Vec<String>,
    /// Sectors of township and street organisations.
    pub township_sectors: Vec<String>,
    /// The clock of graduates' transfers.
    pub handover: HandoverPolicy,
}

/// Clock and deciders of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    /// Natural days until it is decided by itself.
    pub days: Option<u32>,
    /// Hours until it is decided by itself.
    pub hours: Option<u32>,
    /// What happens then.
    #[serde(default)]
    pub outcome: Outcome,
    /// The branch's direct superior may decide as well (TRF-24).
    #[serde(default)]
    pub superior: bool,
    /// The direct superior may decide from this day on (TRF-34).
    pub superior_from: Option<u32>,
    /// Extra reminders on these days after arrival (TRF-34).
    #[serde(default)]
    pub remind_days: Vec<u32>,
}

/// Phases of graduates' transfers (学社衔接, TRF-36..38, 40).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverPolicy {
    /// Whether transfers inside the deployment follow the phases.
    pub phases: bool,
    /// From here on nothing is forced.
    pub apply_from: MonthDay,
    /// From here on the ordinary clock runs.
    pub review_from: MonthDay,
    /// From here on undecided steps are returned.
    pub close_from: MonthDay,
    /// Natural days until they are.
    pub close_days: u32,
}

impl Policy {
    /// Whether a transfer may be started this way.
    pub fn allows(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Clock and deciders of a step.
    pub fn step(&self, step: Step) -> StepRule {
        self.steps.get(&step).cloned().unwrap_or_default()
    }
}

fn month<'de, D: Deserializer<'de>>(from: D) -> Result<Option<YearMonth>, D::Error> {
    let text = String::deserialize(from)?;
    let month = text
        .parse()
        .map_err(|()| serde::de::Error::custom("a month like 2020-01"))?;
    Ok(Some(month))
}
