//! Field encryption with blind indexes (GEN-05, SEC-40..43). Sealed bytes carry suite and key version; each value is
//! bound to its field and row, so a ciphertext moved elsewhere does not open.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, AesGcm, Nonce, aead::consts::U12};
use anyhow::{Context, bail, ensure};
use base::Random;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sm3::Sm3;
use sm4::Sm4;
use sqlx::PgConnection;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

type Sm4Gcm = AesGcm<Sm4, U12>;

/// The algorithms in use (SEC-40).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Suite {
    /// SM4-GCM and HMAC-SM3.
    Sm,
    /// AES-256-GCM and HMAC-SHA-256.
    Intl,
}

impl Suite {
    /// Reads the configured name; an unknown one refuses to start.
    pub fn from_name(name: &str) -> anyhow::Result<Self> {
        match name {
            "sm" => Ok(Self::Sm),
            "intl" => Ok(Self::Intl),
            other => bail!("未知的密码套件“{other}”，可选 sm 或 intl"),
        }
    }

    /// The configured name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sm => "sm",
            Self::Intl => "intl",
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Sm => 1,
            Self::Intl => 2,
        }
    }

    fn cipher(self, key: &[u8; 32]) -> anyhow::Result<Cipher> {
        let cipher = match self {
            Self::Sm => Sm4Gcm::new_from_slice(&key[..16])
                .ok()
                .map(|c| Cipher::Sm(Box::new(c))),
            Self::Intl => Aes256Gcm::new_from_slice(key)
                .ok()
                .map(|c| Cipher::Intl(Box::new(c))),
        };
        cipher.context("a key of another length")
    }

    fn seal(
        self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        plain: &[u8],
    ) -> anyhow::Result<Vec<u8>> {
        self.cipher(key)?.seal(nonce, aad, plain)
    }

    fn open(
        self,
        key: &[u8; 32],
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
    ) -> anyhow::Result<Vec<u8>> {
        self.cipher(key)?.open(nonce, aad, sealed)
    }

    /// Keyed hash of `parts`, each preceded by its length.
    fn mac(self, key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
        fn feed<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            let mut mac = <M as KeyInit>::new_from_slice(key)
                .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
            for part in parts {
                mac.update(&(part.len() as u64).to_be_bytes());
                mac.update(part);
            }
            mac.finalize().into_bytes().to_vec()
        }
        let out = match self {
            Self::Sm => feed::<Hmac<Sm3>>(key, parts),
            Self::Intl => feed::<Hmac<Sha256>>(key, parts),
        };
        let mut hash = [0; 32];
        hash.copy_from_slice(&out);
        hash
    }
}

/// A cipher with its key laid out: that costs as much as opening a short field, and a page opens a hundred.
enum Cipher {
    Sm(Box<Sm4Gcm>),
    Intl(Box<Aes256Gcm>),
}

impl Cipher {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> anyhow::Result<Vec<u8>> {
        let payload = Payload { msg: plain, aad };
        let nonce = Nonce::from(*nonce);
        let sealed = match self {
            Self::Sm(cipher) => cipher.encrypt(&nonce, payload),
            Self::Intl(cipher) => cipher.encrypt(&nonce, payload),
        };
        sealed.ok().context("encryption failed")
    }

    fn open(&self, nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
        let payload = Payload { msg: sealed, aad };
        let nonce = Nonce::from(*nonce);
        let plain = match self {
            Self::Sm(cipher) => cipher.decrypt(&nonce, payload),
            Self::Intl(cipher) => cipher.decrypt(&nonce, payload),
        };
        plain.ok().context("密文与其所在的字段、行或密钥不符")
    }
}

struct Key {
    id: u16,
    suite: Suite,
    bytes: [u8; 32],
    cipher: Cipher,
}

impl Key {
    fn new(id: u16, suite: Suite, bytes: [u8; 32]) -> anyhow::Result<Self> {
        Ok(Self {
            id,
            suite,
            cipher: suite.cipher(&bytes)?,
            bytes,
        })
    }
}

/// All keys of a running program. Cheap to clone.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    field: Key,
    old_fields: HashMap<u16, Key>,
    index: Key,
    audit: Key,
}

const HEADER: usize = 1 + 1 + 2 + 12;
const PURPOSES: [&str; 3] = ["field", "index", "audit"];

