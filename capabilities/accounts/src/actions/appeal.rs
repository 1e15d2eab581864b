//! 手机号申诉 (ACC-53, ACC-54, 2.4): who lost the phone shows the ID card to a reviewer and gets in with a new one.

use super::{
    password::{choose, own_words},
    pictures,
    register::{Rules, count_registration},
};
use crate::{Policy, policy::Identifier, store, store::appeal::Row};
use access::Actor;
use approvals::{CaseKey, Initiator, Kinds, NewCase, Step, Superior};
use base::{Error, IdNumber, Mobile, OrgId, PersonId, Result, business_date, format_moment};
use bytes::Bytes;
use chrono::TimeDelta;
use db::{Db, Event, Tx, limits};
use files::picture::Bounds;
use messages::{Note, Receiver};
use orgs::Org;
use people::Person;
use serde::Deserialize;
use uuid::Uuid;

/// Code of the kind of case.
pub(crate) const KIND: &str = "phone_appeal";
/// Named in the SMS to the new phone.
pub(crate) const PURPOSE: &str = "手机号申诉";
/// Code of the step after an objection.
pub(crate) const DISPUTE: &str = "dispute";
/// Letters of codes that are read out and typed.
pub(super) const LETTERS: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Both sides of the ID card.
pub(crate) const SIDES: [(&str, &str); 2] = [("front", "身份证人像面"), ("back", "身份证国徽面")];
const MOST: usize = 5 * 1024 * 1024;
const TRIES: i32 = 20;

/// What a side's picture may be.
pub(crate) fn bounds(field: &'static str, label: &'static str) -> Bounds {
    Bounds {
        field,
        label,
        bytes: MOST,
    }
}

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub name: String,
    pub id_number: String,
    pub phone: String,
    pub code: String,
    pub note: String,
    pub password: String,
    pub repeat: String,
    pub privacy: String,
}

/// What a submission needs besides what was typed.
pub(crate) struct Brought {
    /// The sides of the ID card, as uploaded.
    pub photos: [Option<Bytes>; 2],
    /// The applicant's account this browser is signed in with, whose registration met the number.
    pub applicant: Option<Uuid>,
}

pub(super) fn blind_code(keys: &db::Keyring, typed: &str) -> Vec<u8> {
    let typed: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    keys.blind("appeal.code", &typed.to_uppercase())
}

/// Number and new phone, as far as their form goes.
pub(crate) fn parsed(
    typed: &Typed,
    rules: &Rules<'_>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(IdNumber, Mobile)> {
    if base::text::normalise(&typed.name).is_empty() {
        return Err(Error::refused_at("name", "required", "请填写姓名"));
    }
    let number = IdNumber::parse(&typed.id_number, business_date(now), rules.reserved)
        .map_err(|f| Error::refused_at("id_number", "id.form", f.message()))?;
    let phone = Mobile::parse(&typed.phone, rules.reserved)
        .map_err(|f| Error::refused_at("phone", "phone.form", f.message()))?;
    Ok((number, phone))
}

/// Puts an appeal down and opens its case; answers the code it is followed with.
pub(crate) async fn submit(
    tx: &mut Tx,
    db: &Db,
    files: &files::Store,
    rules: &Rules<'_>,
    typed: &Typed,
    brought: Brought,
) -> Result<String> {
    let (policy, now) = (rules.accounts, tx.now());
    let address = tx.actor().address.clone();
    count_registration(db, policy, &address).await?;
    let (number, phone) = parsed(typed, rules, now)?;
    let words = own_words(None, &[number.reveal(), phone.reveal()]);
    let hash = choose(
        tx,
        policy,
        Uuid::nil(),
        false,
        &words,
        &typed.password,
        &typed.repeat,
    )
    .await?;
    policy.consented(&typed.privacy)?;
    let note = web::text_field("note", "说明", &typed.note, 200)?;
    let id: Uuid = tx.new_id();
    for ((side, label), bytes) in SIDES.into_iter().zip(brought.photos) {
        let bytes = bytes.ok_or_else(|| {
            Error::refused_at(side, "appeal.photo", format!("请上传{label}的照片"))
        })?;
        let bounds = bounds(side, label);
        pictures::keep(tx, files, id, side, bytes, bounds).await?;
    }
    // Whatever tells about somebody else's file comes after the new phone was proved.
    gateways::check_code(db, &phone, PURPOSE, &typed.code).await?;
    let keys = tx.keys().clone();
    let person = people::by_id_number(tx, &keys, &number)
        .await?
        .ok_or_else(|| {
            Error::refused_at(
                "id_number",
                "appeal.unknown",
                "该身份证号还没有登记，不用申诉，请直接注册或请所在团支部录入。",
            )
        })?;
    let file = people::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    may_appeal(tx, policy, &file, &phone).await?;
    let offered = match brought.applicant {
        Some(applicant) => match store::registration::find(tx, applicant).await? {
            Some(row) => Some(super::reporting::opened(&keys, &row)?),
            None => None,
        },
        None => None,
    };
    let offered = match offered {
        Some(report) => {
            let text = serde_json::to_string(&report).map_err(anyhow::Error::from)?;
            Some(tx.seal("phone_appeal.offered", id, &text))
        }
        None => None,
    };
    let code = tx.random().code(LETTERS, 10);
    let phone_sealed = tx.seal("phone_appeal.phone", id, phone.reveal());
    let name = base::text::normalise(&typed.name);
    let new = store::appeal::New {
        id,
        person,
        name: &name,
        phone_sealed: &phone_sealed,
        password_hash: &hash,
        note: &note,
        applicant: brought.applicant.filter(|_| offered.is_some()),
        offered_sealed: offered.as_deref(),
        progress_hash: &blind_code(&keys, &code),
    };
    store::appeal::insert(tx, &new).await?;
    let step = reviewer(tx, &file).await?;
    open_case(tx, id, &file, step).await?;
    tx.record(Event::new("appeal.submitted", "person", person));
    Ok(code)
}

