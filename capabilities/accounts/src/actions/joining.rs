//! 团员报到 / 团员注册: into a branch, approved by the branch (ACC-42..46, 2.3).

use super::{
    password::choose,
    register::{Rules, count_registration, own_words_of},
};
use crate::{Policy, policy::Identifier, store, store::account::NewAccount};
use approvals::{AtDeadline, CaseKey, Deadline, Initiator, Kinds, NewCase, Step, Superior};
use base::{Error, IdNumber, Mobile, OrgId, PersonId, Refused, Result, business_date};
use db::{Db, Event, Tx};
use orgs::{Org, OrgState};
use people::{Demand, MemberInput};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// Code of the kind of case.
pub(crate) const KIND: &str = "registration";
/// Named in the SMS.
pub(crate) const PURPOSE: &str = "团员注册";
/// Field the form is sealed as.
pub(crate) const FORM: &str = "registration.form";

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub q: String,
    pub branch: String,
    pub title: String,
    pub name: String,
    pub id_number: String,
    pub ethnic: String,
    pub political: String,
    pub education: String,
    pub phone: String,
    pub code: String,
    pub admitted_on: String,
    pub admission_number: String,
    pub is_student: String,
    pub password: String,
    pub repeat: String,
    pub privacy: String,
}

impl Typed {
    /// As the roster's checks read it.
    pub(crate) fn member(&self) -> MemberInput {
        MemberInput {
            name: self.name.clone(),
            id_number: self.id_number.clone(),
            ethnic: self.ethnic.clone(),
            political: self.political.clone(),
            education: self.education.clone(),
            phone: self.phone.clone(),
            title: self.title.clone(),
            nature: if self.title.is_empty() {
                String::new()
            } else {
                "兼职".into()
            },
            admitted_on: self.admitted_on.clone(),
            admission_number: self.admission_number.clone(),
            is_student: self.is_student.clone(),
            ..MemberInput::default()
        }
    }

    /// What an applicant typed before, to change it.
    pub(crate) fn again(member: &MemberInput, branch: OrgId) -> Self {
        let member = member.clone();
        Self {
            branch: branch.to_string(),
            title: member.title,
            name: member.name,
            id_number: member.id_number,
            ethnic: member.ethnic,
            political: member.political,
            education: member.education,
            phone: member.phone,
            admitted_on: member.admitted_on,
            admission_number: member.admission_number,
            is_student: member.is_student,
            ..Self::default()
        }
    }
}

/// The branch chosen, if it takes registrations (ACC-43).
pub(crate) async fn branch(conn: &mut PgConnection, typed: &str) -> Result<Org> {
    let pick = || Error::refused_at("branch", "join.branch", "请先搜索并选择所在的团支部");
    let id: OrgId = typed.parse().map_err(|_| pick())?;
    let open = |org: &Org| {
        org.is_branch()
            && org.accepts_registration
            && matches!(org.state, OrgState::Created | OrgState::Active)
            && !matches!(
                org.kind,
                orgs::BranchKind::AwaitingTransfer | orgs::BranchKind::SpecialUnitVault
            )
    };
    orgs::find(conn, id).await?.filter(open).ok_or_else(pick)
}

/// ACC-45: who has an account already is told what to do; no organisation is named.
pub(super) async fn not_known(tx: &mut Tx, id: Uuid, number: &IdNumber, name: &str) -> Result<()> {
    let keys = tx.keys().clone();
    let refuse = |code, message: &str| Err(Error::refused_at("id_number", code, message));
    if let Some(person) = people::by_id_number(tx, &keys, number).await? {
        let known = people::find(tx, &keys, person)
            .await?
            .is_some_and(|p| p.name == name);
        return if known {
            refuse(
                "join.known",
                "该身份证号已注册。请登录；忘记密码请重置；手机号已更换请点击\"我要申诉\"。",
            )
        } else {
            refuse("join.other_name", "证件号已被使用，请点击\"我要申诉\"。")
        };
    }
    if store::account::by_login(tx, &keys.blind("login", number.reveal()))
        .await?
        .is_some_and(|other| other != id)
    {
        return refuse(
            "join.pending",
            "该身份证号已提交过注册申请，请登录查看进度，可撤回后重新提交。",
        );
    }
    Ok(())
}

