//! 录入本级团干部 (ROS-32) and the secretary on the organisation's information page (ORG-12).

use super::cadres::{Asked, may_hold, place};
use super::fields::{self, Field};
use super::member::see;
use super::post::confirm_replacing;
use crate::actions;
use crate::rules::{Circumstances, Demand, Fault, MemberInput, NewMember, Policy, check, titles};
use crate::store;
use base::{Error, OrgCategory, PersonId, Refused};
use serde::Deserialize;
use web::prelude::*;

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(default)]
    org: String,
    /// `yes`: the present secretary is to be replaced.
    #[serde(default)]
    replace: String,
    /// The member to be made a cadre: name and number come from the record (ROS-45).
    #[serde(default)]
    person: String,
    #[serde(flatten)]
    member: MemberInput,
}

#[derive(Template)]
#[template(path = "cadre_enter.html")]
struct CadrePage {
    shell: Shell,
    heading: &'static str,
    action: &'static str,
    /// Whom this organisation has to enter (ROS-43).
    whom: &'static str,
    org: String,
    number: i64,
    person: String,
    secretary: String,
    groups: Vec<(&'static str, Vec<Field>)>,
    rest: Vec<String>,
    faults: usize,
}

/// A member of the organisation whose record becomes a cadre's: nothing of it is typed again (转为团干, ROS-45).
struct Taken {
    person: PersonId,
    identity: MemberInput,
    /// As the form shows it.
    number: String,
}

async fn taken(ctx: &Ctx, org: &orgs::Org, asked: &str) -> Result<Option<Taken>> {
    if asked.is_empty() {
        return Ok(None);
    }
    let id: PersonId = asked.parse().map_err(|_| Error::NotFound)?;
    let mut reader = ctx.read().await?;
    let seen = see(ctx, &mut reader, id).await?;
    if seen.branch.is_none_or(|branch| branch.id != org.id) {
        return Err(Error::Conflict(format!(
            "{}现在不是〔{}〕的团员；其他组织的人员请填姓名和身份证号录入",
            seen.person.name, org.full_name
        ))
        .into());
    }
    let person = seen.person;
    Ok(Some(Taken {
        person: id,
        number: person.id_number.masked(),
        identity: MemberInput {
            name: person.name,
            sex: person.sex.label().to_owned(),
            doc_type: person.doc_type.code().to_owned(),
            id_number: person.id_number.reveal().to_owned(),
            birth_date: person.born.to_string(),
            ..MemberInput::default()
        },
    }))
}

/// Which of the two forms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Cadre,
    Secretary,
}

impl Which {
    fn address(self) -> &'static str {
        match self {
            Self::Cadre => "/console/cadres/new",
            Self::Secretary => "/console/info/secretary",
        }
    }
}

/// Whom an organisation with cadre records has to enter (ROS-43).
fn whom(category: OrgCategory) -> &'static str {
    match category {
        OrgCategory::LeadingBody | OrgCategory::Committee | OrgCategory::WorkCommittee => {
            "本级委员会成员和机关工作人员都要录入。"
        }
        OrgCategory::GeneralBranch => "团总支委员会成员都要录入。",
        OrgCategory::Branch => "团支部只须录入书记，其他支部委员可以不录。",
    }
}

