//! Enterprise WeChat: code → member → the mobile in the address book, which decides the entry (S2).

use super::{Visitor, WebSignIn, ask};
use crate::{
    Caller, NotKnown,
    http::{Answer, Fault},
    tokens::{self, Fresh},
};
use bytes::Bytes;
use chrono::TimeDelta;
use db::Db;
use futures::future::BoxFuture;
use http::Request;
use serde::Deserialize;
use serde_json::{Value, json};

/// Answers about a token that is not taken any more (GWY-04).
const STALE: [i64; 3] = [40001, 40014, 42001];

/// The enterprise, its agent and this site.
pub struct WeComSettings {
    /// `https://qyapi.weixin.qq.com`, or a simulator's address.
    pub base: String,
    /// This site as visitors reach it, without a slash at its end.
    pub site: String,
    /// Corp id.
    pub corp_id: String,
    /// Agent id.
    pub agent_id: String,
    /// The agent's secret.
    pub secret: String,
}

/// Live enterprise WeChat.
pub struct WeCom {
    own: WeComSettings,
    caller: Caller,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    expires_in: i64,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    userid: String,
    #[serde(default)]
    user_ticket: Option<String>,
    #[serde(default)]
    mobile: String,
}

fn read(answer: &Answer) -> Result<Told, NotKnown> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| NotKnown::Unreachable("answer not understood".into()))
}

fn judged(code: i64) -> NotKnown {
    match code {
        40029 | 41008 => NotKnown::Code,
        -1 => NotKnown::Unreachable("errcode -1".into()),
        45009 => NotKnown::Unreachable("errcode 45009: the enterprise's calls are used up".into()),
        60020 => NotKnown::Refused("errcode 60020: this machine's address is not allowed".into()),
        other => NotKnown::Refused(format!("errcode {other}")),
    }
}

impl WeCom {
    /// Over a caller of its own.
    pub fn new(own: WeComSettings, caller: Caller) -> Self {
        Self { own, caller }
    }

    fn address_of(&self, path: &str, pairs: &[(&str, &str)]) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        format!("{}{path}?{query}", self.own.base)
    }

    async fn token(&self, db: &Db, stale: Option<&str>) -> Result<String, NotKnown> {
        let vendor = format!("wecom:{}:{}", self.own.corp_id, self.own.agent_id);
        tokens::token(db, &vendor, stale, async || {
            let pairs = [
                ("corpid", self.own.corp_id.as_str()),
                ("corpsecret", &self.own.secret),
            ];
            let request = Request::get(self.address_of("/cgi-bin/gettoken", &pairs))
                .body(Bytes::new())
                .map_err(|_| Fault::NotReached("address".into()))?;
            let answer = self.caller.repeatable(db.clock.now(), &request).await?;
            let token: Token = serde_json::from_slice(&answer.body)
                .map_err(|_| Fault::NoAnswer("no token in the answer".into()))?;
            if token.errcode != 0 {
                return Err(Fault::NoAnswer(format!("errcode {}", token.errcode)));
            }
            Ok(Fresh {
                token: token.access_token,
                life: TimeDelta::seconds(token.expires_in),
            })
        })
        .await
        .map_err(|cause| NotKnown::Unreachable(cause.to_string()))?
        .map_err(NotKnown::from)
    }

    /// A call with the token; once more with a fresh one where it was refused for the token.
    async fn call(
        &self,
        db: &Db,
        path: &str,
        pair: Option<(&str, &str)>,
        body: Option<&Value>,
    ) -> Result<Told, NotKnown> {
        let mut stale = None;
        loop {
            let token = self.token(db, stale.as_deref()).await?;
            let mut pairs = vec![("access_token", token.as_str())];
            pairs.extend(pair);
            let address = self.address_of(path, &pairs);
            let request = match body {
                Some(body) => Request::post(address)
                    .header("content-type", "application/json")
                    .body(Bytes::from(body.to_string())),
                None => Request::get(address).body(Bytes::new()),
            };
            let request = request.map_err(|_| NotKnown::Unreachable("address".into()))?;
            let answer = self.caller.once(db.clock.now(), &request).await;
            let told = read(&answer.map_err(NotKnown::from)?)?;
            match told.errcode {
                0 => return Ok(told),
                code if STALE.contains(&code) && stale.is_none() => stale = Some(token),
                code => return Err(judged(code)),
            }
        }
    }

    async fn ask(&self, db: &Db, code: &str) -> Result<Visitor, NotKnown> {
        let member = self
            .call(db, "/cgi-bin/auth/getuserinfo", Some(("code", code)), None)
            .await?;
        if member.userid.is_empty() {
            return Err(NotKnown::Refused("not of this enterprise".into()));
        }
        let phone = match member.user_ticket {
            Some(ticket) => {
                let body = json!({ "user_ticket": ticket });
                let detail = self
                    .call(db, "/cgi-bin/auth/getuserdetail", None, Some(&body))
                    .await?;
                Some(detail.mobile).filter(|mobile| !mobile.is_empty())
            }
            None => None,
        };
        Ok(Visitor {
            id: member.userid,
            phone,
        })
    }
}

impl WebSignIn for WeCom {
    fn address(&self, path: &str, state: &str) -> String {
        let back = format!("{}{path}", self.own.site);
        let agent = Some(self.own.agent_id.as_str());
        ask(&self.own.corp_id, &back, "snsapi_privateinfo", state, agent)
    }

    fn visitor<'a>(
        &'a self,
        db: &'a Db,
        code: &'a str,
    ) -> BoxFuture<'a, Result<Visitor, NotKnown>> {
        Box::pin(self.ask(db, code))
    }
}
