//! The one refusal a form shows.

use base::{Error, Refused, Result};

/// What was refused, beside its field or above the form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fault(Option<Refused>);

impl Fault {
    /// The sentence beside `field`, empty if the fault is elsewhere.
    pub(crate) fn at(&self, field: &str) -> &str {
        match &self.0 {
            Some(refused) if refused.field == Some(field) => &refused.message,
            _ => "",
        }
    }

    /// Class and reference of a faulty field's input.
    pub(crate) fn mark(&self, field: &str) -> String {
        if self.at(field).is_empty() {
            String::new()
        } else {
            format!(r#" aria-invalid="true" aria-describedby="err-{field}""#)
        }
    }

    /// The sentence above the form, if there is a fault; faults of fields are told there as well.
    pub(crate) fn top(&self) -> &str {
        self.0.as_ref().map_or("", |refused| &refused.message)
    }

    /// The refusal of a form, or the error on its way.
    pub(crate) fn of<T>(result: Result<T>) -> Result<std::result::Result<T, Self>> {
        match result {
            Ok(done) => Ok(Ok(done)),
            Err(Error::Refused(refused)) => Ok(Err(Self(Some(refused)))),
            Err(other) => Err(other),
        }
    }
}
