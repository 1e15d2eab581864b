//! Passkeys (Web Authentication, level 2): what a browser brings back, checked. ES256, and RS256 for the authenticators
//! that know nothing else; what an authenticator says about its maker is neither asked for nor looked at.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;
/// COSE's numbers of the algorithms.
const ES256: i128 = -7;
const RS256: i128 = -257;

/// What must come back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// The challenge given out, as text.
    pub challenge: &'a str,
    /// Scheme and host of the page: `https://tuanjian.example`.
    pub origin: &'a str,
    /// The authenticator must have asked for a fingerprint, a face or a PIN: it alone lets somebody in.
    pub verified: bool,
}

impl Expected<'_> {
    /// The host without its port, for which the key is.
    fn host(&self) -> &str {
        host(self.origin)
    }
}

/// The host of an origin, without its port.
pub(crate) fn host(origin: &str) -> &str {
    let name = origin.split_once("://").map_or(origin, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

/// A key somebody registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewKey {
    pub credential_id: Vec<u8>,
    /// As the authenticator wrote it (COSE).
    pub public_key: Vec<u8>,
    pub sign_count: u32,
}

/// Why something is not taken; for the log, the reader gets one sentence for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not what a browser sends.
    Malformed,
    /// For another ceremony than this one.
    Kind,
    /// Not the challenge given out.
    Challenge,
    /// Made on another page.
    Origin,
    /// Made for another host.
    Host,
    /// Nobody touched the authenticator.
    NotPresent,
    /// The authenticator did not ask who is there.
    NotVerified,
    /// Another algorithm or curve.
    Algorithm,
    /// Not signed by this key.
    Signature,
    /// The counter did not grow: the key was copied.
    Copied,
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

/// Reads what stands in a form's field.
pub(crate) fn decode(field: &str) -> Result<Vec<u8>, Fault> {
    URL_SAFE_NO_PAD.decode(field).map_err(|_| Fault::Malformed)
}

fn check_client(client_data: &[u8], kind: &str, want: Expected<'_>) -> Result<(), Fault> {
    let said: ClientData = serde_json::from_slice(client_data).map_err(|_| Fault::Malformed)?;
    if said.kind != kind {
        return Err(Fault::Kind);
    }
    if said.challenge != want.challenge {
        return Err(Fault::Challenge);
    }
    if said.origin != want.origin || said.cross_origin {
        return Err(Fault::Origin);
    }
    Ok(())
}

struct AuthData<'a> {
    flags: u8,
    sign_count: u32,
    rest: &'a [u8],
}

fn read_auth<'a>(data: &'a [u8], want: Expected<'_>) -> Result<AuthData<'a>, Fault> {
    let (hash, rest) = data.split_at_checked(32).ok_or(Fault::Malformed)?;
    let (flags, rest) = rest.split_first().ok_or(Fault::Malformed)?;
    let (count, rest) = rest.split_first_chunk::<4>().ok_or(Fault::Malformed)?;
    if hash != Sha256::digest(want.host().as_bytes()).as_slice() {
        return Err(Fault::Host);
    }
    if flags & PRESENT == 0 {
        return Err(Fault::NotPresent);
    }
    if want.verified && flags & VERIFIED == 0 {
        return Err(Fault::NotVerified);
    }
    Ok(AuthData {
        flags: *flags,
        sign_count: u32::from_be_bytes(*count),
        rest,
    })
}

/// Checks what `navigator.credentials.create` brought.
pub(crate) fn registered(
    client_data: &[u8],
    attestation: &[u8],
    want: Expected<'_>,
) -> Result<NewKey, Fault> {
    check_client(client_data, "webauthn.create", want)?;
    let object: Value = ciborium::from_reader(attestation).map_err(|_| Fault::Malformed)?;
    let entry = |name: &str| {
        let map = object.as_map()?;
        map.iter()
            .find(|(key, _)| key.as_text() == Some(name))
            .map(|(_, value)| value)
    };
    let data = entry("authData")
        .and_then(Value::as_bytes)
        .ok_or(Fault::Malformed)?;
    let auth = read_auth(data, want)?;
    if auth.flags & ATTESTED == 0 {
        return Err(Fault::Malformed);
    }
    let (_maker, rest) = auth.rest.split_at_checked(16).ok_or(Fault::Malformed)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Fault::Malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (id, key) = rest.split_at_checked(length).ok_or(Fault::Malformed)?;
    if id.is_empty() || id.len() > 1023 {
        return Err(Fault::Malformed);
    }
    let mut after = key;
    read_key(&mut after)?;
    Ok(NewKey {
        credential_id: id.to_vec(),
        // Whatever follows it (extensions) is not looked at.
        public_key: key[..key.len() - after.len()].to_vec(),
        sign_count: auth.sign_count,
    })
}

