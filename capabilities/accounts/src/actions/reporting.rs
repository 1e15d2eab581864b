//! 报到 and 创建账号: an account first, then a registration written page by page and kept as it is typed (ACC-38, ACC-39).
//! From submission on it is a registration like any other (`joining`).

use super::{
    joining::{self, FORM, PURPOSE},
    password::{choose, own_words},
    register::{Rules, count_registration},
};
use crate::{
    Policy,
    rules::report::{self, Number, Report},
    store,
    store::{account::NewAccount, registration::Row},
};
use base::{Error, IdNumber, Mobile, OrgId, Refused, Result, YearMonth, business_date};
use db::{Db, Event, Keyring, Tx};
use orgs::Org;
use people::{Circumstances, Demand};
use serde::Deserialize;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What 创建账号 asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Opening {
    pub branch: String,
    pub phone: String,
    pub code: String,
    pub password: String,
    pub repeat: String,
    pub privacy: String,
}

/// Opens an applicant's account; the registration behind it is empty but for the phone and, from a branch's link, the
/// branch (ACC-B3).
pub(crate) async fn open_account(
    tx: &mut Tx,
    db: &Db,
    rules: &Rules<'_>,
    typed: &Opening,
    address: &str,
) -> Result<Uuid> {
    let policy = rules.accounts;
    count_registration(db, policy, address).await?;
    let phone = Mobile::parse(&typed.phone, rules.reserved)
        .map_err(|f| Error::refused_at("phone", "phone.form", f.message()))?;
    let words = own_words(None, &[phone.reveal()]);
    let (password, repeat) = (&typed.password, &typed.repeat);
    let hash = choose(tx, policy, Uuid::nil(), false, &words, password, repeat).await?;
    policy.consented(&typed.privacy)?;
    gateways::check_code(db, &phone, PURPOSE, &typed.code).await?;
    // Told to nobody but who holds the phone.
    let used = |message: &str| Err(Error::refused_at("phone", "join.phone", message));
    if super::resets::holder(tx, &phone).await?.is_some() {
        return used("该手机号已有账号，请直接登录，在“我的组织”里申请加入或转入。");
    }
    let id: Uuid = tx.new_id();
    let login = tx.keys().blind("login", phone.reveal());
    if !store::account::take_login(tx, &login, "phone", id).await? {
        return used("该手机号已创建过账号，请登录后继续填写或查看进度。");
    }
    let account = NewAccount {
        id,
        kind: "applicant",
        org: None,
        name: &phone.masked(),
        state: "applicant",
        password_hash: Some(&hash),
        must_change: false,
        privacy_version: Some(&policy.privacy_version),
    };
    store::account::insert(tx, &account).await?;
    let mut draft = Report::default();
    draft.set("phone", phone.reveal());
    if let Ok(branch) = joining::branch(tx, &typed.branch).await {
        draft.set("branch", branch.id.to_string());
    }
    put(tx, id, &draft).await?;
    tx.record(Event::new("account.opened", "account", id));
    Ok(id)
}

async fn put(tx: &mut Tx, id: Uuid, draft: &Report) -> Result<()> {
    let form = serde_json::to_string(draft).map_err(anyhow::Error::from)?;
    let sealed = tx.seal(FORM, id, &form);
    let branch: Option<OrgId> = draft.get("branch").parse().ok();
    store::registration::keep(tx, id, branch, &sealed).await
}

/// What was typed so far.
pub(crate) fn opened(keys: &Keyring, row: &Row) -> Result<Report> {
    let text = keys.open(FORM, row.registration_id, &row.form_sealed)?;
    Ok(serde_json::from_str(&text).map_err(anyhow::Error::from)?)
}

/// Fields that stand once a registration was sent: the applicant is known by them.
pub(crate) fn fixed(row: &Row) -> &'static [&'static str] {
    if row.name.is_empty() {
        &[]
    } else {
        &["name", "id_number"]
    }
}

/// Whether what was typed may still be changed (2.3).
pub(crate) fn is_open(row: &Row) -> bool {
    matches!(row.state.as_str(), "draft" | "returned" | "expired")
}

async fn locked(tx: &mut Tx, id: Uuid) -> Result<Row> {
    let row = store::registration::find_for_update(tx, id)
        .await?
        .ok_or(Error::NotFound)?;
    if !is_open(&row) {
        return Err(Error::Conflict(
            "该申请正在审核或已有结果，请刷新页面查看".into(),
        ));
    }
    Ok(row)
}

/// Keeps a page. Nothing is checked yet: what is typed is never lost.
pub(crate) async fn save(
    tx: &mut Tx,
    policy: &Policy,
    id: Uuid,
    page: usize,
    typed: &BTreeMap<String, String>,
) -> Result<()> {
    let row = locked(tx, id).await?;
    let pages = report::pages(policy.registration.form);
    let at = pages.get(page.saturating_sub(1)).ok_or(Error::NotFound)?;
    let mut draft = opened(tx.keys(), &row)?;
    draft.take(at, typed, fixed(&row));
    if page == 1 {
        match joining::branch(tx, typed.get("branch").map_or("", String::as_str)).await {
            Ok(branch) => draft.set("branch", branch.id.to_string()),
            Err(Error::Refused(_)) => {}
            Err(other) => return Err(other),
        }
    }
    put(tx, id, &draft).await
}

