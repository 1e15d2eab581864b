//! The SMS servers of Tencent Cloud and Aliyun, as far as SendSms goes. Signatures are computed anew from what arrived.

use super::Faults;
use crate::browser::Server;
use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use base::Clock;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The account's id, as tests configure it.
pub const KEY_ID: &str = "AKIDtest0000000000000";
/// Its secret.
pub const KEY: &str = "secret-of-the-account";
/// The approved signature.
pub const SIGN: &str = "团建";
/// Tencent Cloud's application.
pub const APP: &str = "1400000000";
/// The approved text of codes: two parameters, purpose and code.
pub const TEXT: &str = "100001";
const TO_ONE_A_MINUTE: usize = 1;

/// An SMS that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Number as the vendor wants it.
    pub to: String,
    /// Parameters in order of the call.
    pub params: Vec<String>,
    /// The vendor's number of it.
    pub serial: String,
    /// What the caller calls it.
    pub out_id: String,
}

/// A running vendor.
pub struct Vendor {
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
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    taken: Vec<Taken>,
    nonces: HashSet<String>,
    minute: HashMap<(String, i64), usize>,
    verdict: Option<String>,
}

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message, or says why not in the words given: frequent.
    fn take(&self, to: &str, params: Vec<String>, out_id: &str) -> Option<String> {
        let (mut inner, minute) = (self.inner(), self.clock.now().timestamp() / 60);
        let sent = inner.minute.entry((to.to_owned(), minute)).or_default();
        *sent += 1;
        if *sent > TO_ONE_A_MINUTE {
            return None;
        }
        let serial = format!("serial-{}", inner.taken.len() + 1);
        inner.taken.push(Taken {
            to: to.to_owned(),
            params,
            serial: serial.clone(),
            out_id: out_id.to_owned(),
        });
        Some(serial)
    }
}

impl Vendor {
    /// Tencent Cloud, living by this clock.
    pub async fn tencent(clock: &Clock) -> Self {
        Self::start(clock, |shared| {
            Router::new().route("/", post(tencent)).with_state(shared)
        })
        .await
    }

    /// Aliyun.
    pub async fn aliyun(clock: &Clock) -> Self {
        Self::start(clock, |shared| {
            Router::new().route("/", post(aliyun)).with_state(shared)
        })
        .await
    }

    async fn start(clock: &Clock, router: impl FnOnce(Shared) -> Router) -> Self {
        let faults = Faults::default();
        let shared = Shared {
            clock: clock.clone(),
            faults: faults.clone(),
            inner: Arc::default(),
        };
        let server = Server::start(router(shared.clone())).await;
        Self {
            base: server.base.clone(),
            faults,
            shared,
            _server: server,
        }
    }

    /// All that was taken, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.shared.inner().taken.clone()
    }

    /// The next call is answered with this code.
    pub fn refuse_next(&self, code: &str) {
        self.shared.inner().verdict = Some(code.to_owned());
    }
}

