//! Filing what a branch has decided, with its document (ROS-85, ROS-86).

use crate::actions;
use crate::departures::Departures;
use crate::pages::member::see;
use crate::rules::{Fault, FilingInput, FilingOf, GROUNDS, Policy, document_sort};
use access::Permission;
use base::{Error, FileId, PersonId};
use serde::Deserialize;
use uuid::Uuid;
use web::list::Choice;
use web::{Multi, prelude::*};

/// Largest document, in bytes (ROS-85).
const MOST: usize = 20 * 1024 * 1024;

struct Kind {
    code: &'static str,
    label: &'static str,
    steps: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "filing_new.html")]
struct NewPage {
    shell: Shell,
    person: Uuid,
    name: String,
    branch: String,
    kinds: Vec<Kind>,
    grounds: Vec<Choice>,
    input: FilingInput,
    faults: Vec<Fault>,
    rest: String,
    least: usize,
    /// Cadre records stay (ROS-46).
    keeps_offices: bool,
}

impl NewPage {
    fn fault_of(&self, field: &str) -> String {
        let found = self.faults.iter().filter(|f| f.field == field);
        found
            .map(|f| f.message.as_str())
            .collect::<Vec<_>>()
            .join("；")
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    person: String,
}

async fn whom(
    ctx: &Ctx,
    reader: &mut db::Reader,
    typed: &str,
) -> Result<(PersonId, String, orgs::Org)> {
    let id: Uuid = typed.parse().map_err(|_| Error::NotFound)?;
    let seen = see(ctx, reader, PersonId(id)).await?;
    let Some(branch) = seen.branch else {
        return Err(Error::Conflict(format!(
            "{}现在没有团籍，不能办理团籍变动",
            seen.person.name
        ))
        .into());
    };
    ctx.actor
        .require(Permission::FileEndings, &branch.to_ref())?;
    Ok((PersonId(id), seen.person.name, branch))
}

async fn form_page(
    ctx: &Ctx,
    typed: &str,
    input: FilingInput,
    faults: Vec<Fault>,
    rest: String,
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let (person, name, branch) = whom(ctx, &mut reader, typed).await?;
    let status = if faults.is_empty() && rest.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let view = NewPage {
        shell: ctx
            .shell(&mut reader, "团籍变动备案", "/console/filings")
            .await?,
        person: person.0,
        name,
        branch: branch.full_name,
        kinds: FilingOf::ALL
            .into_iter()
            .map(|kind| Kind {
                code: kind.code(),
                label: kind.label(),
                steps: kind.steps(),
                chosen: kind.code() == input.kind,
            })
            .collect(),
        grounds: GROUNDS
            .iter()
            .map(|(code, label)| Choice {
                value: (*code).to_owned(),
                label: (*label).to_owned(),
                selected: input.grounds.iter().any(|g| g == code),
            })
            .collect(),
        input,
        faults,
        rest,
        least: ctx.app.policy::<Policy>().exit_text_min,
        keeps_offices: ctx.app.policy::<Policy>().cadre_records,
    };
    page(status, &view)
}

/// The form.
pub(crate) async fn form(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    form_page(
        &ctx,
        &asked.person,
        FilingInput::default(),
        Vec::new(),
        String::new(),
    )
    .await
}

fn typed(multi: &Multi) -> FilingInput {
    let field = |name: &str| multi.field(name).to_owned();
    FilingInput {
        kind: field("kind"),
        decided_on: field("decided_on"),
        organ: field("organ"),
        reason: field("reason"),
        grounds: GROUNDS
            .iter()
            .filter(|(code, _)| multi.field(code) == "yes")
            .map(|(code, _)| (*code).to_owned())
            .collect(),
        lost_since: field("lost_since"),
        typed_name: field("typed_name"),
    }
}

/// Keeps the document, before the row that names it: a file nobody names is swept, a name without a file would not open.
async fn keep(
    ctx: &Ctx,
    tx: &mut db::Tx,
    person: PersonId,
    multi: &mut Multi,
) -> base::Result<FileId> {
    let refuse = |words: &str| Err(Error::refused_at("file", "filing.document", words));
    let Some(file) = multi.files.remove("file") else {
        return refuse("须先履行线下程序并上传决定材料。");
    };
    if file.bytes.len() > MOST {
        return refuse("决定材料最大20MB，请压缩或分辨率调低后重新扫描");
    }
    let Some((ending, content_type)) = document_sort(&file.bytes) else {
        return refuse("决定材料只收PDF、JPG、PNG，这个文件的内容不是其中任何一种");
    };
    let (id, now): (FileId, _) = (tx.new_id(), tx.now());
    let facts = files::StoredFile {
        owner: person.0,
        name: format!("决定材料.{ending}"),
        content_type: content_type.to_owned(),
        expires_at: None,
    };
    let size = file.bytes.len();
    ctx.app.files().put(id, file.bytes).await?;
    files::register(tx, id, &facts, "filing", size, now).await?;
    Ok(id)
}

/// Files.
pub(crate) async fn submit(ctx: Ctx, mut multi: Multi) -> Result<Response> {
    let mut fields = vec![
        "person",
        "kind",
        "decided_on",
        "organ",
        "reason",
        "lost_since",
        "typed_name",
    ];
    fields.extend(GROUNDS.iter().map(|(code, _)| *code));
    multi.declare(&ctx.app, &fields, &["file"]).await;
    let (asked, input) = (multi.field("person").to_owned(), typed(&multi));
    let mut reader = ctx.read().await?;
    let found = whom(&ctx, &mut reader, &asked).await;
    drop(reader);
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&multi.key).await? {
        return Ok(see_other(&before));
    }
    let (person, _, branch) = found?;
    let done = match keep(&ctx, &mut tx, person, &mut multi).await {
        Ok(document) => {
            let (policy, departures) = (ctx.app.policy::<Policy>(), ctx.app.policy::<Departures>());
            actions::file(
                &mut tx, person, &branch, &input, document, policy, departures,
            )
            .await
        }
        Err(fault) => Err(fault),
    };
    match done {
        Ok(Ok(id)) => {
            let to = format!("/console/filings/{}/{id}", branch.id);
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Ok(Err(faults)) => {
            drop(tx);
            form_page(&ctx, &asked, input, faults, String::new()).await
        }
        Err(Error::Refused(refused)) => {
            drop(tx);
            let rest = if refused.field.is_some() {
                String::new()
            } else {
                refused.message.clone()
            };
            let fault = refused.field.map(|field| Fault {
                field,
                code: refused.code,
                message: refused.message,
            });
            form_page(&ctx, &asked, input, fault.into_iter().collect(), rest).await
        }
        Err(other) => Err(other.into()),
    }
}
