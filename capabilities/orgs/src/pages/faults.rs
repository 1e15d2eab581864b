//! Faults beside their fields.

use crate::Fault;
use base::Error;

/// All faults of a submitted form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    /// The sentence beside `field`, empty without one.
    pub(crate) fn at(&self, field: &str) -> &str {
        self.0
            .iter()
            .find(|fault| fault.field == field)
            .map_or("", |fault| &fault.message)
    }

    /// Class of an input.
    pub(crate) fn class(&self, field: &str) -> &'static str {
        if self.at(field).is_empty() {
            ""
        } else {
            " is-invalid"
        }
    }

    /// Reference of a faulty input to its sentence. Of several inputs with `autofocus` browsers take the first on the page:
    /// that is how a faulty form jumps to its first fault (FLD-03), with scripts and without.
    pub(crate) fn mark(&self, field: &str) -> String {
        if self.at(field).is_empty() {
            String::new()
        } else {
            format!(r#" aria-invalid="true" aria-describedby="err-{field}" autofocus"#)
        }
    }

    /// What is said above the form.
    pub(crate) fn top(&self) -> String {
        match self.0.as_slice() {
            [] => String::new(),
            [one] => one.message.clone(),
            many => format!("有{}处需要修改，已在下面逐项标出。", many.len()),
        }
    }

    /// The refusal of an action, or the error on its way.
    pub(crate) fn of(error: Error) -> base::Result<Self> {
        match error {
            Error::Refused(refused) => Ok(Self(vec![Fault {
                field: refused.field.unwrap_or(""),
                code: refused.code,
                message: refused.message,
            }])),
            other => Err(other),
        }
    }
}
