//! 组织变更: what was applied for and what came of it; 组织信息更正 and 毕业时间更正 (ORG-15, ORG-57).

use super::faults::{at, refusal};
use crate::Policy;
use crate::actions::change;
use crate::actions::correction::{self as actions, Asked, FIELDS};
use crate::store::change::{self as store, Change};
use access::{Mark, Permission};
use base::{Error, OrgCategory, OrgId, Refused, format_moment};
use chrono::{DateTime, TimeDelta, Utc};
use orgs::{BranchKind, Org};
use serde::Deserialize;
use uuid::Uuid;
use web::list::{Choice, ListState, Place};
use web::prelude::*;

const HERE: &str = "/console/changes";

struct Line {
    change: Change,
    lines: Vec<change::Line>,
    at: String,
    state: &'static str,
    chip: &'static str,
    /// The reader's own, still open.
    mine: bool,
    case: String,
    /// A move that can still be undone: the way back.
    back: String,
}

#[derive(Template)]
#[template(path = "changes.html")]
struct ListView {
    shell: Shell,
    kinds: Vec<Choice>,
    lines: Vec<Line>,
    pager: web::list::Page<()>,
    /// Applies for corrections here.
    corrects: bool,
    /// Applies for moves here.
    moves: bool,
}

fn state_words(state: &str) -> (&'static str, &'static str) {
    match state {
        "pending" => ("待审批", "tj-warn"),
        "queued" => ("已同意，夜间进行", "tj-warn"),
        "effective" => ("已生效", "tj-ok"),
        "refused" => ("已退回", "tj-bad"),
        _ => ("已撤销", ""),
    }
}

/// `GET /console/changes`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let own = ctx.org()?.clone();
    ctx.actor.require_look(Permission::ViewOrg, &own)?;
    let state = ListState::new(HERE, &query, &["kind"]);
    let size = state.size(20);
    let place = state.place(2);
    let before: Option<(DateTime<Utc>, Uuid)> = match &place {
        Place::After(c) => match (c.0.first(), c.0.get(1)) {
            (Some(at), Some(id)) => at.parse().ok().zip(id.parse().ok()),
            _ => None,
        },
        _ => None,
    };
    let place = if before.is_some() {
        place
    } else {
        Place::First
    };
    let found = store::of(&mut reader, own.id, state.some("kind"), before, size + 1).await?;
    let mut rows = web::list::Page::new(found, size, &place, &state, |c| {
        vec![c.created_at.to_rfc3339(), c.id.to_string()]
    });
    // The list only goes on: its beginning is one click away.
    rows.before = before.map(|_| state.without("after"));
    let now = reader.now();
    let undo = TimeDelta::days(ctx.app.policy::<Policy>().move_undo_days);
    let mut lines = Vec::new();
    for change in rows.rows {
        let (words, chip) = state_words(&change.state);
        let back = match change.ended_at {
            Some(at) if change.kind == "move" && change.state == "effective" && now < at + undo => {
                way_back(&mut reader, &change).await?
            }
            _ => String::new(),
        };
        lines.push(Line {
            lines: serde_json::from_value(change.detail["lines"].clone()).unwrap_or_default(),
            at: format_moment(change.created_at, now),
            state: words,
            chip,
            mine: change.state == "pending" && change.applicant_org == Some(own.id),
            case: change
                .case
                .map(|case| format!("/console/cases/{}/{case}", change.org))
                .unwrap_or_default(),
            back,
            change,
        });
    }
    let view = ListView {
        corrects: ctx.actor.mark(Permission::CorrectOrgs, &own) >= Mark::Applies,
        moves: ctx.actor.mark(Permission::MoveSubtrees, &own) >= Mark::Applies,
        kinds: Choice::list(
            [
                ("", "全部变更"),
                ("administrator", "管理员变更"),
                ("correction", "信息更正"),
                ("move", "组织迁移"),
                ("removal", "删除组织"),
                ("graduation", "毕业时间标记"),
            ],
            state.get("kind"),
        ),
        pager: web::list::Page {
            rows: Vec::new(),
            before: rows.before,
            after: rows.after,
        },
        shell: ctx.shell(&mut reader, "组织变更", HERE).await?,
        lines,
    };
    page(StatusCode::OK, &view)
}

/// The form that moves everything back, filled in.
async fn way_back(reader: &mut db::Reader, change: &Change) -> base::Result<String> {
    let ids: Vec<OrgId> = serde_json::from_value(change.detail["orgs"].clone()).unwrap_or_default();
    let from: Option<OrgId> = serde_json::from_value(change.detail["from"].clone()).ok();
    let numbers: Vec<String> = orgs::find_many(reader, &ids)
        .await?
        .iter()
        .map(|org| org.number.to_string())
        .collect();
    let from = match from {
        Some(id) => orgs::find(reader, id).await?,
        None => None,
    };
    Ok(from.map_or(String::new(), |from| {
        format!(
            "/console/moves/new?org={}&to={}",
            web::list::encode(&numbers.join(",")),
            from.number
        )
    }))
}

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Input {
    org: String,
    field: String,
    short_name: String,
    full_name: String,
    category: String,
    sector: String,
    kind: String,
    school_code: String,
    graduation: String,
    reason: String,
}

