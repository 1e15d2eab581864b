//! The two vendors' signatures.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 as hexadecimal.
pub(super) fn sha256(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

fn hmac(key: &[u8], data: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(data.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Headers that are signed, by name in order, and the names joined.
fn canonical_headers(headers: &[(&str, &str)]) -> (String, String) {
    let mut sorted: Vec<_> = headers.to_vec();
    sorted.sort_unstable();
    let lines = sorted
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    let names: Vec<&str> = sorted.iter().map(|(name, _)| *name).collect();
    (lines, names.join(";"))
}

/// `Authorization` of a POST to `/` after TC3-HMAC-SHA256. Values of headers are signed in small letters.
pub(super) fn tc3(
    id: &str,
    secret: &str,
    service: &str,
    now: DateTime<Utc>,
    headers: &[(&str, &str)],
    body: &[u8],
) -> String {
    let lower: Vec<(&str, String)> = headers
        .iter()
        .map(|(name, value)| (*name, value.to_lowercase()))
        .collect();
    let lower: Vec<(&str, &str)> = lower.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let (lines, names) = canonical_headers(&lower);
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(body));
    let date = now.format("%Y-%m-%d").to_string();
    let scope = format!("{date}/{service}/tc3_request");
    let text = format!(
        "TC3-HMAC-SHA256\n{}\n{scope}\n{}",
        now.timestamp(),
        sha256(canonical.as_bytes())
    );
    let key = hmac(format!("TC3{secret}").as_bytes(), &date);
    let key = hmac(&hmac(&key, service), "tc3_request");
    let signature = hex(&hmac(&key, &text));
    format!("TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
}

/// `Authorization` of a POST to `/?query` after ACS3-HMAC-SHA256; the query is canonical already.
pub(super) fn acs3(
    id: &str,
    secret: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> String {
    let (lines, names) = canonical_headers(headers);
    let canonical = format!("POST\n/\n{query}\n{lines}\n{names}\n{}", sha256(body));
    let text = format!("ACS3-HMAC-SHA256\n{}", sha256(canonical.as_bytes()));
    let signature = hex(&hmac(secret.as_bytes(), &text));
    format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}")
}

/// Percent-encoding of RFC 3986, as signatures want it.
pub(super) fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Aliyun's public description of the signature (version 3).
    #[test]
    fn gwy_10_the_signature_is_that_of_aliyuns_own_example() {
        let query =
            "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai";
        let body = sha256(b"");
        let headers = [
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", body.as_str()),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
        ];
        let signed = acs3(
            "YourAccessKeyId",
            "YourAccessKeySecret",
            query,
            &headers,
            b"",
        );
        assert_eq!(
            signed,
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    /// The example of Tencent Cloud's public description of the signature (version 3).
    #[test]
    fn gwy_10_the_signature_is_that_of_tencents_own_example() {
        let body = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let headers = [
            ("content-type", "application/json; charset=utf-8"),
            ("host", "cvm.tencentcloudapi.com"),
            ("x-tc-action", "DescribeInstances"),
        ];
        let now = DateTime::from_timestamp(1_551_113_065, 0).expect("a moment");
        let secret = "Gu5t9xGARNpq86cd98joQYCN3*******";
        let signed = tc3("AKID", secret, "cvm", now, &headers, body.as_bytes());
        assert_eq!(
            signed,
            "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature=be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"
        );
    }

    #[test]
    fn gwy_10_queries_are_encoded_after_rfc_3986() {
        assert_eq!(
            percent("a b+*~é/{\"码\"}"),
            "a%20b%2B%2A~%C3%A9%2F%7B%22%E7%A0%81%22%7D"
        );
    }
}
