//! Submitting decisions: one, or ticked ones together (TRF-26). Every form has its key (GEN-08).

use super::panel::Typed;
use super::{cadre as phone, inbox, key_of, key_text};
use crate::actions::{self, Decision};
use crate::kinds::Kinds;
use crate::rules::{CaseKey, ReturnInput};
use crate::store::{self, ItemFilter};
use access::Port;
use base::{CaseId, Error, OrgId, PersonId};
use db::Tx;
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;
use web::list::encode;
use web::prelude::*;

#[derive(Deserialize, Default, Clone)]
pub(crate) struct Input {
    /// `pass`, `return`, `hand_up`.
    #[serde(default, rename = "do")]
    act: String,
    #[serde(default)]
    step_no: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    insist: String,
    /// The list's filters.
    #[serde(default)]
    back: String,
}

pub(crate) async fn console(
    ctx: Ctx,
    Path(ids): Path<(Uuid, Uuid)>,
    form: Form<Input>,
) -> Result<Response> {
    one(ctx, ids, form).await
}

pub(crate) async fn cadre(
    ctx: Ctx,
    Path(ids): Path<(Uuid, Uuid)>,
    form: Form<Input>,
) -> Result<Response> {
    one(ctx, ids, form).await
}

async fn one(ctx: Ctx, (subject, case): (Uuid, Uuid), form: Form<Input>) -> Result<Response> {
    let key = CaseKey {
        subject: PersonId(subject),
        case: CaseId(case),
    };
    let org = ctx.org()?.id;
    let kinds = ctx.app.policy::<Kinds>().clone();
    let input = form.input;
    let step_no: i32 = input.step_no.parse().unwrap_or(0);
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let decided = match input.act.as_str() {
        "return" => {
            let said = ReturnInput {
                code: input.code.clone(),
                text: input.text.clone(),
                insist: input.insist == "1",
            };
            actions::decide(&mut tx, &kinds, key, step_no, Decision::Return(said))
                .await
                .map(drop)
        }
        "hand_up" => actions::hand_up(&mut tx, key, step_no).await,
        "pass" => {
            let answer = Some(input.answer.clone());
            let pass = Decision::Pass {
                comment: input.text.clone(),
                answer,
            };
            actions::decide(&mut tx, &kinds, key, step_no, pass)
                .await
                .map(drop)
        }
        _ => Err(Error::refused("approval.no_act", "请选择同意或退回")),
    };
    match decided {
        Ok(()) => {
            let to = next(&mut tx, ctx.port(), org, key, step_no, &input.back).await?;
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(fault)) => {
            drop(tx);
            let typed = Typed {
                code: input.code,
                text: input.text,
                answer: input.answer,
                fault: Some(fault),
            };
            again(
                &ctx,
                key,
                &typed,
                &input.back,
                "",
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await
        }
        Err(Error::Conflict(words)) => {
            drop(tx);
            again(
                &ctx,
                key,
                &Typed::default(),
                &input.back,
                &words,
                StatusCode::CONFLICT,
            )
            .await
        }
        Err(other) => Err(other.into()),
    }
}

/// The same page once more, with the fault or with who was faster.
async fn again(
    ctx: &Ctx,
    key: CaseKey,
    typed: &Typed,
    back: &str,
    notice: &str,
    status: StatusCode,
) -> Result<Response> {
    if ctx.port() == Port::Cadre {
        return phone::show_case(ctx, key, typed, notice, status).await;
    }
    if back == "page=case" {
        return inbox::show_case(ctx, key, typed, notice, status).await;
    }
    let mut query = pairs(back);
    query.retain(|(name, _)| name != "case");
    query.push(("case".to_owned(), key_text(key)));
    inbox::show(ctx, &query, typed, notice, status).await
}

/// Where the reader goes on: the next most urgent one of the same list, or the list.
async fn next(
    tx: &mut Tx,
    port: Port,
    org: OrgId,
    key: CaseKey,
    step_no: i32,
    back: &str,
) -> base::Result<String> {
    let query = pairs(back);
    let get = |name: &str| {
        query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    let now = tx.now();
    let mut filter = ItemFilter {
        org,
        now,
        todo: get("kind"),
        own_only: get("view") == Some("mine"),
        backwards: false,
        from: store::place_of(tx, org, key.case, step_no)
            .await?
            .map(|at| (at, key.case.0)),
        limit: 2,
    };
    let mut following = store::items_open(tx, &filter).await?;
    if following.is_empty() {
        filter.from = None;
        following = store::items_open(tx, &filter).await?;
    }
    let following = following
        .into_iter()
        .map(|item| item.key)
        .find(|other| *other != key);
    if port == Port::Cadre {
        return Ok(following.map_or_else(
            || "/cadre".to_owned(),
            |next| format!("/cadre/cases/{}/{}", next.subject, next.case),
        ));
    }
    let mut to: Vec<String> = query
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "kind" | "view"))
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    to.extend(following.map(|next| format!("case={}", key_text(next))));
    to.push(format!("did={}", key_text(key)));
    Ok(format!("/console/inbox?{}", to.join("&")))
}

