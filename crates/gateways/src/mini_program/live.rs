//! WeChat's own mini-program interfaces: `jscode2session`, `getuserphonenumber`, the stable token.

use super::{Identity, MiniProgram, NotKnown};
use crate::{
    http::{Answer, Caller, Fault},
    tokens::{self, Fresh},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use db::Db;
use futures::future::BoxFuture;
use http::Request;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

/// WeChat's answers about a token it does not take any more (GWY-04).
const STALE: [i64; 3] = [40001, 40014, 42001];
/// How far the watermark's time may be from ours.
const DRIFT: TimeDelta = TimeDelta::minutes(5);

/// The mini-program's account with WeChat.
#[derive(Clone)]
pub struct Account {
    /// `https://api.weixin.qq.com`, or a simulator's address.
    pub base: String,
    /// AppID.
    pub app_id: String,
    /// AppSecret.
    pub secret: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({} at {})", self.app_id, self.base)
    }
}

/// The live mini-program (GWY-13).
pub struct WechatMiniProgram {
    account: Account,
    caller: Caller,
}

/// What every answer may say.
#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    errcode: i64,
}

#[derive(Deserialize)]
struct Session {
    openid: String,
    #[serde(default)]
    unionid: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    expires_in: i64,
}

#[derive(Deserialize)]
struct PhoneAnswer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    phone_number: String,
    pure_phone_number: String,
    country_code: String,
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    timestamp: i64,
    appid: String,
}

/// What an answer's number means for whoever sent a code.
fn judged(code: i64) -> NotKnown {
    match code {
        // The code is invalid, or was used.
        40029 | 40163 => NotKnown::Code,
        // Busy; too many calls of one person or altogether.
        -1 | 45009 | 45011 => NotKnown::Unreachable(format!("errcode {code}")),
        _ => NotKnown::Refused(format!("errcode {code}")),
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, NotKnown> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| NotKnown::Unreachable("answer not understood".into()))
}

fn verdict(answer: &Answer) -> Result<i64, NotKnown> {
    Ok(read::<Verdict>(answer)?.errcode)
}

fn broken(cause: impl std::fmt::Display) -> NotKnown {
    NotKnown::Unreachable(cause.to_string())
}

impl WechatMiniProgram {
    /// Over a caller of its own.
    pub fn new(account: Account, caller: Caller) -> Self {
        Self { account, caller }
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> Result<Request<Bytes>, Fault> {
        Request::post(format!("{}{path}", self.account.base))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .map_err(|_| Fault::NotReached("address".into()))
    }

    async fn token(&self, db: &Db, stale: Option<&str>) -> Result<String, NotKnown> {
        let vendor = format!("mini_program:{}", self.account.app_id);
        tokens::token(db, &vendor, stale, async || {
            let body = json!({
                "grant_type": "client_credential", "appid": self.account.app_id, "secret": self.account.secret,
                "force_refresh": stale.is_some(),
            });
            let request = self.post("/cgi-bin/stable_token", &body)?;
            let answer = self.caller.repeatable(db.clock.now(), &request).await?;
            let token: Token = serde_json::from_slice(&answer.body)
                .map_err(|_| Fault::NoAnswer("no token in the answer".into()))?;
            Ok(Fresh {
                token: token.access_token,
                life: TimeDelta::seconds(token.expires_in),
            })
        })
        .await
        .map_err(broken)?
        .map_err(NotKnown::from)
    }

    async fn ask_phone(&self, db: &Db, token: &str, code: &str) -> Result<Answer, NotKnown> {
        let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let path = format!("/wxa/business/getuserphonenumber?access_token={token}");
        let request = self
            .post(&path, &json!({ "code": code }))
            .map_err(NotKnown::from)?;
        // A code works once: the call is never repeated without an answer.
        self.caller
            .once(db.clock.now(), &request)
            .await
            .map_err(NotKnown::from)
    }

    async fn phone_of(&self, db: &Db, code: &str) -> Result<String, NotKnown> {
        let token = self.token(db, None).await?;
        let mut answer = self.ask_phone(db, &token, code).await?;
        if STALE.contains(&verdict(&answer)?) {
            // Refused for the token, the code is not used up: once more with a fresh one.
            let token = self.token(db, Some(&token)).await?;
            answer = self.ask_phone(db, &token, code).await?;
        }
        match verdict(&answer)? {
            0 => {}
            other => return Err(judged(other)),
        }
        let info = read::<PhoneAnswer>(&answer)?.phone_info;
        self.check(&info.watermark, db.clock.now())?;
        Ok(if info.country_code == "86" {
            info.pure_phone_number
        } else {
            info.phone_number
        })
    }

    /// The number was given to this mini-program, just now.
    fn check(&self, mark: &Watermark, now: DateTime<Utc>) -> Result<(), NotKnown> {
        if mark.appid != self.account.app_id {
            return Err(NotKnown::Refused("watermark of another app".into()));
        }
        let drift = DateTime::from_timestamp(mark.timestamp, 0).map(|at| (now - at).abs());
        match drift {
            Some(drift) if drift <= DRIFT => Ok(()),
            _ => Err(NotKnown::Code),
        }
    }

    async fn session_of(&self, db: &Db, code: &str) -> Result<Identity, NotKnown> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("appid", &self.account.app_id)
            .append_pair("secret", &self.account.secret)
            .append_pair("js_code", code)
            .append_pair("grant_type", "authorization_code")
            .finish();
        let request = Request::get(format!("{}/sns/jscode2session?{query}", self.account.base))
            .body(Bytes::new())
            .map_err(|_| broken("address"))?;
        let answer = self
            .caller
            .once(db.clock.now(), &request)
            .await
            .map_err(NotKnown::from)?;
        match verdict(&answer)? {
            0 => {}
            other => return Err(judged(other)),
        }
        let session: Session = read(&answer)?;
        Ok(Identity {
            openid: session.openid,
            unionid: session.unionid,
        })
    }
}

impl MiniProgram for WechatMiniProgram {
    fn session<'a>(
        &'a self,
        db: &'a Db,
        code: &'a str,
    ) -> BoxFuture<'a, Result<Identity, NotKnown>> {
        Box::pin(self.session_of(db, code))
    }

    fn phone<'a>(&'a self, db: &'a Db, code: &'a str) -> BoxFuture<'a, Result<String, NotKnown>> {
        Box::pin(self.phone_of(db, code))
    }
}
