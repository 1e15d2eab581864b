//! Enterprise WeChat's server as a web sign-in meets it.

use super::Faults;
use crate::browser::Server;
use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The enterprise's id, as tests configure it.
pub const CORP: &str = "ww0000000000000999";
/// The agent's secret.
pub const SECRET: &str = "secret-of-the-agent";
const LIFE: TimeDelta = TimeDelta::minutes(5);

type Asked = Query<HashMap<String, String>>;
type Member = (String, String);

/// A running enterprise WeChat.
pub struct WeCom {
    /// Its address.
    pub base: String,
    /// What goes wrong next.
    pub faults: Faults,
    shared: Shared,
    _server: Server,
}

#[derive(Clone)]
struct Shared {
    clock: Clock,
    faults: Faults,
    state: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    serial: u32,
    token: Option<(String, DateTime<Utc>)>,
    codes: HashMap<String, (Member, DateTime<Utc>)>,
    tickets: HashMap<String, String>,
    verdict: Option<i64>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a call with this token is refused.
    fn refuses(&self, asked: &HashMap<String, String>) -> Option<Response> {
        let (mut state, now) = (self.state(), self.clock.now());
        let shown = asked.get("access_token").map_or("", String::as_str);
        match &state.token {
            Some((token, until)) if token == shown && *until > now => {}
            Some((token, _)) if token == shown => {
                return Some(says(42001, "access_token expired"));
            }
            _ => return Some(says(40014, "invalid access_token")),
        }
        state.verdict.take().map(|code| says(code, "refused"))
    }
}

fn says(code: i64, text: &str) -> Response {
    Json(json!({ "errcode": code, "errmsg": text })).into_response()
}

impl WeCom {
    /// Starts one that lives by this clock.
    pub async fn start(clock: &Clock) -> Self {
        let faults = Faults::default();
        let shared = Shared {
            clock: clock.clone(),
            faults: faults.clone(),
            state: Arc::default(),
        };
        let router = Router::new()
            .route("/cgi-bin/gettoken", get(token))
            .route("/cgi-bin/auth/getuserinfo", get(member))
            .route("/cgi-bin/auth/getuserdetail", post(detail))
            .with_state(shared.clone());
        let server = Server::start(router).await;
        Self {
            base: server.base.clone(),
            faults,
            shared,
            _server: server,
        }
    }

    /// What the browser of a member brings back; an empty mobile is one the member keeps to himself.
    pub fn code(&self, userid: &str, mobile: &str) -> String {
        let until = self.shared.clock.now() + LIFE;
        let mut state = self.shared.state();
        state.serial += 1;
        let code = format!("code-{}", state.serial);
        let member = (userid.to_owned(), mobile.to_owned());
        state.codes.insert(code.clone(), (member, until));
        code
    }

    /// Makes the token given out void.
    pub fn revoke_token(&self) {
        self.shared.state().token = None;
    }

    /// The next call with a token is answered with this error.
    pub fn refuse_next(&self, code: i64) {
        self.shared.state().verdict = Some(code);
    }
}

async fn token(State(shared): State<Shared>, Query(asked): Asked) -> Response {
    let faults = shared.faults.clone();
    let work = move || {
        let is = |name: &str, value: &str| asked.get(name).is_some_and(|had| had == value);
        if !is("corpid", CORP) {
            return says(40013, "invalid corpid");
        }
        if !is("corpsecret", SECRET) {
            return says(40001, "invalid credential");
        }
        let (mut state, now) = (shared.state(), shared.clock.now());
        let kept = state.token.clone().filter(|(_, until)| *until > now);
        let (token, until) = kept.unwrap_or_else(|| {
            state.serial += 1;
            (
                format!("token+/{}", state.serial),
                now + TimeDelta::seconds(7200),
            )
        });
        state.token = Some((token.clone(), until));
        let left = (until - now).num_seconds();
        Json(json!({ "errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": left }))
            .into_response()
    };
    faults.answer("token", work).await
}

async fn member(State(shared): State<Shared>, Query(asked): Asked) -> Response {
    let faults = shared.faults.clone();
    let work = move || {
        if let Some(refusal) = shared.refuses(&asked) {
            return refusal;
        }
        let (mut state, now) = (shared.state(), shared.clock.now());
        let code = asked.get("code").map_or("", String::as_str);
        let Some(((userid, mobile), _)) =
            state.codes.remove(code).filter(|(_, until)| *until > now)
        else {
            return says(40029, "invalid code");
        };
        if userid.is_empty() {
            return Json(json!({ "errcode": 0, "errmsg": "ok", "openid": "outsider" }))
                .into_response();
        }
        let ticket = format!("ticket-{code}");
        state.tickets.insert(ticket.clone(), mobile);
        Json(json!({ "errcode": 0, "errmsg": "ok", "userid": userid, "user_ticket": ticket }))
            .into_response()
    };
    faults.answer("member", work).await
}

async fn detail(
    State(shared): State<Shared>,
    Query(asked): Asked,
    Json(body): Json<Value>,
) -> Response {
    let faults = shared.faults.clone();
    let work = move || {
        if let Some(refusal) = shared.refuses(&asked) {
            return refusal;
        }
        let ticket = body["user_ticket"].as_str().unwrap_or("");
        match shared.state().tickets.remove(ticket) {
            Some(mobile) => {
                Json(json!({ "errcode": 0, "errmsg": "ok", "mobile": mobile })).into_response()
            }
            None => says(40096, "invalid user_ticket"),
        }
    };
    faults.answer("detail", work).await
}
