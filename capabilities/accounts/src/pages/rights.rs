//! 我能做什么 (01b section 5) and the trial of another role (ACC-B6): the matrix for one reader, by the answers the server gives.

use access::{Actor, Grant, OrgRef, Permission, Role, table::MATRIX};
use base::{Error, OrgCategory, OrgId};
use serde::Deserialize;
use web::{list::Choice, prelude::*};

/// Roles that can be tried.
const TRIED: [Role; 5] = [
    Role::Administrator,
    Role::Operator,
    Role::Cadre,
    Role::Member,
    Role::Auditor,
];

struct Row {
    label: &'static str,
    rule: &'static str,
    cells: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "rights.html")]
struct RightsPage {
    shell: Shell,
    who: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    roles: Vec<Choice>,
    tried: bool,
    /// Organisations to try with, where the reader looks further than the own one.
    orgs: Vec<Choice>,
    targets: Vec<Choice>,
}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    role: String,
    org: String,
    target: String,
}

/// The organisations a reader tries things about: the own one, its superiors in sight and what lies directly below.
async fn around(ctx: &Ctx, reader: &mut db::Reader) -> Result<Vec<orgs::Org>> {
    let Some(own) = ctx.actor.org().or(ctx.actor.branch.as_ref()) else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    all.extend(orgs::find(reader, own.id).await?);
    all.extend(orgs::children(reader, own.id).await?.into_iter().take(200));
    Ok(all)
}

async fn seen(ctx: &Ctx, reader: &mut db::Reader, typed: &str) -> Result<orgs::Org> {
    let id: OrgId = typed.parse().map_err(|_| Error::NotFound)?;
    let org = orgs::find(reader, id).await?.ok_or(Error::NotFound)?;
    ctx.actor.require_look(Permission::ViewOrg, &org.to_ref())?;
    Ok(org)
}

fn rows(actor: &Actor, targets: &[OrgRef]) -> Vec<Row> {
    MATRIX
        .iter()
        .map(|(permission, label, rule, _)| Row {
            label,
            rule,
            cells: targets
                .iter()
                .map(|target| actor.mark(*permission, target))
                .map(|mark| (mark.sign(), mark.words()))
                .collect(),
        })
        .collect()
}

/// What the reader's own standing is asked about: the own organisation, and a branch below and further below it.
fn own_columns(actor: &Actor) -> Vec<(String, OrgRef)> {
    let Some(own) = actor.org().or(actor.branch.as_ref()) else {
        return Vec::new();
    };
    let mut columns = vec![("本组织".to_owned(), own.clone())];
    if actor.acting.is_some() && own.category != OrgCategory::Branch {
        let below = own.path.child(1);
        for (name, path) in [
            ("直接下级团支部", below.clone()),
            ("隔级下级团支部", below.child(1)),
        ] {
            let branch = OrgRef {
                id: OrgId(uuid::Uuid::nil()),
                path,
                category: OrgCategory::Branch,
            };
            columns.push((name.to_owned(), branch));
        }
    }
    columns
}

/// `GET /account/rights`
pub(super) async fn show(ctx: Ctx, Query(input): Query<Asked>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let around = around(&ctx, &mut reader).await?;
    let tried = !input.role.is_empty();
    let (who, actor, columns) = if tried {
        let role = TRIED
            .into_iter()
            .find(|role| role.code() == input.role)
            .ok_or(Error::NotFound)?;
        let org = seen(&ctx, &mut reader, &input.org).await?;
        let target = seen(&ctx, &mut reader, &input.target).await?;
        let mut actor = Actor::anonymous(ctx.port(), String::new(), String::new());
        if role == Role::Member {
            actor.branch = Some(org.to_ref());
        } else {
            let known = ctx.me.grants.iter().find(|grant| grant.org.id == org.id);
            actor.acting = Some(Grant {
                role,
                org: org.to_ref(),
                org_name: org.short_name.clone(),
                covers: known.map(|grant| grant.covers.clone()).unwrap_or_default(),
                bounds: access::Bounds::Whole,
                root: ctx.me.grants.first().map(|g| g.root).unwrap_or_default(),
            });
        }
        let who = format!("试算：〔{}〕的{}", org.short_name, role.label());
        (
            who,
            actor,
            vec![(target.short_name.clone(), target.to_ref())],
        )
    } else {
        let role = ctx.actor.acting.as_ref().map_or("团员", Grant::label);
        let own = around.first().map_or("", |org| org.short_name.as_str());
        let who = format!("您现在是〔{own}〕的{role}");
        (who, ctx.actor.clone(), own_columns(&ctx.actor))
    };
    let (names, targets): (Vec<String>, Vec<OrgRef>) = columns.into_iter().unzip();
    let choices = |chosen: &str| {
        let ids: Vec<(String, String)> = around
            .iter()
            .map(|org| (org.id.to_string(), org.short_name.clone()))
            .collect();
        Choice::list(ids.iter().map(|(v, l)| (v.as_str(), l.as_str())), chosen)
    };
    let view = RightsPage {
        shell: ctx.shell(&mut reader, "我能做什么", "").await?,
        who,
        columns: names,
        rows: rows(&actor, &targets),
        roles: Choice::list(TRIED.iter().map(|r| (r.code(), r.label())), &input.role),
        orgs: choices(&input.org),
        targets: choices(&input.target),
        tried,
    };
    page(StatusCode::OK, &view)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct About {
    org: String,
}

/// `GET /account/rights.json?org=…`: what the reader may about an organisation in sight, row by row of the matrix, as the
/// server decides it for this session (ACC-B13).
pub(super) async fn machine(ctx: Ctx, Query(about): Query<About>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let org = seen(&ctx, &mut reader, &about.org).await?.to_ref();
    let marks: serde_json::Map<String, serde_json::Value> = MATRIX
        .iter()
        .map(|(permission, ..)| {
            let mark = ctx.actor.mark(*permission, &org);
            (permission.code().to_owned(), mark.code().into())
        })
        .collect();
    Ok(axum::Json(marks).into_response())
}

impl RightsPage {
    /// Trying is for whoever acts for an organisation.
    fn may_try(&self) -> bool {
        !self.orgs.is_empty() && self.columns.len() > 1 || self.tried
    }
}
