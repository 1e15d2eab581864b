use crate::{App, Failure, declared, guard::Asked, kept::Kept, proof};
use axum::{
    extract::{FromRequest, Multipart, Request},
    http::{header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use base::{Error, Random, text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The hidden field that is both the proof that our own page made the form (SEC-20) and the submission's key (GEN-08):
/// 16 random bytes and their keyed hash over the session.
pub(crate) const KEY_FIELD: &str = "_key";

fn signature(secret: &[u8; 32], session: &[u8], nonce: &[u8]) -> [u8; 16] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(session);
    mac.update(nonce);
    let mut out = [0; 16];
    out.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    out
}

pub(crate) fn new_key(secret: &[u8; 32], session: &[u8], random: &Random) -> String {
    let nonce: [u8; 16] = random.bytes();
    let mut key = nonce.to_vec();
    key.extend(signature(secret, session, &nonce));
    URL_SAFE_NO_PAD.encode(key)
}

fn key_is_ours(secret: &[u8; 32], session: &[u8], key: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(key) else {
        return false;
    };
    bytes.len() == 32 && {
        let want = signature(secret, session, &bytes[..16]);
        // Comparing all bytes whatever they are: no early end to measure.
        want.iter()
            .zip(&bytes[16..])
            .fold(0, |diff, (a, b)| diff | (a ^ b))
            == 0
    }
}

/// A token for a browser somebody signed in with. It proves without a look into the database that it was given out here,
/// so that whoever makes tokens up waits with the strangers.
pub fn new_device_token(keys: &db::Keyring, random: &Random) -> String {
    new_key(&keys.derive("form"), b"device", random)
}

/// Whether this browser brings such a token.
pub(crate) fn is_known_browser(secret: &[u8; 32], token: &str) -> bool {
    key_is_ours(secret, b"device", token)
}

/// The session's identity for form keys; empty for guests.
pub(crate) fn session_of(app: &App, headers: &axum::http::HeaderMap) -> Vec<u8> {
    let name = if app.secure_cookies() {
        "__Host-tj"
    } else {
        "tj_session"
    };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map_or_else(Vec::new, |(_, token)| crate::session_token_hash(token))
}

/// A submitted form: its key, for [`db::Tx::once`], and what was typed. Fields the form does not declare are ignored and
/// recorded (SEC-14); give typed fields as `String` with `#[serde(default)]`, so that a form is refused with words, not parsing.
#[derive(Debug, Clone)]
pub struct Form<T> {
    /// The submission's key.
    pub key: String,
    /// What was typed.
    pub input: T,
    /// Where it was sent and by which request.
    sent: (String, Asked),
}

#[derive(Deserialize)]
struct KeyOnly {
    #[serde(rename = "_key", default)]
    key: String,
}

fn asked(request: &Request) -> Asked {
    request
        .extensions()
        .get::<Asked>()
        .cloned()
        .unwrap_or_default()
}

impl<T: DeserializeOwned + Send> FromRequest<App> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Self::read(request, app).await.map_err(Refusal::answer)
    }
}

impl Form<BTreeMap<String, String>> {
    /// Drops what a form whose fields are data does not take, and records its names (SEC-14).
    pub async fn declare(&mut self, app: &App, fields: &[&str]) {
        self.input.remove(KEY_FIELD);
        let mut extra = Vec::new();
        self.input.retain(|name, _| keep(name, fields, &mut extra));
        note(app, extra, &self.sent).await;
    }
}

async fn note(app: &App, mut extra: Vec<String>, sent: &(String, Asked)) {
    if !extra.is_empty() {
        extra.sort();
        crate::routes::note_extra(app, &sent.0, &extra, &sent.1).await;
    }
}

/// Why a form is not taken.
enum Refusal {
    /// It cannot be read.
    Broken(Failure),
    /// Its key is not of this session: the page that keeps what was typed.
    Stale(Response),
}

impl Refusal {
    fn answer(self) -> Response {
        match self {
            Self::Broken(failure) => failure.into_response(),
            Self::Stale(response) => response,
        }
    }
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(cause: E) -> Self {
        Self::Broken(Failure(cause.into()))
    }
}

