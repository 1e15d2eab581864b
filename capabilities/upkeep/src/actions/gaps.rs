//! What an organisation's entry lacks, and reminding whoever can fill it (ORG-40, ORG-B6).

use crate::rules::gaps::{self as rules, Filler, Gap, Standing};
use crate::rules::progress as entry;
use crate::store::progress as store;
use access::Permission;
use base::{Error, OrgId, PersonId, Result};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::{Org, OrgInfo, OrgState};
use serde_json::json;
use sqlx::PgConnection;

/// An organisation's information and what is missing now, not at the snapshot.
pub(crate) async fn of(
    conn: &mut PgConnection,
    id: OrgId,
    orgs_policy: &orgs::Policy,
    people_policy: &people::Policy,
) -> Result<(OrgInfo, Vec<Gap>)> {
    let info = orgs::information(conn, id).await?.ok_or(Error::NotFound)?;
    let (subs, branches) = store::parents(conn, &[id]).await?;
    let persons = store::persons(conn, &[id]).await?;
    let persons = persons.get(&id).copied().unwrap_or_default();
    let standing = Standing {
        subs: subs.contains(&id),
        branches: branches.contains(&id),
        people: entry::standing(info.org.category, persons, people_policy).reason,
        administered: !orgs::administrators(conn, &[id]).await?.is_empty(),
    };
    let gaps = rules::gaps(&info, standing, orgs_policy);
    Ok((info, gaps))
}

/// Reminds everybody who can fill something of it, each of what is theirs (催办). The direct superior of an organisation
/// nobody has signed in to is told instead of it.
pub(crate) async fn remind(
    tx: &mut Tx,
    org: &Org,
    orgs_policy: &orgs::Policy,
    people_policy: &people::Policy,
) -> Result<()> {
    tx.actor().require(
        Permission::ViewProgress,
        tx.actor().org().ok_or(Error::NotFound)?,
    )?;
    tx.actor()
        .require_look(Permission::ViewOrg, &org.to_ref())?;
    let (info, gaps) = of(tx, org.id, orgs_policy, people_policy).await?;
    if gaps.is_empty() {
        return Err(Error::refused(
            "progress.complete",
            format!("〔{}〕的信息现在已经完整，不用催办。", org.short_name),
        ));
    }
    let from = tx.actor().acting.as_ref().map(|g| g.org_name.clone());
    let said = |items: &[String]| {
        format!(
            "〔{}〕提醒：{}。",
            from.clone().unwrap_or_default(),
            items.join("；")
        )
    };
    let missing: Vec<String> = gaps.iter().map(Gap::said).collect();
    let mut told = Vec::new();
    if org.state == OrgState::Created {
        let superior = superior(tx, org).await?;
        told.push((
            Receiver::Org(superior.id),
            "下级组织还没有人登录",
            format!(
                "{}请为〔{}〕发放管理员注册码或账号。",
                said(&["还没有人登录".to_owned()]),
                org.short_name
            ),
            "/console/codes".to_owned(),
        ));
    } else {
        told.push((
            Receiver::Org(org.id),
            "请完善组织信息",
            said(&missing),
            format!("/console/orgs/{}/gaps", org.id),
        ));
    }
    // Where nobody administers it the superior is told as well, unless that is who reminds.
    if org.state != OrgState::Created
        && gaps.iter().any(|gap| gap.item == rules::NOBODY)
        && let Ok(superior) = superior(tx, org).await
    {
        told.push((
            Receiver::Org(superior.id),
            "下级组织还没有管理员",
            format!(
                "{}请为〔{}〕发放管理员注册码或任命管理员。",
                said(&[rules::NOBODY.to_owned()]),
                org.short_name
            ),
            "/console/codes".to_owned(),
        ));
    }
    if let Some(person) = secretary(&info) {
        let own: Vec<String> = gaps
            .iter()
            .filter(|gap| gap.by == Filler::Secretary)
            .map(Gap::said)
            .collect();
        if !own.is_empty() {
            told.push((
                Receiver::Person(person),
                "请填写您的手机号码",
                said(&own),
                "/account/phone".to_owned(),
            ));
        }
    }
    for (receiver, title, body, jump) in told {
        let note = Note {
            kind: "org",
            title: title.into(),
            body,
            jump: Some(jump),
            about: Some(org.id.0),
        };
        messages::tell(tx, receiver, note).await?;
    }
    tx.record(
        Event::new("org.reminded", "org", org.id)
            .org(org.id)
            .after(json!({ "missing": missing })),
    );
    Ok(())
}

/// The secretary, if there is somebody who can read.
fn secretary(info: &OrgInfo) -> Option<PersonId> {
    let secretary = info.secretary.as_ref()?;
    secretary.registered.then_some(secretary.person)
}

/// Who lets the first administrator in; the reader cannot be told to do what is the reader's own.
async fn superior(tx: &mut Tx, org: &Org) -> Result<Org> {
    let parent = org.parent.ok_or(Error::NotFound)?;
    let parent = orgs::find(tx, parent).await?.ok_or(Error::NotFound)?;
    let own = tx.actor().org().is_some_and(|own| own.id == parent.id);
    if own || parent.state == OrgState::Created {
        let who = if own {
            "请您在“管理员注册码”里为它发放注册码或账号。".to_owned()
        } else {
            format!("它的直接上级〔{}〕也还没有人登录。", parent.short_name)
        };
        return Err(Error::refused(
            "progress.nobody",
            format!("〔{}〕还没有人登录，收不到消息。{who}", org.short_name),
        ));
    }
    Ok(parent)
}
