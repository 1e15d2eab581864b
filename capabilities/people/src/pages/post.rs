//! 职务变更 and 离任 of one post (ROS-41, ROS-42, ROS-47).

use super::cadres::{Asked, may_hold, place};
use crate::Departures;
use crate::actions;
use crate::rules::{Nature, Policy, Post, titles};
use crate::store;
use access::Permission;
use base::{Error, PostId, business_date};
use serde::Deserialize;
use uuid::Uuid;
use web::list::Choice;
use web::prelude::*;

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
    warnings: Vec<String>,
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
    secretary: Option<(base::PersonId, String)>,
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
        .map(|row| (row.person, row.name.clone()));
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
    let departures = ctx.app.policy::<Departures>();
    let secretary = match &open.secretary {
        Some((person, name)) => {
            let ends = departures
                .hangs_on_office(&mut reader, *person, open.org.id)
                .await?;
            let mut words = format!("现任书记是{name}，改任书记后其书记职务同日结束");
            for line in ends {
                words.push('；');
                words.push_str(&line);
            }
            words
        }
        None => String::new(),
    };
    // ROS-47, ORG-67.
    let mut warnings = departures
        .hangs_on_office(&mut reader, open.post.person, open.org.id)
        .await?;
    let last = store::posts(&mut reader, open.post.person).await?.len() == 1;
    let keys = reader.keys.clone();
    let person = store::find(&mut reader, &keys, open.post.person).await?;
    let age = ctx.app.policy::<Policy>().leave28_age;
    let of_age = person.is_some_and(|person| person.turns(age) <= business_date(ctx.now()));
    let member = store::membership(&mut reader, open.post.person).await?;
    warnings.push(match (member.is_some(), last && of_age) {
        (true, true) => format!(
            "{}已满{age}周岁，这是最后一个团内职务：离任后，下一次核查时按满28岁离团办理",
            open.name
        ),
        (true, false) => "团籍不受影响，其他组织的职务不受影响".to_owned(),
        (false, _) => "其他组织的职务不受影响".to_owned(),
    });
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
        warnings,
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
    let departures = ctx.app.policy::<Departures>();
    if input.act == "end" {
        return actions::leave_office(tx, departures, &open.post, &open.org).await;
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
    let present = open.secretary.as_ref();
    let name = present.map(|(_, name)| name.as_str());
    confirm_replacing(name, secretary, &input.replace)?;
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
    match present {
        Some((old, _)) if secretary => actions::settle(tx, departures, *old, &open.org).await,
        _ => Ok(()),
    }
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
