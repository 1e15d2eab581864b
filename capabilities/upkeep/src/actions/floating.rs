//! Counties' floating branches pass their members on within a year (ORG-06).

use crate::Policy;
use crate::store::health as store;
use base::{OrgId, Result, business_date};
use chrono::{NaiveDate, TimeDelta};
use db::{Event, Tx};
use messages::{Note, Receiver};
use serde_json::json;

/// Reminds those whose day it is, and their superiors; answers how many.
pub(crate) async fn remind(tx: &mut Tx, policy: &Policy) -> Result<usize> {
    let today = business_date(tx.now());
    let founded: Vec<NaiveDate> = policy
        .floating_remind_days
        .iter()
        .map(|days| today - TimeDelta::days(*days))
        .collect();
    let due = store::floating(tx, &founded).await?;
    for branch in &due {
        let days = (today - branch.founded_on).num_days();
        let left = policy.floating_empty_days - days;
        let when = if left > 0 {
            format!("还有{left}天满一年")
        } else {
            "已满一年，列入组织体检".to_owned()
        };
        let note = Note {
            kind: "org",
            title: "县级流动团员团支部应转出团员".into(),
            body: format!(
                "〔{}〕成立{days}天，尚有团员{}名，{when}。请为团员办理转到乡镇、街道等团支部。",
                branch.full_name, branch.members
            ),
            jump: Some("/console/members".into()),
            about: Some(branch.id),
        };
        for receiver in [branch.id, branch.superior] {
            messages::tell(tx, Receiver::Org(OrgId(receiver)), note.clone()).await?;
        }
        tx.record(
            Event::new("org.floating_reminded", "org", branch.id)
                .org(OrgId(branch.id))
                .after(json!({ "days": days, "members": branch.members })),
        );
    }
    Ok(due.len())
}
