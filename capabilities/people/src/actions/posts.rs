use crate::rules::{LifeEvent, Nature, NewPost, Post, titles};
use crate::{Departures, store};
use base::{Error, PersonId, PostId, Result, business_date};
use db::{Event, Tx};
use orgs::Org;
use serde_json::json;

/// Gives somebody a post (ROS-31, ROS-41, ROS-42): a new secretary ends the old one's post on the same day. Whoever
/// decided it has asked for permission.
pub async fn appoint(
    tx: &mut Tx,
    person: PersonId,
    org: &Org,
    title: &str,
    nature: Nature,
    is_secretary: bool,
    basis: &str,
) -> Result<PostId> {
    hold(
        tx,
        person,
        org,
        &NewPost {
            title: title.to_owned(),
            nature,
            since: None,
        },
        is_secretary,
        basis,
    )
    .await
}

pub(crate) async fn hold(
    tx: &mut Tx,
    id: PersonId,
    org: &Org,
    post: &NewPost,
    is_secretary: bool,
    basis: &str,
) -> Result<PostId> {
    if !titles(org.category).contains(&post.title.as_str()) {
        let known = titles(org.category).join("、");
        return Err(Error::refused_at(
            "title",
            "title",
            format!(
                "职务〔{}〕不在{}的职务表内，可选：{known}",
                post.title,
                org.category.label()
            ),
        ));
    }
    let keys = tx.keys().clone();
    let person = store::find(tx, &keys, id).await?.ok_or(Error::NotFound)?;
    let today = business_date(tx.now());
    let since = post.since.unwrap_or(today);
    // Whoever takes office does not leave at 28 at the same moment: both come through the membership (ROS-75).
    store::lock_membership(tx, id).await?;
    // The counter's lock comes before the look at the posts, so that of two secretaries at the same moment one follows the other.
    store::lock_counter(tx, org.id, org.path.as_str()).await?;
    let standing = store::org_posts(tx, org.id).await?;
    if standing
        .iter()
        .any(|p| p.person == id && p.title == post.title)
    {
        return Err(Error::refused_at(
            "title",
            "post.held",
            format!(
                "{}已在〔{}〕担任{}，无需重复录入",
                person.name, org.full_name, post.title
            ),
        ));
    }
    let before = standing
        .into_iter()
        .find(|p| is_secretary && p.is_secretary);
    if let Some(old) = &before {
        store::close_post(tx, old.person, org.id, old.id, today).await?;
        store::refresh_roster_post(tx, org.id, old.person).await?;
        line(
            tx,
            old.person,
            org,
            format!("不再担任{}", old.title),
            Some(format!("由{}接任", person.name)),
        )
        .await?;
        tx.record(
            Event::new("post.ended", "person", old.person)
                .org(org.id)
                .before(json!({ "title": old.title, "org": org.full_name, "name": old.name })),
        );
    }
    let post_id = store::insert_post(tx, &person, org, post, is_secretary, since, basis).await?;
    store::refresh_roster_post(tx, org.id, id).await?;
    store::recount(tx, org.id).await?;
    line(
        tx,
        id,
        org,
        format!("任{}（{}）", post.title, post.nature.label()),
        None,
    )
    .await?;
    tx.record(
        Event::new("post.appointed", "person", id)
            .org(org.id)
            .before(before.map_or(serde_json::Value::Null, |old| json!({ "holder": old.name })))
            .after(json!({ "org": org.full_name, "title": post.title, "nature": post.nature.code(), "since": since, "basis": basis, "name": person.name })),
    );
    Ok(post_id)
}

async fn line(
    tx: &mut Tx,
    person: PersonId,
    org: &Org,
    title: String,
    detail: Option<String>,
) -> Result<()> {
    store::insert_life_event(
        tx,
        &LifeEvent {
            person,
            kind: "post",
            title,
            detail,
            org: Some((org.id, org.full_name.clone())),
        },
    )
    .await
}

