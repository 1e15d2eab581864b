//! 团干部列表 and 职务变更 (ROS-40..42, ROS-47, ROS-71..74).

use super::{Chip, gaps, masked, narrowed};
use crate::actions;
use crate::rules::{Nature, Policy, Post, standing, titles};
use crate::store;
use access::{Permission, Relation};
use base::{Error, OrgCategory, PostId, business_date, format_moment};
use serde::Deserialize;
use uuid::Uuid;
use web::list::Choice;
use web::prelude::*;

struct Cadre {
    post: PostId,
    person: String,
    name: String,
    title: String,
    nature: &'static str,
    phone: String,
    identity: Chip,
    gaps: String,
    since: String,
}

struct Gap {
    person: String,
    name: String,
    what: String,
}

struct Change {
    at: String,
    text: String,
    by: String,
}

#[derive(Template)]
#[template(path = "cadres.html")]
struct CadresPage {
    shell: Shell,
    org: String,
    number: i64,
    own: bool,
    may_change: bool,
    may_secretary: bool,
    vacant: String,
    standing: String,
    complete: bool,
    incomplete: Vec<Gap>,
    cadres: Vec<Cadre>,
    changes: Vec<Change>,
}

/// Who may give and end posts in an organisation: itself, and for the secretary of a branch its direct superior (ROS-41).
pub(crate) fn may_hold(ctx: &Ctx, org: &orgs::Org, secretary: bool) -> base::Result<()> {
    let target = org.to_ref();
    let own = ctx.actor.may(Permission::EnterCadres, &target);
    if secretary && org.category == OrgCategory::Branch {
        let superior = ctx.actor.relation(&target) == Relation::DirectSuperior
            && ctx.actor.may(Permission::EnterMembers, &target);
        return if superior {
            Ok(())
        } else if own {
            Err(Error::refused_at(
                "title",
                "post.secretary",
                "变更团支部书记请联系上级团组织管理员。",
            ))
        } else {
            ctx.actor.require(Permission::EnterCadres, &target)
        };
    }
    ctx.actor.require(Permission::EnterCadres, &target)
}