impl Keyring {
    /// Loads the keys, unwrapped by `master`; the first start makes one for each purpose with `suite`.
    pub async fn load(
        conn: &mut PgConnection,
        master: &[u8; 32],
        suite: Suite,
        random: &Random,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        self_test()?;
        for (n, purpose) in PURPOSES.into_iter().enumerate() {
            let (bytes, nonce) = (random.bytes::<32>(), random.bytes::<12>());
            let key_id = n as i32 + 1;
            let aad = format!("key.{key_id}.{purpose}");
            let mut wrapped = nonce.to_vec();
            wrapped.extend(Suite::Intl.seal(master, &nonce, aad.as_bytes(), &bytes)?);
            sqlx::query!(
                "insert into key_version (key_id, purpose, suite, state, wrapped, created_at)
                 values ($1, $2, $3, 'active', $4, $5) on conflict do nothing",
                key_id,
                purpose,
                suite.name(),
                wrapped,
                now
            )
            .execute(&mut *conn)
            .await?;
        }
        let rows = sqlx::query!("select key_id, purpose, suite, state, wrapped from key_version where state <> 'retired' order by key_id")
            .fetch_all(conn)
            .await?;
        let mut active: HashMap<String, Key> = HashMap::new();
        let mut old_fields = HashMap::new();
        for row in rows {
            ensure!(row.wrapped.len() > 12, "密钥记录 {} 损坏", row.key_id);
            let mut nonce = [0; 12];
            nonce.copy_from_slice(&row.wrapped[..12]);
            let aad = format!("key.{}.{}", row.key_id, row.purpose);
            let plain = Suite::Intl
                .open(master, &nonce, aad.as_bytes(), &row.wrapped[12..])
                .with_context(|| {
                    format!(
                        "主密钥打不开第 {} 号密钥：主密钥文件与此数据库不配套",
                        row.key_id
                    )
                })?;
            let mut bytes = [0; 32];
            ensure!(plain.len() == 32, "密钥记录 {} 损坏", row.key_id);
            bytes.copy_from_slice(&plain);
            let key = Key::new(
                u16::try_from(row.key_id)?,
                Suite::from_name(&row.suite)?,
                bytes,
            )?;
            if row.state == "active" {
                active.insert(row.purpose, key);
            } else if row.purpose == "field" {
                old_fields.insert(key.id, key);
            }
        }
        let mut take = |purpose: &str| {
            active
                .remove(purpose)
                .with_context(|| format!("缺少用途为 {purpose} 的密钥"))
        };
        Ok(Self(Arc::new(Inner {
            field: take("field")?,
            index: take("index")?,
            audit: take("audit")?,
            old_fields,
        })))
    }

    /// Encrypts `plain` for `field` of row `row`: suite, key version, fresh nonce, ciphertext.
    pub fn seal(&self, random: &Random, field: &str, row: Uuid, plain: &str) -> Vec<u8> {
        self.seal_bytes(random, field, row, plain.as_bytes())
    }

    /// The same for what is no text.
    pub fn seal_bytes(&self, random: &Random, field: &str, row: Uuid, plain: &[u8]) -> Vec<u8> {
        let key = &self.0.field;
        let nonce = random.bytes::<12>();
        let mut out = Vec::with_capacity(HEADER + plain.len() + 16);
        out.push(1);
        out.push(key.suite.number());
        out.extend(key.id.to_be_bytes());
        out.extend(nonce);
        match key.cipher.seal(&nonce, &binding(field, row), plain) {
            Ok(sealed) => out.extend(sealed),
            // A 32-byte key and a short text cannot be refused by either cipher.
            Err(cause) => unreachable!("{cause}"),
        }
        out
    }

    /// Decrypts what [`Self::seal`] made for the same field and row; anything else is an error.
    pub fn open(&self, field: &str, row: Uuid, sealed: &[u8]) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.open_bytes(field, row, sealed)?)?)
    }

    /// Decrypts what [`Self::seal_bytes`] made.
    pub fn open_bytes(&self, field: &str, row: Uuid, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
        ensure!(sealed.len() > HEADER && sealed[0] == 1, "不是本系统的密文");
        let id = u16::from_be_bytes([sealed[2], sealed[3]]);
        let key = if id == self.0.field.id {
            &self.0.field
        } else {
            self.0
                .old_fields
                .get(&id)
                .with_context(|| format!("缺少第 {id} 号密钥"))?
        };
        ensure!(sealed[1] == key.suite.number(), "密文的套件与密钥不符");
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&sealed[4..HEADER]);
        key.cipher
            .open(&nonce, &binding(field, row), &sealed[HEADER..])
    }

    /// The keyed blind index of a value: equality search only, another key than the ciphertext's.
    pub fn blind(&self, field: &str, value: &str) -> Vec<u8> {
        let key = &self.0.index;
        key.suite
            .mac(&key.bytes, &[field.as_bytes(), value.as_bytes()])
            .to_vec()
    }

    /// Keyed hash of an audit entry or of a chain's head.
    pub(crate) fn audit(&self, parts: &[&[u8]]) -> [u8; 32] {
        let key = &self.0.audit;
        key.suite.mac(&key.bytes, parts)
    }

    /// A key for signing short-lived things of `purpose` (form keys, links), derived from the audit key.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.audit(&[b"derive", purpose.as_bytes()])
    }

    /// Suite and version new values are sealed with (`doctor`).
    pub fn describe(&self) -> String {
        format!("{} / 第 {} 号", self.0.field.suite.name(), self.0.field.id)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring")
    }
}

