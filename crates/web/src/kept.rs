//! What somebody typed into a form whose key is no longer taken: it comes back with a new key and one button (SEC-20).

use crate::{App, Failure, failure::Told, form};
use axum::{
    http::Uri,
    response::{IntoResponse, Response},
};
use base::Error;
use std::sync::Arc;

/// Fields that are typed anew each time: a secret is not written into a page.
const SECRETS: [&str; 3] = ["password", "old", "repeat"];

/// A refused form.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Where it goes.
    pub(crate) action: String,
    /// The new key.
    pub(crate) key: String,
    /// What was typed.
    pub(crate) fields: Vec<(String, String)>,
    /// Files cannot be kept: their fields, and how they were called.
    pub(crate) files: Vec<(String, String)>,
    /// Whether secrets were left out.
    pub(crate) secrets: bool,
    /// What the button says.
    pub(crate) button: String,
}

impl Kept {
    pub(crate) fn typed(to: &Uri, fields: impl Iterator<Item = (String, String)>) -> Self {
        let fields: Vec<_> = fields.filter(|(name, _)| name != form::KEY_FIELD).collect();
        let is_secret = |name: &str| SECRETS.contains(&name);
        let secrets = fields
            .iter()
            .any(|(name, value)| is_secret(name) && !value.is_empty());
        Self {
            action: to.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            key: String::new(),
            fields: fields
                .into_iter()
                .filter(|(name, _)| !is_secret(name))
                .collect(),
            files: Vec::new(),
            secrets,
            button: "重新提交".into(),
        }
    }

    pub(crate) fn with_files(mut self, files: impl Iterator<Item = (String, String)>) -> Self {
        self.files = files.collect();
        self
    }

    /// The refusal: the reader switched organisations meanwhile (ACC-58; switching renews the session), or the page is no
    /// longer ours. Nothing was changed; one button sends the same under the session that is there now.
    pub(crate) async fn answer(mut self, app: &App, session: Vec<u8>) -> Response {
        self.key = form::new_key(app.form_secret(), &session, &app.db().random);
        let now_acting = match app.doorkeeper().recognise(app.db(), session).await {
            Ok(Some(me)) => me
                .acting
                .and_then(|org| me.grants.into_iter().find(|g| g.org.id == org))
                .map(|g| g.org_name),
            _ => None,
        };
        let error = match now_acting {
            Some(org) => {
                self.button = format!("以〔{org}〕重新提交");
                Error::Conflict(format!("您已切换到〔{org}〕，请返回后重新提交。"))
            }
            None => {
                Error::forbidden("页面已过期，请刷新后重试。这次没有提交，也没有改动任何数据。")
            }
        };
        let mut response = Failure(error).into_response();
        if let Some(told) = response.extensions_mut().get_mut::<Arc<Told>>() {
            Arc::make_mut(told).kept = Some(self);
        }
        response
    }
}