/// The organisation an address asks for, the own one without.
pub(crate) async fn place(ctx: &Ctx, reader: &mut db::Reader, number: &str) -> Result<orgs::Org> {
    let found = if number.is_empty() {
        orgs::find(reader, ctx.org()?.id).await?
    } else {
        narrowed(reader, &ctx.actor.scope(Permission::ViewPeople), number).await?
    };
    Ok(found.ok_or(Error::NotFound)?)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Asked {
    pub(crate) org: String,
}

fn change(detail: &str, action: &str) -> String {
    let detail: serde_json::Value = serde_json::from_str(detail).unwrap_or_default();
    let text = |side: &str, name: &str| detail[side][name].as_str().unwrap_or_default().to_owned();
    match action {
        "post.appointed" => {
            let before = text("before", "holder");
            let basis = text("after", "basis");
            let basis = if basis.is_empty() || basis.parse::<Uuid>().is_ok() {
                String::new()
            } else {
                format!("，依据：{basis}")
            };
            let instead = if before.is_empty() {
                String::new()
            } else {
                format!("，接替{before}")
            };
            format!(
                "{}任{}{instead}{basis}",
                text("after", "name"),
                text("after", "title")
            )
        }
        "post.ended" => format!(
            "{}不再担任{}",
            text("before", "name"),
            text("before", "title")
        ),
        _ => detail["note"].as_str().unwrap_or_default().to_owned(),
    }
}

/// The list.
pub(crate) async fn list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let org = place(&ctx, &mut reader, &asked.org).await?;
    ctx.actor
        .require_look(Permission::ViewPeople, &org.to_ref())?;
    let keys = reader.keys.clone();
    let rows = store::cadres(&mut reader, &keys, org.id).await?;
    let counts = store::counts(&mut reader, org.id).await?;
    let state = standing(
        org.category,
        counts.persons,
        counts.cadres,
        counts.incomplete,
        ctx.app.policy::<Policy>(),
    );
    let incomplete = store::incomplete(&mut reader, org.id).await?;
    let today = business_date(ctx.now());
    let vacant = if rows.iter().any(|row| row.is_secretary) {
        String::new()
    } else {
        match store::vacant_since(&mut reader, org.id).await? {
            Some(day) => format!("书记空缺 {} 天", (today - day).num_days()),
            None => "书记空缺，尚未录入".to_owned(),
        }
    };
    let changes = store::post_changes(&mut reader, org.id, 20).await?;
    let now = ctx.now();
    let own = ctx.org()?.id == org.id;
    let view = CadresPage {
        shell: ctx.shell(&mut reader, "团干部", "/console/cadres").await?,
        number: org.number,
        own,
        may_change: may_hold(&ctx, &org, false).is_ok(),
        may_secretary: may_hold(&ctx, &org, true).is_ok(),
        vacant,
        standing: state.reason,
        complete: state.complete,
        incomplete: incomplete
            .into_iter()
            .map(|(person, name, missing)| Gap {
                person: person.to_string(),
                name,
                what: gaps(&missing),
            })
            .collect(),
        cadres: rows
            .into_iter()
            .map(|row| Cadre {
                post: row.post,
                person: row.person.to_string(),
                name: row.name,
                title: row.title,
                nature: row.nature.label(),
                phone: masked(row.phone.as_ref()),
                identity: Chip::identity(&row.identity_state),
                gaps: if row.missing.is_empty() {
                    String::new()
                } else {
                    gaps(&row.missing)
                },
                since: row.since.to_string(),
            })
            .collect(),
        changes: changes
            .into_iter()
            .map(|c| Change {
                at: format_moment(c.at, now),
                text: change(&c.detail, &c.action),
                by: c.actor_name,
            })
            .collect(),
        org: org.full_name,
    };
    page(StatusCode::OK, &view)
}