fn binding(field: &str, row: Uuid) -> Vec<u8> {
    let mut aad = field.as_bytes().to_vec();
    aad.push(0);
    aad.extend(row.as_bytes());
    aad
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .filter_map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok())
        .collect()
}

/// Published vectors, checked at every start (SEC-40): RFC 8998 (SM4-GCM), the GCM specification's test case 16
/// (AES-256-GCM), RFC 4231 case 2 (HMAC-SHA-256).
pub fn self_test() -> anyhow::Result<()> {
    let sm4 = Sm4Gcm::new_from_slice(&hex("0123456789ABCDEFFEDCBA9876543210"))
        .ok()
        .context("sm4")?;
    let plain = hex(
        "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDDEEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA",
    );
    let aad = hex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
    let want = hex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D83DE3541E4C2B58177E065A9BF7B62EC",
    );
    let nonce: [u8; 12] = hex("00001234567800000000ABCD")
        .try_into()
        .ok()
        .context("nonce")?;
    let got = sm4
        .encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: &plain,
                aad: &aad,
            },
        )
        .ok()
        .context("sm4")?;
    ensure!(got == want, "SM4-GCM 自检失败");

    let aes = Aes256Gcm::new_from_slice(&hex(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    ))
    .ok()
    .context("aes")?;
    let plain = hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    let aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let want = hex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
    );
    let nonce: [u8; 12] = hex("cafebabefacedbaddecaf888")
        .try_into()
        .ok()
        .context("nonce")?;
    let got = aes
        .encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: &plain,
                aad: &aad,
            },
        )
        .ok()
        .context("aes")?;
    ensure!(got == want, "AES-256-GCM 自检失败");

    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"Jefe")
        .ok()
        .context("hmac")?;
    mac.update(b"what do ya want for nothing?");
    let want = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    ensure!(
        mac.finalize().into_bytes().to_vec() == want,
        "HMAC-SHA-256 自检失败"
    );

    let mut mac = <Hmac<Sm3> as KeyInit>::new_from_slice(&hex(
        "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425",
    ))
    .ok()
    .context("hmac")?;
    mac.update(&hex("cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"));
    let want = hex("220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae");
    ensure!(
        mac.finalize().into_bytes().to_vec() == want,
        "HMAC-SM3 自检失败"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(suite: Suite) -> Keyring {
        let key = |id, fill| Key::new(id, suite, [fill; 32]).unwrap();
        Keyring(Arc::new(Inner {
            field: key(1, 7),
            index: key(2, 8),
            audit: key(3, 9),
            old_fields: HashMap::new(),
        }))
    }

    #[test]
    fn sec_40_published_vectors_hold_and_unknown_suites_are_refused() {
        self_test().unwrap();
        assert!(Suite::from_name("des").is_err());
    }

    #[test]
    fn sec_41_a_ciphertext_opens_only_in_its_own_field_and_row() {
        let random = Random::seeded(1);
        for suite in [Suite::Sm, Suite::Intl] {
            let keys = keys(suite);
            let (row, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
            let sealed = keys.seal(&random, "person.id_number", row, "999001200405200017");
            assert_eq!(
                keys.open("person.id_number", row, &sealed).unwrap(),
                "999001200405200017"
            );
            assert!(keys.open("person.id_number", other, &sealed).is_err());
            assert!(keys.open("person.phone", row, &sealed).is_err());
            let mut broken = sealed.clone();
            *broken.last_mut().unwrap() ^= 1;
            assert!(keys.open("person.id_number", row, &broken).is_err());
            assert_ne!(
                sealed,
                keys.seal(&random, "person.id_number", row, "999001200405200017"),
                "fresh nonce"
            );
            assert_eq!(keys.blind("a", "1"), keys.blind("a", "1"));
            assert_ne!(keys.blind("a", "1"), keys.blind("b", "1"));
        }
    }
}
