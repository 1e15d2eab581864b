//! 共青团员注册 / 团干部注册 into a branch, and the applicant's own page (ACC-42..45).

use super::{
    fault::Fault,
    first::{code_limits, password_hint},
    need_sms,
    opening::create_page,
    register::names,
    reporting,
};
use crate::{
    Policy, RegistrationForm,
    actions::{
        joining::{self, PURPOSE, Typed},
        register::Rules,
        reporting::Opening,
    },
    store,
};
use approvals::{CaseKey, Kinds, StepView};
use base::{Error, Mobile, OrgId, PersonId};
use orgs::Org;
use serde::Deserialize;
use web::{list::Choice, prelude::*};

/// The form, as registration and as correction.
struct Fields {
    typed: Typed,
    fault: Fault,
    as_cadre: bool,
    /// Name, ID number and phone stand and are not asked.
    again: bool,
    sms: bool,
    sent: bool,
    searched: bool,
    found: Vec<Branch>,
    chosen: Option<Branch>,
    titles: Vec<Choice>,
    ethnic: Vec<Choice>,
    political: Vec<Choice>,
    education: Vec<Choice>,
    student: Vec<Choice>,
}

/// A branch with its superior line (ACC-43).
pub(super) struct Branch {
    pub(super) org: Org,
    pub(super) above: String,
}

impl Fields {
    fn is_chosen(&self, branch: &Branch) -> bool {
        branch.org.id.to_string() == self.typed.branch
    }
}

#[derive(Template)]
#[template(path = "register_member.html")]
struct JoinPage {
    shell: Shell,
    policy: Policy,
    f: Fields,
}

impl JoinPage {
    fn password_hint(&self) -> String {
        password_hint(&self.policy, false)
    }
}

pub(super) async fn with_line(reader: &mut db::Reader, org: Org) -> Result<Branch> {
    let line = orgs::ancestors(reader, &org.path).await?;
    let above: Vec<String> = line.into_iter().skip(1).map(|o| o.short_name).collect();
    Ok(Branch {
        above: above.join(" / "),
        org,
    })
}

async fn fields(
    reader: &mut db::Reader,
    policy: &Policy,
    typed: Typed,
    fault: Fault,
    again: bool,
    as_cadre: bool,
    sent: bool,
) -> Result<Fields> {
    let q = base::text::normalise(&typed.q);
    let searched = !q.is_empty();
    let mut found = Vec::new();
    if searched {
        for org in orgs::find_branches(reader, &q, 20).await? {
            found.push(with_line(reader, org).await?);
        }
    }
    let chosen = match joining::branch(reader, &typed.branch).await {
        Ok(org) => Some(with_line(reader, org).await?),
        Err(Error::Refused(_)) => None,
        Err(other) => return Err(other.into()),
    };
    let titles = people::titles(base::OrgCategory::Branch);
    Ok(Fields {
        titles: Choice::list(
            std::iter::once(("", "无职务")).chain(titles.iter().map(|t| (*t, *t))),
            &typed.title,
        ),
        ethnic: names(people::codes::ETHNIC, &typed.ethnic),
        political: names(people::codes::POLITICAL, &typed.political),
        education: names(people::codes::EDUCATION, &typed.education),
        student: Choice::list(
            [("", "请选择"), ("是", "是"), ("否", "否")],
            &typed.is_student,
        ),
        typed: Typed {
            password: String::new(),
            repeat: String::new(),
            ..typed
        },
        sms: !again && joining::needs_code(policy),
        fault,
        as_cadre,
        again,
        sent,
        searched,
        found,
        chosen,
    })
}

async fn join_page(
    guest: &Guest,
    status: StatusCode,
    sent: Sent,
    fault: Fault,
    code_sent: bool,
) -> Result<Response> {
    let mut reader = guest.read().await?;
    let policy = guest.app.policy::<Policy>().clone();
    let as_cadre = sent.role == "cadre";
    let f = fields(
        &mut reader,
        &policy,
        sent.typed,
        fault,
        false,
        as_cadre,
        code_sent,
    )
    .await?;
    let shell = guest.shell(if as_cadre {
        "团干部注册"
    } else {
        "共青团员注册"
    });
    page(status, &JoinPage { shell, policy, f })
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    #[serde(rename = "as")]
    role: String,
    branch: String,
}