impl<T: DeserializeOwned + Send> Form<T> {
    async fn read(request: Request, app: &App) -> Result<Self, Refusal> {
        let session = session_of(app, request.headers());
        let uri = request.uri().clone();
        let asked = asked(&request);
        let checked = request.extensions().get::<proof::KeyChecked>().is_some();
        let body = Bytes::from_request(request, app)
            .await
            .map_err(|_| Error::refused("form.too_long", "提交的内容过长，请减少后再试"))?;
        if std::str::from_utf8(&body).is_err() {
            return Err(Error::refused(
                "form.encoding",
                "提交的内容不是有效的文字，请刷新页面后重试",
            ))?;
        }
        let unreadable =
            || Error::refused("form.unreadable", "表单内容不完整，请刷新页面后重新填写");
        let key: KeyOnly = decode(&body).ok_or_else(unreadable)?;
        if !checked && !key_is_ours(app.form_secret(), &session, &key.key) {
            let kept = Kept::typed(&uri, form_urlencoded::parse(&body).into_owned());
            return Err(Refusal::Stale(kept.answer(app, session).await));
        }
        let (input, extra) = decode_whole(&body).ok_or_else(unreadable)?;
        if !extra.is_empty() {
            crate::routes::note_extra(app, uri.path(), &extra, &asked).await;
        }
        let sent = (uri.path().to_owned(), asked);
        Ok(Self {
            key: key.key,
            input,
            sent,
        })
    }
}

/// The form, and the names of what it does not declare.
fn decode_whole<T: DeserializeOwned>(body: &[u8]) -> Option<(T, Vec<String>)> {
    let mut extra = Vec::new();
    let fields = serde_html_form::Deserializer::new(form_urlencoded::parse(body));
    let input = serde_ignored::deserialize(fields, |path| extra.push(path.to_string())).ok()?;
    let mut names: BTreeSet<String> = form_urlencoded::parse(body)
        .map(|(name, _)| name.into_owned())
        .collect();
    names.retain(|name| name != KEY_FIELD && !name.starts_with(proof::PREFIX));
    extra.retain(|field| names.remove(field));
    extra.extend(declared::undeclared::<T>(&names));
    Some((input, extra))
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    // serde_html_form, as axum-extra uses it, reads repeated fields into lists.
    serde_html_form::from_bytes(body).ok()
}

/// One uploaded file.
#[derive(Debug, Clone)]
pub struct UploadedFile {
    /// Name as the sender's computer has it.
    pub name: String,
    /// Content.
    pub bytes: Bytes,
}

/// A submitted form with a file.
#[derive(Debug, Clone)]
pub struct Multi {
    /// The submission's key.
    pub key: String,
    /// Typed fields (the last of a repeated one).
    pub fields: HashMap<String, String>,
    /// Files by field name; empty ones are left out.
    pub files: HashMap<String, UploadedFile>,
    /// Where it was sent and by which request, for the record of what it should not hold.
    sent: (String, Asked),
}

impl Multi {
    /// A typed field, empty if absent.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Drops what the action does not take, and records its names (SEC-14). Every handler says what it takes before it reads.
    pub async fn declare(&mut self, app: &App, fields: &[&str], files: &[&str]) {
        let mut extra: Vec<String> = Vec::new();
        self.fields.retain(|name, _| keep(name, fields, &mut extra));
        self.files.retain(|name, _| keep(name, files, &mut extra));
        note(app, extra, &self.sent).await;
    }
}

fn keep(name: &str, declared: &[&str], extra: &mut Vec<String>) -> bool {
    let known = declared.contains(&name);
    if !known {
        extra.push(name.to_owned());
    }
    known
}

impl FromRequest<App> for Multi {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        Self::read(request, app).await.map_err(Refusal::answer)
    }
}

