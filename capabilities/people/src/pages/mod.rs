//! Pages of people.

mod cadre_enter;
mod cadre_state;
mod cadres;
mod certificate;
mod edit;
mod enter;
mod export;
mod fields;
mod filings;
mod graduates;
mod leaving;
mod me;
mod member;
mod post;
mod reveal;
pub(crate) mod roster;
pub(crate) mod search;

use access::Permission::{
    EditPeople, EnterCadres, EnterMembers, FileEndings, ManageLeaving, MarkDelayed, ReverseEndings,
    UnmaskPeople, ViewPeople,
};
use base::{Mobile, OrgId};
use std::collections::HashMap;
use web::{Access, Routes};

/// Addresses of people.
pub fn routes() -> Routes {
    Routes::new()
        .get("/console/members", Access::Needs(ViewPeople), roster::list)
        .post("/console/members", Access::Needs(ViewPeople), roster::find)
        .get(
            "/console/members/new",
            Access::Needs(EnterMembers),
            enter::form,
        )
        .post(
            "/console/members/new",
            Access::Needs(EnterMembers),
            enter::submit,
        )
        .get(
            "/console/members/{id}",
            Access::Needs(ViewPeople),
            member::show,
        )
        .get(
            "/console/members/{id}/edit",
            Access::Needs(ViewPeople),
            edit::form,
        )
        .post(
            "/console/members/{id}/edit",
            Access::Needs(EditPeople),
            edit::submit,
        )
        .get(
            "/console/members/{id}/reveal",
            Access::Needs(UnmaskPeople),
            reveal::ask,
        )
        .post(
            "/console/members/{id}/reveal",
            Access::Needs(UnmaskPeople),
            reveal::submit,
        )
        .get(
            "/console/members/export",
            Access::Needs(ViewPeople),
            export::ask,
        )
        .post(
            "/console/members/export",
            Access::Needs(ViewPeople),
            export::submit,
        )
        .get(
            "/console/delayed",
            Access::Needs(ViewPeople),
            graduates::list,
        )
        .post(
            "/console/delayed",
            Access::Needs(MarkDelayed),
            graduates::revoke,
        )
        .get(
            "/console/delayed/new",
            Access::Needs(MarkDelayed),
            graduates::form,
        )
        .post(
            "/console/delayed/new",
            Access::Needs(MarkDelayed),
            graduates::submit,
        )
        .get(
            "/console/delayed/guide",
            Access::Needs(ViewPeople),
            graduates::campus,
        )
        .get("/console/leaving", Access::Needs(ViewPeople), leaving::list)
        .post_proved(
            "/console/leaving",
            Access::Needs(ManageLeaving),
            leaving::confirm,
        )
        .get(
            "/console/leaving/{id}/restore",
            Access::Needs(ManageLeaving),
            leaving::restore_form,
        )
        .post(
            "/console/leaving/{id}/restore",
            Access::Needs(ManageLeaving),
            leaving::restore,
        )
        .get("/console/filings", Access::Needs(ViewPeople), filings::list)
        .get_proved(
            "/console/filings/new",
            Access::Needs(FileEndings),
            filings::form,
        )
        .post_proved(
            "/console/filings/new",
            Access::Needs(FileEndings),
            filings::submit,
        )
        .get(
            "/console/filings/{branch}/{id}",
            Access::Needs(FileEndings),
            filings::show,
        )
        .get(
            "/console/filings/{branch}/{id}/document",
            Access::Needs(FileEndings),
            filings::document,
        )
        .post_proved(
            "/console/filings/{branch}/{id}/reverse",
            Access::Needs(ReverseEndings),
            filings::reverse,
        )
        .get("/member/certificate", Access::Own, certificate::show)
        .get("/member/me", Access::Own, me::show)
        .get("/member/me/edit", Access::Own, me::form)
        .post("/member/me/edit", Access::Own, me::submit)
        .post("/member/me/withdraw", Access::Own, me::withdraw)
        .get("/console/cadres", Access::Needs(ViewPeople), cadres::list)
        .get(
            "/console/cadres/new",
            Access::Needs(ViewPeople),
            cadre_enter::cadre_form,
        )
        .post(
            "/console/cadres/new",
            Access::Needs(EnterCadres),
            cadre_enter::cadre_submit,
        )
        .get(
            "/console/cadres/state",
            Access::Needs(ViewPeople),
            cadre_state::ask,
        )
        .post(
            "/console/cadres/state",
            Access::Needs(ViewPeople),
            cadre_state::submit,
        )
        .get(
            "/console/cadres/{post}",
            Access::Needs(ViewPeople),
            post::ask,
        )
        .post(
            "/console/cadres/{post}",
            Access::Needs(ViewPeople),
            post::submit,
        )
        .get(
            "/console/info/secretary",
            Access::Needs(EnterCadres),
            cadre_enter::secretary_form,
        )
        .post(
            "/console/info/secretary",
            Access::Needs(EnterCadres),
            cadre_enter::secretary_submit,
        )
}

/// Values of one person shown in a chip: colour class and text.
#[derive(Clone, Debug)]
pub(crate) struct Chip {
    pub kind: &'static str,
    pub text: String,
}

impl Chip {
    pub(crate) fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }

    /// 认证状态.
    pub(crate) fn identity(code: &str) -> Self {
        let state = crate::IdentityState::from_code(code);
        let kind = match state {
            crate::IdentityState::Passed | crate::IdentityState::PassedOffline => "tj-ok",
            crate::IdentityState::Mismatch | crate::IdentityState::Altered => "tj-bad",
            crate::IdentityState::RegisterLag => "tj-warn",
            crate::IdentityState::Sent => "tj-info",
            crate::IdentityState::Unverified => "tj-warn",
        };
        Self::new(kind, state.label())
    }

    /// 团员身份认证 (05-archives).
    pub(crate) fn certification(code: &str) -> Self {
        match code {
            "certified" => Self::new("tj-ok", "团员身份已认证"),
            "failed" => Self::new("tj-bad", "团员身份认证不通过"),
            "none" => Self::new("tj-warn", "团员身份尚未认证"),
            _ => Self::new("", "无需团员身份认证"),
        }
    }
}

/// `缺：民族、最高学历`.
pub(crate) fn gaps(missing: &[String]) -> String {
    let labels: Vec<&str> = missing
        .iter()
        .map(|field| crate::required_label(field))
        .collect();
    format!("缺：{}", labels.join("、"))
}

pub(crate) fn masked(phone: Option<&Mobile>) -> String {
    phone.map_or_else(String::new, Mobile::masked)
}

/// The reader's scope narrowed to one organisation of it, if there is one with this number.
pub(crate) async fn narrowed(
    reader: &mut db::Reader,
    scope: &access::Scope,
    number: &str,
) -> base::Result<Option<orgs::Org>> {
    let Ok(number) = number.parse() else {
        return Ok(None);
    };
    let found = orgs::by_number(reader, number).await?;
    Ok(found.filter(|org| scope.covers(&org.path)))
}

/// The short names of these organisations, for the rows of a list; nothing is asked for none.
pub(crate) async fn short_names(
    reader: &mut db::Reader,
    ids: &[OrgId],
) -> base::Result<HashMap<OrgId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let all = orgs::find_many(reader, ids).await?;
    Ok(all
        .into_iter()
        .map(|org| (org.id, org.short_name))
        .collect())
}
