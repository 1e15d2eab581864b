//! 为什么不完整 (ORG-B6): every missing item of one organisation, who can fill it, one click that reminds them.

use super::faults::refusal;
use crate::Policy;
use crate::actions::gaps as actions;
use crate::rules::gaps::{Filler, PEOPLE};
use crate::rules::progress::next;
use crate::store::progress as store;
use access::Permission;
use base::{Error, OrgId, PersonId, Refused, format_moment};
use orgs::Org;
use serde::Deserialize;
use uuid::Uuid;
use web::prelude::*;

struct Line {
    item: &'static str,
    /// How many are lacking.
    more: String,
    /// Whose required fields are empty, and which (ROS-74).
    people: Vec<Lacking>,
    /// How many more there are than named here.
    rest: usize,
    who: String,
    how: &'static str,
    /// Where the reader fills it, if the reader is the one.
    place: Option<String>,
    information: bool,
}

/// Named on this page; the organisation's page of cadres names more.
const NAMED: usize = 20;

struct Lacking {
    person: PersonId,
    name: String,
    fields: String,
}

#[derive(Template)]
#[template(path = "gaps.html")]
struct View {
    shell: Shell,
    org: Org,
    lines: Vec<Line>,
    /// Items that keep 组织信息完整 at 否.
    open: usize,
    /// What the last snapshot says, and when it was made.
    shot: Option<(bool, String)>,
    next: String,
    note: String,
    /// The reader may remind.
    reminds: bool,
    said: bool,
    fault: Option<Refused>,
}

async fn view(ctx: &Ctx, id: OrgId, fault: Option<Refused>) -> Result<View> {
    let mut reader = ctx.read().await?;
    let (orgs_policy, people_policy) = (ctx.app.policy::<orgs::Policy>(), ctx.app.policy());
    let org = orgs::find(&mut reader, id).await?.ok_or(Error::NotFound)?;
    ctx.actor.require_look(Permission::ViewOrg, &org.to_ref())?;
    if !org.state.is_live() {
        return Err(Error::NotFound.into());
    }
    let own = ctx.org()?.clone();
    let (info, gaps) = actions::of(&mut reader, id, orgs_policy, people_policy).await?;
    let admins = orgs::administrators(&mut reader, &[id])
        .await?
        .remove(&id)
        .unwrap_or_default();
    let superior = match org.parent {
        Some(parent) => orgs::find(&mut reader, parent).await?,
        None => None,
    };
    let mut incomplete = if ctx.actor.may_look(Permission::ViewPeople, &org.to_ref()) {
        lacking(&mut reader, id).await?
    } else {
        Vec::new()
    };
    let lines: Vec<Line> = gaps
        .into_iter()
        .map(|gap| {
            let (who, able) = match gap.by {
                Filler::Own => (
                    match admins.is_empty() {
                        true => "该组织的管理员（还没有）".into(),
                        false => format!("该组织的管理员：{}", admins.join("、")),
                    },
                    own.id == id && ctx.actor.may(Permission::EditOrg, &own),
                ),
                Filler::Secretary => {
                    let secretary = info.secretary.as_ref();
                    (
                        format!(
                            "书记本人：{}",
                            secretary.map_or("未录入", |s| s.name.as_str())
                        ),
                        secretary
                            .is_some_and(|s| s.registered && ctx.actor.person() == Some(s.person)),
                    )
                }
                Filler::Superior => (
                    format!(
                        "直接上级：{}",
                        superior.as_ref().map_or("", |s| s.short_name.as_str())
                    ),
                    ctx.actor.may(Permission::ManageCodes, &org.to_ref()),
                ),
            };
            let mut people = match gap.item {
                PEOPLE => std::mem::take(&mut incomplete),
                _ => Vec::new(),
            };
            let rest = people.len().saturating_sub(NAMED);
            people.truncate(NAMED);
            Line {
                people,
                rest,
                item: gap.item,
                more: gap.more,
                who,
                how: gap.how,
                place: able.then_some(gap.place),
                information: gap.information,
            }
        })
        .collect();
    let now = reader.now();
    let shot = store::lacked(&mut reader, id).await?;
    Ok(View {
        open: lines.iter().filter(|line| line.information).count(),
        shot: shot.map(|(missing, at)| (missing.is_empty(), format_moment(at, now))),
        next: format_moment(next(now, ctx.app.policy::<Policy>().progress_hours), now),
        note: orgs_policy.progress_note.clone(),
        reminds: own.id != id && ctx.actor.may(Permission::ViewProgress, &own),
        shell: ctx
            .shell(&mut reader, "为什么不完整", "/console/progress")
            .await?,
        said: false,
        org,
        lines,
        fault,
    })
}

/// Whose required fields are empty, with what is empty.
async fn lacking(reader: &mut db::Reader, org: OrgId) -> Result<Vec<Lacking>> {
    let people = people::incomplete(reader, org).await?;
    Ok(people
        .into_iter()
        .map(|(person, name, missing)| {
            let fields: Vec<&str> = missing.iter().map(|f| people::required_label(f)).collect();
            Lacking {
                person,
                name,
                fields: fields.join("、"),
            }
        })
        .collect())
}

/// What the address says after a reminder.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    told: String,
}

/// `GET /console/orgs/{id}/gaps`
pub(super) async fn show(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let mut view = view(&ctx, OrgId(id), None).await?;
    view.said = asked.told == "1";
    page(StatusCode::OK, &view)
}

/// Nothing is typed: the address names the organisation.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /console/orgs/{id}/gaps`: reminds everybody who can fill something.
pub(super) async fn remind(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    form: Form<Nothing>,
) -> Result<Response> {
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let id = OrgId(id);
    let org = orgs::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    match actions::remind(&mut tx, &org, ctx.app.policy(), ctx.app.policy()).await {
        Ok(()) => {
            let place = format!("/console/orgs/{id}/gaps?told=1");
            tx.commit_to(&place).await?;
            Ok(see_other(&place))
        }
        Err(error) => {
            drop(tx);
            let fault = refusal(error)?;
            let view = view(&ctx, id, Some(fault)).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    }
}