impl Multi {
    async fn read(request: Request, app: &App) -> Result<Self, Refusal> {
        let session = session_of(app, request.headers());
        let uri = request.uri().clone();
        let sent = (uri.path().to_owned(), asked(&request));
        let broken = || {
            Error::refused(
                "upload.broken",
                "文件没有传完整，请检查网络后重新上传；也可能是文件超过了大小上限",
            )
        };
        let checked = request.extensions().get::<proof::KeyChecked>().is_some();
        let mut parts = Multipart::from_request(request, app)
            .await
            .map_err(|_| broken())?;
        let mut multi = Self {
            key: String::new(),
            fields: HashMap::new(),
            files: HashMap::new(),
            sent,
        };
        while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
            let name = part.name().unwrap_or("").to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|_| broken())?;
            match file_name {
                Some(file_name) if !bytes.is_empty() => {
                    multi.files.insert(
                        name,
                        UploadedFile {
                            name: file_name,
                            bytes,
                        },
                    );
                }
                Some(_) => {}
                None if name == KEY_FIELD => {
                    multi.key = String::from_utf8_lossy(&bytes).into_owned();
                }
                None => {
                    multi
                        .fields
                        .insert(name, String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        if !checked && !key_is_ours(app.form_secret(), &session, &multi.key) {
            let typed = multi.fields.into_iter();
            let files = multi
                .files
                .into_iter()
                .map(|(field, file)| (field, file.name));
            let kept = Kept::typed(&uri, typed).with_files(files);
            return Err(Refusal::Stale(kept.answer(app, session).await));
        }
        Ok(multi)
    }
}

/// The form in a body, of either kind, to be sent again after its key was looked at.
pub(crate) async fn waiting(
    parts: &Parts,
    body: Bytes,
    app: &App,
    action: String,
) -> Result<proof::Kept, Response> {
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let several = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
    let mut files = Vec::new();
    let fields: Vec<(String, String)> = if several {
        let request = Request::from_parts(parts.clone(), body.into());
        // Looks at the key itself.
        let multi = Multi::from_request(request, app).await?;
        files.extend(
            multi
                .files
                .into_iter()
                .map(|(field, file)| (field, file.name)),
        );
        multi.fields.into_iter().collect()
    } else {
        let fields: Vec<_> = form_urlencoded::parse(&body).into_owned().collect();
        let session = session_of(app, &parts.headers);
        let key = fields.iter().find(|(name, _)| name == KEY_FIELD);
        if !key.is_some_and(|(_, key)| key_is_ours(app.form_secret(), &session, key)) {
            let kept = Kept::typed(&parts.uri, fields.into_iter());
            return Err(kept.answer(app, session).await);
        }
        fields
    };
    let (given, mut fields): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .filter(|(name, _)| name != KEY_FIELD)
        .partition(|(name, _)| name.starts_with(proof::PREFIX));
    // A map of fields has no order, a page has one.
    if several {
        fields.sort();
    }
    files.sort();
    Ok(proof::Kept {
        action,
        fields,
        files,
        given: given
            .into_iter()
            .map(|(name, value)| (name[proof::PREFIX.len()..].to_owned(), value))
            .collect(),
    })
}

/// Whether a place that came from outside lies in this site: one slash, no second one, nothing that a browser folds into
/// one (SEC-23: redirects only to an allow-list).
pub fn is_local(place: &str) -> bool {
    place.starts_with('/')
        && !place.starts_with("//")
        && !place.contains('\\')
        && !place.chars().any(|c| c.is_control() || c == ' ')
}

/// Redirect after post.
pub fn see_other(place: &str) -> Response {
    Redirect::to(place).into_response()
}

/// Reads a typed text: normalised ends and widths, no control characters, at most `max` characters (SEC-30).
pub fn text_field(
    field: &'static str,
    label: &str,
    typed: &str,
    max: usize,
) -> base::Result<String> {
    let value = text::normalise(typed);
    if text::has_control(&value) {
        return Err(Error::refused_at(
            field,
            "text.control",
            format!("{label}含有不可见的控制字符，请重新输入"),
        ));
    }
    if value.chars().count() > max {
        return Err(Error::refused_at(
            field,
            "text.long",
            format!("{label}最多{max}个字，请精简"),
        ));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_20_a_form_key_belongs_to_one_session() {
        let (secret, random) = ([3; 32], Random::seeded(5));
        let key = new_key(&secret, b"alice", &random);
        assert!(key_is_ours(&secret, b"alice", &key));
        assert!(!key_is_ours(&secret, b"bob", &key));
        assert!(!key_is_ours(&secret, b"alice", ""));
        assert!(!key_is_ours(&secret, b"alice", &key[1..]));
        assert_ne!(key, new_key(&secret, b"alice", &random));
    }
}
