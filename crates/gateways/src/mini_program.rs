//! The mini-program (GWY-13): what its shell hands over, and the simulated WeChat of demonstrations.

pub mod live;

use crate::{
    http::Fault,
    web_sign_in::{Visitor, WebSignIn},
};
use base::{Mobile, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, limits};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Minutes a code of WeChat lives.
const LIFE: TimeDelta = TimeDelta::minutes(5);

/// Why a code says nothing about anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotKnown {
    /// Used, too old, or never given out.
    Code,
    /// The vendor gives no answer now; for the log, without personal data.
    Unreachable(String),
    /// It refuses, and asking again will not help until somebody mends it: blocked, wrongly set up; for the log.
    Refused(String),
}

impl From<Fault> for NotKnown {
    fn from(fault: Fault) -> Self {
        Self::Unreachable(fault.to_string())
    }
}

/// Who somebody is to WeChat, as far as it tells this mini-program. The key of the session never leaves the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person's id in this mini-program.
    pub openid: String,
    /// The person's id with all services of the same owner, where they are joined.
    pub unionid: Option<String>,
}

/// What a mini-program's codes stand for.
pub trait MiniProgram: Send + Sync {
    /// Who signed in to the mini-program; the code is good once, for five minutes.
    fn session<'a>(
        &'a self,
        db: &'a Db,
        code: &'a str,
    ) -> BoxFuture<'a, Result<Identity, NotKnown>>;
    /// The number somebody let WeChat hand over; the code is good once, for five minutes.
    fn phone<'a>(&'a self, db: &'a Db, code: &'a str) -> BoxFuture<'a, Result<String, NotKnown>>;
}

/// The WeChat of demonstrations and tests: it hands out codes that stand for an invented number, which are sealed, live five
/// minutes and work once, as the real one's do.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimulatedWechat;

#[derive(Serialize, Deserialize)]
struct Content {
    purpose: String,
    phone: String,
    until: DateTime<Utc>,
}

const FIELD: &str = "wechat.simulated";

impl SimulatedWechat {
    /// The code for a number its holder lets be handed over.
    pub fn phone_code(db: &Db, phone: &Mobile) -> Result<String> {
        Self::code(db, phone, "phone")
    }

    /// The code of whoever has this number bound to the WeChat.
    pub fn login_code(db: &Db, phone: &Mobile) -> Result<String> {
        Self::code(db, phone, "login")
    }

    fn code(db: &Db, phone: &Mobile, purpose: &str) -> Result<String> {
        let (row, now) = (Uuid::from_bytes(db.random.bytes()), db.clock.now());
        let content = Content {
            purpose: purpose.to_owned(),
            phone: phone.reveal().to_owned(),
            until: now + LIFE,
        };
        let content = serde_json::to_string(&content).map_err(anyhow::Error::from)?;
        let mut code = row.as_bytes().to_vec();
        code.extend(db.keys.seal(&db.random, FIELD, row, &content));
        Ok(URL_SAFE_NO_PAD.encode(code))
    }

    fn read(db: &Db, code: &str) -> Option<Content> {
        let bytes = URL_SAFE_NO_PAD.decode(code).ok()?;
        let (row, sealed) = bytes.split_at_checked(16)?;
        let row = Uuid::from_slice(row).ok()?;
        let content = db.keys.open(FIELD, row, sealed).ok()?;
        serde_json::from_str(&content).ok()
    }

    async fn take(db: &Db, code: &str, purpose: &str) -> Result<String, NotKnown> {
        let down = |cause: base::Error| NotKnown::Unreachable(cause.to_string());
        let now = db.clock.now();
        let content = Self::read(db, code)
            .filter(|content| content.purpose == purpose)
            .ok_or(NotKnown::Code)?;
        // A clock moved back (demonstration) makes codes of the future.
        if content.until <= now || content.until > now + LIFE {
            return Err(NotKnown::Code);
        }
        let mut tx = db
            .begin(access::Actor::system("wechat"))
            .await
            .map_err(down)?;
        let used = format!(
            "{FIELD}:{}",
            URL_SAFE_NO_PAD.encode(db.keys.blind(FIELD, code))
        );
        let (uses, _) = limits::hit(&mut tx, &used, now, LIFE * 2)
            .await
            .map_err(down)?;
        tx.commit_housekeeping().await.map_err(down)?;
        if uses > 1 {
            return Err(NotKnown::Code);
        }
        Ok(content.phone)
    }
}

impl MiniProgram for SimulatedWechat {
    fn session<'a>(
        &'a self,
        db: &'a Db,
        code: &'a str,
    ) -> BoxFuture<'a, Result<Identity, NotKnown>> {
        Box::pin(async move {
            let phone = Self::take(db, code, "login").await?;
            let openid = URL_SAFE_NO_PAD.encode(db.keys.blind("wechat.openid", &phone));
            Ok(Identity {
                openid,
                unionid: None,
            })
        })
    }

    fn phone<'a>(&'a self, db: &'a Db, code: &'a str) -> BoxFuture<'a, Result<String, NotKnown>> {
        Box::pin(Self::take(db, code, "phone"))
    }
}

/// The web sign-in of demonstrations: the page `/demo/authorise` asks whose WeChat, or enterprise WeChat, the browser is.
#[derive(Clone, Copy, Debug)]
pub struct SimulatedWeb(
    /// `wechat` or `wecom`.
    pub &'static str,
);

impl SimulatedWeb {
    /// The code of whoever has this number: enterprise WeChat vouches for it, WeChat keeps it to itself.
    pub fn code(self, db: &Db, phone: &Mobile) -> Result<String> {
        SimulatedWechat::code(db, phone, self.0)
    }
}

impl WebSignIn for SimulatedWeb {
    fn address(&self, path: &str, state: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("kind", self.0)
            .append_pair("back", path)
            .append_pair("state", state)
            .finish();
        format!("/demo/authorise?{query}")
    }

    fn visitor<'a>(
        &'a self,
        db: &'a Db,
        code: &'a str,
    ) -> BoxFuture<'a, Result<Visitor, NotKnown>> {
        Box::pin(async move {
            let phone = SimulatedWechat::take(db, code, self.0).await?;
            let id = URL_SAFE_NO_PAD.encode(db.keys.blind("wechat.openid", &phone));
            let phone = (self.0 == "wecom").then_some(phone);
            Ok(Visitor { id, phone })
        })
    }
}
