//! 换届交接 (ACC-B9): whoever leaves hands everything to one successor in one act. What a superior has to approve for an
//! administrator (ORG-62) is approved for the whole of it.

use super::administrators::{self, relation};
use super::change::{self, New};
use crate::Policy;
use crate::store::change::{self as changes, Change};
use access::{Relation, Role};
use accounts::Holder;
use base::{Error, PersonId, Result, text};
use db::{Event, Keyring, Tx};
use messages::{Note, Receiver};
use orgs::Org;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The account that leaves.
    pub(crate) leaver: Option<Uuid>,
    pub(crate) successor: Option<PersonId>,
    pub(crate) reason: String,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Done {
    /// Before the superior.
    Pending,
    /// All handed over; a first password if the successor had none, shown once.
    Effective(Option<String>),
}

/// Everything that hangs on somebody in an organisation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remains {
    pub(crate) roles: Vec<String>,
    pub(crate) deputies: usize,
    pub(crate) codes: usize,
    pub(crate) cases: usize,
    pub(crate) waiting: i64,
    pub(crate) files: usize,
}

fn refuse<T>(field: &'static str, code: &'static str, message: impl Into<String>) -> Result<T> {
    Err(Error::refused_at(field, code, message))
}

/// The persons who hold something in an organisation; its own account is none of them (ACC-31).
pub(crate) async fn persons(
    conn: &mut PgConnection,
    keys: &Keyring,
    org: &Org,
) -> Result<Vec<Holder>> {
    let mut persons = Vec::new();
    for holder in accounts::administrators(conn, org.id).await? {
        let person = PersonId(holder.account_id);
        if people::find(conn, keys, person).await?.is_some() {
            persons.push(holder);
        }
    }
    Ok(persons)
}

/// What there is to hand over.
pub(crate) async fn remains(tx: &mut Tx, org: &Org, leaver: Uuid) -> Result<Remains> {
    let now = tx.now();
    let roles = accounts::administrators(tx, org.id)
        .await?
        .into_iter()
        .filter(|holder| holder.account_id == leaver)
        .map(|holder| {
            let role = Role::from_code(&holder.role).map_or("", Role::label);
            match holder.label {
                Some(label) => format!("{role}（{label}）"),
                None => role.to_owned(),
            }
        })
        .collect();
    Ok(Remains {
        roles,
        deputies: accounts::deputies_of(tx, org.id, leaver).await?,
        codes: accounts::codes_known(tx, org).await?,
        cases: approvals::started_by(tx, org.id, PersonId(leaver))
            .await?
            .len(),
        waiting: approvals::waiting_here(tx, org.id, now).await?,
        files: files::owned(tx, leaver, now).await?,
    })
}

/// Hands over, or puts it before the superior where an administrator's right is among it and the profile wants that.
pub(crate) async fn ask(
    tx: &mut Tx,
    org: &Org,
    asked: &Asked,
    policy: &Policy,
    accounts: &accounts::Policy,
) -> Result<Done> {
    let actor = tx.actor().clone();
    let relation = relation(&actor, org)?;
    if !org.state.is_live() {
        return refuse(
            "org",
            "handover.gone",
            format!("该组织{}，不能办理换届交接。", org.state.label()),
        );
    }
    let keys = tx.keys().clone();
    let reason = text::normalise(&asked.reason);
    if reason.chars().count() > 249 || text::has_control(&reason) {
        return refuse("reason", "handover.reason", "说明最多249个字。");
    }
    let held: Vec<Holder> = persons(tx, &keys, org)
        .await?
        .into_iter()
        .filter(|holder| Some(holder.account_id) == asked.leaver)
        .collect();
    let Some(leaver) = held.first() else {
        return refuse(
            "leaver",
            "handover.leaver",
            "请选择交出的人：本组织现任的管理员或运营者。",
        );
    };
    let operates = held.iter().any(|h| h.role == Role::Operator.code());
    if operates && relation == Relation::DirectSuperior {
        return refuse(
            "leaver",
            "handover.operator",
            format!(
                "运营者由〔{}〕自己交接，直接上级不能代办。请该组织用组织账号或由其他运营者办理；组织账号进不去的，可在“管理下级组织”重新给出登录资料。",
                org.full_name
            ),
        );
    }
    let (successor, name) = cadre(tx, org, asked.successor).await?;
    let lines = vec![("交接".to_owned(), leaver.name.clone(), name.clone())];
    let new = New {
        kind: "administrator",
        title: "换届交接".into(),
        detail: json!({ "do": "handover", "person": successor, "name": name, "replaced": leaver.account_id }),
        lines,
        reason,
    };
    let administers = held.iter().any(|h| h.role == Role::Administrator.code());
    if relation == Relation::DirectSuperior || !administers || !policy.own_admin_needs_approval {
        for holder in &held {
            administrators::revocable(tx, org, holder, relation, 2).await?;
        }
        let password = carry_out(tx, org, &held, (successor, &name), accounts).await?;
        change::note(tx, org, new).await?;
        return Ok(Done::Effective(password));
    }
    if changes::is_open(tx, "administrator", &[org.id]).await? {
        return refuse(
            "successor",
            "administrators.open",
            "本组织已有在办的管理员变更，请等它办结。",
        );
    }
    let step = administrators::approval(tx, org).await?;
    change::apply(tx, org, new, vec![step]).await?;
    Ok(Done::Pending)
}