/// Whether the phone is proved by SMS at registration: where it is what one signs in with.
pub(crate) fn needs_code(policy: &Policy) -> bool {
    policy.takes(Identifier::Phone)
}

/// Puts a registration down and opens its case. Answers the applicant's account, or all faults at once.
pub(crate) async fn submit(
    tx: &mut Tx,
    db: &Db,
    rules: &Rules<'_>,
    typed: &Typed,
    address: &str,
) -> Result<std::result::Result<Uuid, Vec<Refused>>> {
    let (policy, now) = (rules.accounts, tx.now());
    count_registration(db, policy, address).await?;
    let branch = branch(tx, &typed.branch).await?;
    let number = IdNumber::parse(&typed.id_number, business_date(now), rules.reserved)
        .map_err(|f| Error::refused_at("id_number", "id.form", f.message()))?;
    let name = base::text::normalise(&typed.name);
    not_known(tx, Uuid::nil(), &number, &name).await?;
    let input = typed.member();
    let around = people::circumstances(tx, &branch, Demand::Member, now, rules.reserved).await?;
    let new = match people::check(&input, rules.people, &around) {
        Ok(new) => new,
        Err(faults) => return Ok(Err(faults.into_iter().map(Refused::from).collect())),
    };
    let words = own_words_of(&number, &typed.phone, &new.name);
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
    let id: Uuid = tx.new_id();
    let account = NewAccount {
        id,
        kind: "applicant",
        org: None,
        name: &new.name,
        state: "applicant",
        password_hash: Some(&hash),
        must_change: false,
        privacy_version: Some(&policy.privacy_version),
    };
    store::account::insert(tx, &account).await?;
    take_names(tx, policy, id, &number, new.phone.as_ref()).await?;
    if let Some(phone) = new.phone.as_ref().filter(|_| needs_code(policy)) {
        gateways::check_code(db, phone, PURPOSE, &typed.code).await?;
    }
    let form = serde_json::to_string(&input).map_err(anyhow::Error::from)?;
    apply(tx, id, &branch, &new.name, &form, title_of(&input)).await?;
    Ok(Ok(id))
}

async fn take_names(
    tx: &mut Tx,
    policy: &Policy,
    id: Uuid,
    number: &IdNumber,
    phone: Option<&Mobile>,
) -> Result<()> {
    let hash = tx.keys().blind("login", number.reveal());
    if !store::account::take_login(tx, &hash, "id_number", id).await? {
        return Err(Error::refused_at(
            "id_number",
            "join.pending",
            "该身份证号已提交过注册申请，请登录查看进度。",
        ));
    }
    if let Some(phone) = phone.filter(|_| policy.takes(Identifier::Phone)) {
        let hash = tx.keys().blind("login", phone.reveal());
        if !store::account::take_login(tx, &hash, "phone", id).await? {
            return Err(Error::refused_at(
                "phone",
                "join.phone",
                "该手机号已用于另一份注册申请，请登录查看进度，或换一个手机号。",
            ));
        }
    }
    Ok(())
}

/// What a branch's list calls new accounts where existing ones come by 申请转入 (ACC-40).
pub(crate) const ASKS_TO_JOIN: &str = "申请加入";

/// What the branch's list calls it.
fn title_of(input: &MemberInput) -> &'static str {
    if input.title.is_empty() {
        "团员注册"
    } else {
        "团干部注册"
    }
}

