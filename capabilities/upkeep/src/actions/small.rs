//! Branches new on the list of those below three members (ORG-70): told once, with their superior, the morning after.

use crate::store::health::{self as store, Small};
use base::{OrgId, Result};
use db::{Event, Tx};
use messages::{Note, Receiver};
use serde_json::json;
use uuid::Uuid;

/// Names in one letter; the list has them all.
const NAMED: usize = 5;

/// Tells the next `most` of them, and each superior once for all it has among them; answers how many.
pub(crate) async fn tell(tx: &mut Tx, most: i64) -> Result<usize> {
    let found = store::untold(tx, most).await?;
    for branch in &found {
        let note = Note {
            kind: "org",
            title: "本支部团员不足3人".into(),
            body: format!(
                "现有团员{}名。团支部至少3名团员：请录入还没有录入的团员；确实不足的，由直接上级与其他支部合并或撤销。",
                branch.members
            ),
            jump: Some("/console/members".into()),
            about: Some(branch.id),
        };
        messages::tell(tx, Receiver::Org(OrgId(branch.id)), note).await?;
        tx.record(
            Event::new("org.small_told", "org", branch.id)
                .org(OrgId(branch.id))
                .after(json!({ "members": branch.members })),
        );
    }
    for theirs in found.chunk_by(|a, b| a.superior == b.superior) {
        if let Some(superior) = theirs[0].superior {
            let note = letter(theirs);
            messages::tell(tx, Receiver::Org(OrgId(superior)), note).await?;
        }
    }
    let ids: Vec<Uuid> = found.iter().map(|branch| branch.id).collect();
    store::told(tx, &ids).await?;
    Ok(found.len())
}

fn letter(branches: &[Small]) -> Note {
    let names: Vec<String> = branches
        .iter()
        .take(NAMED)
        .map(|branch| format!("〔{}〕{}人", branch.full_name, branch.members))
        .collect();
    let more = if branches.len() > NAMED { "等" } else { "" };
    Note {
        kind: "org",
        title: format!("新增{}个不足3人的团支部", branches.len()),
        body: format!(
            "{}{more}。请督促补录团员，或合并、撤销；在“组织体检”里逐个处理。",
            names.join("、")
        ),
        jump: Some("/console/health?kind=small".into()),
        about: None,
    }
}
