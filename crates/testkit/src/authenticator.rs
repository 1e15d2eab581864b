//! An authenticator without hardware: makes a passkey and signs with it, truthfully or with one lie at a time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::{Value, cbor};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::json;
use sha2::{Digest, Sha256};

/// A device with one passkey.
#[derive(Debug)]
pub struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    count: u32,
    random: SystemRandom,
}

/// What `navigator.credentials.create` brings.
#[derive(Clone, Debug)]
pub struct Made {
    /// What the browser says, as JSON.
    pub client_data: Vec<u8>,
    /// What the authenticator says, in CBOR.
    pub attestation: Vec<u8>,
}

/// What `navigator.credentials.get` brings.
#[derive(Clone, Debug)]
pub struct Got {
    /// Which key.
    pub id: Vec<u8>,
    /// What the browser says, as JSON.
    pub client_data: Vec<u8>,
    /// What the authenticator says.
    pub auth_data: Vec<u8>,
    /// Over both.
    pub signature: Vec<u8>,
}

/// Lies told in an answer; the rest is true.
#[derive(Clone, Debug, Default)]
pub struct Lies {
    /// Another ceremony.
    pub kind: Option<&'static str>,
    /// Another challenge.
    pub challenge: Option<&'static str>,
    /// Another page.
    pub origin: Option<&'static str>,
    /// In a frame of somebody else's page.
    pub cross_origin: bool,
    /// Another host.
    pub host: Option<&'static str>,
    /// Nobody touched it.
    pub absent: bool,
    /// Nobody was asked who it is.
    pub unverified: bool,
    /// One bit of the signature is wrong.
    pub broken_signature: bool,
    /// Another count.
    pub count: Option<u32>,
}

fn host(origin: &str) -> &str {
    let name = origin.split_once("://").map_or(origin, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

/// Bytes as forms carry them.
pub fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Default for Authenticator {
    fn default() -> Self {
        Self::new()
    }
}

impl Authenticator {
    /// A fresh one.
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key");
        let id = Sha256::digest(key.public_key().as_ref()).to_vec();
        Self {
            key,
            id,
            count: 0,
            random,
        }
    }

    fn auth_data(&self, flags: u8, host: &str, count: u32) -> Vec<u8> {
        let mut data = Sha256::digest(host.as_bytes()).to_vec();
        data.push(flags);
        data.extend(count.to_be_bytes());
        data
    }

    /// Makes the passkey for a page.
    pub fn create(&mut self, challenge: &str, origin: &str) -> Made {
        self.create_for(challenge, origin, -7)
    }

    /// The same, saying another algorithm.
    pub fn create_for(&mut self, challenge: &str, origin: &str, algorithm: i64) -> Made {
        let point = self.key.public_key().as_ref();
        let cose = Value::Map(vec![
            (Value::from(1), Value::from(2)),
            (Value::from(3), Value::from(algorithm)),
            (Value::from(-1), Value::from(1)),
            (Value::from(-2), Value::Bytes(point[1..33].to_vec())),
            (Value::from(-3), Value::Bytes(point[33..65].to_vec())),
        ]);
        // Present, verified, with a key.
        let mut data = self.auth_data(0x45, host(origin), self.count);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        ciborium::into_writer(&cose, &mut data).expect("CBOR");
        let object = cbor!({ "fmt" => "none", "attStmt" => {}, "authData" => Value::Bytes(data) });
        let mut attestation = Vec::new();
        ciborium::into_writer(&object.expect("CBOR"), &mut attestation).expect("CBOR");
        let client_data =
            json!({ "type": "webauthn.create", "challenge": challenge, "origin": origin });
        Made {
            client_data: client_data.to_string().into_bytes(),
            attestation,
        }
    }

    /// Signs a challenge for a page.
    pub fn get(&mut self, challenge: &str, origin: &str) -> Got {
        self.get_with(challenge, origin, &Lies::default())
    }

    /// The same with lies.
    pub fn get_with(&mut self, challenge: &str, origin: &str, lies: &Lies) -> Got {
        self.count += 1;
        let flags = u8::from(!lies.absent) | if lies.unverified { 0 } else { 4 };
        let count = lies.count.unwrap_or(self.count);
        let auth_data = self.auth_data(flags, lies.host.unwrap_or(host(origin)), count);
        let client_data = json!({
            "type": lies.kind.unwrap_or("webauthn.get"),
            "challenge": lies.challenge.unwrap_or(challenge),
            "origin": lies.origin.unwrap_or(origin),
            "crossOrigin": lies.cross_origin,
        });
        let client_data = client_data.to_string().into_bytes();
        let mut signed = auth_data.clone();
        signed.extend(Sha256::digest(&client_data));
        let signature = self.key.sign(&self.random, &signed).expect("a signature");
        let mut signature = signature.as_ref().to_vec();
        if lies.broken_signature
            && let Some(last) = signature.last_mut()
        {
            *last ^= 1;
        }
        Got {
            id: self.id.clone(),
            client_data,
            auth_data,
            signature,
        }
    }
}
