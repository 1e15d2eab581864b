//! SMS by Aliyun: SendSms 2017-05-25, signed ACS3-HMAC-SHA256.

use super::{
    Accepted, ApprovedTexts, Filled, Message, NotTaken, Receipt, Sms, filled, moment, sign,
};
use crate::Caller;
use bytes::Bytes;
use db::Db;
use futures::future::BoxFuture;
use http::Request;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The account with Aliyun.
pub struct AliyunAccount {
    /// `https://dysmsapi.aliyuncs.com`, or a simulator's address.
    pub base: String,
    /// AccessKey ID.
    pub key_id: String,
    /// AccessKey Secret.
    pub key_secret: String,
    /// Approved signature.
    pub sign: String,
    /// Approved texts.
    pub texts: ApprovedTexts,
}

/// Aliyun.
pub struct Aliyun {
    account: AliyunAccount,
    caller: Caller,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Whole {
    code: String,
    #[serde(default)]
    biz_id: Option<String>,
}

#[derive(Deserialize)]
struct Called {
    biz_id: String,
    success: bool,
    #[serde(default)]
    err_code: String,
}

/// What a code says.
fn judged(code: &str) -> NotTaken {
    let why = code.to_owned();
    match code {
        "isv.BUSINESS_LIMIT_CONTROL" => NotTaken::Frequent(why),
        "isv.AMOUNT_NOT_ENOUGH"
        | "isv.OUT_OF_SERVICE"
        | "isv.DAY_LIMIT_CONTROL"
        | "isv.MONTH_LIMIT_CONTROL"
        | "isp.SYSTEM_ERROR"
        | "SignatureDoesNotMatch" => NotTaken::Later(why),
        _ if [
            "Throttling",
            "ServiceUnavailable",
            "InternalError",
            "InvalidAccessKeyId",
            "InvalidTimeStamp",
            "SignatureNonceUsed",
        ]
        .iter()
        .any(|start| code.starts_with(start)) =>
        {
            NotTaken::Later(why)
        }
        _ => NotTaken::Never(why),
    }
}

impl Aliyun {
    /// Over a caller of its own.
    pub fn new(account: AliyunAccount, caller: Caller) -> Self {
        Self { account, caller }
    }

    async fn hand_over(&self, db: &Db, message: &Message) -> Result<Accepted, NotTaken> {
        let own = &self.account;
        let Filled { id, params } = filled(&own.texts, &message.words)?;
        let params: Map<String, Value> = params
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let mut query = [
            ("OutId", message.id.to_string()),
            ("PhoneNumbers", message.to.clone()),
            ("SignName", own.sign.clone()),
            ("TemplateCode", id.to_owned()),
            ("TemplateParam", Value::Object(params).to_string()),
        ]
        .map(|(name, value)| format!("{name}={}", sign::percent(&value)));
        query.sort_unstable();
        let query = query.join("&");
        let (now, nonce) = (db.clock.now(), sign::hex(&db.random.bytes::<16>()));
        let (date, content) = (moment(now), sign::sha256(b""));
        let host = own.base.split_once("://").map_or("", |(_, host)| host);
        let signed = [
            ("host", host),
            ("x-acs-action", "SendSms"),
            ("x-acs-content-sha256", content.as_str()),
            ("x-acs-date", date.as_str()),
            ("x-acs-signature-nonce", nonce.as_str()),
            ("x-acs-version", "2017-05-25"),
        ];
        let authorization = sign::acs3(&own.key_id, &own.key_secret, &query, &signed, b"");
        let mut request =
            Request::post(format!("{}/?{query}", own.base)).header("authorization", authorization);
        for (name, value) in signed.iter().filter(|(name, _)| *name != "host") {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Bytes::new())
            .map_err(|_| NotTaken::Later("address".into()))?;
        let answer = self.caller.once(now, &request).await?;
        let whole: Whole = serde_json::from_slice(&answer.body)
            .map_err(|_| NotTaken::Unclear("answer not understood".into()))?;
        if whole.code == "OK" {
            Ok(Accepted {
                serial: whole.biz_id,
            })
        } else {
            Err(judged(&whole.code))
        }
    }
}

impl Sms for Aliyun {
    fn name(&self) -> &'static str {
        "aliyun"
    }

    fn send<'a>(
        &'a self,
        db: &'a Db,
        message: &'a Message,
    ) -> BoxFuture<'a, Result<Accepted, NotTaken>> {
        Box::pin(self.hand_over(db, message))
    }

    fn receipts(&self, body: &[u8]) -> Option<Vec<Receipt>> {
        let called: Vec<Called> = serde_json::from_slice(body).ok()?;
        Some(
            called
                .into_iter()
                .map(|one| Receipt {
                    serial: one.biz_id,
                    delivered: one.success,
                    code: one.err_code,
                })
                .collect(),
        )
    }

    fn receipt_answer(&self, taken: bool) -> Value {
        if taken {
            json!({ "code": 0, "msg": "OK" })
        } else {
            json!({ "code": 1, "msg": "try again" })
        }
    }
}
