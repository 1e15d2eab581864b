//! 基本资料 (ORG-10..14, ORG-17): the own information, looked at, edited, confirmed once.

use super::detail::graduation;
use super::faults::Faults;
use super::tree::choices;
use crate::policy::Locked;
use crate::rules::{
    InfoInput, OrgInfo, asks_networks, cautions, check_information, decides_registrations,
    missing_information, needs_contact, needs_sector, needs_staffing, told,
};
use crate::{Policy, actions, store};
use access::Permission;
use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use base::Error;
use db::Reader;
use serde::Deserialize;
use web::list::Choice;
use web::{Ctx, Form, Result, Shell, page, see_other};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Look,
    Edit,
    Confirm,
}

#[derive(Template)]
#[template(path = "info.html")]
struct Page {
    shell: Shell,
    info: OrgInfo,
    superior: String,
    graduation: String,
    input: InfoInput,
    sectors: Vec<Choice>,
    missing: Vec<&'static str>,
    cautions: Vec<&'static str>,
    faults: Faults,
    mode: Mode,
    saved: bool,
    may_edit: bool,
    sector_open: bool,
    names_open: bool,
    progress_note: String,
    asks_contact: bool,
    asks_staffing: bool,
    /// Its code and names in the networks may be given here (FLD-03).
    asks_networks: bool,
    /// Says itself whether it takes registrations (1.1).
    decides_registrations: bool,
    /// What was changed, the newest first.
    past: Vec<Past>,
    /// Locked fields are corrected by application (ORG-15).
    may_apply: bool,
    /// Organisations have 企业微信名称 here (FLD-06).
    alias_asked: bool,
    /// Where who came from the sign-in goes on to (ORG-10).
    later: String,
}

/// A line of the history.
struct Past {
    at: String,
    by: String,
    text: String,
}

impl Page {
    fn contact(&self) -> bool {
        self.asks_contact
    }
    fn staffing(&self) -> bool {
        self.asks_staffing
    }
    fn sector_asked(&self) -> bool {
        needs_sector(self.info.org.category)
    }
    fn staffing_fields(&self) -> [(&'static str, &'static str, &str); 4] {
        let i = &self.input;
        [
            ("admin_posts", "本级团组织行政编制数", &i.admin_posts),
            ("admin_actual", "行政编制实际配备数", &i.admin_actual),
            ("inst_posts", "本级团组织事业编制数", &i.inst_posts),
            ("inst_actual", "事业编制实际配备数", &i.inst_actual),
        ]
    }
    /// Everything typed, to carry it through the confirmation.
    fn carried(&self) -> [(&'static str, &str); 17] {
        let i = &self.input;
        [
            ("short_name", &i.short_name),
            ("full_name", &i.full_name),
            ("sector", &i.sector),
            ("phone", &i.phone),
            ("email", &i.email),
            ("admin_posts", &i.admin_posts),
            ("admin_actual", &i.admin_actual),
            ("inst_posts", &i.inst_posts),
            ("inst_actual", &i.inst_actual),
            ("youth_14_28", &i.youth_14_28),
            ("recommended_to_party", &i.recommended_to_party),
            ("uscc", &i.uscc),
            ("league_code", &i.league_code),
            ("wechat", &i.wechat),
            ("weibo", &i.weibo),
            ("accepts", &i.accepts),
            ("version", &i.version),
        ]
    }
    fn shown<'a>(&self, value: &'a str) -> &'a str {
        if value.is_empty() { "未填写" } else { value }
    }
}

fn stored(info: &OrgInfo) -> InfoInput {
    let number = |n: Option<i32>| n.map(|n| n.to_string()).unwrap_or_default();
    InfoInput {
        short_name: info.org.short_name.clone(),
        full_name: info.org.full_name.clone(),
        sector: info.org.sector.clone().unwrap_or_default(),
        phone: info.org.phone.clone().unwrap_or_default(),
        email: info.email.clone().unwrap_or_default(),
        admin_posts: number(info.admin_posts),
        admin_actual: number(info.admin_actual),
        inst_posts: number(info.inst_posts),
        inst_actual: number(info.inst_actual),
        youth_14_28: number(info.youth_14_28),
        recommended_to_party: number(info.recommended_to_party),
        uscc: info.uscc.clone().unwrap_or_default(),
        league_code: info.league_code.clone().unwrap_or_default(),
        wechat: info.wechat.clone().unwrap_or_default(),
        weibo: info.weibo.clone().unwrap_or_default(),
        accepts: String::from(if info.org.accepts_registration {
            "yes"
        } else {
            "no"
        }),
        version: info.org.version.to_string(),
        confirmed: String::new(),
    }
}