/// A key that can check signatures.
enum Key {
    /// The point on P-256, uncompressed.
    Point(Vec<u8>),
    /// Modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
}

fn read_key(cose: &mut &[u8]) -> Result<Key, Fault> {
    let key: Value = ciborium::from_reader(cose).map_err(|_| Fault::Malformed)?;
    let entry = |label: i128| {
        let map = key.as_map()?;
        let found = map
            .iter()
            .find(|(k, _)| k.as_integer().map(i128::from) == Some(label));
        found.map(|(_, value)| value)
    };
    let number = |label| entry(label).and_then(Value::as_integer).map(i128::from);
    let bytes = |label| {
        entry(label)
            .and_then(Value::as_bytes)
            .ok_or(Fault::Malformed)
    };
    match (number(1), number(3)) {
        // Kind 2: a point; curve 1: P-256.
        (Some(2), Some(ES256)) if number(-1) == Some(1) => {
            let (x, y) = (bytes(-2)?, bytes(-3)?);
            if (x.len(), y.len()) != (32, 32) {
                return Err(Fault::Malformed);
            }
            Ok(Key::Point([&[4], x.as_slice(), y.as_slice()].concat()))
        }
        (Some(3), Some(RS256)) => Ok(Key::Rsa(bytes(-1)?.clone(), bytes(-2)?.clone())),
        _ => Err(Fault::Algorithm),
    }
}

impl Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let checked = match self {
            Self::Point(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Rsa(n, e) => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        checked.map_err(|_| Fault::Signature)
    }
}

/// What `navigator.credentials.get` brought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Brought<'a> {
    pub client_data: &'a [u8],
    pub auth_data: &'a [u8],
    pub signature: &'a [u8],
}

