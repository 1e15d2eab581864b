use axum::{
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use base::Error;
use std::sync::Arc;

/// What a page handler answers.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// An [`Error`] on its way to the outer layer, which renders it as a page of the port or as a fragment.
#[derive(Debug)]
pub struct Failure(pub Error);

/// Left in the response for the outer layer.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) code: &'static str,
    /// The missing right and the organisation it is missing for.
    pub(crate) missing: Option<(&'static str, uuid::Uuid)>,
    /// What was typed, to be sent again.
    pub(crate) kept: Option<crate::kept::Kept>,
}

/// Told to whoever has to come back later (SEC-70).
pub(crate) fn too_many() -> Response {
    let again = crate::crowd::AGAIN;
    let message = format!("操作过于频繁，请{again}秒后再试。您填写的内容没有提交。");
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut response = (status, message.clone()).into_response();
    response.extensions_mut().insert(Arc::new(Told {
        status,
        message,
        code: "rate",
        missing: None,
        kept: None,
    }));
    response
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self(cause.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            // Unseen and absent answer alike (SEC-12).
            Error::NotFound | Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let code = self.0.code();
        let missing = match &self.0 {
            Error::Forbidden(forbidden) => forbidden.missing,
            _ => None,
        };
        let message = match self.0 {
            Error::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "request failed");
                "系统出了问题，没有保存任何改动。请稍后再试；仍不行请把下面的编号告诉技术支持。"
                    .to_owned()
            }
            other => other.to_string(),
        };
        let mut response = (status, message.clone()).into_response();
        response.headers_mut().insert(
            "content-type",
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        response.extensions_mut().insert(Arc::new(Told {
            status,
            message,
            code,
            missing,
            kept: None,
        }));
        response
    }
}
