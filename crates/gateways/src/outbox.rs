//! Messages to be sent and the providers that send them.

use crate::{
    mini_program::{MiniProgram, SimulatedWechat},
    store,
};
use base::{Error, Mobile, Result};
use db::{
    Tx,
    jobs::{Job, NewJob, Run},
};
use futures::future::BoxFuture;
use serde_json::json;
use std::sync::Arc;

/// Why a provider did not take a message.
#[derive(Debug, Clone)]
pub enum NotSent {
    /// It may take it later.
    Later(String),
    /// It never will: no such number, text refused.
    Never(String),
}

/// Sends SMS.
pub trait Sms: Send + Sync {
    /// Hands one over.
    fn send<'a>(&'a self, to: &'a str, text: &'a str) -> BoxFuture<'a, Result<(), NotSent>>;
}

/// Sends mail.
pub trait Mail: Send + Sync {
    /// Hands one over.
    fn send<'a>(
        &'a self,
        to: &'a str,
        subject: &'a str,
        text: &'a str,
    ) -> BoxFuture<'a, Result<(), NotSent>>;
}

/// The provider of development and demonstration (ACC-76): what is sent is what stands in the outbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outbox;

impl Sms for Outbox {
    fn send<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), NotSent>> {
        Box::pin(async { Ok(()) })
    }
}

impl Mail for Outbox {
    fn send<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<(), NotSent>> {
        Box::pin(async { Ok(()) })
    }
}

/// The providers in use; what is not there is not offered (ACC-76).
#[derive(Clone)]
pub struct Gateways {
    /// SMS.
    pub sms: Arc<dyn Sms>,
    /// Mail.
    pub mail: Arc<dyn Mail>,
    /// The mini-program's WeChat.
    pub mini_program: Option<Arc<dyn MiniProgram>>,
}

impl Default for Gateways {
    fn default() -> Self {
        Self {
            sms: Arc::new(Outbox),
            mail: Arc::new(Outbox),
            mini_program: None,
        }
    }
}

impl Gateways {
    /// What is there, for the operator.
    pub fn describe(&self) -> String {
        let mini_program = if self.mini_program.is_some() {
            "小程序已配置"
        } else {
            "小程序未配置"
        };
        mini_program.to_owned()
    }

    /// Those of demonstrations and tests: outboxes and simulated vendors (GWY-01).
    pub fn simulated() -> Self {
        Self {
            mini_program: Some(Arc::new(SimulatedWechat)),
            ..Self::default()
        }
    }
}

/// Puts an SMS down to be sent with this transaction.
pub async fn sms(tx: &mut Tx, to: &Mobile, subject: &str, text: &str) -> Result<()> {
    put(tx, "sms", to.reveal(), &to.masked(), subject, text).await
}

/// Puts a mail down to be sent with this transaction.
pub async fn mail(tx: &mut Tx, to: &str, subject: &str, text: &str) -> Result<()> {
    let (name, host) = to.split_once('@').unwrap_or((to, ""));
    let mask = format!("{}***@{host}", name.chars().take(1).collect::<String>());
    put(tx, "mail", to, &mask, subject, text).await
}

async fn put(
    tx: &mut Tx,
    channel: &str,
    to: &str,
    mask: &str,
    subject: &str,
    text: &str,
) -> Result<()> {
    let id = store::insert(tx, channel, to, mask, subject, text).await?;
    tx.enqueue(NewJob::new("gateway.send", json!({ "outgoing": id })))
        .await?;
    Ok(())
}

/// The job that sends.
pub fn jobs(gateways: &Gateways) -> Vec<Job> {
    let gateways = gateways.clone();
    vec![Job::new("gateway.send", move |run: Run| {
        let gateways = gateways.clone();
        async move { send(&gateways, run).await }
    })]
}

async fn send(gateways: &Gateways, run: Run) -> Result<()> {
    let id: i64 = run.get("outgoing")?;
    let mut conn = run.db.read().await?;
    let Some(message) = store::waiting(&mut conn, &run.db.keys, id).await? else {
        return Ok(());
    };
    let sent = match message.channel.as_str() {
        "sms" => gateways.sms.send(&message.receiver, &message.body).await,
        _ => {
            gateways
                .mail
                .send(&message.receiver, &message.subject, &message.body)
                .await
        }
    };
    drop(conn);
    let mut tx = run.db.begin(access::Actor::system("gateway.send")).await?;
    let fault = match &sent {
        Ok(()) => None,
        Err(NotSent::Later(why) | NotSent::Never(why)) => Some(why.as_str()),
    };
    let state = match &sent {
        Ok(()) => "sent",
        Err(NotSent::Later(_)) => "waiting",
        Err(NotSent::Never(_)) => "failed",
    };
    store::set_state(&mut tx, id, state, fault).await?;
    tx.commit_housekeeping().await?;
    match sent {
        Err(NotSent::Later(why)) => Err(Error::Internal(anyhow::anyhow!("gateway: {why}"))),
        _ => Ok(()),
    }
}
