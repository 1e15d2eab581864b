//! A refusal beside its field.

use base::{Error, Refused};

/// The refusal of an action, or the error on its way.
pub(crate) fn refusal(error: Error) -> base::Result<Refused> {
    match error {
        Error::Refused(refused) => Ok(refused),
        Error::Conflict(message) => Ok(Refused {
            code: "conflict",
            message,
            field: None,
        }),
        other => Err(other),
    }
}

/// The sentence beside a field.
pub(crate) fn at<'a>(fault: Option<&'a Refused>, field: &str) -> &'a str {
    fault
        .filter(|fault| fault.field == Some(field))
        .map_or("", |fault| fault.message.as_str())
}
