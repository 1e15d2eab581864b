//! The member's home: the pass, what waits, what can be done, the latest of the own path.

use base::{YearMonth, format_moment};
use web::prelude::*;

#[derive(Template)]
#[template(path = "member_home.html")]
struct Home {
    shell: Shell,
    pass: Option<Pass>,
    /// Whoever has an account asks the new branch directly (ACC-40, TRF-07).
    joins: bool,
    todos: Vec<Todo>,
    events: Vec<EventLine>,
}

/// The electronic membership card's face.
struct Pass {
    branch: String,
    years: String,
    number: String,
}

struct Todo {
    href: String,
    title: String,
    hint: String,
    chip: String,
}

struct EventLine {
    title: String,
    hint: String,
}

/// `6 年 4 个月`, `4 个月`; 未填写 without an admission month.
fn standing(admitted: Option<YearMonth>, now: YearMonth) -> String {
    let Some(admitted) = admitted else {
        return "未填写".into();
    };
    let months = now.months_since(admitted).max(0);
    match (months / 12, months % 12) {
        (0, m) => format!("{m} 个月"),
        (y, 0) => format!("{y} 年"),
        (y, m) => format!("{y} 年 {m} 个月"),
    }
}

/// The member port's home page.
pub(super) async fn home(ctx: Ctx) -> Result<Response> {
    // Somebody whose registration is undecided has a page of that only (ACC-48).
    let Some(person) = ctx.me.person else {
        return Ok(see_other("/register/mine"));
    };
    let mut reader = ctx.read().await?;
    let now = reader.now();
    let keys = reader.keys.clone();
    let me = people::find(&mut reader, &keys, person)
        .await?
        .ok_or(base::Error::NotFound)?;
    let membership = people::membership(&mut reader, person).await?;
    let pass = membership.map(|membership| Pass {
        branch: membership.branch_name,
        years: standing(me.admitted_on, YearMonth::at(now)),
        number: me
            .admission_number
            .clone()
            .unwrap_or_else(|| "未填写".into()),
    });
    let mut todos = Vec::new();
    if let Some(transfer) = transfers::open_of(&mut reader, &keys, person).await? {
        todos.push(Todo {
            href: "/member/transfers".into(),
            title: "组织关系转接办理中".into(),
            hint: "看走到哪一步、最迟什么时候办好".into(),
            chip: transfer.state.label().into(),
        });
    }
    if let Some(fault) = &me.number_fault {
        todos.push(Todo {
            href: "/member/me".into(),
            title: "团员编号需要更正".into(),
            hint: fault.clone(),
            chip: String::new(),
        });
    }
    if !me.missing.is_empty() {
        let labels: Vec<&str> = me
            .missing
            .iter()
            .map(|field| people::required_label(field))
            .collect();
        todos.push(Todo {
            href: "/member/me".into(),
            title: "补全个人资料".into(),
            hint: format!("还缺：{}", labels.join("、")),
            chip: String::new(),
        });
    }
    let events = people::history(&mut reader, person, None)
        .await?
        .into_iter()
        .take(4)
        .map(|line| EventLine {
            title: line.title,
            hint: [Some(format_moment(line.at, now)), line.org_name]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("，"),
        })
        .collect();
    let shell = ctx.shell(&mut reader, "我的团支部", "/member").await?;
    page(
        StatusCode::OK,
        &Home {
            shell,
            pass,
            joins: ctx
                .app
                .policy::<transfers::Policy>()
                .allows(transfers::Kind::Join),
            todos,
            events,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standing_is_told_in_years_and_months() {
        let month = |y, m| YearMonth::new(y, m).unwrap();
        assert_eq!(
            standing(Some(month(2020, 5)), month(2026, 9)),
            "6 年 4 个月"
        );
        assert_eq!(standing(Some(month(2025, 9)), month(2026, 9)), "1 年");
        assert_eq!(standing(Some(month(2026, 5)), month(2026, 9)), "4 个月");
        assert_eq!(standing(None, month(2026, 9)), "未填写");
    }
}
