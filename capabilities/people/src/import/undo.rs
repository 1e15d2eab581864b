//! Taking an import back (PEER-11, ROS-B2): only while nobody signed in and nothing was done with the persons.

use crate::store::{self, Made};
use base::{Error, OrgId, PersonId, Result};
use db::{Event, Tx};
use sheets::wizard::Run;
use std::collections::BTreeSet;
use uuid::Uuid;

fn refused(touched: &[&Made]) -> Error {
    let names: Vec<&str> = touched.iter().take(5).map(|m| m.name.as_str()).collect();
    let rest = if touched.len() > 5 { "等" } else { "" };
    Error::refused(
        "import.in_use",
        format!(
            "不能撤回：{}{rest}共{}人导入后已登录、修改过资料或办过业务。其余有误的请逐个修改资料或申请更正",
            names.join("、"),
            touched.len()
        ),
    )
}

/// Takes members back: persons who came with the import vanish, those known before lose the membership it gave them.
pub(super) async fn members(tx: &mut Tx, run: &Run, made: &[Uuid]) -> Result<()> {
    let at = run.applied_at.ok_or(Error::NotFound)?;
    let all = store::made_by(tx, made, run.id.0, at).await?;
    let touched: Vec<&Made> = all
        .iter()
        .filter(|m| m.touched || m.branch.is_none())
        .collect();
    if !touched.is_empty() || all.len() != made.len() {
        return Err(refused(&touched));
    }
    let new: Vec<&Made> = all.iter().filter(|m| m.new).collect();
    let branches: BTreeSet<OrgId> = all.iter().filter_map(|m| m.branch.map(OrgId)).collect();
    store::forget_memberships(tx, made, run.id.0).await?;
    store::forget_people(tx, &new).await?;
    for id in branches {
        let org = orgs::find(tx, id).await?.ok_or(Error::NotFound)?;
        store::lock_counter(tx, id, org.path.as_str()).await?;
        store::forget_roster(tx, id, made).await?;
        store::recount(tx, id).await?;
    }
    for m in all {
        tx.record(Event::new("member.entry_undone", "person", PersonId(m.person)).note("撤回导入"));
    }
    Ok(())
}

/// Takes cadres back: the posts of the import vanish, and the persons who came with it and have nothing else.
pub(super) async fn cadres(tx: &mut Tx, run: &Run, made: &[Uuid]) -> Result<()> {
    let at = run.applied_at.ok_or(Error::NotFound)?;
    let all = store::made_by(tx, made, run.id.0, at).await?;
    let touched: Vec<&Made> = all.iter().filter(|m| m.touched).collect();
    if !touched.is_empty() {
        return Err(refused(&touched));
    }
    let org = orgs::find(tx, run.target.org.id)
        .await?
        .ok_or(Error::NotFound)?;
    store::lock_counter(tx, org.id, org.path.as_str()).await?;
    let posts = store::forget_posts(tx, org.id, &run.id.to_string()).await?;
    let bare: Vec<&Made> = all.iter().filter(|m| m.new && m.branch.is_none()).collect();
    store::forget_people(tx, &bare).await?;
    for person in made {
        store::refresh_roster_post(tx, org.id, PersonId(*person)).await?;
    }
    store::recount(tx, org.id).await?;
    for (person, title) in posts {
        tx.record(
            Event::new("post.undone", "person", PersonId(person))
                .org(org.id)
                .note(format!("撤回导入：{title}")),
        );
    }
    Ok(())
}
