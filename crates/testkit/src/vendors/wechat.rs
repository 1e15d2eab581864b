//! WeChat's server as a mini-program's server meets it.

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

/// The app's id, as tests configure it.
pub const APP: &str = "wx0000000000000999";
/// Its secret.
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
const LIFE: TimeDelta = TimeDelta::minutes(5);

/// A running WeChat.
pub struct Wechat {
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
    login: HashMap<String, (String, DateTime<Utc>)>,
    phone: HashMap<String, (String, String, DateTime<Utc>)>,
    mark: Option<String>,
    verdict: Option<i64>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn says(code: i64, text: &str) -> Response {
    Json(json!({ "errcode": code, "errmsg": text })).into_response()
}

impl Wechat {
    /// Starts one that lives by this clock.
    pub async fn start(clock: &Clock) -> Self {
        let faults = Faults::default();
        let shared = Shared {
            clock: clock.clone(),
            faults: faults.clone(),
            state: Arc::default(),
        };
        let router = Router::new()
            .route("/cgi-bin/stable_token", post(stable_token))
            .route("/sns/jscode2session", get(code_to_session))
            .route("/sns/oauth2/access_token", get(code_to_visitor))
            .route("/wxa/business/getuserphonenumber", post(phone_number))
            .with_state(shared.clone());
        let server = Server::start(router).await;
        Self {
            base: server.base.clone(),
            faults,
            shared,
            _server: server,
        }
    }

    fn code(&self, kind: &str) -> (String, DateTime<Utc>) {
        let mut state = self.shared.state();
        state.serial += 1;
        let until = self.shared.clock.now() + LIFE;
        (format!("{kind}-{}", state.serial), until)
    }

    /// What `wx.login` gives somebody.
    pub fn login_code(&self, openid: &str) -> String {
        let (code, until) = self.code("login");
        let mut state = self.shared.state();
        state.login.insert(code.clone(), (openid.to_owned(), until));
        code
    }

    /// What letting the number be handed over gives: country and number without it.
    pub fn phone_code(&self, country: &str, number: &str) -> String {
        let (code, until) = self.code("phone");
        let mut state = self.shared.state();
        let given = (country.to_owned(), number.to_owned(), until);
        state.phone.insert(code.clone(), given);
        code
    }

    /// Makes the token given out void before its time, as a changed secret does.
    pub fn revoke_token(&self) {
        self.shared.state().token = None;
    }

    /// Numbers carry the watermark of another app.
    pub fn forge_watermark(&self, app: &str) {
        self.shared.state().mark = Some(app.to_owned());
    }

    /// The next call of a code is answered with this error.
    pub fn refuse_next(&self, code: i64) {
        self.shared.state().verdict = Some(code);
    }
}

async fn stable_token(State(shared): State<Shared>, Json(asked): Json<Value>) -> Response {
    let faults = shared.faults.clone();
    let work = move || {
        if asked["grant_type"] != "client_credential" {
            return says(40002, "invalid grant_type");
        }
        if asked["appid"] != APP {
            return says(40013, "invalid appid");
        }
        if asked["secret"] != SECRET {
            return says(40125, "invalid appsecret");
        }
        let (mut state, now) = (shared.state(), shared.clock.now());
        let kept = state.token.clone().filter(|(_, until)| *until > now);
        let forced = asked["force_refresh"] == true;
        let (token, until) = match kept {
            Some(kept) if !forced => kept,
            _ => {
                state.serial += 1;
                let fresh = (
                    format!("token+/{}", state.serial),
                    now + TimeDelta::seconds(7200),
                );
                state.token = Some(fresh.clone());
                fresh
            }
        };
        let left = (until - now).num_seconds();
        Json(json!({ "access_token": token, "expires_in": left })).into_response()
    };
    faults.answer("token", work).await
}

async fn code_to_session(
    State(shared): State<Shared>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let faults = shared.faults.clone();
    let work = move || {
        let is = |name: &str, value: &str| asked.get(name).is_some_and(|had| had == value);
        if !is("appid", APP) {
            return says(40013, "invalid appid");
        }
        if !is("secret", SECRET) {
            return says(40125, "invalid appsecret");
        }
        if !is("grant_type", "authorization_code") {
            return says(40002, "invalid grant_type");
        }
        let Some(code) = asked.get("js_code").filter(|code| !code.is_empty()) else {
            return says(41008, "missing code");
        };
        let (mut state, now) = (shared.state(), shared.clock.now());
        if let Some(code) = state.verdict.take() {
            return says(code, "refused");
        }
        match state.login.remove(code) {
            Some((openid, until)) if until > now => Json(json!({
                "openid": openid, "session_key": "c2VjcmV0LW9mLXRoZS1zZXNzaW9u", "unionid": format!("union-{openid}"),
            }))
            .into_response(),
            Some(_) => says(40029, "invalid code"),
            None => says(40163, "code been used"),
        }
    };
    faults.answer("session", work).await
}

/// The official account's web sign-in: other parameters, other answer, the same codes.
async fn code_to_visitor(
    State(shared): State<Shared>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let faults = shared.faults.clone();
    let work = move || {
        let is = |name: &str, value: &str| asked.get(name).is_some_and(|had| had == value);
        if !is("appid", APP) {
            return says(40013, "invalid appid");
        }
        if !is("secret", SECRET) {
            return says(40125, "invalid appsecret");
        }
        if !is("grant_type", "authorization_code") {
            return says(40002, "invalid grant_type");
        }
        let (mut state, now) = (shared.state(), shared.clock.now());
        if let Some(code) = state.verdict.take() {
            return says(code, "refused");
        }
        let code = asked.get("code").map_or("", String::as_str);
        match state.login.remove(code) {
            Some((openid, until)) if until > now => Json(json!({
                "access_token": "of-the-visitor", "expires_in": 7200, "refresh_token": "r", "openid": openid,
                "scope": "snsapi_base",
            }))
            .into_response(),
            Some(_) => says(40029, "invalid code"),
            None => says(40163, "code been used"),
        }
    };
    faults.answer("visitor", work).await
}

async fn phone_number(
    State(shared): State<Shared>,
    Query(asked): Query<HashMap<String, String>>,
    Json(body): Json<Value>,
) -> Response {
    let faults = shared.faults.clone();
    let work = move || {
        let (mut state, now) = (shared.state(), shared.clock.now());
        let shown = asked.get("access_token").map_or("", String::as_str);
        match &state.token {
            Some((token, until)) if token == shown && *until > now => {}
            Some((token, _)) if token == shown => return says(42001, "access_token expired"),
            _ => return says(40001, "invalid credential"),
        }
        if let Some(code) = state.verdict.take() {
            return says(code, "refused");
        }
        let Some((country, number, until)) =
            body["code"].as_str().and_then(|c| state.phone.remove(c))
        else {
            return says(40029, "invalid code");
        };
        if until <= now {
            return says(40029, "invalid code");
        }
        let whole = if country == "86" {
            number.clone()
        } else {
            format!("+{country}{number}")
        };
        let app = state.mark.clone().unwrap_or_else(|| APP.to_owned());
        Json(json!({
            "errcode": 0, "errmsg": "ok",
            "phone_info": {
                "phoneNumber": whole, "purePhoneNumber": number, "countryCode": country,
                "watermark": { "timestamp": now.timestamp(), "appid": app },
            },
        }))
        .into_response()
    };
    faults.answer("phone", work).await
}
