use std::fmt;

/// What an action answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in an action, in the four kinds its readers (pages and jobs) tell apart.
#[derive(Debug)]
pub enum Error {
    /// The object does not exist or lies outside what the reader may see; both answer alike (SEC-12).
    NotFound,
    /// The reader may see the thing but not do this (ACC-71).
    Forbidden(Forbidden),
    /// The input breaks a rule (GEN-03): shown beside the field, nothing changed.
    Refused(Refused),
    /// Somebody else was faster (GEN-09): says who decided what and when.
    Conflict(String),
    /// Our fault or the machine's; the reader gets a number, the log the cause (SEC-75).
    Internal(anyhow::Error),
}

/// What is missing and who has it.
#[derive(Debug, Clone)]
pub struct Forbidden {
    /// A whole sentence for the reader, naming what is missing and who can do it.
    pub message: String,
    /// The code of the missing right and the organisation it is missing for, where whoever has it can be asked (ACC-71).
    pub missing: Option<(&'static str, uuid::Uuid)>,
}

/// A refusal a person can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Stable code for tests, audit and the open interface, e.g. `transfer.already_open`.
    pub code: &'static str,
    /// The field's value's fault, the rule and the next step, in the reader's language.
    pub message: String,
    /// Name of the form field it belongs to, if it belongs to one.
    pub field: Option<&'static str>,
}

impl Error {
    /// A refusal that belongs to the form as a whole.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused(Refused {
            code,
            message: message.into(),
            field: None,
        })
    }

    /// A refusal shown beside `field`.
    pub fn refused_at(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused(Refused {
            code,
            message: message.into(),
            field: Some(field),
        })
    }

    /// A prohibition with the sentence to show.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::Forbidden(Forbidden {
            message: message.into(),
            missing: None,
        })
    }

    /// The refusal's stable code, if this is one (for tests and audit).
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Forbidden(_) => "forbidden",
            Self::Refused(r) => r.code,
            Self::Conflict(_) => "conflict",
            Self::Internal(_) => "internal",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => {
                f.write_str("该对象不存在或不在您的管理范围内，请联系所在组织或直接上级")
            }
            Self::Forbidden(x) => f.write_str(&x.message),
            Self::Refused(x) => f.write_str(&x.message),
            Self::Conflict(x) => f.write_str(x),
            Self::Internal(x) => write!(f, "{x:#}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Technical errors become `Internal`; business answers are never derived from them (DATA.md rule 19).
macro_rules! internal {
    ($($t:ty),*) => {$(
        impl From<$t> for Error {
            fn from(cause: $t) -> Self {
                Self::Internal(cause.into())
            }
        }
    )*};
}
internal!(std::io::Error, std::fmt::Error, uuid::Error);

#[cfg(feature = "sqlx")]
internal!(sqlx::Error);
