//! SMS (GWY-10): what is handed to a provider, the two providers, their receipts.

mod aliyun;
mod sign;
mod tencent;

pub use aliyun::{Aliyun, AliyunAccount};
pub use tencent::{Tencent, TencentAccount};

use crate::http::Fault;
use chrono::{DateTime, TimeDelta, Utc};
use db::Db;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What providers take: texts that were approved beforehand, by name, with parameters by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Name of the text, as the settings know it.
    pub template: String,
    /// Parameters in the order of the text.
    pub params: Vec<(String, String)>,
}

impl Words {
    /// Of a text and its parameters.
    pub fn new(template: &str, params: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            template: template.to_owned(),
            params: params.iter().map(own).collect(),
        }
    }

    /// Whether a parameter holds a link, which providers refuse.
    pub(crate) fn holds_link(&self) -> bool {
        self.params.iter().any(|(_, value)| {
            let value = value.to_lowercase();
            ["://", "www.", "http:", "https:"]
                .iter()
                .any(|mark| value.contains(mark))
        })
    }

    /// How long after it was put down it is still worth sending: a code lives five minutes.
    pub(crate) fn life(&self) -> Option<TimeDelta> {
        (self.template == "code").then(|| TimeDelta::minutes(5))
    }
}

/// One SMS.
#[derive(Clone, Debug)]
pub struct Message {
    /// Our number of it.
    pub id: i64,
    /// Mainland mobile, eleven digits.
    pub to: String,
    /// For providers.
    pub words: Words,
}

/// Taken by the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's number of it, which its receipt names.
    pub serial: Option<String>,
}

/// Why an SMS was not handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The provider may take it later.
    Later(String),
    /// It never will: no such number, text not approved.
    Never(String),
    /// Too many to this number lately.
    Frequent(String),
    /// The provider gave no answer: whether it took it is not known, so it is not sent again.
    Unclear(String),
}

impl From<Fault> for NotTaken {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoAnswer(_) => Self::Unclear(fault.to_string()),
            Fault::Open | Fault::NotReached(_) | Fault::Status(_) => Self::Later(fault.to_string()),
        }
    }
}

/// What became of an SMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's number.
    pub serial: String,
    /// Whether it reached the phone.
    pub delivered: bool,
    /// The provider's code.
    pub code: String,
}

/// Sends SMS.
pub trait Sms: Send + Sync {
    /// Short name, kept with what it sent.
    fn name(&self) -> &'static str;
    /// Hands one over; never twice.
    fn send<'a>(
        &'a self,
        db: &'a Db,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<Accepted, NotTaken>>;
    /// Reads what the provider calls back with, if it is that.
    fn receipts(&self, body: &[u8]) -> Option<Vec<Receipt>>;
    /// What it wants to hear: taken, or send it again.
    fn receipt_answer(&self, taken: bool) -> serde_json::Value;
}

/// An approved text at a provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The provider's id.
    pub id: String,
    /// Our parameters in the order of the text; those it has no place for are left out.
    pub params: Vec<String>,
}

/// Approved texts by our names.
pub type ApprovedTexts = BTreeMap<String, Approved>;

/// An approved text with its parameters, in order.
struct Filled<'a> {
    id: &'a str,
    params: Vec<(&'a str, &'a str)>,
}

/// The approved text of some words.
fn filled<'a>(texts: &'a ApprovedTexts, words: &'a Words) -> Result<Filled<'a>, NotTaken> {
    if words.holds_link() {
        return Err(NotTaken::Never("a parameter holds a link".into()));
    }
    let approved = texts
        .get(&words.template)
        .ok_or_else(|| NotTaken::Never(format!("no approved text for {}", words.template)))?;
    let mut params = Vec::new();
    for wanted in &approved.params {
        let (name, value) = words
            .params
            .iter()
            .find(|(name, _)| name == wanted)
            .ok_or_else(|| NotTaken::Never(format!("no parameter {wanted}")))?;
        params.push((name.as_str(), value.as_str()));
    }
    Ok(Filled {
        id: &approved.id,
        params,
    })
}

fn china(to: &str) -> String {
    format!("+86{to}")
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
