//! SMS by Tencent Cloud: SendSms 2021-01-11, signed TC3-HMAC-SHA256.

use super::{
    Accepted, ApprovedTexts, Filled, Message, NotTaken, Receipt, Sms, china, filled, sign,
};
use crate::Caller;
use bytes::Bytes;
use db::Db;
use futures::future::BoxFuture;
use http::Request;
use serde::Deserialize;
use serde_json::{Value, json};

const JSON: &str = "application/json; charset=utf-8";

/// The account with Tencent Cloud.
pub struct TencentAccount {
    /// `https://sms.tencentcloudapi.com`, or a simulator's address.
    pub base: String,
    /// Region.
    pub region: String,
    /// SecretId.
    pub secret_id: String,
    /// SecretKey.
    pub secret_key: String,
    /// SmsSdkAppId.
    pub app_id: String,
    /// Approved signature.
    pub sign: String,
    /// Approved texts.
    pub texts: ApprovedTexts,
}

/// Tencent Cloud.
pub struct Tencent {
    account: TencentAccount,
    caller: Caller,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Whole {
    response: Inner,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inner {
    #[serde(default)]
    error: Option<Refusal>,
    #[serde(default)]
    send_status_set: Vec<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    #[serde(default)]
    serial_no: String,
    code: String,
}

#[derive(Deserialize)]
struct Called {
    sid: String,
    report_status: String,
    #[serde(default)]
    errmsg: String,
}

/// What a code says.
fn judged(code: &str) -> NotTaken {
    let why = code.to_owned();
    if code.starts_with("LimitExceeded.PhoneNumber")
        || code == "LimitExceeded.DeliveryFrequencyLimit"
    {
        NotTaken::Frequent(why)
    } else if [
        "InternalError",
        "RequestLimitExceeded",
        "LimitExceeded",
        "AuthFailure",
        "ResourceInsufficient",
    ]
    .iter()
    .any(|start| code.starts_with(start))
        || code == "FailedOperation.InsufficientBalanceInSmsPackage"
    {
        // Somebody mends it, or it passes.
        NotTaken::Later(why)
    } else {
        NotTaken::Never(why)
    }
}

impl Tencent {
    /// Over a caller of its own.
    pub fn new(account: TencentAccount, caller: Caller) -> Self {
        Self { account, caller }
    }

    async fn hand_over(&self, db: &Db, message: &Message) -> Result<Accepted, NotTaken> {
        let own = &self.account;
        let Filled { id, params } = filled(&own.texts, &message.words)?;
        let values: Vec<&str> = params.iter().map(|(_, value)| *value).collect();
        let body = json!({
            "PhoneNumberSet": [china(&message.to)], "SmsSdkAppId": own.app_id, "SignName": own.sign,
            "TemplateId": id, "TemplateParamSet": values, "SessionContext": message.id.to_string(),
        })
        .to_string();
        let now = db.clock.now();
        let host = own.base.split_once("://").map_or("", |(_, host)| host);
        let signed = [
            ("content-type", JSON),
            ("host", host),
            ("x-tc-action", "SendSms"),
        ];
        let authorization = sign::tc3(
            &own.secret_id,
            &own.secret_key,
            "sms",
            now,
            &signed,
            body.as_bytes(),
        );
        let request = Request::post(format!("{}/", own.base))
            .header("content-type", JSON)
            .header("authorization", authorization)
            .header("x-tc-action", "SendSms")
            .header("x-tc-version", "2021-01-11")
            .header("x-tc-region", &own.region)
            .header("x-tc-timestamp", now.timestamp())
            .body(Bytes::from(body))
            .map_err(|_| NotTaken::Later("address".into()))?;
        let answer = self.caller.once(now, &request).await?;
        let whole: Whole = serde_json::from_slice(&answer.body)
            .map_err(|_| NotTaken::Unclear("answer not understood".into()))?;
        if let Some(error) = whole.response.error {
            return Err(judged(&error.code));
        }
        match whole.response.send_status_set.into_iter().next() {
            Some(status) if status.code == "Ok" => Ok(Accepted {
                serial: Some(status.serial_no).filter(|serial| !serial.is_empty()),
            }),
            Some(status) => Err(judged(&status.code)),
            None => Err(NotTaken::Unclear("no status in the answer".into())),
        }
    }
}

impl Sms for Tencent {
    fn name(&self) -> &'static str {
        "tencent"
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
                    delivered: one.report_status == "SUCCESS",
                    serial: one.sid,
                    code: one.errmsg,
                })
                .collect(),
        )
    }

    fn receipt_answer(&self, taken: bool) -> Value {
        if taken {
            json!({ "result": 0, "errmsg": "OK" })
        } else {
            json!({ "result": 1, "errmsg": "try again" })
        }
    }
}