async fn may_appeal(tx: &mut Tx, policy: &Policy, file: &Person, phone: &Mobile) -> Result<()> {
    let rules = policy.appeal;
    if store::appeal::is_open(tx, file.id).await? {
        return Err(Error::refused(
            "appeal.open",
            "您已有一件申诉正在办理，请用受理编号查询进度，或撤回后重新提交。",
        ));
    }
    let since = tx.now() - TimeDelta::days(rules.rejection_days);
    if store::appeal::rejections(tx, file.id, since).await? >= rules.rejections {
        return Err(Error::refused(
            "appeal.often",
            format!(
                "{}天内已有{}次申诉未通过，请本人带身份证到所在团支部当面办理。",
                rules.rejection_days, rules.rejections
            ),
        ));
    }
    if file.phone_confirmed && file.phone.as_ref() == Some(phone) {
        return Err(Error::refused_at(
            "phone",
            "phone.same",
            "这就是现在登记的手机号，不用申诉，请用“忘记密码”重设密码。",
        ));
    }
    free_phone(tx, policy, file.id, phone).await
}

/// Where the phone is a name to sign in with, nobody else may have it.
pub(super) async fn free_phone(
    tx: &mut Tx,
    policy: &Policy,
    person: PersonId,
    phone: &Mobile,
) -> Result<()> {
    if policy.takes(Identifier::Phone) {
        let holder = super::resets::holder(tx, phone).await?;
        if holder.is_some_and(|holder| holder != person) {
            return Err(Error::refused_at(
                "phone",
                "phone.taken",
                "该手机号已被其他账号使用。",
            ));
        }
    }
    Ok(())
}

/// The provincial body above an organisation, or it itself; `None` for the root.
async fn provincial(tx: &mut Tx, org: &Org) -> Result<Option<OrgId>> {
    let own = org.path.clone();
    let line = org.path.ancestors().into_iter().chain([own]);
    let Some(path) = line.into_iter().find(|path| path.depth() == 2) else {
        return Ok(None);
    };
    Ok(orgs::by_path(tx, &path).await?.map(|org| org.id))
}

/// Who decides: the branch or its superior; of administrators their organisation's superior alone; of who has an office but
/// no branch the provincial body or the root, and of who belongs nowhere the root (ACC-53).
pub(crate) async fn reviewer(tx: &mut Tx, file: &Person) -> Result<Step> {
    let now = tx.now();
    let standing = store::session::standing(tx, file.id.0, now).await?;
    let mut ruled: Vec<OrgId> = standing
        .map(|s| s.grants)
        .unwrap_or_default()
        .into_iter()
        .filter(|g| g.role.administers() && g.org.path != base::OrgPath::root())
        .map(|g| g.org.id)
        .collect();
    ruled.sort_unstable();
    let step = |code: &str, org: &Org| {
        Step::new(code, "核验身份", "手机号申诉待审核", org.id, &org.full_name)
    };
    let mut highest = orgs::find_many(tx, &ruled).await?;
    highest.sort_by_key(|org| org.path.as_str().len());
    if let Some(org) = highest.first() {
        return Ok(asked(step("review", org).above()));
    }
    let mut home = people::membership(tx, file.id).await?.map(|m| m.branch);
    if home.is_none()
        && let Some(post) = people::posts(tx, file.id).await?.first()
        && let Some(office) = orgs::find(tx, post.org).await?
    {
        home = provincial(tx, &office).await?;
    }
    if let Some(org) = match home {
        Some(home) => orgs::find(tx, home).await?,
        None => None,
    } {
        return Ok(asked(step("review", &org).superior(Superior::Also)));
    }
    let root = orgs::by_path(tx, &base::OrgPath::root())
        .await?
        .ok_or(Error::NotFound)?;
    Ok(asked(step("review", &root)))
}

/// Passing asks how the person was known; it can be sent back all the same.
fn asked(step: Step) -> Step {
    let mut step = step.choose().remind_on(&[3, 7]);
    step.may_return = true;
    step
}