/// 按学号生成 (ACC-41).
pub(crate) async fn number_from_student_no(tx: &mut Tx, policy: &Policy, id: Uuid) -> Result<()> {
    let row = locked(tx, id).await?;
    let mut draft = opened(tx.keys(), &row)?;
    let refuse = |field, message: &str| Err(Error::refused_at(field, "report.number", message));
    if !policy.registration.make_numbers {
        return Err(Error::NotFound);
    }
    match report::number(draft.admitted(), "") {
        Number::FromStudentNo => {}
        Number::Given(_) => {
            return refuse(
                "admission_number",
                "2015年及以前入团的，提交时由系统编号，不用填写。",
            );
        }
        Number::Missing => {
            return refuse(
                "admission_number",
                "2017年及以后入团须填写团员编号。编号见入团志愿书或团员证。",
            );
        }
        Number::Typed => return refuse("admitted_on", "请先填写入团年月。"),
    }
    let Some(number) = report::from_student_no(draft.get("student_no")) else {
        return refuse("student_no", "请填写学号，编号由2016加学号后8位数字组成。");
    };
    draft.set("admission_number", number);
    put(tx, id, &draft).await
}

/// What is wrong with a registration as it stands, beside the branch it goes to.
pub(crate) struct Looked {
    pub branch: Option<Org>,
    pub faults: Vec<Refused>,
    pub warnings: Vec<String>,
}

/// Looks a registration over without sending it (ACC-B3).
pub(crate) async fn look(
    conn: &mut PgConnection,
    rules: &Rules<'_>,
    draft: &Report,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Looked> {
    let mut faults = Vec::new();
    let branch = match joining::branch(conn, draft.get("branch")).await {
        Ok(branch) => Some(branch),
        Err(Error::Refused(refused)) => {
            faults.push(refused);
            None
        }
        Err(other) => return Err(other),
    };
    let around = match &branch {
        Some(branch) => {
            people::circumstances(conn, branch, Demand::Member, now, rules.reserved).await?
        }
        None => Circumstances {
            today: business_date(now),
            reserved: rules.reserved,
            xinjiang: false,
            keep_number: false,
            demand: Demand::Member,
            category: base::OrgCategory::Branch,
        },
    };
    let policy = rules.accounts.registration;
    let makes = policy.make_numbers;
    let mut warnings = Vec::new();
    match people::check(&draft.member(), rules.people, &around) {
        Ok(new) => warnings.extend(new.warnings.into_iter().map(|w| w.message)),
        Err(found) => faults.extend(
            found
                .into_iter()
                // Said below in the words of this form.
                .filter(|f| !(makes && f.code == "number.required"))
                .map(Refused::from),
        ),
    }
    if makes {
        faults.extend(number_fault(draft));
    }
    faults.extend(report::faults(policy.form, draft, YearMonth::at(now)));
    faults.dedup_by(|a, b| a.field.is_some() && a.field == b.field && a.code == b.code);
    Ok(Looked {
        branch,
        faults,
        warnings,
    })
}

fn number_fault(draft: &Report) -> Option<Refused> {
    let message = match report::number(draft.admitted(), draft.get("admission_number")) {
        Number::Missing => "2017年及以后入团须填写团员编号。编号见入团志愿书或团员证。",
        Number::FromStudentNo => {
            "2016年入团的，请填写团员编号；没有编号的填学号，再点“按学号生成”。"
        }
        Number::Typed | Number::Given(_) => return None,
    };
    Some(Refused {
        code: "number.required",
        message: message.into(),
        field: Some("admission_number"),
    })
}

/// A number of the year nobody has: `99` is no province, so it meets no other (ROS-21).
pub(crate) async fn make_number(tx: &mut Tx, year: i32) -> Result<String> {
    loop {
        let number = format!("{year}99{}", tx.random().code(b"0123456789", 6));
        if people::number_is_free(tx, &number).await? {
            return Ok(number);
        }
    }
}

/// Sends a registration to its branch; answers all faults at once.
pub(crate) async fn submit(
    tx: &mut Tx,
    db: &Db,
    rules: &Rules<'_>,
    id: Uuid,
    address: &str,
) -> Result<std::result::Result<(), Vec<Refused>>> {
    count_registration(db, rules.accounts, address).await?;
    let row = locked(tx, id).await?;
    let mut draft = opened(tx.keys(), &row)?;
    let now = tx.now();
    let looked = look(tx, rules, &draft, now).await?;
    let (Some(branch), true) = (looked.branch, looked.faults.is_empty()) else {
        return Ok(Err(looked.faults));
    };
    let number = IdNumber::parse(draft.get("id_number"), business_date(now), rules.reserved)
        .map_err(|f| Error::refused_at("id_number", "id.form", f.message()))?;
    joining::not_known(tx, id, &number, draft.get("name")).await?;
    let login = tx.keys().blind("login", number.reveal());
    if store::account::by_login(tx, &login).await? != Some(id)
        && !store::account::take_login(tx, &login, "id_number", id).await?
    {
        return Err(Error::refused_at(
            "id_number",
            "join.pending",
            "该身份证号已提交过注册申请，请登录查看进度。",
        ));
    }
    if rules.accounts.registration.make_numbers
        && let Number::Given(year) = report::number(draft.admitted(), draft.get("admission_number"))
    {
        draft.set("admission_number", make_number(tx, year).await?);
    }
    let name = draft.get("name").to_owned();
    store::account::set_name(tx, id, &name).await?;
    let form = serde_json::to_string(&draft).map_err(anyhow::Error::from)?;
    let title = match rules.accounts.registration.form {
        crate::RegistrationForm::Create => joining::ASKS_TO_JOIN,
        _ => "团员报到",
    };
    joining::apply(tx, id, &branch, &name, &form, title).await?;
    Ok(Ok(()))
}
