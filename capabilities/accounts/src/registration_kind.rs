//! Registrations as a kind of case (ACC-42, ACC-46).

use crate::{
    actions::{
        joining::{KIND, opened},
        reporting::make_number,
    },
    store,
    store::account::NewAccount,
};
use access::Permission;
use approvals::{Case, CaseKind, CaseState, Due, Outcome, ReturnCode, Sight};
use askama::Template;
use base::{Error, IdNumber, Mobile, Reserved, Result, business_date};
use db::{Event, Reader, Tx};
use futures::future::BoxFuture;
use messages::{Note, Receiver};
use people::{Demand, How};
use uuid::Uuid;

/// The kind of case behind 团员团干部注册审批.
#[derive(Clone, Debug)]
pub struct RegistrationKind {
    people: people::Policy,
    reserved: Reserved,
}

impl RegistrationKind {
    /// With the rules members are checked by.
    pub fn new(people: people::Policy, reserved: Reserved) -> Self {
        Self { people, reserved }
    }

    async fn finish(&self, tx: &mut Tx, case: &Case, outcome: &Outcome) -> Result<()> {
        let id = case.object;
        let words = [outcome.code.as_str(), outcome.comment.as_str()];
        let state = match outcome.state {
            CaseState::Open => return Ok(()),
            CaseState::Passed => return self.admit(tx, id).await,
            CaseState::Returned if outcome.code == EXPIRED => "expired",
            CaseState::Returned => "returned",
            CaseState::Withdrawn => "draft",
            CaseState::Closed => "expired",
        };
        let label = self.reason_label(case, words[0]);
        let reason = [label.as_str(), words[1]]
            .iter()
            .filter(|w| !w.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("：");
        store::registration::settle(tx, id, state, Some(&reason), None).await?;
        tx.record(Event::new("registration.ended", "registration", id).note(state));
        Ok(())
    }

    /// The branch has approved: member, membership and account come into being, the applicant's account passes into it.
    async fn admit(&self, tx: &mut Tx, id: Uuid) -> Result<()> {
        let row = store::registration::find_for_update(tx, id)
            .await?
            .ok_or(Error::NotFound)?;
        let branch = orgs::find(tx, base::OrgId(row.branch_id.ok_or(Error::NotFound)?))
            .await?
            .ok_or(Error::NotFound)?;
        let mut input = opened(tx.keys(), &row)?;
        renumber(tx, &mut input).await?;
        let now = tx.now();
        let around = people::circumstances(tx, &branch, Demand::Member, now, self.reserved).await?;
        let new = people::check(&input, &self.people, &around).map_err(|faults| {
            let faults: Vec<String> = faults.into_iter().map(|f| f.message).collect();
            Error::refused(
                "join.faults",
                format!("资料已不符合要求，请退回申请人修改：{}", faults.join("；")),
            )
        })?;
        let (number, phone, name) = (new.id_number.clone(), new.phone.clone(), new.name.clone());
        let person = people::enter_member(tx, &branch, new, How::Registered, Some(id)).await?;
        let applicant = store::account::find_for_update(tx, id)
            .await?
            .ok_or(Error::NotFound)?;
        let account = NewAccount {
            id: person.0,
            kind: "personal",
            org: None,
            name: "",
            state: "active",
            password_hash: None,
            must_change: false,
            privacy_version: applicant.privacy_version.as_deref(),
        };
        store::account::insert(tx, &account).await?;
        if let Some(hash) = &applicant.password_hash {
            store::account::set_password(tx, person.0, hash, false, now).await?;
        }
        store::account::set_state(tx, id, "closed", None).await?;
        store::session::end_others(tx, id, None).await?;
        free_names(tx, id, &number, phone.as_ref()).await?;
        if let Some(photo) = store::picture::latest(tx, id, "photo").await? {
            store::picture::delete(tx, id, photo).await?;
            store::picture::insert(tx, person.0, photo, "photo").await?;
        }
        store::registration::settle(tx, id, "approved", None, Some(person)).await?;
        let note = Note {
            kind: "registration",
            title: "注册申请已通过".into(),
            body: format!("您的申请已通过，欢迎加入〔{}〕。", branch.full_name),
            jump: Some("/member".into()),
            about: Some(id),
        };
        messages::tell(tx, Receiver::Person(person), note).await?;
        if let Some(phone) = &phone {
            let text = format!(
                "【团建】{name}，您的申请已通过，欢迎加入〔{}〕。",
                branch.full_name
            );
            let words = [("name", name.as_str()), ("branch", &branch.full_name)];
            let words = gateways::Words::new("registered", &words);
            gateways::sms(tx, phone, "注册申请已通过", &text, &words).await?;
        }
        tx.record(Event::new("registration.approved", "registration", id).org(branch.id));
        Ok(())
    }
}

/// A number the system made (ACC-41) may have been taken since: then another one is made.
async fn renumber(tx: &mut Tx, input: &mut people::MemberInput) -> Result<()> {
    let number = input.admission_number.clone();
    let Ok(month) = input.admitted_on.parse::<base::YearMonth>() else {
        return Ok(());
    };
    let made = month.year() < 2016 && number.starts_with(&format!("{}99", month.year()));
    if made && !people::number_is_free(tx, &number).await? {
        input.admission_number = make_number(tx, month.year()).await?;
    }
    Ok(())
}

async fn free_names(
    tx: &mut Tx,
    id: Uuid,
    number: &IdNumber,
    phone: Option<&Mobile>,
) -> Result<()> {
    let mut values = vec![number.reveal().to_owned()];
    values.extend(phone.map(|p| p.reveal().to_owned()));
    for value in values {
        let hash = tx.keys().blind("login", &value);
        if store::account::by_login(tx, &hash).await? == Some(id) {
            store::account::free_login(tx, &hash).await?;
        }
    }
    Ok(())
}

const EXPIRED: &str = "expired";
const RETURNS: [ReturnCode; 4] = [
    ReturnCode::new("not_ours", "不是本团支部的团员"),
    ReturnCode::with_text("wrong_data", "资料有误，请修改", 5),
    ReturnCode::new("wrong_branch", "应报到到其他团支部"),
    ReturnCode::with_text("other", "其他", 5),
];

/// What only the longer forms ask.
const MORE: [(&str, &str); 9] = [
    ("income", "收入"),
    ("full_time", "全日制学历"),
    ("household", "户籍所在地"),
    ("admitted_at", "入团时所在单位"),
    ("same_party", "同级党支部成员"),
    ("occupation", "职业"),
    ("employer", "工作单位"),
    ("party_on", "入党年月"),
    ("volunteer_since", "注册志愿者时间"),
];

struct Check {
    good: bool,
    text: String,
}

#[derive(Template)]
#[template(path = "registration_panel.html")]
struct Panel {
    phone: bool,
    photo: Option<String>,
    facts: Vec<(&'static str, String)>,
    checks: Vec<Check>,
}

async fn panel(
    kind: &RegistrationKind,
    reader: &mut Reader,
    case: &Case,
    sight: Sight,
) -> Result<String> {
    let (keys, now) = (reader.keys.clone(), reader.now());
    let row = store::registration::find(reader, case.object)
        .await?
        .ok_or(Error::NotFound)?;
    let branch = orgs::find(reader, base::OrgId(row.branch_id.ok_or(Error::NotFound)?))
        .await?
        .ok_or(Error::NotFound)?;
    let input = opened(&keys, &row)?;
    let mask = |text: &str| base::mask_number(text);
    let name = if sight.full {
        input.name.clone()
    } else {
        base::text::mask_name(&input.name)
    };
    let mut facts = vec![
        ("姓名", name),
        ("身份证号", mask(&input.id_number)),
        ("手机号码", mask(&input.phone)),
        ("民族", input.ethnic.clone()),
        ("政治面貌", input.political.clone()),
        ("最高学历", input.education.clone()),
        ("入团年月", input.admitted_on.clone()),
        ("发展团员编号", input.admission_number.clone()),
        ("申请加入", branch.full_name.clone()),
        ("团内职务", input.title.clone()),
        ("任现职年月", input.since.clone()),
        ("是否高校学生", input.is_student.clone()),
    ];
    let report = crate::actions::reporting::opened(&keys, &row)?;
    facts.extend(MORE.map(|(name, label)| (label, report.get(name).to_owned())));
    if !report.get("volunteer").is_empty() {
        facts.push(("注册成为志愿者", "是".to_owned()));
    }
    let photo = store::picture::latest(reader, case.object, "photo")
        .await?
        .filter(|_| sight.full && row.state == "pending")
        .map(|_| format!("/console/registrations/{}/photo", case.object));
    facts.retain(|(_, value)| !value.is_empty());
    let around = people::circumstances(reader, &branch, Demand::Member, now, kind.reserved).await?;
    let mut checks = vec![Check {
        good: true,
        text: "实名认证：未认证，通过后由系统统一核验".into(),
    }];
    match people::check(&input, &kind.people, &around) {
        Ok(new) => {
            checks.push(Check {
                good: true,
                text: "资料符合录入要求".into(),
            });
            checks.extend(new.warnings.into_iter().map(|w| Check {
                good: false,
                text: w.message,
            }));
        }
        Err(faults) => checks.extend(faults.into_iter().map(|f| Check {
            good: false,
            text: f.message,
        })),
    }
    if let Ok(number) = IdNumber::parse(&input.id_number, business_date(now), kind.reserved) {
        let twins = store::registration::namesakes(reader, &input.name, number.born()).await?;
        if !twins.is_empty() {
            let text = format!(
                "可能重复：另有{}名同姓名、同出生日期的团员，请核对身份证号后再审",
                twins.len()
            );
            checks.push(Check { good: false, text });
        }
    }
    let waits = (business_date(now) - business_date(row.submitted_at)).num_days();
    checks.push(Check {
        good: waits < 7,
        text: format!("已等待{waits}天"),
    });
    let view = Panel {
        phone: sight.phone,
        photo,
        facts,
        checks,
    };
    view.render().map_err(|e| Error::Internal(e.into()))
}

impl CaseKind for RegistrationKind {
    fn code(&self) -> &'static str {
        KIND
    }