/// `GET /register/member`; a link or QR code of the branch preselects it.
pub(super) async fn show(guest: Guest, Query(asked): Query<Asked>) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    can_prove(policy)?;
    if policy.registration.form != RegistrationForm::One {
        let typed = Opening {
            branch: asked.branch,
            ..Opening::default()
        };
        return create_page(&guest, StatusCode::OK, typed, Fault::default(), false).await;
    }
    let typed = Typed {
        branch: asked.branch,
        ..Typed::default()
    };
    let sent = Sent {
        go: String::new(),
        role: asked.role,
        typed,
    };
    join_page(&guest, StatusCode::OK, sent, Fault::default(), false).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Sent {
    /// `search`, `code`, `done`.
    go: String,
    #[serde(rename = "as")]
    role: String,
    #[serde(flatten)]
    typed: Typed,
}

/// Who signs in by phone proves it at registration; without SMS nobody can (ACC-76).
fn can_prove(policy: &Policy) -> base::Result<()> {
    if joining::needs_code(policy) {
        need_sms(policy)?;
    }
    Ok(())
}

pub(super) fn rules(app: &App) -> Rules<'_> {
    Rules {
        accounts: app.policy::<Policy>(),
        people: app.policy::<people::Policy>(),
        reserved: app.reserved(),
    }
}

/// `POST /register/member`
pub(super) async fn submit(guest: Guest, form: Form<Sent>) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    can_prove(policy)?;
    if policy.registration.form != RegistrationForm::One {
        return Err(Error::NotFound.into());
    }
    let (key, sent) = (form.key, form.input);
    match sent.go.as_str() {
        "done" => {}
        "code" => return send_code(&guest, sent).await,
        _ => return join_page(&guest, StatusCode::OK, sent, Fault::default(), false).await,
    }
    let mut tx = guest.begin().await?;
    if let Some(before) = tx.once(&key).await? {
        return Ok(see_other(&before));
    }
    let done = joining::submit(
        &mut tx,
        guest.app.db(),
        &rules(&guest.app),
        &sent.typed,
        guest.address(),
    )
    .await;
    let fault = match Fault::of(done)? {
        Ok(Ok(_)) => {
            let place = "/register/member/done";
            tx.commit_to(place).await?;
            return Ok(see_other(place));
        }
        Ok(Err(faults)) => Fault::several(faults),
        Err(fault) => fault,
    };
    drop(tx);
    join_page(&guest, StatusCode::UNPROCESSABLE_ENTITY, sent, fault, false).await
}

async fn send_code(guest: &Guest, sent: Sent) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    let mut tx = guest.begin().await?;
    let done = async {
        let phone = Mobile::parse(&sent.typed.phone, guest.app.reserved())
            .map_err(|f| Error::refused_at("phone", "phone.form", f.message()))?;
        gateways::send_code(
            &mut tx,
            &phone,
            PURPOSE,
            guest.address(),
            code_limits(policy),
        )
        .await
    }
    .await;
    match Fault::of(done)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            join_page(guest, StatusCode::OK, sent, Fault::default(), true).await
        }
        Err(fault) => {
            drop(tx);
            join_page(guest, StatusCode::UNPROCESSABLE_ENTITY, sent, fault, false).await
        }
    }
}

#[derive(Template)]
#[template(path = "register_done.html")]
struct DonePage {
    shell: Shell,
}

/// `GET /register/member/done`
pub(super) async fn done(guest: Guest) -> Result<Response> {
    page(
        StatusCode::OK,
        &DonePage {
            shell: guest.shell("已提交"),
        },
    )
}

#[derive(Template)]
#[template(path = "register_mine.html")]
struct MinePage {
    shell: Shell,
    state: &'static str,
    kind: &'static str,
    words: String,
    branch: String,
    timeline: Vec<StepView>,
    may_withdraw: bool,
    /// To be typed first (FLD-23).
    confirm: &'static str,
    form: Option<Fields>,
    message: String,
}

