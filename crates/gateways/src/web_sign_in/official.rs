//! The official account: web authorisation with the scope that asks nobody anything, `snsapi_base`.

use super::{Visitor, WebSignIn, ask};
use crate::{Caller, NotKnown};
use bytes::Bytes;
use db::Db;
use futures::future::BoxFuture;
use http::Request;
use serde::Deserialize;

/// The official account and this site.
pub struct OfficialSettings {
    /// `https://api.weixin.qq.com`, or a simulator's address.
    pub base: String,
    /// This site as visitors reach it, without a slash at its end.
    pub site: String,
    /// AppID.
    pub app_id: String,
    /// AppSecret.
    pub secret: String,
}

/// The live official account.
pub struct OfficialAccount {
    own: OfficialSettings,
    caller: Caller,
}

#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    openid: String,
}

impl OfficialAccount {
    /// Over a caller of its own.
    pub fn new(own: OfficialSettings, caller: Caller) -> Self {
        Self { own, caller }
    }

    async fn ask(&self, db: &Db, code: &str) -> Result<Visitor, NotKnown> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("appid", &self.own.app_id)
            .append_pair("secret", &self.own.secret)
            .append_pair("code", code)
            .append_pair("grant_type", "authorization_code")
            .finish();
        let request = Request::get(format!("{}/sns/oauth2/access_token?{query}", self.own.base))
            .body(Bytes::new())
            .map_err(|_| NotKnown::Unreachable("address".into()))?;
        // A code works once: never repeated.
        let answer = self.caller.once(db.clock.now(), &request).await?;
        let told: Answered = serde_json::from_slice(&answer.body)
            .map_err(|_| NotKnown::Unreachable("answer not understood".into()))?;
        match told.errcode {
            0 if !told.openid.is_empty() => Ok(Visitor {
                id: told.openid,
                phone: None,
            }),
            40029 | 40163 | 41008 => Err(NotKnown::Code),
            -1 | 45009 | 45011 => Err(NotKnown::Unreachable(format!("errcode {}", told.errcode))),
            other => Err(NotKnown::Refused(format!("errcode {other}"))),
        }
    }
}

impl WebSignIn for OfficialAccount {
    fn address(&self, path: &str, state: &str) -> String {
        let back = format!("{}{path}", self.own.site);
        ask(&self.own.app_id, &back, "snsapi_base", state, None)
    }

    fn visitor<'a>(
        &'a self,
        db: &'a Db,
        code: &'a str,
    ) -> BoxFuture<'a, Result<Visitor, NotKnown>> {
        Box::pin(self.ask(db, code))
    }
}