/// Ends a post (离任) with what hangs on it: whoever holds none there any more loses the rights there at once (ORG-67).
pub(crate) async fn leave_office(
    tx: &mut Tx,
    departures: &Departures,
    post: &Post,
    org: &Org,
) -> Result<()> {
    end_post(tx, post, org).await?;
    settle(tx, departures, post.person, org).await
}

/// After posts of somebody ended: without any left in the organisation, the rights there end too (ORG-67).
pub(crate) async fn settle(
    tx: &mut Tx,
    departures: &Departures,
    person: PersonId,
    org: &Org,
) -> Result<()> {
    let left = store::posts(tx, person).await?;
    if left.iter().any(|post| post.org == org.id) {
        return Ok(());
    }
    departures.left_office(tx, person, org.id).await
}

/// Ends a post and nothing else; the membership stays (ROS-46). For whoever has ended the rights already.
pub async fn end_post(tx: &mut Tx, post: &Post, org: &Org) -> Result<()> {
    if post.until.is_some() {
        return Err(Error::Conflict("该职务已经结束，请刷新页面".into()));
    }
    let keys = tx.keys().clone();
    let name = store::find(tx, &keys, post.person)
        .await?
        .map(|p| p.name)
        .unwrap_or_default();
    let today = business_date(tx.now());
    store::lock_counter(tx, org.id, org.path.as_str()).await?;
    store::close_post(tx, post.person, org.id, post.id, today).await?;
    store::refresh_roster_post(tx, org.id, post.person).await?;
    store::recount(tx, org.id).await?;
    line(
        tx,
        post.person,
        org,
        format!("不再担任{}", post.title),
        None,
    )
    .await?;
    tx.record(
        Event::new("post.ended", "person", post.person)
            .org(org.id)
            .before(json!({ "title": post.title, "org": org.full_name, "since": post.since, "name": name })),
    );
    Ok(())
}

/// 启用 or 禁用 of a cadre in one organisation (FLD-12): posts and counts stay, other organisations are not touched. The
/// organisation's last operator stays enabled.
pub(crate) async fn set_disabled(
    tx: &mut Tx,
    departures: &Departures,
    person: PersonId,
    org: &Org,
    disabled: bool,
) -> Result<()> {
    store::lock_counter(tx, org.id, org.path.as_str()).await?;
    match store::is_disabled(tx, org.id, person).await? {
        None => return Err(Error::NotFound),
        Some(now) if now == disabled => {
            let state = if disabled { "禁用" } else { "启用" };
            return Err(Error::refused(
                "cadre.state",
                format!("该记录已处于{state}状态"),
            ));
        }
        Some(_) => {}
    }
    if disabled && let Some(why) = departures.keeps_enabled(tx, person, org).await? {
        return Err(Error::refused("cadre.kept", why));
    }
    store::set_disabled(tx, org.id, person, disabled).await?;
    let event = if disabled {
        "cadre.disabled"
    } else {
        "cadre.enabled"
    };
    tx.record(Event::new(event, "person", person).org(org.id));
    Ok(())
}

/// 删除团干 (FLD-13): all posts in the organisation end with what hangs on them; membership and posts elsewhere stay.
pub(crate) async fn remove_cadre(
    tx: &mut Tx,
    departures: &Departures,
    person: PersonId,
    org: &Org,
) -> Result<()> {
    let here: Vec<Post> = store::posts(tx, person)
        .await?
        .into_iter()
        .filter(|post| post.org == org.id)
        .collect();
    if here.is_empty() {
        return Err(Error::Conflict("该团干部记录已经删除，请刷新页面".into()));
    }
    for post in &here {
        end_post(tx, post, org).await?;
    }
    settle(tx, departures, person, org).await?;
    tx.record(
        Event::new("cadre.removed", "person", person)
            .org(org.id)
            .before(json!({ "posts": here.iter().map(|p| p.title.as_str()).collect::<Vec<_>>() })),
    );
    Ok(())
}