async fn view(reader: &mut Reader, ctx: &Ctx, input: Option<InfoInput>) -> Result<Page> {
    let policy = ctx.app.policy::<Policy>();
    let own = ctx.org()?.clone();
    let info = store::information(reader, own.id)
        .await?
        .ok_or(Error::NotFound)?;
    let superior = match info.org.parent {
        Some(parent) => store::find(reader, parent).await?,
        None => None,
    };
    let past = store::changes(reader, own.id, 20).await?;
    let past = past.into_iter().map(|change| Past {
        at: base::format_moment(change.at, ctx.now()),
        by: change.actor_name,
        text: told(&change.action, &change.detail),
    });
    let input = input.unwrap_or_else(|| stored(&info));
    let sector_locked =
        info.saved_at.is_some() && policy.locks(Locked::Sector) && info.org.sector.is_some();
    Ok(Page {
        shell: ctx.shell(reader, "基本资料", "/console/info").await?,
        superior: superior.map(|s| s.full_name).unwrap_or_default(),
        graduation: graduation(&info.org, info.graduation_reason.as_deref()),
        sectors: choices(
            policy
                .offered_sectors()
                .map(|s| (s.name.as_str(), s.name.as_str())),
            "请选择",
            &input.sector,
        ),
        missing: missing_information(&info, policy),
        asks_contact: needs_contact(info.org.category, policy),
        asks_staffing: needs_staffing(info.org.category, policy),
        asks_networks: asks_networks(policy),
        decides_registrations: decides_registrations(&info.org),
        past: past.collect(),
        may_apply: info.saved_at.is_some()
            && ctx.actor.mark(Permission::CorrectOrgs, &own) >= access::Mark::Applies,
        alias_asked: policy.alias_max > 0,
        cautions: Vec::new(),
        faults: Faults::default(),
        mode: Mode::Look,
        saved: false,
        may_edit: ctx.actor.may(Permission::EditOrg, &own),
        sector_open: needs_sector(info.org.category) && !sector_locked,
        names_open: !policy.locks(Locked::ShortName),
        progress_note: policy.progress_note.clone(),
        later: String::new(),
        input,
        info,
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    edit: String,
    saved: String,
    later: String,
}

/// Looks at it, or opens the form.
pub(super) async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let mut view = view(&mut reader, &ctx, None).await?;
    if asked.edit == "1" && view.may_edit {
        view.mode = Mode::Edit;
    }
    view.saved = asked.saved == "1";
    if web::is_local(&asked.later) {
        view.later = asked.later;
    }
    page(StatusCode::OK, &view)
}

/// Checks, lets names be looked at once more before the first saving, saves.
pub(super) async fn submit(ctx: Ctx, form: Form<InfoInput>) -> Result<Response> {
    let policy = ctx.app.policy::<Policy>();
    let mut reader = ctx.read().await?;
    let mut view = view(&mut reader, &ctx, Some(form.input.clone())).await?;
    let own = view.info.org.to_ref();
    ctx.actor.require(Permission::EditOrg, &own)?;
    view.mode = Mode::Edit;
    let checked = match check_information(&form.input, &view.info, policy, ctx.app.reserved()) {
        Ok(checked) => checked,
        Err(faults) => {
            view.faults = Faults(faults);
            return page(StatusCode::UNPROCESSABLE_ENTITY, &view);
        }
    };
    if form.input.confirmed == "back" {
        return page(StatusCode::OK, &view);
    }
    if view.info.saved_at.is_none() && form.input.confirmed != "yes" {
        view.mode = Mode::Confirm;
        view.cautions = cautions(&checked);
        return page(StatusCode::OK, &view);
    }
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    match actions::update_information(&mut tx, own.id, &form.input, policy, ctx.app.reserved())
        .await
    {
        Ok(()) => {
            let to = "/console/info?saved=1";
            tx.commit_to(to).await?;
            Ok(see_other(to))
        }
        Err(refusal) => {
            drop(tx);
            view.faults = Faults::of(refusal)?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