/// Checks it against the key; answers the new count.
pub(crate) fn proved(
    brought: Brought<'_>,
    public_key: &[u8],
    last_count: u32,
    want: Expected<'_>,
) -> Result<u32, Fault> {
    check_client(brought.client_data, "webauthn.get", want)?;
    let auth = read_auth(brought.auth_data, want)?;
    let mut signed = brought.auth_data.to_vec();
    signed.extend(Sha256::digest(brought.client_data));
    read_key(&mut &*public_key)?.verify(&signed, brought.signature)?;
    let counts = auth.sign_count != 0 || last_count != 0;
    if counts && auth.sign_count <= last_count {
        return Err(Fault::Copied);
    }
    Ok(auth.sign_count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::authenticator::{Authenticator, Lies};

    const ORIGIN: &str = "https://tuanjian.example";

    fn want(verified: bool) -> Expected<'static> {
        Expected {
            challenge: "abc",
            origin: ORIGIN,
            verified,
        }
    }

    fn key(device: &mut Authenticator) -> NewKey {
        let made = device.create("abc", ORIGIN);
        registered(&made.client_data, &made.attestation, want(true)).expect("a key")
    }

    fn outcome(device: &mut Authenticator, key: &NewKey, lies: &Lies) -> Result<u32, Fault> {
        let got = device.get_with("abc", ORIGIN, lies);
        let brought = Brought {
            client_data: &got.client_data,
            auth_data: &got.auth_data,
            signature: &got.signature,
        };
        proved(brought, &key.public_key, key.sign_count, want(true))
    }

    #[test]
    fn sec_06_a_passkey_is_taken_only_with_challenge_origin_host_presence_verification_signature_and_count()
     {
        let mut device = Authenticator::new();
        let key = key(&mut device);
        assert_eq!(outcome(&mut device, &key, &Lies::default()), Ok(1));
        let key = NewKey {
            sign_count: 1,
            ..key
        };
        let lie = |change: fn(&mut Lies)| {
            let mut lies = Lies::default();
            change(&mut lies);
            lies
        };
        for (lies, fault) in [
            (lie(|l| l.kind = Some("webauthn.create")), Fault::Kind),
            (lie(|l| l.challenge = Some("abd")), Fault::Challenge),
            (
                lie(|l| l.origin = Some("https://evil.example")),
                Fault::Origin,
            ),
            (
                lie(|l| l.origin = Some("http://tuanjian.example")),
                Fault::Origin,
            ),
            (lie(|l| l.cross_origin = true), Fault::Origin),
            (lie(|l| l.host = Some("evil.example")), Fault::Host),
            (lie(|l| l.absent = true), Fault::NotPresent),
            (lie(|l| l.unverified = true), Fault::NotVerified),
            (lie(|l| l.broken_signature = true), Fault::Signature),
            (lie(|l| l.count = Some(0)), Fault::Copied),
            (lie(|l| l.count = Some(1)), Fault::Copied),
        ] {
            assert_eq!(outcome(&mut device, &key, &lies), Err(fault), "{lies:?}");
        }
        let other = self::key(&mut Authenticator::new());
        let lies = Lies::default();
        assert_eq!(outcome(&mut device, &other, &lies), Err(Fault::Signature));
    }

    #[test]
    fn sec_06_a_key_of_another_kind_or_cut_short_is_refused() {
        let mut device = Authenticator::new();
        let made = device.create("abc", ORIGIN);
        let read = |attestation: &[u8]| registered(&made.client_data, attestation, want(true));
        assert!(read(&made.attestation).is_ok());
        for end in 0..made.attestation.len() {
            assert!(read(&made.attestation[..end]).is_err(), "{end}");
        }
        let other = device.create_for("abc", ORIGIN, -257);
        assert_eq!(
            registered(&other.client_data, &other.attestation, want(true)),
            Err(Fault::Algorithm)
        );
        assert_eq!(host("http://localhost:8142"), "localhost");
        assert!(decode("mit Leerzeichen").is_err());
    }

    #[test]
    fn sec_06_authenticators_that_do_not_count_are_taken() {
        let mut device = Authenticator::new();
        let key = key(&mut device);
        let lies = Lies {
            count: Some(0),
            ..Lies::default()
        };
        let key = NewKey {
            sign_count: 0,
            ..key
        };
        assert_eq!(outcome(&mut device, &key, &lies), Ok(0));
    }

    /// Made once with another program: a 2048-bit key and its signature of this answer.
    const MODULUS: &str = "mczJePPhwvHS6yYJ5i1LJjyT9bQKtgaexzNApn_hdFVAuk60bqr7gmP0C8FBBOfXSc5Jj1nHTqv9DUijYm2JRx\
             PumxWOaSDaYoITfAqI2hz8TMNTwJf2-SxzYUmnDhQZl8PZo4BhmYZaPeg4GMe2Ln-SCGgeeUSPHr0SvwMITxCf\
             ISQdW4t289XVXB9wg97S1nEPK4aFdkq50imd6xWZ0zZsV9HCsmzCa4QV55_dKxrMs98R7CoHWVa3uPL4n1qVd6\
             b_rg_O7B2LbG3clDzauiYI29Tjq0Aeyql26-v-pL52M6H66YHAO0mJ_sjE8euAHPqCv4lhBim2JH5EM5XasQ";
    const SIGNED: &str = "jRKIX2k7agJVRHlQ91leUOMZElWHXS9kIGrwASUvRNVoOhxjLg6arzlonFJuvxr6M2VAw9J4tI2Zf6ss06xrux\
             ihmbhatnnCtSEhGL3IpeSFecmDq1pkVczafB7A2aR7nqc-IzfQPeNEP-vG23liS08gaZac3rM_Ko1gLGPyVtWx\
             gDpnvinlexOK6Qu28gfGMny8cNmYEMIBllRvHip2oPwJDbzyerC5uQ2b3f2HmTjhgy_G-A8rjpqO0kmPuvU4b7\
             2Z7vl914JFNEwBxSHYkck7OkjrDP2py7_j13bATuYv19sv1FG-GE0_Khpp62o0F0h3StMJ-zY0i_qdkPc_QA";

    #[test]
    fn sec_06_rs256_of_older_authenticators_is_taken_and_a_changed_answer_is_not() {
        let n = decode(MODULUS).expect("base64");
        let cose = Value::Map(vec![
            (Value::from(1), Value::from(3)),
            (Value::from(3), Value::from(-257)),
            (Value::from(-1), Value::Bytes(n)),
            (Value::from(-2), Value::Bytes(vec![1, 0, 1])),
        ]);
        let mut key = Vec::new();
        ciborium::into_writer(&cose, &mut key).expect("CBOR");
        let client_data =
            br#"{"type":"webauthn.get","challenge":"abc","origin":"https://tuanjian.example"}"#;
        let mut auth_data = Sha256::digest(b"tuanjian.example").to_vec();
        auth_data.extend([5, 0, 0, 0, 7]);
        let signature = decode(SIGNED).expect("base64");
        let answer = |auth_data: &[u8]| {
            let brought = Brought {
                client_data,
                auth_data,
                signature: &signature,
            };
            proved(brought, &key, 6, want(true))
        };
        assert_eq!(answer(&auth_data), Ok(7));
        auth_data[36] = 8;
        assert_eq!(answer(&auth_data), Err(Fault::Signature));
    }
}