async fn show(
    ctx: &Ctx,
    which: Which,
    org: &orgs::Org,
    typed: &MemberInput,
    taken: Option<&Taken>,
    faults: &[Fault],
) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let secretary = store::org_posts(&mut reader, org.id)
        .await?
        .into_iter()
        .find(|p| p.is_secretary)
        .map(|p| p.name);
    let identity = match taken {
        Some(taken) => {
            let of = |label, value: &str| {
                Field::text("taken", label, "", "").locked(value.to_owned(), "沿用团员资料")
            };
            vec![
                of("姓名", &taken.identity.name),
                of("证件号码", &taken.number),
            ]
        }
        None => fields::identity(typed),
    };
    let mut groups = match which {
        Which::Cadre => {
            // A superior comes here for the secretary of its branch only (ROS-41).
            let all = titles(org.category);
            let open: Vec<&'static str> = all
                .iter()
                .copied()
                .filter(|t| may_hold(ctx, org, *t == "书记").is_ok())
                .collect();
            let mut groups = vec![
                ("人员", identity),
                ("职务", fields::post(typed, &open, None)),
            ];
            if taken.is_none() {
                let title = "资料（系统中已有的人员不用填，沿用原资料）";
                groups.push((title, fields::profile(typed, false)));
            }
            groups
        }
        Which::Secretary => {
            let phone = Field::text(
                "phone",
                "手机号码",
                &typed.phone,
                "本人登录后核对确认才生效",
            )
            .required()
            .kind("tel");
            let mut both = identity;
            both.push(phone);
            vec![("书记", both)]
        }
    };
    let mut left: Vec<Fault> = faults.to_vec();
    for (_, group) in &mut groups {
        let (mine, others): (Vec<Fault>, Vec<Fault>) = left
            .into_iter()
            .partition(|fault| group.iter().any(|f| f.name == fault.field));
        fields::put(group, &mine);
        left = others;
    }
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let heading = match which {
        Which::Cadre => "录入本级团干部",
        Which::Secretary => "填写书记",
    };
    let view = CadrePage {
        shell: ctx
            .shell(
                &mut reader,
                heading,
                if which == Which::Cadre {
                    "/console/cadres"
                } else {
                    "/console/info"
                },
            )
            .await?,
        heading,
        action: which.address(),
        whom: match which {
            Which::Cadre if ctx.app.policy::<Policy>().cadre_records => whom(org.category),
            _ => "",
        },
        org: org.full_name.clone(),
        number: org.number,
        person: taken.map_or_else(String::new, |taken| taken.person.to_string()),
        secretary: secretary.unwrap_or_default(),
        groups,
        rest: left.into_iter().map(|f| f.message).collect(),
        faults: faults.len(),
    };
    page(status, &view)
}

async fn form(ctx: Ctx, which: Which, asked: &Asked) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let org = place(&ctx, &mut reader, &asked.org).await?;
    drop(reader);
    if may_hold(&ctx, &org, false).is_err() {
        may_hold(&ctx, &org, true)?;
    }
    let taken = taken(&ctx, &org, &asked.person).await?;
    let empty = MemberInput::default();
    show(&ctx, which, &org, &empty, taken.as_ref(), &[]).await
}

/// The form for cadres.
pub(crate) async fn cadre_form(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    form(ctx, Which::Cadre, &asked).await
}

/// The form for the secretary.
pub(crate) async fn secretary_form(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    form(ctx, Which::Secretary, &asked).await
}

/// Enters a cadre.
pub(crate) async fn cadre_submit(ctx: Ctx, input: Form<Input>) -> Result<Response> {
    submit(ctx, Which::Cadre, input).await
}

/// Enters the secretary.
pub(crate) async fn secretary_submit(ctx: Ctx, input: Form<Input>) -> Result<Response> {
    submit(ctx, Which::Secretary, input).await
}

async fn submit(ctx: Ctx, which: Which, form: Form<Input>) -> Result<Response> {
    let mut reader = ctx.read().await?;
    let org = place(&ctx, &mut reader, &form.input.org).await?;
    drop(reader);
    let taken = taken(&ctx, &org, &form.input.person).await?;
    let mut tx = ctx.begin().await?;
    if let Some(before) = tx.once(&form.key).await? {
        return Ok(see_other(&before));
    }
    let typed = match &taken {
        Some(taken) => MemberInput {
            title: form.input.member.title.clone(),
            nature: form.input.member.nature.clone(),
            since: form.input.member.since.clone(),
            ..taken.identity.clone()
        },
        None => form.input.member.clone(),
    };
    let input = &form.input;
    match enter(&ctx, &mut tx, which, &org, typed, &input.replace).await {
        Ok(()) => {
            let to = match which {
                Which::Cadre => format!("/console/cadres?org={}", org.number),
                Which::Secretary => "/console/info".to_owned(),
            };
            tx.commit_to(&to).await?;
            Ok(see_other(&to))
        }
        Err(Stop::Faults(faults)) => {
            drop(tx);
            show(&ctx, which, &org, &input.member, taken.as_ref(), &faults).await
        }
        Err(Stop::Error(Error::Refused(Refused {
            code,
            message,
            field,
        }))) => {
            drop(tx);
            let fault = Fault {
                field: field.unwrap_or("form"),
                code,
                message,
            };
            show(&ctx, which, &org, &input.member, taken.as_ref(), &[fault]).await
        }
        Err(Stop::Error(other)) => Err(other.into()),
    }
}