    fn label(&self) -> &'static str {
        "团员团干部注册审批"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ApproveRegistrations)
    }

    fn return_codes(&self, _: &Case) -> Vec<ReturnCode> {
        RETURNS.to_vec()
    }

    fn reason_label(&self, _: &Case, code: &str) -> String {
        match code {
            EXPIRED => "90天未审核，已自动退回".into(),
            code => RETURNS
                .iter()
                .find(|r| r.code == code)
                .map_or_else(String::new, |r| r.label.to_owned()),
        }
    }

    fn subject_link(&self, _: &Case) -> Option<String> {
        Some("/register/mine".into())
    }

    fn ended<'a>(
        &'a self,
        tx: &'a mut Tx,
        case: &'a Case,
        outcome: &'a Outcome,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.finish(tx, case, outcome))
    }

    fn due<'a>(&'a self, _: &'a mut Tx, _: &'a Case) -> BoxFuture<'a, Result<Due>> {
        Box::pin(async {
            Ok(Due::Close {
                code: EXPIRED.into(),
                text: String::new(),
            })
        })
    }

    fn panel<'a>(
        &'a self,
        reader: &'a mut Reader,
        case: &'a Case,
        sight: Sight,
    ) -> BoxFuture<'a, Result<String>> {
        Box::pin(panel(self, reader, case, sight))
    }
}
