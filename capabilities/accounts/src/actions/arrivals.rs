//! Who should have come, who came, and who cannot register (ACC-47).

use crate::{
    rules::arrival::{Compared, compare, names},
    store::{self, arrival::Row},
};
use access::Permission;
use base::{Error, OrgId, Result};
use db::{Event, Reader, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use uuid::Uuid;

/// Names compared at a time.
const MOST: usize = 2_000;

/// Compares a pasted list, or an expected number, with the branch.
pub(crate) async fn check(
    reader: &mut Reader,
    branch: OrgId,
    pasted: &str,
    number: &str,
) -> Result<Compared> {
    let list = names(pasted);
    if list.len() > MOST {
        return Err(Error::refused_at(
            "names",
            "arrival.many",
            format!("一次最多核对{MOST}人，现有{}人，请分批核对", list.len()),
        ));
    }
    let keys = reader.keys.clone();
    let members = people::members_of(reader, &keys, branch, None, 10_000).await?;
    let there: Vec<String> = members.into_iter().map(|m| m.name).collect();
    if !list.is_empty() {
        let waiting = store::arrival::waiting(reader, branch).await?;
        return Ok(compare(&list, &there, &waiting));
    }
    let expected = base::text::normalise(number).parse().map_err(|_| {
        Error::refused_at(
            "names",
            "arrival.empty",
            "请粘贴应到名单，或填写应到人数（整数）",
        )
    })?;
    Ok(Compared {
        expected,
        arrived: there.len(),
        ..compare(&there, &there, &[])
    })
}

/// A branch notes who cannot register, for its direct superior.
pub(crate) async fn note(tx: &mut Tx, branch: &Org, name: &str, reason: &str) -> Result<()> {
    let actor = tx.actor().clone();
    actor.require(Permission::ApproveRegistrations, &branch.to_ref())?;
    let name = web::text_field("name", "姓名", name, 30)?;
    if name.is_empty() {
        return Err(Error::refused_at("name", "required", "请填写姓名"));
    }
    let reason = web::text_field("reason", "原因", reason, 200)?;
    if reason.chars().count() < 5 {
        return Err(Error::refused_at(
            "reason",
            "arrival.reason",
            "请写清楚无法注册的原因，至少5个字",
        ));
    }
    let desk = branch.parent.ok_or(Error::NotFound)?;
    let id: Uuid = tx.new_id();
    store::arrival::insert(tx, branch.id, id, desk, (&name, &reason, &actor.name)).await?;
    tell(
        tx,
        desk,
        &branch.full_name,
        "有人无法注册，请收集并转报或答复",
    )
    .await?;
    tx.record(Event::new("arrival.noted", "org", branch.id).org(branch.id));
    Ok(())
}

async fn tell(tx: &mut Tx, org: OrgId, branch: &str, words: &str) -> Result<()> {
    let note = Note {
        kind: "registration",
        title: "无法注册登记".into(),
        body: format!("〔{branch}〕{words}。"),
        jump: Some("/console/arrivals".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Org(org), note).await
}

/// The note, if it lies on the actor's desk and waits.
async fn own(tx: &mut Tx, me: &Org, branch: Uuid, id: Uuid) -> Result<Row> {
    tx.actor()
        .clone()
        .require(Permission::EditOrg, &me.to_ref())?;
    let row = store::arrival::lock(tx, branch, id)
        .await?
        .filter(|row| row.desk_id == me.id.0)
        .ok_or(Error::NotFound)?;
    if row.answered_at.is_some() {
        return Err(Error::Conflict("这件登记已经答复，请刷新页面查看".into()));
    }
    Ok(row)
}

/// Passes a note to the direct superior.
pub(crate) async fn pass_on(tx: &mut Tx, me: &Org, branch: Uuid, id: Uuid) -> Result<()> {
    let row = own(tx, me, branch, id).await?;
    let Some(above) = me.parent else {
        return Err(Error::refused("arrival.top", "本组织没有上级，请直接答复"));
    };
    let by = tx.actor().name.clone();
    store::arrival::pass_on(tx, &row, above, &by).await?;
    tell(tx, above, &me.full_name, "转报了无法注册登记，请答复").await?;
    tx.record(Event::new("arrival.passed_on", "org", OrgId(row.org_id)).org(me.id));
    Ok(())
}

/// Answers a note; the branch sees it.
pub(crate) async fn answer(
    tx: &mut Tx,
    me: &Org,
    branch: Uuid,
    id: Uuid,
    words: &str,
) -> Result<()> {
    let row = own(tx, me, branch, id).await?;
    let words = web::text_field("answer", "答复", words, 200)?;
    if words.chars().count() < 5 {
        return Err(Error::refused_at(
            "answer",
            "arrival.answer",
            "请写清楚怎么办，至少5个字",
        ));
    }
    let by = me.short_name.clone();
    store::arrival::answer(tx, &row, &words, &by).await?;
    let note = Note {
        kind: "registration",
        title: "无法注册登记已答复".into(),
        body: format!("{}：{words}", row.name),
        jump: Some("/console/arrivals".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Org(OrgId(row.org_id)), note).await?;
    tx.record(Event::new("arrival.answered", "org", OrgId(row.org_id)).org(me.id));
    Ok(())
}