#[derive(Template)]
#[template(path = "post.html")]
struct PostPage {
    shell: Shell,
    org: String,
    number: i64,
    post: PostId,
    name: String,
    title: String,
    titles: Vec<Choice>,
    natures: Vec<Choice>,
    basis: String,
    secretary: String,
    warnings: Vec<&'static str>,
    fault: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Input {
    org: String,
    /// `change` or `end`.
    act: String,
    title: String,
    nature: String,
    basis: String,
    /// `yes`: the present secretary is to be replaced.
    replace: String,
}

struct Open {
    org: orgs::Org,
    post: Post,
    name: String,
    secretary: Option<String>,
}

async fn open(ctx: &Ctx, reader: &mut db::Reader, number: &str, id: PostId) -> Result<Open> {
    let org = place(ctx, reader, number).await?;
    ctx.actor
        .require_look(Permission::ViewPeople, &org.to_ref())?;
    let rows = store::org_posts(reader, org.id).await?;
    let held = rows
        .iter()
        .find(|row| row.id == id)
        .ok_or(Error::NotFound)?;
    let posts = store::posts(reader, held.person).await?;
    let post = posts
        .into_iter()
        .find(|post| post.id == id)
        .ok_or(Error::NotFound)?;
    let secretary = rows
        .iter()
        .find(|row| row.is_secretary && row.id != id)
        .map(|row| row.name.clone());
    Ok(Open {
        org,
        post,
        name: held.name.clone(),
        secretary,
    })
}

async fn show(
    ctx: &Ctx,
    mut reader: db::Reader,
    open: &Open,
    input: &Input,
    fault: String,
) -> Result<Response> {
    let status = if fault.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let secretary = open
        .secretary
        .as_ref()
        .map(|name| format!("现任书记是{name}，改任书记后其书记职务同日结束"))
        .unwrap_or_default();
    let natures = Nature::ALL.iter().map(|n| (n.code(), n.label()));
    let view = PostPage {
        shell: ctx
            .shell(&mut reader, "职务变更", "/console/cadres")
            .await?,
        org: open.org.full_name.clone(),
        number: open.org.number,
        post: open.post.id,
        name: open.name.clone(),
        title: open.post.title.clone(),
        titles: Choice::list(
            titles(open.org.category).iter().map(|t| (*t, *t)),
            if input.title.is_empty() {
                &open.post.title
            } else {
                &input.title
            },
        ),
        natures: Choice::list(
            natures,
            if input.nature.is_empty() {
                open.post.nature.code()
            } else {
                &input.nature
            },
        ),
        basis: input.basis.clone(),
        secretary,
        // ROS-47.
        warnings: vec![
            "该职务的管理权限（组织管理员、运营者）随之结束，由上级或本组织重新指定",
            "满 28 周岁且不再担任任何团内职务的，下一次核查时按离团办理",
            "团籍不受影响，其他组织的职务不受影响",
        ],
        fault,
    };
    page(status, &view)
}

/// Asks for the new post, or to end the present one.
pub(crate) async fn ask(
    ctx: Ctx,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let open = open(&ctx, &mut reader, &asked.org, PostId(id)).await?;
    let secretary = open.post.is_secretary;
    match may_hold(&ctx, &open.org, secretary) {
        Ok(()) => show(&ctx, reader, &open, &Input::default(), String::new()).await,
        // Asked before anything is typed, it is a matter of who may.
        Err(Error::Refused(refused)) => Err(Error::forbidden(refused.message).into()),
        Err(other) => Err(other.into()),
    }
}

/// Changes or ends it.
pub(crate) async fn submit(ctx: Ctx, Path(id): Path<Uuid>, form: Form<Input>) -> Result<Response> {
    let input = &form.input;
    let mut reader = ctx.read().await?;
    let open = open(&ctx, &mut reader, &input.org, PostId(id)).await;
    drop(reader);
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let open = open?;
    let done = act(&ctx, &mut tx, &open, input).await;
    match done {
        Ok(()) => {
            let to = format!("/console/cadres?org={}", open.org.number);
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            let reader = ctx.read().await?;
            show(&ctx, reader, &open, input, refused.message).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn act(ctx: &Ctx, tx: &mut db::Tx, open: &Open, input: &Input) -> base::Result<()> {
    may_hold(ctx, &open.org, open.post.is_secretary)?;
    if input.act == "end" {
        return actions::end_post(tx, &open.post, &open.org).await;
    }
    let secretary = input.title == "书记";
    may_hold(ctx, &open.org, secretary)?;
    if input.title == open.post.title {
        return Err(Error::refused_at(
            "title",
            "post.same",
            "新职务与现职务相同，请另选",
        ));
    }
    let basis = base::text::normalise(&input.basis);
    if basis.chars().count() > 100 {
        return Err(Error::refused_at(
            "basis",
            "long",
            "依据最多100个字，请缩短",
        ));
    }
    confirm_replacing(open.secretary.as_deref(), secretary, &input.replace)?;
    actions::end_post(tx, &open.post, &open.org).await?;
    let nature = Nature::from_code(&input.nature);
    actions::appoint(
        tx,
        open.post.person,
        &open.org,
        &input.title,
        nature,
        secretary,
        &basis,
    )
    .await?;
    Ok(())
}

/// ROS-42: a new secretary ends the old one's post, after confirmation.
pub(crate) fn confirm_replacing(
    present: Option<&str>,
    secretary: bool,
    replace: &str,
) -> base::Result<()> {
    match present {
        Some(name) if secretary && replace != "yes" => Err(Error::refused_at(
            "title",
            "post.replace",
            format!(
                "现任书记是{name}。新书记到任后其书记职务同日结束；确认接替请勾选“接替现任书记”后再提交"
            ),
        )),
        _ => Ok(()),
    }
}