/// Writes the registration and opens the case in the branch: its administrator decides, from day 15 the direct superior
/// too; reminders on days 3, 7, 15; never by itself, after 90 days it expires (ACC-46, 2.3).
pub(super) async fn apply(
    tx: &mut Tx,
    id: Uuid,
    branch: &Org,
    name: &str,
    form: &str,
    title: &str,
) -> Result<()> {
    let sealed = tx.seal(FORM, id, form);
    store::registration::put(tx, id, branch.id, name, &sealed).await?;
    let step = Step::new(
        "branch",
        "团支部审核",
        if title == ASKS_TO_JOIN {
            title
        } else {
            "团员注册待审批"
        },
        branch.id,
        &branch.full_name,
    )
    .superior(Superior::FromDay(15))
    .remind_on(&[3, 7])
    .deadline(Some(Deadline::days(90, AtDeadline::Return)));
    let case = NewCase {
        kind: KIND,
        subject: PersonId(id),
        subject_name: name.to_owned(),
        object: id,
        title: title.into(),
        summary: format!("申请加入〔{}〕", branch.full_name),
        initiator: Initiator {
            person: Some(PersonId(id)),
            org: None,
            name: name.to_owned(),
        },
        steps: vec![step],
        watchers: Vec::new(),
    };
    let case = approvals::open(tx, case).await?;
    store::registration::set_case(tx, id, case).await?;
    tx.record(
        Event::new("registration.submitted", "registration", id)
            .org(branch.id)
            .after(json!({ "branch": branch.full_name })),
    );
    Ok(())
}

/// Takes an undecided registration back (ACC-44).
pub(crate) async fn withdraw(tx: &mut Tx, kinds: &Kinds, id: Uuid) -> Result<()> {
    let row = store::registration::find_for_update(tx, id)
        .await?
        .ok_or(Error::NotFound)?;
    match row.state.as_str() {
        "pending" => {}
        "approved" => {
            return Err(Error::refused(
                "join.approved",
                "已通过审核，请办理组织关系转接。",
            ));
        }
        _ => return Err(Error::Conflict("该申请已不在审核中，请刷新页面查看".into())),
    }
    let case = row.case_id.ok_or(Error::NotFound)?;
    let key = CaseKey {
        subject: PersonId(id),
        case: case.into(),
    };
    approvals::withdraw(tx, kinds, key, "申请人撤回").await
}

/// Sends a withdrawn, returned or expired registration again, to the same or another branch. Name and ID number stay:
/// they are what the applicant signs in with.
pub(crate) async fn resubmit(
    tx: &mut Tx,
    rules: &Rules<'_>,
    id: Uuid,
    typed: &Typed,
) -> Result<std::result::Result<(), Vec<Refused>>> {
    let row = store::registration::find_for_update(tx, id)
        .await?
        .ok_or(Error::NotFound)?;
    if !matches!(row.state.as_str(), "draft" | "returned" | "expired") {
        return Err(Error::Conflict(
            "该申请正在审核或已有结果，请刷新页面查看".into(),
        ));
    }
    let before = opened(tx.keys(), &row)?;
    let mut input = typed.member();
    input.id_number = before.id_number;
    input.name = before.name;
    input.phone = before.phone;
    let branch = branch(tx, &typed.branch).await?;
    let now = tx.now();
    let around = people::circumstances(tx, &branch, Demand::Member, now, rules.reserved).await?;
    if let Err(faults) = people::check(&input, rules.people, &around) {
        return Ok(Err(faults.into_iter().map(Refused::from).collect()));
    }
    let form = serde_json::to_string(&input).map_err(anyhow::Error::from)?;
    apply(tx, id, &branch, &row.name, &form, title_of(&input)).await?;
    Ok(Ok(()))
}

/// The form as it was typed.
pub(crate) fn opened(keys: &db::Keyring, row: &store::registration::Row) -> Result<MemberInput> {
    let text = keys.open(FORM, row.registration_id, &row.form_sealed)?;
    Ok(serde_json::from_str(&text).map_err(anyhow::Error::from)?)
}
