//! 团干部列表 and 职务变更 (ROS-40..42, ROS-47, ROS-71..74).

use super::{Chip, gaps, masked, narrowed};
use crate::rules::{Policy, standing};
use crate::store;
use access::{Permission, Relation};
use base::{Error, OrgCategory, PostId, business_date, format_moment};
use serde::Deserialize;
use uuid::Uuid;
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
    /// 是否入驻企业号 (FLD-12).
    joined: &'static str,
    disabled: bool,
    /// Whether the reader may change or end this post.
    may_change: bool,
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
    /// Cadre records are enabled, disabled and deleted here (FLD-12, FLD-13).
    records: bool,
    done: &'static str,
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
    /// The member to be made a cadre (ROS-45).
    pub(crate) person: String,
    /// What was just done.
    done: String,
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
    let persons: Vec<Uuid> = rows.iter().map(|row| row.person.0).collect();
    let joined = store::joined(&mut reader, &persons).await?;
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
        records: ctx.app.policy::<Policy>().cadre_records,
        done: match asked.done.as_str() {
            "disabled" => "已禁用：该团干部不能再进入本组织，职务不变。",
            "enabled" => "已启用。",
            "removed" => "已删除团干部记录，团籍不受影响。",
            _ => "",
        },
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
                joined: match (row.disabled, joined.contains(&row.person.0)) {
                    (true, _) => "已禁用",
                    (false, true) => "是",
                    (false, false) => "否",
                },
                disabled: row.disabled,
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
                may_change: may_hold(&ctx, &org, row.is_secretary).is_ok(),
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