enum Stop {
    Faults(Vec<Fault>),
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Vec<Fault>> for Stop {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Faults(faults)
    }
}

async fn enter(
    ctx: &Ctx,
    tx: &mut db::Tx,
    which: Which,
    org: &orgs::Org,
    mut typed: MemberInput,
    replace: &str,
) -> Result<(), Stop> {
    if which == Which::Secretary {
        typed.title = "书记".into();
    }
    let present = store::org_posts(tx, org.id)
        .await?
        .into_iter()
        .find(|p| p.is_secretary);
    let secretary = typed.title == "书记";
    // Where there is no secretary yet the organisation itself names the first one (ORG-12).
    let first = which == Which::Secretary && present.is_none();
    may_hold(ctx, org, secretary && !first)?;
    let around =
        actions::circumstances(tx, org, Demand::Identity, ctx.now(), ctx.app.reserved()).await?;
    let new = record(tx, which, &typed, ctx.app.policy(), around).await?;
    if new.post.is_none() {
        return Err(vec![Fault::new(
            "title",
            "required",
            format!(
                "职务未选择，此项必填，可选：{}",
                titles(org.category).join("、")
            ),
        )]
        .into());
    }
    let name = present.as_ref().map(|p| p.name.as_str());
    confirm_replacing(name, secretary, replace)?;
    let person = actions::enter_cadre(tx, org, &new, "录入").await?;
    if let (Which::Secretary, Some(phone)) = (which, &new.phone) {
        actions::propose_phone(tx, person, phone, org).await?;
    }
    if let (true, Some(old)) = (secretary, present) {
        actions::settle(tx, ctx.app.policy(), old.person, org).await?;
    }
    Ok(())
}

/// Of somebody known, ID number, name and post are enough (ROS-32); of somebody new a cadre's whole record is asked,
/// of a secretary named on the information page only what ORG-12 asks.
async fn record(
    tx: &mut db::Tx,
    which: Which,
    typed: &MemberInput,
    policy: &Policy,
    around: Circumstances,
) -> Result<NewMember, Stop> {
    let bare = MemberInput {
        phone: if which == Which::Secretary {
            typed.phone.clone()
        } else {
            String::new()
        },
        name: typed.name.clone(),
        sex: typed.sex.clone(),
        doc_type: typed.doc_type.clone(),
        id_number: typed.id_number.clone(),
        birth_date: typed.birth_date.clone(),
        title: typed.title.clone(),
        nature: typed.nature.clone(),
        since: typed.since.clone(),
        ..MemberInput::default()
    };
    let keys = tx.keys().clone();
    let identity = check(&bare, policy, &around);
    if let Ok(new) = &identity
        && store::by_id_number(tx, &keys, &new.id_number)
            .await?
            .is_some()
    {
        return Ok(identity?);
    }
    if which == Which::Secretary {
        let new = identity?;
        if new.phone.is_none() {
            return Err(vec![Fault::new(
                "phone",
                "required",
                "手机号码未填写，此项必填，请补填",
            )]
            .into());
        }
        return Ok(new);
    }
    Ok(check(
        typed,
        policy,
        &Circumstances {
            demand: Demand::Cadre,
            ..around
        },
    )?)
}
