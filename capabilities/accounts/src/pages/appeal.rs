//! 我要申诉: two steps for the appellant, one page to follow or to object, and the pictures for the reviewer (ACC-53, ACC-54).

use super::{
    fault::Fault,
    first::{code_limits, password_hint},
    joining::rules,
    need_sms,
};
use crate::{
    Policy,
    actions::{
        appeal::{self, Brought, PURPOSE, SIDES, Typed},
        pictures,
    },
    store,
};
use approvals::Kinds;
use axum::http::header;
use base::{Error, format_moment};
use base64::{Engine, engine::general_purpose::STANDARD};
use db::Event;
use serde::Deserialize;
use uuid::Uuid;
use web::{Multi, prelude::*};

#[derive(Template)]
#[template(path = "appeal.html")]
struct AppealPage {
    shell: Shell,
    policy: Policy,
    second: bool,
    typed: Typed,
    fault: Fault,
    /// The code of a finished submission.
    done: String,
}

impl AppealPage {
    fn password_hint(&self) -> String {
        password_hint(&self.policy, false)
    }
}

fn appeal_page(
    guest: &Guest,
    status: StatusCode,
    second: bool,
    typed: Typed,
    fault: Fault,
    done: String,
) -> Result<Response> {
    let view = AppealPage {
        shell: guest.shell("我要申诉"),
        policy: guest.app.policy::<Policy>().clone(),
        second,
        typed: Typed {
            password: String::new(),
            repeat: String::new(),
            ..typed
        },
        fault,
        done,
    };
    page(status, &view)
}

/// The applicant's account behind this browser.
fn applicant(guest: &Guest) -> Option<Uuid> {
    guest
        .me
        .as_ref()
        .filter(|me| me.applicant)
        .map(|me| me.account)
}

/// `GET /appeal`; who comes from a refused registration need not type its data again.
pub(super) async fn show(guest: Guest) -> Result<Response> {
    let mut typed = Typed::default();
    need_sms(guest.app.policy())?;
    if let Some(account) = applicant(&guest) {
        let mut reader = guest.read().await?;
        let keys = reader.keys.clone();
        if let Some(row) = store::registration::find(&mut reader, account).await? {
            let draft = crate::actions::reporting::opened(&keys, &row)?;
            draft.get("name").clone_into(&mut typed.name);
            draft.get("id_number").clone_into(&mut typed.id_number);
            draft.get("phone").clone_into(&mut typed.phone);
        }
    }
    appeal_page(
        &guest,
        StatusCode::OK,
        false,
        typed,
        Fault::default(),
        String::new(),
    )
}

/// `POST /appeal/code`: the first step, which sends the code and leads to the second.
pub(super) async fn code(guest: Guest, form: Form<Typed>) -> Result<Response> {
    let policy = guest.app.policy::<Policy>();
    need_sms(policy)?;
    let typed = form.input;
    let mut tx = guest.begin().await?;
    let now = tx.now();
    let sent = async {
        let (_, phone) = appeal::parsed(&typed, &rules(&guest.app), now)?;
        gateways::send_code(
            &mut tx,
            &phone,
            PURPOSE,
            guest.address(),
            code_limits(policy),
        )
        .await
    };
    match Fault::of(sent.await)? {
        Ok(()) => {
            tx.commit_housekeeping().await?;
            appeal_page(
                &guest,
                StatusCode::OK,
                true,
                typed,
                Fault::default(),
                String::new(),
            )
        }
        Err(fault) => {
            drop(tx);
            // Asked again too soon: the code is there, the second step goes on.
            let second = !fault.at("code").is_empty();
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            appeal_page(&guest, status, second, typed, fault, String::new())
        }
    }
}

/// `POST /appeal`
pub(super) async fn submit(guest: Guest, mut form: Multi) -> Result<Response> {
    need_sms(guest.app.policy())?;
    let fields = [
        "name",
        "id_number",
        "phone",
        "code",
        "note",
        "password",
        "repeat",
        "privacy",
    ];
    form.declare(&guest.app, &fields, &SIDES.map(|(side, _)| side))
        .await;
    let text = |name: &str| form.field(name).to_owned();
    let typed = Typed {
        name: text("name"),
        id_number: text("id_number"),
        phone: text("phone"),
        code: text("code"),
        note: text("note"),
        password: text("password"),
        repeat: text("repeat"),
        privacy: text("privacy"),
    };
    let brought = Brought {
        photos: SIDES.map(|(side, _)| form.files.get(side).map(|file| file.bytes.clone())),
        applicant: applicant(&guest),
    };
    let mut tx = guest.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let (db, files) = (guest.app.db(), guest.app.files());
    let done = appeal::submit(&mut tx, db, files, &rules(&guest.app), &typed, brought).await;
    match Fault::of(done)? {
        Ok(code) => {
            tx.commit_to("/appeal/follow").await?;
            appeal_page(
                &guest,
                StatusCode::OK,
                true,
                Typed::default(),
                Fault::default(),
                code,
            )
        }
        Err(fault) => {
            drop(tx);
            let first = ["name", "id_number", "phone"];
            let second = first.into_iter().all(|field| fault.at(field).is_empty());
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            appeal_page(&guest, status, second, typed, fault, String::new())
        }
    }
}

#[derive(Template)]
#[template(path = "appeal_follow.html")]
struct FollowPage {
    shell: Shell,
    code: String,
    fault: Fault,
    state: String,
    words: String,
    may_withdraw: bool,
    may_object: bool,
}