/// The successor: a cadre of the organisation who holds nothing there yet.
async fn cadre(tx: &mut Tx, org: &Org, chosen: Option<PersonId>) -> Result<(PersonId, String)> {
    let office = people::in_office(tx, org.id).await?;
    let Some((person, name)) = office.into_iter().find(|(id, _)| Some(*id) == chosen) else {
        return refuse(
            "successor",
            "handover.cadre",
            "请选择接任的人：该组织的团干部。新一届的团干部请先录入。",
        );
    };
    let holders = accounts::administrators(tx, org.id).await?;
    if holders.iter().any(|holder| holder.account_id == person.0) {
        return refuse(
            "successor",
            "administrators.held",
            format!("{name}已是该组织的管理员或运营者，不能接任。请选择另一人。"),
        );
    }
    Ok((person, name))
}

/// The superior has agreed.
pub(crate) async fn agreed(tx: &mut Tx, change: &Change, policy: &accounts::Policy) -> Result<()> {
    let org = orgs::find(tx, change.org).await?.ok_or(Error::NotFound)?;
    let read = |field: &str| {
        serde_json::from_value::<Uuid>(change.detail[field].clone())
            .map_err(|cause| Error::Internal(cause.into()))
    };
    let (leaver, successor) = (read("replaced")?, read("person")?);
    let (successor, name) = cadre(tx, &org, Some(PersonId(successor))).await?;
    let held: Vec<Holder> = accounts::administrators(tx, org.id)
        .await?
        .into_iter()
        .filter(|holder| holder.account_id == leaver)
        .collect();
    let password = carry_out(tx, &org, &held, (successor, &name), policy).await?;
    let now = tx.now();
    changes::set_state(tx, change.org, change.id, "effective", Some(now)).await?;
    // A first password is shown to whoever can pass it on, and the superior cannot.
    let first = if password.is_some() {
        "接任者还没有登录密码，请在“运营者”里为其重置密码。"
    } else {
        ""
    };
    let body = format!(
        "〔{}〕已由{name}接任，原任的权限立即结束。{first}",
        org.full_name
    );
    change::tell(tx, change, "换届交接已生效", body).await
}

/// Rights, deputies, codes, what was started and produced: all of it in this one transaction.
async fn carry_out(
    tx: &mut Tx,
    org: &Org,
    held: &[Holder],
    (successor, name): (PersonId, &str),
    policy: &accounts::Policy,
) -> Result<Option<String>> {
    let Some(leaver) = held.first().cloned() else {
        return Err(Error::Conflict(
            "交出的人已经没有权限，不用再交接。请刷新后核对。".into(),
        ));
    };
    let before = remains(tx, org, leaver.account_id).await?;
    let mut password = None;
    for holder in held {
        if holder.role == Role::Operator.code() {
            let label = holder.label.as_deref().unwrap_or("运营者");
            password = accounts::set_operator(tx, policy, org, successor, label).await?;
        }
        accounts::end_grant(tx, org.id, holder.account_id, holder.grant_id).await?;
        if holder.role == Role::Administrator.code() {
            let role = Role::Administrator;
            accounts::grant(tx, policy, successor, name, org, role, "换届交接").await?;
        }
    }
    accounts::void_known_codes(tx, org).await?;
    let from = PersonId(leaver.account_id);
    approvals::hand_on(tx, org, from, (successor, name)).await?;
    let now = tx.now();
    files::expire(tx, leaver.account_id, now).await?;
    // What is still being made for the leaver would come after the files that just ended.
    let stopped = db::overview::stop(tx, from, org.id, &[people::EXPORT_JOB]).await?;
    tx.record(
        Event::new("org.handed_over", "org", org.id)
            .org(org.id)
            .before(json!({ "holder": leaver.name, "roles": before.roles }))
            .after(json!({
                "holder": name, "codes": before.codes, "cases": before.cases,
                "deputies": before.deputies, "files": before.files, "jobs": stopped,
            })),
    );
    let body = format!(
        "〔{}〕已由{name}接任{}的工作：权限、{}件在办的申请和{}件待办。原有注册码{}个已作废，需要的请重新生成。",
        org.full_name, leaver.name, before.cases, before.waiting, before.codes
    );
    for receiver in [Receiver::Person(successor), Receiver::Person(from)] {
        let note = Note {
            kind: "account",
            title: "换届交接".into(),
            body: body.clone(),
            jump: None,
            about: None,
        };
        messages::tell(tx, receiver, note).await?;
    }
    Ok(password)
}
