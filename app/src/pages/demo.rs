//! Demonstration mode: the accounts to try, the movable clock, the outboxes. None of it exists in production.

use base::{CST, Error, china_time};
use chrono::NaiveDateTime;
use gateways::OutboxAnswer;
use serde::Deserialize;
use serde_json::json;
use web::{list::Choice, prelude::*};

fn only_in_demo(app: &App) -> Result<()> {
    if app.is_demo() {
        Ok(())
    } else {
        Err(Error::NotFound.into())
    }
}

#[derive(Template)]
#[template(path = "demo.html")]
struct Show {
    shell: Shell,
    accounts: Vec<crate::demo::Account>,
    clock: String,
    fault: String,
}

fn view(guest: &Guest, clock: String, fault: String) -> Show {
    Show {
        shell: guest.shell("演示说明"),
        accounts: crate::demo::accounts(guest.app.policy()),
        clock,
        fault,
    }
}

/// Accounts, clock and outbox of the demonstration.
pub(super) async fn show(guest: Guest) -> Result<Response> {
    only_in_demo(&guest.app)?;
    let clock = china_time(guest.now()).format("%Y-%m-%dT%H:%M").to_string();
    page(StatusCode::OK, &view(&guest, clock, String::new()))
}

#[derive(Deserialize)]
pub(super) struct MoveClock {
    #[serde(default)]
    moment: String,
    #[serde(default)]
    reset: String,
}

/// Moves the one clock (GEN-01): every process of this demonstration follows within a second.
pub(super) async fn move_clock(guest: Guest, form: Form<MoveClock>) -> Result<Response> {
    only_in_demo(&guest.app)?;
    let db = guest.app.db();
    let offset = if form.input.reset.is_empty() {
        let typed = form.input.moment.trim().replace('T', " ");
        let moment = NaiveDateTime::parse_from_str(&typed, "%Y-%m-%d %H:%M")
            .or_else(|_| NaiveDateTime::parse_from_str(&typed, "%Y-%m-%d %H:%M:%S"))
            .ok()
            .and_then(|m| m.and_local_timezone(CST).single())
            .filter(|m| (2000..2100).contains(&chrono::Datelike::year(m)));
        let Some(moment) = moment else {
            let fault = "请按“2026-10-03 23:59”的样子填写日期和时间".to_owned();
            return page(
                StatusCode::UNPROCESSABLE_ENTITY,
                &view(&guest, form.input.moment, fault),
            );
        };
        db.clock.offset() + (moment.to_utc() - db.clock.now())
    } else {
        chrono::TimeDelta::zero()
    };
    let value = json!({ "offset_us": offset.num_microseconds() });
    let mut tx = guest.begin().await?;
    // Whoever is signed in stays so: the demonstration moved, not the people.
    accounts::carry_sessions(&mut tx, offset - db.clock.offset()).await?;
    sqlx::query!(
        "insert into setting (name, value) values ('clock', $1) on conflict (name) do update set value = excluded.value",
        value
    )
    .execute(&mut *tx)
    .await?;
    tx.record(db::Event::new("demo.clock_moved", "setting", uuid::Uuid::nil()).after(value));
    tx.commit().await?;
    // Last of all: a page that asks for news meanwhile would find its session idle for as long as the clock has jumped.
    db.clock.set_offset(offset);
    Ok(see_other("/demo"))
}

#[derive(Template)]
#[template(path = "outbox.html")]
struct Outbox {
    shell: Shell,
    items: Vec<Item>,
    answers: Vec<Choice>,
}

struct Item {
    channel: &'static str,
    receiver: String,
    subject: String,
    body: String,
    at: String,
    /// What became of it, where it was not taken at once.
    state: String,
}

/// SMS and mail that would have been sent (GWY-01).
pub(super) async fn outbox(guest: Guest) -> Result<Response> {
    only_in_demo(&guest.app)?;
    let mut reader = guest.read().await?;
    let (now, keys) = (reader.now(), reader.keys.clone());
    let rows = sqlx::query!(
        "select channel, receiver_mask, subject, body_sealed, seal_row, created_at, state, error from outgoing order by outgoing_id desc limit 50"
    )
    .fetch_all(&mut *reader)
    .await?;
    let mut items = Vec::new();
    for row in rows {
        items.push(Item {
            channel: if row.channel == "sms" {
                "短信"
            } else {
                "邮件"
            },
            receiver: row.receiver_mask,
            subject: row.subject,
            body: keys.open("outgoing.body", row.seal_row, &row.body_sealed)?,
            at: base::format_moment(row.created_at, now),
            state: match (row.state.as_str(), row.error) {
                ("sent", _) => String::new(),
                ("waiting" | "sending", Some(why)) => format!("等待再试：{why}"),
                ("waiting" | "sending", None) => "等待发送".into(),
                ("unclear", _) => "没有应答，不知是否送达，不再重发".into(),
                (_, why) => format!("没有送出：{}", why.unwrap_or_default()),
            },
        });
    }
    let chosen = gateways::outbox_answer(&mut reader).await?;
    page(
        StatusCode::OK,
        &Outbox {
            shell: guest.shell("短信与邮件收件箱"),
            items,
            answers: OutboxAnswer::ALL
                .into_iter()
                .map(|answer| Choice {
                    value: answer.code().into(),
                    label: answer.label().into(),
                    selected: answer == chosen,
                })
                .collect(),
        },
    )
}

#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    answer: String,
}

/// `POST /demo/outbox`: how the simulated providers answer from now on (GWY-01).
pub(super) async fn choose_answer(guest: Guest, form: Form<Answer>) -> Result<Response> {
    only_in_demo(&guest.app)?;
    let answer = OutboxAnswer::from_code(&form.input.answer)
        .ok_or_else(|| base::Error::refused("outbox.answer", "请从列表中选择发件箱怎样应答"))?;
    let mut tx = guest.begin().await?;
    gateways::choose_outbox_answer(&mut tx, answer).await?;
    tx.commit().await?;
    Ok(see_other("/demo/outbox"))
}
