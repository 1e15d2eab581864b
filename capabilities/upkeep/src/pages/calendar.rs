//! 毕业日历 (ORG-B3): proposed months by group, what is unmarked and what contradicts, one click to the group's marking.

use crate::Policy;
use crate::actions::graduation as actions;
use crate::rules::calendar::{self as rules, Branch, Group};
use crate::rules::graduation::months;
use crate::store::graduation as store;
use access::{Permission, Scope};
use base::business_date;
use web::list::{Choice, ListState};
use web::prelude::*;

const HERE: &str = "/console/graduation/calendar";
const NAV: &str = "/console/graduation";
/// Names shown of a group before 等.
const SHOWN: usize = 12;

struct Line {
    group: Group,
    title: String,
    study: String,
    /// The month can be chosen as it is proposed.
    month: Option<String>,
    /// Names of the unmarked, and how many more.
    names: Vec<Branch>,
    more: usize,
}

#[derive(Template)]
#[template(path = "calendar.html")]
struct View {
    shell: Shell,
    lines: Vec<Line>,
    years: Vec<Choice>,
    unmarked: usize,
    contradictory: usize,
}

/// `GET /console/graduation/calendar`
pub(super) async fn show(ctx: Ctx, Query(query): Query<Vec<(String, String)>>) -> Result<Response> {
    let policy = ctx.app.policy::<orgs::Policy>();
    let mut reader = ctx.read().await?;
    let own = actions::marker(&mut reader, ctx.org()?.id, policy).await?;
    ctx.actor
        .require(Permission::MarkGraduation, &own.to_ref())?;
    let state = ListState::new(HERE, &query, &["years"]);
    let chosen = state.get("years").parse::<i32>().ok();
    let chosen = chosen.filter(|years| (1..=8).contains(years));
    let sectors = policy.school_filter();
    let scope = Scope::subtree(&own.path);
    let branches = store::all_branches(&mut reader, &scope, sectors.as_deref()).await?;
    let usual = &ctx.app.policy::<Policy>().study_years;
    let groups = rules::calendar(branches, usual, chosen);
    let (first, last) = months(business_date(reader.now()));
    let lines: Vec<Line> = groups
        .into_iter()
        .map(|group| {
            let month = group.proposed.filter(|m| (first..=last).contains(m));
            Line {
                title: group.entry.map_or("名称不含入学年份".into(), |year| {
                    format!("{year}级")
                }),
                study: group
                    .years
                    .map_or(String::new(), |years| format!("学制{years}年")),
                month: month.map(|m| m.to_string()),
                names: group.unmarked.iter().take(SHOWN).cloned().collect(),
                more: group.unmarked.len().saturating_sub(SHOWN),
                group,
            }
        })
        .collect();
    let options: Vec<(String, String)> = std::iter::once((String::new(), "按行业和名称".into()))
        .chain((2..=8).map(|n| (n.to_string(), format!("{n}年"))))
        .collect();
    let view = View {
        unmarked: lines.iter().map(|line| line.group.unmarked.len()).sum(),
        contradictory: lines
            .iter()
            .map(|line| line.group.contradictory.len())
            .sum(),
        years: Choice::list(
            options.iter().map(|(v, l)| (v.as_str(), l.as_str())),
            state.get("years"),
        ),
        shell: ctx.shell(&mut reader, "毕业日历", NAV).await?,
        lines,
    };
    page(StatusCode::OK, &view)
}