async fn open_case(tx: &mut Tx, id: Uuid, file: &Person, step: Step) -> Result<()> {
    let disputed = step.code == DISPUTE;
    let case = NewCase {
        kind: KIND,
        subject: file.id,
        subject_name: file.name.clone(),
        object: id,
        title: if disputed {
            "手机号申诉（有异议）".into()
        } else {
            "手机号申诉".into()
        },
        summary: "更换登记的手机号并重设密码".into(),
        initiator: Initiator {
            person: Some(file.id),
            org: None,
            name: file.name.clone(),
        },
        steps: vec![step],
        watchers: Vec::new(),
    };
    let case = approvals::open(tx, case).await?;
    store::appeal::set_case(tx, id, case).await
}

/// The new phone of an appeal.
pub(crate) fn phone_of(keys: &db::Keyring, row: &Row) -> Result<Mobile> {
    let text = keys.open("phone_appeal.phone", row.appeal_id, &row.phone_sealed)?;
    Ok(Mobile::trusted(text))
}

/// A message about the appeal to its person.
pub(super) async fn tell(tx: &mut Tx, person: PersonId, title: &str, body: String) -> Result<()> {
    let note = Note {
        kind: "account",
        title: title.into(),
        body,
        jump: Some("/account".into()),
        about: None,
    };
    messages::tell(tx, Receiver::Person(person), note).await
}

/// What a code opens.
pub(crate) struct Followed {
    pub row: Row,
    /// It is the code sent to the old phone.
    pub old_phone: bool,
}

/// The appeal of a code; wrong ones count against the address.
pub(crate) async fn follow(tx: &mut Tx, db: &Db, typed: &str) -> Result<Followed> {
    let (now, key) = (tx.now(), format!("appeal.code:{}", tx.actor().address));
    let (tries, until) = limits::hits(tx, &key, now, TimeDelta::hours(1)).await?;
    if tries >= TRIES {
        let again = format_moment(until, now);
        return Err(Error::refused(
            "rate",
            format!("操作过于频繁，请{again}后再试。"),
        ));
    }
    let hash = blind_code(tx.keys(), typed);
    let found = store::appeal::by_code(tx, &hash).await?;
    let row = match found {
        Some((id, _)) => store::appeal::find_for_update(tx, id).await?,
        None => None,
    };
    let (Some(row), Some((_, old_phone))) = (row, found) else {
        let mut own = db.begin(Actor::system("appeal")).await?;
        limits::hit(&mut own, &key, now, TimeDelta::hours(1)).await?;
        own.commit_housekeeping().await?;
        return Err(Error::refused_at(
            "code",
            "appeal.code",
            "编号不正确，请核对短信或提交时页面上的编号。",
        ));
    };
    Ok(Followed { row, old_phone })
}

/// Takes an undecided appeal back.
pub(crate) async fn withdraw(tx: &mut Tx, kinds: &Kinds, followed: &Followed) -> Result<()> {
    let row = &followed.row;
    if followed.old_phone {
        return Err(Error::NotFound);
    }
    match (row.state.as_str(), row.case_id) {
        ("submitted" | "disputed", Some(case)) => {
            let key = CaseKey {
                subject: PersonId(row.person_id),
                case: case.into(),
            };
            approvals::withdraw(tx, kinds, key, "申诉人撤回").await
        }
        _ => Err(Error::Conflict("这件申诉已经办结，不能撤回。".into())),
    }
}

/// The old phone's owner objects within the day: the next superior decides (2.4).
pub(crate) async fn object(tx: &mut Tx, followed: &Followed) -> Result<()> {
    let row = &followed.row;
    let in_time = row.effective_at.is_some_and(|at| tx.now() < at);
    if !followed.old_phone {
        return Err(Error::NotFound);
    }
    if row.state != "approved" || !in_time {
        return Err(Error::Conflict(
            "异议期已过或已经办结。如非本人操作，请立即联系所在团支部或直接上级管理员。".into(),
        ));
    }
    store::appeal::set_state(tx, row.appeal_id, "disputed", None).await?;
    store::picture::hold(tx, row.appeal_id).await?;
    let keys = tx.keys().clone();
    let file = people::find(tx, &keys, PersonId(row.person_id))
        .await?
        .ok_or(Error::NotFound)?;
    let decided = row.decided_org_id.map(OrgId);
    let org = match decided {
        Some(org) => orgs::find(tx, org).await?,
        None => None,
    };
    let step = match org {
        Some(org) if org.path != base::OrgPath::root() => Step::new(
            DISPUTE,
            "复核身份",
            "手机号申诉有异议",
            org.id,
            &org.full_name,
        )
        .above(),
        _ => {
            let root = orgs::by_path(tx, &base::OrgPath::root())
                .await?
                .ok_or(Error::NotFound)?;
            Step::new(
                DISPUTE,
                "复核身份",
                "手机号申诉有异议",
                root.id,
                &root.full_name,
            )
        }
    };
    open_case(tx, row.appeal_id, &file, asked(step)).await?;
    tell(
        tx,
        file.id,
        "手机号申诉有异议",
        "原手机号的持有人对申诉提出了异议，由再上一级组织复核，复核前手机号不变。".into(),
    )
    .await?;
    tx.record(Event::new("appeal.disputed", "person", file.id));
    Ok(())
}
