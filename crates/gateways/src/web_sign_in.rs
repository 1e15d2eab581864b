//! Signing in with WeChat or enterprise WeChat in the browser, by code (GWY-11, GWY-12).

mod official;
mod wecom;

pub use official::{OfficialAccount, OfficialSettings};
pub use wecom::{WeCom, WeComSettings};

use crate::NotKnown;
use db::Db;
use futures::future::BoxFuture;

/// Who somebody is to the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The person's id with this vendor and app.
    pub id: String,
    /// The mobile the vendor vouches for, where it tells one.
    pub phone: Option<String>,
}

/// Lets a browser be told who sits before it.
pub trait WebSignIn: Send + Sync {
    /// Where the browser is sent to ask; it comes back to `path` of this site with a code and the state.
    fn address(&self, path: &str, state: &str) -> String;
    /// Who the code stands for; it is good once, for five minutes.
    fn visitor<'a>(&'a self, db: &'a Db, code: &'a str)
    -> BoxFuture<'a, Result<Visitor, NotKnown>>;
}

/// The authorisation page of both: its address, the app's id, the scope, for enterprise WeChat the agent.
fn ask(app: &str, back: &str, scope: &str, state: &str, agent: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("appid", app)
        .append_pair("redirect_uri", back)
        .append_pair("response_type", "code")
        .append_pair("scope", scope)
        .append_pair("state", state);
    if let Some(agent) = agent {
        query.append_pair("agentid", agent);
    }
    format!(
        "https://open.weixin.qq.com/connect/oauth2/authorize?{}#wechat_redirect",
        query.finish()
    )
}
