//! What the reviewer sees of a transfer (TRF-27), on console and cadre phone alike.

use crate::actions::member_facts;
use crate::pages::view::{masked, return_reason, until_when};
use crate::policy::Policy;
use crate::rules::{State, about_member};
use crate::store::{self, Transfer};
use approvals::{Case, Sight};
use askama::Template;
use base::{Error, Result, TransferId, business_date, format_moment};
use db::Reader;
use orgs::Org;

struct Check {
    good: bool,
    text: String,
}

#[derive(Template)]
#[template(path = "panel.html")]
struct Panel {
    t: Transfer,
    full: bool,
    phone: bool,
    person: String,
    record: Vec<(&'static str, String)>,
    checks: Vec<Check>,
    returns: Vec<String>,
    history: Vec<String>,
    contact: String,
    out_phone: String,
    in_phone: String,
    until: String,
}

fn phone_of(org: Option<&Org>) -> String {
    org.and_then(|org| org.phone.clone())
        .unwrap_or_else(|| "未登记电话".into())
}

pub(super) async fn panel(
    reader: &mut Reader,
    case: &Case,
    sight: Sight,
    policy: &Policy,
) -> Result<String> {
    let (keys, now) = (reader.keys.clone(), reader.now());
    let t = store::find(reader, &keys, case.key.subject, TransferId(case.object))
        .await?
        .ok_or(Error::NotFound)?;
    let (profile, mut subject) = member_facts(reader, &keys, t.person)
        .await?
        .ok_or(Error::NotFound)?;
    subject.open = None;
    let mut checks: Vec<Check> = about_member(&subject, false, now, policy)
        .into_iter()
        .map(|fault| Check {
            good: false,
            text: fault.message,
        })
        .collect();
    if checks.is_empty() {
        checks.push(Check {
            good: true,
            text: "团籍正常，没有其他在途转接".into(),
        });
    }
    checks.push(match profile.certification.as_str() {
        "certified" => Check {
            good: true,
            text: "团员身份已认证".into(),
        },
        "not_required" => Check {
            good: true,
            text: "2020年以前入团，不需要团员身份认证".into(),
        },
        _ => Check {
            good: policy.certified_since.is_none(),
            text: "团员身份尚未认证".into(),
        },
    });
    let before = store::of_person(reader, &keys, t.person).await?;
    let (returned, moved): (Vec<_>, Vec<_>) = before
        .iter()
        .filter(|other| other.id != t.id && !other.state.is_open())
        .partition(|other| other.state == State::Returned);
    let day = |t: &Transfer| {
        t.ended_at
            .map(|at| format_moment(at, now))
            .unwrap_or_default()
    };
    let returns = returned
        .iter()
        .map(|r| {
            format!(
                "{}，{}退回：{}",
                day(r),
                r.returned_by.as_deref().unwrap_or("系统"),
                return_reason(r)
            )
        })
        .collect();
    let history = moved
        .iter()
        .map(|m| {
            format!(
                "{}，{} → {}，{}，{}",
                day(m),
                m.out_name,
                m.in_branch_name.as_ref().unwrap_or(&m.in_name),
                m.reason.label(),
                m.state.label()
            )
        })
        .collect();
    let sex = if profile.sex == base::Sex::Male {
        "男"
    } else {
        "女"
    };
    let record = vec![
        ("证件号码", profile.id_number.masked()),
        (
            "入团年月",
            profile
                .admitted_on
                .map_or_else(|| "未填写".into(), base::YearMonth::chinese),
        ),
        (
            "团员编号",
            profile
                .admission_number
                .clone()
                .unwrap_or_else(|| "未填写".into()),
        ),
        ("现团支部", subject.branch.full_name.clone()),
        ("手机号", masked(profile.phone.as_ref())),
    ];
    let out = orgs::find(reader, t.out_branch).await?;
    let into = orgs::find(reader, t.in_org).await?;
    let view = Panel {
        full: sight.full,
        phone: sight.phone,
        person: format!("{sex}，{} 岁", profile.age(business_date(now))),
        record,
        checks,
        returns,
        history,
        contact: masked(t.contact.as_ref()),
        out_phone: phone_of(out.as_ref()),
        in_phone: phone_of(into.as_ref()),
        // The frame says the deadline; here only what the phases of the graduates' year add to it.
        until: if t.state.is_open() && t.is_handover {
            until_when(&t, now, policy)
        } else {
            String::new()
        },
        t,
    };
    view.render()
        .map_err(|cause| Error::Internal(anyhow::anyhow!("template: {cause}")))
}
