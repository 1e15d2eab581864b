//! 删除并重建 (ORG-71): the six steps with the state of each; 合并 (ORG-76).

use super::faults::{at, refusal};
use crate::Policy;
use crate::actions::graduation::archive_by_hand;
use crate::actions::removal as actions;
use crate::store::removal::{self as store, Hanging};
use base::{Error, OrgId, Refused};
use orgs::{Org, OrgState};
use serde::Deserialize;
use uuid::Uuid;
use web::list::Choice;
use web::prelude::*;

#[derive(Template)]
#[template(path = "remove.html")]
struct View {
    shell: Shell,
    org: Org,
    parent: Org,
    administrators: Vec<String>,
    hanging: Hanging,
    persons: usize,
    reasons: Vec<String>,
    /// A 毕业生团组织 whose members have all been transferred (ORG-59).
    emptied: bool,
    /// A 毕业生团组织 where they are archived (ORG-58).
    archives: bool,
    /// Branches of the same superior to merge with.
    siblings: Vec<Choice>,
    /// What was created anew under the same name (steps 4 to 6).
    rebuilt: Option<Rebuilt>,
    /// What the superior passes on to it.
    passes_on: &'static str,
    confirm: String,
    fault: Option<Refused>,
}

/// The organisation that stands in the place of a deleted one.
struct Rebuilt {
    org: Org,
    /// It has a code or an account.
    served: bool,
    /// Its administrator is there.
    entered: bool,
}

impl View {
    fn deleted(&self) -> bool {
        self.org.state == OrgState::Deleted
    }

    /// Done is what is done; the first that is not is at hand.
    fn stand(&self, step: usize) -> &'static str {
        let rebuilt = self.rebuilt.as_ref();
        let done = [
            self.administrators.is_empty(),
            self.persons == 0,
            self.deleted(),
            rebuilt.is_some(),
            rebuilt.is_some_and(|new| new.served),
            rebuilt.is_some_and(|new| new.entered),
        ];
        let now = done.iter().position(|done| !done);
        match step - 1 {
            n if done[n] => "is-done",
            n if now == Some(n) => "is-now",
            _ => "",
        }
    }

    fn fault_of(&self, field: &str) -> &str {
        at(self.fault.as_ref(), field)
    }
}

/// What a step sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Input {
    /// `administrators`, `empty`, `delete`, `emptied`, `archive`, `merge`.
    step: String,
    target: String,
    confirm: String,
}

async fn view(ctx: &Ctx, id: OrgId, input: &Input, fault: Option<Refused>) -> Result<View> {
    // The same questions as the actions ask, in a unit of work that changes nothing.
    let mut tx = ctx.begin().await?;
    let org = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let parent = actions::superior(&mut tx, &org).await?;
    let emptied = actions::is_emptied(&mut tx, &org).await?;
    drop(tx);
    let mut reader = ctx.read().await?;
    let holders = accounts::administrators(&mut reader, id).await?;
    let hanging = store::hanging(&mut reader, id).await?;
    let members = store::on_roster(&mut reader, id).await?;
    let office = people::in_office(&mut reader, id).await?;
    let siblings = if org.is_branch() {
        let others = orgs::children(&mut reader, parent.id).await?;
        others
            .into_iter()
            .filter(|other| other.id != id && other.is_branch())
            .map(|other| Choice {
                selected: other.id.to_string() == input.target,
                value: other.id.to_string(),
                label: other.short_name,
            })
            .collect()
    } else {
        Vec::new()
    };
    let rebuilt = match org.state {
        OrgState::Deleted => rebuilt(&mut reader, &org, &parent).await?,
        _ => None,
    };
    Ok(View {
        rebuilt,
        passes_on: ctx.app.policy::<orgs::Policy>().entrance.of_one(),
        persons: actions::persons(&members, &office),
        reasons: actions::reasons(holders.len(), &hanging),
        emptied,
        archives: ctx.app.policy::<Policy>().archive_after_days > 0
            && org.state == OrgState::Graduate,
        administrators: holders.into_iter().map(|h| h.name).collect(),
        shell: ctx
            .shell(&mut reader, "删除并重建", "/console/subordinates")
            .await?,
        confirm: if input.step == "merge" {
            input.confirm.clone()
        } else {
            String::new()
        },
        org,
        parent,
        hanging,
        siblings,
        fault,
    })
}

async fn rebuilt(reader: &mut db::Reader, org: &Org, parent: &Org) -> Result<Option<Rebuilt>> {
    let Some(number) = orgs::sibling(reader, parent.id, &org.short_name, None).await? else {
        return Ok(None);
    };
    let Some(org) = orgs::by_number(reader, number).await? else {
        return Ok(None);
    };
    let now = reader.now();
    let entered = org.state != OrgState::Created;
    Ok(Some(Rebuilt {
        served: entered || accounts::is_served(reader, org.id, now).await?,
        entered,
        org,
    }))
}

/// `GET /console/orgs/{id}/remove`; a proposal names the target of the merge.
pub(super) async fn show(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(input): Query<Input>,
) -> Result<Response> {
    let view = view(&ctx, OrgId(id), &input, None).await?;
    page(StatusCode::OK, &view)
}

/// `POST /console/orgs/{id}/remove`: one step.
pub(super) async fn submit(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Input>) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let input = form.input;
    let org = orgs::find(&mut tx, OrgId(id))
        .await?
        .ok_or(Error::NotFound)?;
    let here = format!("/console/orgs/{id}/remove");
    let (done, place) = match input.step.as_str() {
        "administrators" => (actions::revoke_all(&mut tx, &org).await.map(drop), here),
        "empty" => {
            let policy = ctx.app.policy();
            let done = actions::empty(&mut tx, &org, &input.confirm, policy).await;
            (done.map(drop), here)
        }
        step @ ("delete" | "emptied") => {
            let done = actions::ask(&mut tx, &org, step == "emptied").await;
            let place = match done {
                Ok(actions::Deleted::Asked) => "/console/changes?kind=removal".to_owned(),
                // What comes after it stands on the same page (ORG-71).
                Ok(actions::Deleted::Gone) if step == "delete" => here,
                _ => "/console/recycle".to_owned(),
            };
            (done.map(drop), place)
        }
        "archive" => {
            let done = archive_by_hand(&mut tx, &org, &input.confirm, ctx.app.policy()).await;
            (done, "/console/subordinates".to_owned())
        }
        "merge" => {
            let done = match input.target.parse::<OrgId>() {
                Ok(target) => actions::merge(&mut tx, &org, target, &input.confirm).await,
                Err(_) => Err(Error::refused_at(
                    "target",
                    "merge.target",
                    "请选择合并到哪个团支部。",
                )),
            };
            (done.map(drop), "/console/subordinates".to_owned())
        }
        _ => return Err(Error::NotFound.into()),
    };
    match done {
        Ok(()) => {
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, OrgId(id), &input, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
