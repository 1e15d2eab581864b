use crate::rules::{How, LifeEvent, MembershipState, Moved, Person};
use crate::store;
use base::{Error, PersonId, Result, business_date};
use db::{Event, Tx};
use orgs::Org;
use serde_json::json;
use uuid::Uuid;

/// Writes a line into a person's timeline; the cause's audit record covers it.
pub async fn note(tx: &mut Tx, line: LifeEvent) -> Result<()> {
    store::insert_life_event(tx, &line).await
}

async fn org_of(tx: &mut Tx, id: base::OrgId) -> Result<Org> {
    orgs::find(tx, id).await?.ok_or(Error::NotFound)
}

/// Moves a member to another branch (TRF-43): closes and opens the membership, rewrites the roster, ends posts in the
/// old branch, counts both anew, writes the timeline. Whoever decided it has asked for permission.
pub async fn move_member(
    tx: &mut Tx,
    person: PersonId,
    to: &Org,
    how: How,
    basis: Uuid,
) -> Result<Moved> {
    if !to.is_branch() || !to.state.is_live() {
        return Err(Error::refused(
            "membership.not_branch",
            format!(
                "〔{}〕不是正常的团支部，不能接收团员，请另选团支部",
                to.full_name
            ),
        ));
    }
    let open = store::lock_membership(tx, person).await?;
    let floating = open.is_none();
    let last = match open {
        Some(membership) => Some(membership),
        None => store::memberships(tx, person).await?.into_iter().next(),
    };
    // 流动团员 come from a branch that was archived: their membership there is closed already (ORG-58, ACC-40).
    let Some(old) = last.filter(|old| !floating || old.state == MembershipState::Floating) else {
        return Err(Error::refused(
            "membership.none",
            "该人员现在没有团籍，无法转接，请核对",
        ));
    };
    if old.branch == to.id {
        return Err(Error::refused(
            "membership.same",
            format!("该团员已在〔{}〕，无需转接", to.full_name),
        ));
    }
    let from = org_of(tx, old.branch).await?;
    let keys = tx.keys().clone();
    let profile = store::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    let today = business_date(tx.now());
    if !floating {
        store::close_membership(tx, person, old.id, MembershipState::Transferred, "转出").await?;
    }
    let Some(membership) = store::open_membership(tx, person, to, how, Some(basis)).await? else {
        return Err(Error::Conflict(
            "该团员刚刚被编入另一团支部，请刷新后核对".into(),
        ));
    };
    let mut ended_posts = Vec::new();
    for post in store::posts(tx, person)
        .await?
        .into_iter()
        .filter(|post| post.org == from.id)
    {
        store::close_post(tx, person, from.id, post.id, today).await?;
        ended_posts.push(post.title);
    }
    let mut two = [&from, to];
    two.sort_by_key(|org| org.id);
    for org in two {
        store::lock_counter(tx, org.id, org.path.as_str()).await?;
        if org.id == from.id {
            store::delete_roster(tx, from.id, person).await?;
            store::forget_leaving(tx, from.id, person).await?;
        } else {
            store::write_roster(
                tx,
                &profile,
                to.id,
                to.path.as_str(),
                MembershipState::Normal,
                today,
            )
            .await?;
            store::refresh_roster_post(tx, to.id, person).await?;
        }
        store::recount(tx, org.id).await?;
    }
    let detail = (!ended_posts.is_empty())
        .then(|| format!("在原支部的职务同时结束：{}", ended_posts.join("、")));
    note(
        tx,
        LifeEvent {
            person,
            kind: "transfer",
            title: format!("由〔{}〕转入〔{}〕", from.full_name, to.full_name),
            detail,
            org: Some((to.id, to.full_name.clone())),
        },
    )
    .await?;
    tx.record(
        Event::new("member.moved", "person", person)
            .org(to.id)
            .before(json!({ "branch": from.full_name, "branch_id": from.id, "posts": ended_posts }))
            .after(json!({ "branch": to.full_name, "branch_id": to.id, "how": how.code(), "basis": basis })),
    );
    Ok(Moved {
        from: from.id,
        membership,
        ended_posts,
    })
}

/// Ends a membership without a new one: moved to another deployment, left, voided. The posts in the branch end with it.
pub async fn end_membership(
    tx: &mut Tx,
    person: PersonId,
    state: MembershipState,
    reason: &str,
) -> Result<base::OrgId> {
    let from = shut(tx, person, state, reason).await?;
    let today = business_date(tx.now());
    for post in store::posts(tx, person)
        .await?
        .into_iter()
        .filter(|post| post.org == from.id)
    {
        store::close_post(tx, person, from.id, post.id, today).await?;
    }
    leave_roster(tx, person, &from, state, reason).await
}

/// The same, but posts stand by themselves and stay (ROS-46).
pub(super) async fn end_alone(
    tx: &mut Tx,
    person: PersonId,
    state: MembershipState,
    reason: &str,
) -> Result<base::OrgId> {
    let from = shut(tx, person, state, reason).await?;
    leave_roster(tx, person, &from, state, reason).await
}

/// Closes the open membership; what it was of comes back.
async fn shut(tx: &mut Tx, person: PersonId, state: MembershipState, reason: &str) -> Result<Org> {
    let Some(old) = store::lock_membership(tx, person).await? else {
        return Err(Error::refused(
            "membership.none",
            "该人员现在没有团籍，请刷新后核对",
        ));
    };
    let from = org_of(tx, old.branch).await?;
    store::close_membership(tx, person, old.id, state, reason).await?;
    Ok(from)
}

/// Takes somebody whose membership is closed out of roster and counts, with line and record.
async fn leave_roster(
    tx: &mut Tx,
    person: PersonId,
    from: &Org,
    state: MembershipState,
    reason: &str,
) -> Result<base::OrgId> {
    store::lock_counter(tx, from.id, from.path.as_str()).await?;
    store::delete_roster(tx, from.id, person).await?;
    store::forget_leaving(tx, from.id, person).await?;
    store::recount(tx, from.id).await?;
    note(
        tx,
        LifeEvent {
            person,
            kind: "transfer",
            title: format!("{}：〔{}〕", state.label(), from.full_name),
            detail: Some(reason.to_owned()),
            org: Some((from.id, from.full_name.clone())),
        },
    )
    .await?;
    tx.record(
        Event::new("member.ended", "person", person)
            .org(from.id)
            .before(json!({ "branch": from.full_name }))
            .after(json!({ "state": state.code(), "reason": reason })),
    );
    Ok(from.id)
}

/// Opens a membership again for somebody who has none, with roster and counts; `false` if there is an open one.
pub(super) async fn come_back(tx: &mut Tx, person: &Person, to: &Org, how: How) -> Result<bool> {
    let today = business_date(tx.now());
    if store::open_membership(tx, person.id, to, how, None)
        .await?
        .is_none()
    {
        return Ok(false);
    }
    store::lock_counter(tx, to.id, to.path.as_str()).await?;
    let (path, state) = (to.path.as_str(), MembershipState::Normal);
    store::write_roster(tx, person, to.id, path, state, today).await?;
    store::refresh_roster_post(tx, to.id, person.id).await?;
    store::recount(tx, to.id).await?;
    Ok(true)
}