fn follow_page(
    guest: &Guest,
    status: StatusCode,
    code: String,
    fault: Fault,
    found: Option<&appeal::Followed>,
) -> Result<Response> {
    let now = guest.now();
    let (mut state, mut words) = (String::new(), String::new());
    let (mut may_withdraw, mut may_object) = (false, false);
    if let Some(found) = found {
        let row = &found.row;
        let at = row
            .effective_at
            .map(|at| format_moment(at, now))
            .unwrap_or_default();
        let (label, text) = match row.state.as_str() {
            "submitted" => ("待审核", "等待审核，结果会用短信发到新手机号。".to_owned()),
            "approved" => (
                "已通过",
                format!("{at}生效，在此之前原手机号的持有人可以提出异议。"),
            ),
            "effective" => ("已生效", "请用新手机号和申诉时设的密码登录。".to_owned()),
            "disputed" => (
                "有异议",
                "原手机号的持有人提出了异议，由再上一级组织复核。".to_owned(),
            ),
            "rejected" => ("未通过", row.reason.clone().unwrap_or_default()),
            _ => ("已撤回", "可以重新提交。".to_owned()),
        };
        state = label.to_owned();
        words = text;
        may_withdraw = !found.old_phone && matches!(row.state.as_str(), "submitted" | "disputed");
        may_object = found.old_phone
            && row.state == "approved"
            && row.effective_at.is_some_and(|at| now < at);
    }
    let view = FollowPage {
        shell: guest.shell("申诉进度"),
        code,
        fault,
        state,
        words,
        may_withdraw,
        may_object,
    };
    page(status, &view)
}

/// `GET /appeal/follow`
pub(super) async fn follow(guest: Guest) -> Result<Response> {
    follow_page(
        &guest,
        StatusCode::OK,
        String::new(),
        Fault::default(),
        None,
    )
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Code {
    code: String,
    /// `show`, `withdraw`, `object`.
    go: String,
}

/// `POST /appeal/follow`: shows it, takes it back, or objects. The code travels in the form, never in an address.
pub(super) async fn act(guest: Guest, form: Form<Code>) -> Result<Response> {
    let Code { code, go } = form.input;
    let db = guest.app.db();
    let mut tx = db
        .begin(access::Actor {
            address: guest.address().to_owned(),
            ..access::Actor::system("appeal")
        })
        .await?;
    let done = async {
        let found = appeal::follow(&mut tx, db, &code).await?;
        match go.as_str() {
            "withdraw" => {
                let kinds = guest.app.policy::<Kinds>();
                appeal::withdraw(&mut tx, kinds, &found).await?;
            }
            "object" => appeal::object(&mut tx, &found).await?,
            _ => {}
        }
        appeal::follow(&mut tx, db, &code).await
    };
    match Fault::of(done.await)? {
        Ok(found) => {
            tx.commit_housekeeping().await?;
            follow_page(&guest, StatusCode::OK, code, Fault::default(), Some(&found))
        }
        Err(fault) => {
            drop(tx);
            follow_page(&guest, StatusCode::UNPROCESSABLE_ENTITY, code, fault, None)
        }
    }
}

/// A picture under a watermark of who looks at it and when (ACC-54).
fn watermarked(jpeg: &[u8], words: &str) -> String {
    let words = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let mut lines = String::new();
    for row in 0..7 {
        for column in 0..2 {
            let (x, y) = (column * 620 - 60 + (row % 2) * 160, row * 150 + 90);
            lines.push_str(&format!(
                "<text x=\"{x}\" y=\"{y}\" transform=\"rotate(-18 {x} {y})\">{words}</text>"
            ));
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1200 900\" width=\"1200\" height=\"900\"><image href=\"data:image/jpeg;base64,{}\" width=\"1200\" height=\"900\" preserveAspectRatio=\"xMidYMid meet\"/><g font-family=\"sans-serif\" font-size=\"26\" fill=\"#fff\" stroke=\"#7a1f1f\" stroke-width=\"1\" fill-opacity=\".75\" stroke-opacity=\".6\">{lines}</g></svg>",
        STANDARD.encode(jpeg)
    )
}

/// `GET /console/appeals/{id}/{side}`: for who has to decide, while it is to be decided; each look is recorded.
pub(super) async fn photo(ctx: Ctx, Path((id, side)): Path<(Uuid, String)>) -> Result<Response> {
    let (side, _) = SIDES
        .into_iter()
        .find(|(known, _)| *known == side)
        .ok_or(Error::NotFound)?;
    let me = ctx.org()?.clone();
    let mut reader = ctx.read().await?;
    let row = store::appeal::find(&mut reader, id)
        .await?
        .ok_or(Error::NotFound)?;
    let key = approvals::CaseKey {
        subject: base::PersonId(row.person_id),
        case: row.case_id.ok_or(Error::NotFound)?.into(),
    };
    let case = approvals::find_case(&mut reader, key)
        .await?
        .ok_or(Error::NotFound)?;
    let may = access::Permission::ResetPasswords;
    if !case.is_open() || !case.desks.contains(&me.id) || !ctx.actor.may(may, &me) {
        return Err(Error::NotFound.into());
    }
    let picture = store::picture::latest(&mut reader, id, side)
        .await?
        .ok_or(Error::NotFound)?;
    let keys = reader.keys.clone();
    drop(reader);
    let jpeg = pictures::open(ctx.app.files(), &keys, picture).await?;
    let mut tx = ctx.begin().await?;
    tx.record(
        Event::new("appeal.photo_shown", "person", key.subject)
            .org(me.id)
            .note(side),
    );
    tx.commit().await?;
    let org = ctx
        .actor
        .acting
        .as_ref()
        .map_or("", |g| g.org_name.as_str());
    let words = format!(
        "仅供核验手机号申诉 {org} {} {}",
        ctx.actor.name,
        base::china_time(ctx.now()).format("%Y-%m-%d %H:%M")
    );
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, watermarked(&jpeg, &words)).into_response())
}
