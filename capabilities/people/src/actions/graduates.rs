//! Marking delayed graduates and teachers, revoking, and the month that ends it (ROS-51..53).

use crate::rules::{
    Fault, LifeEvent, MarkInput, MembershipState, NewMark, StudentMark, check_mark,
};
use crate::store::{self, Marked};
use access::Permission;
use base::{Error, OrgCategory, OrgId, PersonId, Result, YearMonth};
use db::{Event, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// Most marked in one act.
pub(crate) const TOGETHER: usize = 200;

/// The acting organisation, if it marks members at all: schools do, except their branches (ROS-51).
pub(crate) async fn marker(
    conn: &mut sqlx::PgConnection,
    own: OrgId,
    policy: &orgs::Policy,
) -> Result<Org> {
    let info = orgs::information(conn, own).await?.ok_or(Error::NotFound)?;
    let category = info.org.category;
    if matches!(category, OrgCategory::Branch | OrgCategory::LeadingBody)
        || !info.in_school_sector(policy)
    {
        return Err(Error::forbidden(
            "延迟毕业团员和教师由学校的团委、团总支标记。请联系所在学校的团委、团总支管理员。",
        ));
    }
    Ok(info.org)
}

/// The members chosen with their branches, each checked for the right to mark.
pub(crate) async fn chosen(
    tx: &mut Tx,
    people: &[PersonId],
    policy: &orgs::Policy,
) -> Result<(Org, Vec<Org>, Vec<(OrgId, PersonId)>)> {
    let own = tx.actor().org().map(|org| org.id).ok_or(Error::NotFound)?;
    let own = marker(tx, own, policy).await?;
    if people.is_empty() {
        return Err(Error::refused_at(
            "member",
            "mark.nobody",
            "请先在团员名册中勾选要标记的团员。",
        ));
    }
    if people.len() > TOGETHER {
        return Err(Error::refused_at(
            "member",
            "mark.many",
            format!("一次最多标记{TOGETHER}人，请分几次办理。"),
        ));
    }
    let rows = store::rows_of(tx, people).await?;
    if rows.len() != people.len() {
        return Err(Error::Conflict(
            "有团员刚刚转出或离团，请回到名册刷新后重新勾选。".into(),
        ));
    }
    let mut rows: Vec<(OrgId, PersonId)> = rows
        .into_iter()
        .map(|(branch, person)| (OrgId(branch), PersonId(person)))
        .collect();
    rows.sort_unstable();
    let mut ids: Vec<OrgId> = rows.iter().map(|row| row.0).collect();
    ids.dedup();
    let branches = orgs::find_many(tx, &ids).await?;
    for branch in &branches {
        tx.actor()
            .require(Permission::MarkDelayed, &branch.to_ref())?;
    }
    Ok((own, branches, rows))
}

/// Marks members of graduate branches; all or nobody.
pub(crate) async fn mark(
    tx: &mut Tx,
    people: &[PersonId],
    input: &MarkInput,
    policy: &orgs::Policy,
) -> Result<std::result::Result<usize, Vec<Fault>>> {
    let (own, branches, rows) = chosen(tx, people, policy).await?;
    let new = match check_mark(input, &branches) {
        Ok(new) => new,
        Err(faults) => return Ok(Err(faults)),
    };
    let branches: HashMap<OrgId, Org> = branches.into_iter().map(|org| (org.id, org)).collect();
    for (branch, person) in &rows {
        let branch = branches.get(branch).ok_or(Error::NotFound)?;
        mark_one(tx, &own, branch, *person, &new).await?;
    }
    Ok(Ok(rows.len()))
}

async fn mark_one(
    tx: &mut Tx,
    own: &Org,
    branch: &Org,
    person: PersonId,
    new: &NewMark,
) -> Result<()> {
    let open = store::lock_membership(tx, person).await?;
    let keys = tx.keys().clone();
    let name = store::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?
        .name;
    if open.is_none_or(|m| m.branch != branch.id || m.state != MembershipState::Normal) {
        return Err(Error::Conflict(format!(
            "{name}的团籍已有变动，请回到名册刷新后重新勾选。"
        )));
    }
    let (now, by) = (tx.now(), tx.actor().name.clone());
    let marked = Marked {
        branch: branch.id.0,
        person: person.0,
        path: branch.path.to_string(),
        name: name.clone(),
        kind: new.kind.code().into(),
        expected: new.expected.map(YearMonth::index),
        branch_month: branch.graduation.map(YearMonth::index),
        reason: new.reason.clone(),
        marked_at: now,
        marked_by: by,
        marked_org: own.id.0,
    };
    if !store::insert_mark(tx, &marked).await? {
        return Err(Error::refused_at(
            "member",
            "mark.twice",
            format!("{name}已经标记过，要改请先在“延迟毕业团员”中撤销。"),
        ));
    }
    let title = match new.expected {
        Some(month) => format!("标记为延迟毕业生，预计{}毕业", month.chinese()),
        None => "标记为教师".to_owned(),
    };
    tell(tx, branch, person, &title, new.reason.as_deref()).await?;
    tx.record(
        Event::new("student.marked", "person", person)
            .org(branch.id)
            .after(json!({ "kind": new.kind.code(), "expected": new.expected.map(|m| m.to_string()), "reason": new.reason })),
    );
    Ok(())
}

/// A line in the timeline and a message to the person.
async fn tell(
    tx: &mut Tx,
    branch: &Org,
    person: PersonId,
    title: &str,
    detail: Option<&str>,
) -> Result<()> {
    super::note(
        tx,
        LifeEvent {
            person,
            kind: "transfer",
            title: title.to_owned(),
            detail: detail.map(str::to_owned),
            org: Some((branch.id, branch.full_name.clone())),
        },
    )
    .await?;
    let body = format!("〔{}〕{title}。有疑问请联系学校团委。", branch.full_name);
    let note = Note {
        kind: "membership",
        title: title.to_owned(),
        body,
        jump: Some("/member/me".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(person), note).await
}

/// Revokes marks: identity and month are those of the graduate branch again (ROS-53), wherever the person is by now.
pub(crate) async fn unmark(
    tx: &mut Tx,
    pairs: &[(OrgId, PersonId)],
    policy: &orgs::Policy,
) -> Result<usize> {
    let own = tx.actor().org().map(|org| org.id).ok_or(Error::NotFound)?;
    marker(tx, own, policy).await?;
    if pairs.is_empty() {
        return Err(Error::refused("mark.nobody", "请先勾选要撤销标记的人员。"));
    }
    let marks = store::marks_of(tx, pairs).await?;
    let wanted = |mark: &Marked| pairs.contains(&(OrgId(mark.branch), PersonId(mark.person)));
    let mut count = 0;
    for mark in marks.iter().filter(|mark| wanted(mark)) {
        let branch = orgs::find(tx, OrgId(mark.branch))
            .await?
            .ok_or(Error::NotFound)?;
        tx.actor()
            .require(Permission::MarkDelayed, &branch.to_ref())?;
        lift(tx, mark, &branch, "撤销").await?;
        count += 1;
    }
    if count != pairs.len() {
        return Err(Error::Conflict(
            "有人员的标记刚刚被撤销，请刷新后核对。".into(),
        ));
    }
    Ok(count)
}

async fn lift(tx: &mut Tx, mark: &Marked, branch: &Org, how: &str) -> Result<()> {
    let person = PersonId(mark.person);
    if !store::delete_mark(tx, mark.branch, mark.person).await? {
        return Err(Error::Conflict(format!(
            "{}的标记刚刚被撤销，请刷新后核对。",
            mark.name
        )));
    }
    let label = StudentMark::from_code(&mark.kind).map_or("", StudentMark::label);
    let month = mark.branch_month.map(YearMonth::from_index);
    let month = month.map_or_else(String::new, |m| format!("，毕业时间{}", m.chinese()));
    let title = format!("{how}{label}标记，身份为毕业生{month}");
    tell(tx, branch, person, &title, None).await?;
    tx.record(
        Event::new("student.unmarked", "person", person)
            .org(branch.id)
            .before(json!({ "kind": mark.kind, "expected": mark.expected.map(|m| YearMonth::from_index(m).to_string()) }))
            .after(json!({ "how": how })),
    );
    Ok(())
}

/// Ends marks whose month has come, at most `limit` in one transaction; the schools read how many of theirs are to be
/// transferred now. Answers how many.
pub(crate) async fn end_due(tx: &mut Tx, limit: i64) -> Result<usize> {
    let month = YearMonth::at(tx.now());
    let due = store::due_marks(tx, month, limit).await?;
    let mut schools: BTreeMap<OrgId, Vec<String>> = BTreeMap::new();
    for mark in &due {
        let branch = orgs::find(tx, OrgId(mark.branch))
            .await?
            .ok_or(Error::NotFound)?;
        lift(tx, mark, &branch, "已到预计毕业时间，结束").await?;
        schools
            .entry(OrgId(mark.marked_org))
            .or_default()
            .push(mark.name.clone());
    }
    for (school, names) in schools {
        let first: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
        let body = format!(
            "{}{}共{}名延迟毕业团员已到预计毕业时间，身份恢复为毕业生，请尽快办理转接；仍未毕业的，请重新标记。",
            first.join("、"),
            if names.len() > first.len() { "等" } else { "" },
            names.len()
        );
        let note = Note {
            kind: "membership",
            title: "延迟毕业团员已到预计毕业时间".into(),
            body,
            jump: Some("/console/delayed".into()),
            about: None,
        };
        messages::tell(tx, Receiver::Org(school), note).await?;
    }
    Ok(due.len())
}