impl Input {
    fn asked(&self) -> Asked {
        let value = match self.field.as_str() {
            "short_name" => &self.short_name,
            "full_name" => &self.full_name,
            "category" => &self.category,
            "sector" => &self.sector,
            "kind" => &self.kind,
            "school_code" => &self.school_code,
            _ => &self.graduation,
        };
        Asked {
            field: self.field.clone(),
            value: value.clone(),
            names: (self.short_name.clone(), self.full_name.clone()),
            reason: self.reason.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "correct.html")]
struct FormView {
    shell: Shell,
    org: Org,
    input: Input,
    fields: Vec<Choice>,
    categories: Vec<Choice>,
    sectors: Vec<Choice>,
    kinds: Vec<Choice>,
    school_code: String,
    fault: Option<Refused>,
}

impl FormView {
    fn fault_of(&self, field: &str) -> &str {
        at(self.fault.as_ref(), field)
    }
    fn graduation(&self) -> String {
        self.org
            .graduation
            .map_or_else(|| "未标记".into(), base::YearMonth::chinese)
    }
}

async fn form(ctx: &Ctx, input: Input, fault: Option<Refused>) -> Result<FormView> {
    let mut reader = ctx.read().await?;
    let own = ctx.org()?.clone();
    let id = match input.org.parse::<OrgId>() {
        Ok(id) => id,
        Err(_) => own.id,
    };
    let info = orgs::information(&mut reader, id)
        .await?
        .ok_or(Error::NotFound)?;
    let org = info.org;
    ctx.actor.require_look(Permission::ViewOrg, &org.to_ref())?;
    if ctx.actor.mark(Permission::CorrectOrgs, &org.to_ref()) < access::Mark::Applies {
        return Err(Error::forbidden("更正由组织的管理员申请，您可以查看。").into());
    }
    let policy = ctx.app.policy::<orgs::Policy>();
    let pick = |value: &str, present: &str| {
        if value.is_empty() {
            present.to_owned()
        } else {
            value.to_owned()
        }
    };
    let category = pick(&input.category, org.category.code());
    let sector = pick(&input.sector, org.sector.as_deref().unwrap_or_default());
    let fields = FIELDS
        .iter()
        .filter(|(code, _)| !matches!(*code, "graduation" | "kind") || org.is_branch());
    let kind = pick(&input.kind, org.kind.code());
    Ok(FormView {
        shell: ctx.shell(&mut reader, "组织信息更正", HERE).await?,
        fields: Choice::list(
            std::iter::once(("", "请选择")).chain(fields.copied()),
            &input.field,
        ),
        categories: Choice::list(
            OrgCategory::ALL
                .into_iter()
                .filter(|c| *c != OrgCategory::LeadingBody)
                .map(|c| (c.code(), c.label())),
            &category,
        ),
        sectors: Choice::list(
            policy
                .offered_sectors()
                .map(|s| (s.name.as_str(), s.name.as_str())),
            &sector,
        ),
        kinds: Choice::list(BranchKind::ALL.map(|k| (k.code(), k.label())), &kind),
        school_code: info.school_code.unwrap_or_default(),
        org,
        input,
        fault,
    })
}

/// `GET /console/changes/new`
pub(super) async fn new(ctx: Ctx, Query(input): Query<Input>) -> Result<Response> {
    let view = form(&ctx, input, None).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/changes/new`
pub(super) async fn submit(ctx: Ctx, posted: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&posted.key).await? {
        return Ok(see_other(&before));
    }
    let input = posted.input;
    let id: OrgId = input.org.parse().map_err(|_| Error::NotFound)?;
    let org = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    match actions::ask(&mut tx, &org, &input.asked(), ctx.app.policy()).await {
        Ok(_) => {
            tx.commit_to(HERE).await?;
            Ok(see_other(HERE))
        }
        Err(error) => {
            drop(tx);
            let mut fault = refusal(error)?;
            // The value stands in the field that was chosen.
            if !matches!(fault.field, Some("field" | "reason")) {
                fault.field = Some("value");
            }
            let view = form(&ctx, input, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}

/// Which application is taken back.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Back {
    org: String,
    change: String,
}

/// `POST /console/changes/withdraw`
pub(super) async fn withdraw(ctx: Ctx, form: Form<Back>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let org: OrgId = form.input.org.parse().map_err(|_| Error::NotFound)?;
    let id: Uuid = form.input.change.parse().map_err(|_| Error::NotFound)?;
    let found = store::find(&mut tx, org, id)
        .await?
        .ok_or(Error::NotFound)?;
    let kinds = ctx.app.policy::<approvals::Kinds>();
    approvals::withdraw(&mut tx, kinds, change::key(&found)?, "").await?;
    tx.commit_to(HERE).await?;
    Ok(see_other(HERE))
}