/// Names and values of a query; unreadable ones are left out.
fn pairs(query: &str) -> Vec<(String, String)> {
    let uri: Option<axum::http::Uri> = format!("/?{query}").parse().ok();
    uri.and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok())
        .map(|Query(pairs)| pairs)
        .unwrap_or_default()
}

#[derive(Deserialize, Default)]
pub(crate) struct Ticked {
    #[serde(default)]
    id: Vec<String>,
    #[serde(default)]
    text: String,
}

/// One line of the result.
struct Row {
    name: String,
    good: bool,
    words: String,
    href: String,
}

#[derive(Template)]
#[template(path = "bulk.html")]
struct BulkPage {
    shell: Shell,
    rows: Vec<Row>,
    good: usize,
}

const MOST: usize = 100;

/// Passes up to a hundred ticked ones with one comment; each has its own result (TRF-26).
pub(crate) async fn bulk(ctx: Ctx, form: Form<Ticked>) -> Result<Response> {
    ctx.org()?;
    // A cadre looks and decides nothing (ACC-78), nor does an auditor; what else binds is asked of each case.
    let decides = ctx
        .actor
        .acting
        .as_ref()
        .is_some_and(|grant| grant.role.administers());
    if !decides {
        return Err(Error::forbidden("审批由本组织的管理员、运营者办理，您可以查看。").into());
    }
    let input = form.input;
    let mut ticks: Vec<(CaseKey, i32)> = input
        .id
        .iter()
        .filter_map(|tick| {
            let (key, step) = tick.rsplit_once('.')?;
            Some((key_of(key)?, step.parse().ok()?))
        })
        .collect();
    if ticks.is_empty() || ticks.len() > MOST {
        let words = if ticks.is_empty() {
            "请先在列表中勾选要同意的申请".to_owned()
        } else {
            format!(
                "一次最多同意{MOST}件，现勾选了{}件，请减少后再提交",
                ticks.len()
            )
        };
        return inbox::show(
            &ctx,
            &[],
            &Typed::default(),
            &words,
            StatusCode::UNPROCESSABLE_ENTITY,
        )
        .await;
    }
    // One order for everybody, so that two such submissions wait for each other instead of blocking one another.
    ticks.sort_unstable_by_key(|(key, _)| (key.subject, key.case));
    ticks.dedup();
    let kinds = ctx.app.policy::<Kinds>().clone();
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let mut rows = Vec::new();
    let mut of_kind: HashMap<String, usize> = HashMap::new();
    for (key, step_no) in ticks {
        let mark = tx.mark().await?;
        let pass = Decision::Pass {
            comment: input.text.clone(),
            answer: None,
        };
        let (good, words) = match limited(&mut tx, &kinds, key, step_no, pass, &mut of_kind).await {
            Ok(done) => {
                tx.keep(mark).await?;
                (
                    true,
                    done.next.map_or_else(
                        || done.state.label().to_owned(),
                        |next| format!("已同意，进入“{next}”"),
                    ),
                )
            }
            Err(Error::Internal(cause)) => return Err(Error::Internal(cause).into()),
            Err(cause) => {
                tx.undo(mark).await?;
                (false, cause.to_string())
            }
        };
        let seen = match store::find_case(&mut tx, key).await? {
            Some(case) if actions::sight(&mut tx, &case, &ctx.actor).await?.is_some() => {
                case.subject_name
            }
            _ => "申请".to_owned(),
        };
        rows.push(Row {
            name: seen,
            good,
            words,
            href: format!("/console/cases/{}/{}", key.subject, key.case),
        });
    }
    let good = rows.iter().filter(|row| row.good).count();
    if good > 0 {
        tx.commit_to("/console/inbox?view=done").await?;
    } else {
        drop(tx);
    }
    let mut reader = ctx.read().await?;
    let shell = ctx
        .shell(&mut reader, "批量同意的结果", "/console/inbox")
        .await?;
    page(StatusCode::OK, &BulkPage { shell, rows, good })
}

/// One of several: a kind may allow fewer together than the hundred of TRF-26.
async fn limited(
    tx: &mut Tx,
    kinds: &Kinds,
    key: CaseKey,
    step_no: i32,
    pass: Decision,
    of_kind: &mut HashMap<String, usize>,
) -> base::Result<actions::Decided> {
    let case = store::find_case(tx, key).await?.ok_or(Error::NotFound)?;
    let most = kinds.get(&case.kind)?.bulk_max();
    let count = of_kind.entry(case.kind).or_default();
    *count += 1;
    if *count > most {
        return Err(Error::refused(
            "approval.bulk_max",
            format!("这类申请一次最多同意{most}件，请分次办理"),
        ));
    }
    actions::decide(tx, kinds, key, step_no, pass).await
}