fn mac(key: &[u8], data: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any key");
    mac.update(data.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn digest(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("")
}

/// `name=value` parts of an Authorization header behind its first word.
fn parts(authorization: &str) -> (String, HashMap<String, String>) {
    let (algorithm, rest) = authorization.split_once(' ').unwrap_or(("", ""));
    let parts = rest
        .split(',')
        .filter_map(|part| part.trim().split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    (algorithm.to_owned(), parts)
}

fn tencent_says(code: &str) -> Response {
    let error = json!({ "Code": code, "Message": "refused" });
    axum::Json(json!({ "Response": { "Error": error, "RequestId": "r" } })).into_response()
}

async fn tencent(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let faults = shared.faults.clone();
    let work = move || tencent_answer(&shared, &headers, &body);
    faults.answer("send", work).await
}

fn tencent_answer(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Response {
    let at = |name| header(headers, name);
    if (at("x-tc-action"), at("x-tc-version")) != ("SendSms", "2021-01-11") {
        return tencent_says("InvalidAction");
    }
    if at("x-tc-region").is_empty() {
        return tencent_says("MissingParameter");
    }
    let stamp: i64 = at("x-tc-timestamp").parse().unwrap_or(0);
    let now = shared.clock.now();
    if (now.timestamp() - stamp).abs() > 300 {
        return tencent_says("AuthFailure.SignatureExpire");
    }
    let (algorithm, parts) = parts(at("authorization"));
    let part = |name: &str| parts.get(name).map_or("", String::as_str);
    let date = chrono::DateTime::from_timestamp(stamp, 0)
        .expect("a moment")
        .format("%Y-%m-%d")
        .to_string();
    let scope = format!("{date}/sms/tc3_request");
    if algorithm != "TC3-HMAC-SHA256" || part("Credential") != format!("{KEY_ID}/{scope}") {
        return tencent_says("AuthFailure.SecretIdNotFound");
    }
    let names = part("SignedHeaders");
    if !["content-type", "host"]
        .iter()
        .all(|must| names.split(';').any(|n| n == *must))
    {
        return tencent_says("AuthFailure.InvalidAuthorization");
    }
    let lines: String = names
        .split(';')
        .map(|name| format!("{name}:{}\n", at(name).to_lowercase()))
        .collect();
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", digest(body));
    let text = format!(
        "TC3-HMAC-SHA256\n{stamp}\n{scope}\n{}",
        digest(canonical.as_bytes())
    );
    let key = ["sms", "tc3_request"]
        .iter()
        .fold(mac(format!("TC3{KEY}").as_bytes(), &date), |key, step| {
            mac(&key, step)
        });
    if part("Signature") != hex(&mac(&key, &text)) {
        return tencent_says("AuthFailure.SignatureFailure");
    }
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return tencent_says("InvalidParameter");
    };
    let list = |name: &str| -> Vec<String> {
        let items = asked[name].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect()
    };
    let (numbers, params) = (list("PhoneNumberSet"), list("TemplateParamSet"));
    if numbers.is_empty() || numbers.len() > 200 {
        return tencent_says("LimitExceeded.PhoneNumberCountLimit");
    }
    if asked["SmsSdkAppId"] != APP {
        return tencent_says("UnauthorizedOperation.SmsSdkAppIdVerifyFail");
    }
    if asked["SignName"] != SIGN {
        return tencent_says("FailedOperation.SignatureIncorrectOrUnapproved");
    }
    if asked["TemplateId"] != TEXT || params.len() != 2 {
        return tencent_says("FailedOperation.TemplateIncorrectOrUnapproved");
    }
    if params.iter().any(|p| p.chars().count() > 12) {
        return tencent_says("InvalidParameterValue.TemplateParameterLengthLimit");
    }
    let verdict = shared.inner().verdict.take();
    let context = asked["SessionContext"].as_str().unwrap_or("");
    let statuses: Vec<Value> = numbers
        .iter()
        .map(|number| {
            let good = number.starts_with("+86") && number.len() == 14;
            let code = match &verdict {
                Some(code) => Err(code.clone()),
                None if !good => Err("InvalidParameterValue.IncorrectPhoneNumber".into()),
                None => shared
                    .take(number, params.clone(), context)
                    .ok_or_else(|| "LimitExceeded.PhoneNumberThirtySecondLimit".to_owned()),
            };
            match code {
                Ok(serial) => json!({
                    "SerialNo": serial, "PhoneNumber": number, "Fee": 1, "SessionContext": context,
                    "Code": "Ok", "Message": "send success", "IsoCode": "CN",
                }),
                Err(code) => json!({
                    "SerialNo": "", "PhoneNumber": number, "Fee": 0, "SessionContext": context,
                    "Code": code, "Message": "refused", "IsoCode": "",
                }),
            }
        })
        .collect();
    axum::Json(json!({ "Response": { "SendStatusSet": statuses, "RequestId": "r" } }))
        .into_response()
}

fn aliyun_says(status: StatusCode, code: &str) -> Response {
    let body = json!({ "Code": code, "Message": "refused", "RequestId": "r" });
    (status, axum::Json(body)).into_response()
}

async fn aliyun(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let faults = shared.faults.clone();
    let work = move || aliyun_answer(&shared, &query.unwrap_or_default(), &headers, &body);
    faults.answer("send", work).await
}

fn aliyun_answer(shared: &Shared, query: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let bad = StatusCode::BAD_REQUEST;
    let at = |name| header(headers, name);
    if (at("x-acs-action"), at("x-acs-version")) != ("SendSms", "2017-05-25") {
        return aliyun_says(StatusCode::NOT_FOUND, "InvalidAction.NotFound");
    }
    let stamp = chrono::NaiveDateTime::parse_from_str(at("x-acs-date"), "%Y-%m-%dT%H:%M:%SZ");
    let now = shared.clock.now();
    if !stamp.is_ok_and(|at| (now - at.and_utc()).num_minutes().abs() < 15) {
        return aliyun_says(bad, "InvalidTimeStamp.Expired");
    }
    if at("x-acs-content-sha256") != digest(body) {
        return aliyun_says(bad, "SignatureDoesNotMatch");
    }
    let (algorithm, parts) = parts(at("authorization"));
    let part = |name: &str| parts.get(name).map_or("", String::as_str);
    if algorithm != "ACS3-HMAC-SHA256" || part("Credential") != KEY_ID {
        return aliyun_says(StatusCode::NOT_FOUND, "InvalidAccessKeyId.NotFound");
    }
    let names = part("SignedHeaders");
    let unsigned = headers
        .keys()
        .filter(|name| name.as_str() == "host" || name.as_str().starts_with("x-acs-"))
        .any(|name| !names.split(';').any(|n| n == name.as_str()));
    let lines: String = names
        .split(';')
        .map(|name| format!("{name}:{}\n", at(name)))
        .collect();
    let mut sorted: Vec<&str> = query.split('&').collect();
    sorted.sort_unstable();
    let canonical = format!(
        "POST\n/\n{}\n{lines}\n{names}\n{}",
        sorted.join("&"),
        digest(body)
    );
    let text = format!("ACS3-HMAC-SHA256\n{}", digest(canonical.as_bytes()));
    if unsigned || part("Signature") != hex(&mac(KEY.as_bytes(), &text)) {
        return aliyun_says(bad, "SignatureDoesNotMatch");
    }
    let nonce = at("x-acs-signature-nonce").to_owned();
    if nonce.is_empty() || !shared.inner().nonces.insert(nonce) {
        return aliyun_says(bad, "SignatureNonceUsed");
    }
    let asked: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let get = |name: &str| asked.get(name).map_or("", String::as_str);
    let ok = StatusCode::OK;
    if let Some(code) = shared.inner().verdict.take() {
        return aliyun_says(ok, &code);
    }
    if get("SignName") != SIGN {
        return aliyun_says(ok, "isv.SMS_SIGNATURE_ILLEGAL");
    }
    if get("TemplateCode") != TEXT {
        return aliyun_says(ok, "isv.SMS_TEMPLATE_ILLEGAL");
    }
    let number = get("PhoneNumbers");
    if number.len() != 11 || !number.starts_with('1') {
        return aliyun_says(ok, "isv.MOBILE_NUMBER_ILLEGAL");
    }
    let Ok(Value::Object(params)) = serde_json::from_str(get("TemplateParam")) else {
        return aliyun_says(ok, "isv.INVALID_JSON_PARAM");
    };
    let (Some(purpose), Some(code)) = (params.get("purpose"), params.get("code")) else {
        return aliyun_says(ok, "isv.TEMPLATE_MISSING_PARAMETERS");
    };
    let words = |v: &Value| v.as_str().unwrap_or("").to_owned();
    if words(purpose).chars().count() > 35 {
        return aliyun_says(ok, "isv.PARAM_LENGTH_LIMIT");
    }
    match shared.take(number, vec![words(purpose), words(code)], get("OutId")) {
        Some(serial) => axum::Json(json!({
            "Code": "OK", "Message": "OK", "BizId": serial, "RequestId": "r",
        }))
        .into_response(),
        None => aliyun_says(ok, "isv.BUSINESS_LIMIT_CONTROL"),
    }
}