async fn mine_page(
    ctx: &Ctx,
    status: StatusCode,
    typed: Option<Typed>,
    fault: Fault,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let row = store::registration::find(&mut reader, ctx.me.account)
        .await?
        .ok_or(Error::NotFound)?;
    let policy = ctx.app.policy::<Policy>();
    let branch = OrgId(row.branch_id.ok_or(Error::NotFound)?);
    let branch = orgs::find(&mut reader, branch)
        .await?
        .ok_or(Error::NotFound)?;
    let (state, kind, words) = match row.state.as_str() {
        "pending" => (
            "待审核",
            "info",
            format!(
                "已提交至〔{}〕，等待审核。审核通过后方可办理其他业务。",
                branch.full_name
            ),
        ),
        "draft" => ("已撤回", "mute", "已撤回，可修改后重新提交。".to_owned()),
        "returned" => (
            "已退回",
            "bad",
            format!(
                "退回原因：{}。请修改后重新提交。",
                row.reason.as_deref().unwrap_or("未写明")
            ),
        ),
        "expired" => (
            "已过期",
            "warn",
            "90天未审核，申请已过期，资料已保留，可重新提交。".to_owned(),
        ),
        _ => (
            "已通过",
            "ok",
            format!("您的申请已通过，欢迎加入〔{}〕。", branch.full_name),
        ),
    };
    let mut timeline = Vec::new();
    if let Some(case) = row.case_id {
        let key = CaseKey {
            subject: PersonId(row.registration_id),
            case: case.into(),
        };
        if let Some(case) = approvals::find_case(&mut reader, key).await? {
            timeline =
                approvals::timeline(&mut reader, ctx.app.policy::<Kinds>(), &case, ctx.now())
                    .await?;
        }
    }
    let open = policy.registration.form == RegistrationForm::One
        && crate::actions::reporting::is_open(&row);
    let message = fault.top();
    let form = if open {
        let keys = reader.keys.clone();
        let typed = match typed {
            Some(typed) => typed,
            None => Typed::again(&joining::opened(&keys, &row)?, branch.id),
        };
        Some(fields(&mut reader, policy, typed, fault, true, false, false).await?)
    } else {
        None
    };
    let shell = ctx.shell(&mut reader, "我的注册申请", "").await?;
    let may_withdraw = row.state == "pending";
    page(
        status,
        &MinePage {
            shell,
            state,
            kind,
            words,
            branch: branch.full_name,
            timeline,
            may_withdraw,
            confirm: if policy.registration.form == RegistrationForm::Report {
                WORDS
            } else {
                ""
            },
            form,
            message,
        },
    )
}

/// `GET /register/mine`
pub(super) async fn mine(ctx: Ctx, Query(asked): Query<reporting::Asked>) -> Result<Response> {
    if ctx.app.policy::<Policy>().registration.form != RegistrationForm::One {
        let mut reader = ctx.read().await?;
        let row = store::registration::find(&mut reader, ctx.me.account).await?;
        drop(reader);
        if let Some(row) = row.filter(crate::actions::reporting::is_open) {
            return reporting::show(&ctx, StatusCode::OK, &row, &asked, None).await;
        }
    }
    mine_page(&ctx, StatusCode::OK, None, Fault::default()).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Withdrawing {
    confirm: String,
}

/// What is typed to withdraw a report (FLD-23).
const WORDS: &str = "撤回报到";

/// `POST /register/mine/withdraw`
pub(super) async fn withdraw(ctx: Ctx, form: Form<Withdrawing>) -> Result<Response> {
    let Form { key, input, .. } = form;
    let is_report = ctx.app.policy::<Policy>().registration.form == RegistrationForm::Report;
    if is_report && base::text::normalise(&input.confirm) != WORDS {
        let message = format!("请输入“{WORDS}”四个字确认撤回。");
        let refused = base::Refused {
            code: "join.confirm",
            message,
            field: Some("confirm"),
        };
        let fault = Fault::several(vec![refused]);
        return mine_page(&ctx, StatusCode::UNPROCESSABLE_ENTITY, None, fault).await;
    }
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&key).await? {
        return Ok(see_other(&before));
    }
    let done = joining::withdraw(&mut tx, ctx.app.policy::<Kinds>(), ctx.me.account).await;
    match Fault::of(done)? {
        Ok(()) => {
            tx.commit_to("/register/mine").await?;
            Ok(see_other("/register/mine"))
        }
        Err(fault) => {
            drop(tx);
            mine_page(&ctx, StatusCode::UNPROCESSABLE_ENTITY, None, fault).await
        }
    }
}

/// `POST /register/mine`: again, to the same or another branch.
pub(super) async fn resubmit(ctx: Ctx, form: Form<Sent>) -> Result<Response> {
    if ctx.app.policy::<Policy>().registration.form != RegistrationForm::One {
        return Err(Error::NotFound.into());
    }
    let sent = form.input;
    if sent.go != "done" {
        return mine_page(&ctx, StatusCode::OK, Some(sent.typed), Fault::default()).await;
    }
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let done = joining::resubmit(&mut tx, &rules(&ctx.app), ctx.me.account, &sent.typed).await;
    let fault = match Fault::of(done)? {
        Ok(Ok(())) => {
            tx.commit_to("/register/mine").await?;
            return Ok(see_other("/register/mine"));
        }
        Ok(Err(faults)) => Fault::several(faults),
        Err(fault) => fault,
    };
    drop(tx);
    mine_page(
        &ctx,
        StatusCode::UNPROCESSABLE_ENTITY,
        Some(sent.typed),
        fault,
    )
    .await
}
