//! 团龄证明: what a member and a former member may print about the own years in the League (ROS-78).

use crate::rules::MembershipState;
use crate::store;
use base::{Error, YearMonth, business_date};
use web::prelude::*;

struct Stretch {
    branch: String,
    span: String,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "certificate.html")]
struct CertificatePage {
    shell: Shell,
    name: String,
    sex: &'static str,
    id_number: String,
    admitted: String,
    years: String,
    stretches: Vec<Stretch>,
    today: String,
}

/// The page.
pub(crate) async fn show(ctx: Ctx) -> Result<Response> {
    let id = ctx.person()?;
    let mut reader = ctx.read().await?;
    let keys = reader.keys.clone();
    let person = store::find(&mut reader, &keys, id)
        .await?
        .ok_or(Error::NotFound)?;
    let all = store::memberships(&mut reader, id).await?;
    let all: Vec<_> = all
        .into_iter()
        .filter(|m| m.state != MembershipState::Void)
        .collect();
    let today = business_date(ctx.now());
    let last = all
        .iter()
        .map(|m| m.until.unwrap_or(today))
        .max()
        .unwrap_or(today);
    let years = person.admitted_on.map_or_else(
        || "入团年月未填写，无法计算".to_owned(),
        |from| {
            let months = YearMonth::of(last).months_since(from).max(0);
            format!("{} 年 {} 个月", months / 12, months % 12)
        },
    );
    let view = CertificatePage {
        shell: ctx.shell(&mut reader, "团龄证明", "/member/me").await?,
        name: person.name.clone(),
        sex: person.sex.label(),
        id_number: person.id_number.masked(),
        admitted: person
            .admitted_on
            .map_or_else(|| "未填写".to_owned(), YearMonth::chinese),
        years,
        stretches: all
            .into_iter()
            .map(|m| Stretch {
                span: match m.until {
                    Some(until) => format!("{} 至 {until}", m.since),
                    None => format!("{} 起", m.since),
                },
                branch: m.branch_name,
                state: m.state.label(),
            })
            .collect(),
        today: today.to_string(),
    };
    page(StatusCode::OK, &view)
}
