use crate::rules::{self, Circumstances, Fault, MemberInput, Person, Policy};
use crate::store;
use base::{Error, Refused, Result};
use db::{Event, Tx};
use serde_json::json;

/// Changes the fields of a profile that may be changed in place (ROS-25, ROS-28): everything but name, sex, document and
/// branch. Answers the names of what changed; nothing changed is refused (FLD-21). Whoever calls has asked for permission.
pub async fn edit(
    tx: &mut Tx,
    old: &Person,
    input: &MemberInput,
    policy: &Policy,
    around: &Circumstances,
) -> Result<Vec<&'static str>, Vec<Fault>> {
    let new = rules::check(&with_identity(input, old), policy, around)?;
    apply(tx, old, new).await.map_err(|error| match error {
        Error::Refused(Refused {
            code,
            message,
            field,
        }) => vec![Fault {
            field: field.unwrap_or("form"),
            code,
            message,
        }],
        other => vec![Fault::new("form", "conflict", other.to_string())],
    })
}

/// What was typed with the identity on file, whatever was sent: it is changed by correction only (ROS-61).
pub(super) fn with_identity(input: &MemberInput, old: &Person) -> MemberInput {
    let mut typed = input.clone();
    typed.name.clone_from(&old.name);
    old.id_number.reveal().clone_into(&mut typed.id_number);
    old.doc_type.code().clone_into(&mut typed.doc_type);
    old.sex.code().to_string().clone_into(&mut typed.sex);
    typed.birth_date = old.born.to_string();
    typed.title.clear();
    typed
}

async fn apply(tx: &mut Tx, old: &Person, new: rules::NewMember) -> Result<Vec<&'static str>> {
    let mut person = old.clone();
    let mut changed: Vec<(&'static str, String, String)> = Vec::new();
    macro_rules! take {
        ($($field:ident $label:literal $show:expr;)*) => {$(
            if person.$field != new.$field {
                let show = $show;
                changed.push(($label, show(&person.$field), show(&new.$field)));
                person.$field.clone_from(&new.$field);
            }
        )*};
    }
    fn text(value: &Option<String>) -> String {
        value.clone().unwrap_or_default()
    }
    fn month(value: &Option<base::YearMonth>) -> String {
        value.map_or_else(String::new, |m| m.to_string())
    }
    take! {
        ethnic "民族" |v: &Option<String>| v.as_deref().map_or_else(String::new, |c| rules::codes::name_of(rules::codes::ETHNIC, c));
        political "政治面貌" |v: &Option<String>| v.as_deref().map_or_else(String::new, |c| rules::codes::name_of(rules::codes::POLITICAL, c));
        education "最高学历" |v: &Option<String>| v.as_deref().map_or_else(String::new, |c| rules::codes::name_of(rules::codes::EDUCATION, c));
        phone "手机号码" |v: &Option<base::Mobile>| v.as_ref().map_or_else(String::new, base::Mobile::masked);
        admitted_on "入团年月" month;
        party_on "入党年月" month;
        admission_number "发展团员编号" text;
        email "电子邮箱" text;
        is_student "是否高校学生" |v: &Option<bool>| v.map_or("", |yes| if yes { "是" } else { "否" }).to_owned();
        school "学校" text;
        student_no "学号" text;
        occupation "职业" text;
        employer "工作单位" text;
        residence "居住地" text;
        income "收入" |v: &Option<String>| v.as_deref().map_or_else(String::new, |c| rules::codes::name_of(rules::codes::INCOME, c));
    }
    if changed.is_empty() {
        return Err(Error::refused("profile.unchanged", "没有任何改动"));
    }
    if old.admission_number != person.admission_number {
        if let Some(number) = &person.admission_number
            && store::claim_numbers(tx, &[(number.clone(), person.id)])
                .await?
                .is_empty()
        {
            return Err(Refused::from(rules::number_taken()).into());
        }
        if let Some(number) = &old.admission_number {
            store::release_number(tx, number, person.id).await?;
        }
    }
    if old.phone != person.phone {
        person.phone_confirmed = false;
        store::replace_phone(tx, person.id, old.phone.as_ref(), person.phone.as_ref()).await?;
    }
    person.missing = new.missing;
    person.number_fault = new.number_fault;
    if old.admitted_on != person.admitted_on
        && matches!(person.certification.as_str(), "none" | "not_required")
    {
        new.certification.clone_into(&mut person.certification);
    }
    save(tx, &person).await?;
    let labels: Vec<&'static str> = changed.iter().map(|(label, _, _)| *label).collect();
    let lines: Vec<String> = changed
        .iter()
        .map(|(label, from, to)| format!("{label}：{} → {}", shown(from), shown(to)))
        .collect();
    store::insert_life_event(
        tx,
        &rules::LifeEvent {
            person: person.id,
            kind: "profile",
            title: format!("修改资料：{}", labels.join("、")),
            detail: Some(lines.join("；")),
            org: None,
        },
    )
    .await?;
    let (before, after): (serde_json::Map<_, _>, serde_json::Map<_, _>) = changed
        .into_iter()
        .map(|(label, from, to)| {
            (
                (label.to_owned(), json!(from)),
                (label.to_owned(), json!(to)),
            )
        })
        .unzip();
    tx.record(
        Event::new("person.edited", "person", person.id)
            .before(before.into())
            .after(after.into()),
    );
    Ok(labels)
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "空值" } else { value }
}

/// Writes a profile with all its copies and counts.
pub(super) async fn save(tx: &mut Tx, person: &Person) -> Result<()> {
    if !store::update_person(tx, person).await? {
        return Err(Error::Conflict(
            "该人员的资料刚刚被他人修改，请刷新后在新资料上重新修改".into(),
        ));
    }
    spread(tx, person).await
}

/// Brings all copies and counts of a profile in line with it.
pub(super) async fn spread(tx: &mut Tx, person: &Person) -> Result<()> {
    let membership = store::membership(tx, person.id).await?;
    let posts = store::posts(tx, person.id).await?;
    let mut ids: Vec<base::OrgId> = posts
        .iter()
        .map(|post| post.org)
        .chain(membership.iter().map(|m| m.branch))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut orgs = orgs::find_many(tx, &ids).await?;
    orgs.sort_by_key(|org| org.id);
    for org in orgs {
        store::lock_counter(tx, org.id, org.path.as_str()).await?;
        if let Some(m) = membership.as_ref().filter(|m| m.branch == org.id) {
            store::write_roster(tx, person, org.id, org.path.as_str(), m.state, m.since).await?;
        }
        store::refresh_cadre(tx, person, org.id).await?;
        store::recount(tx, org.id).await?;
    }
    Ok(())
}
