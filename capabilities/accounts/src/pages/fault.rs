//! What a form was refused for.

use base::{Error, Refused, Result};

/// The refusals of a form: each beside its field, the first above the form as well.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fault(Vec<Refused>);

impl Fault {
    /// Several at once.
    pub(crate) fn several(refused: Vec<Refused>) -> Self {
        Self(refused)
    }

    /// The sentence beside `field`, empty if the fault is elsewhere.
    pub(crate) fn at(&self, field: &str) -> &str {
        let found = self.0.iter().find(|refused| refused.field == Some(field));
        found.map_or("", |refused| &refused.message)
    }

    /// Whether the ID number has an account already, so that an appeal is the way on (ACC-45, ACC-53).
    pub(crate) fn is_known(&self) -> bool {
        let codes = ["join.known", "join.other_name"];
        self.0.iter().any(|refused| codes.contains(&refused.code))
    }

    /// Reference from a faulty field's input to its sentence.
    pub(crate) fn mark(&self, field: &str) -> String {
        if self.at(field).is_empty() {
            String::new()
        } else {
            format!(r#" aria-invalid="true" aria-describedby="err-{field}""#)
        }
    }

    /// The sentence above the form, if there is a fault.
    pub(crate) fn top(&self) -> String {
        match self.0.as_slice() {
            [] => String::new(),
            [one] => one.message.clone(),
            many => format!("有{}处需要修改，请看下面标出的各项。", many.len()),
        }
    }

    /// The refusal of a form, or the error on its way.
    pub(crate) fn of<T>(result: Result<T>) -> Result<std::result::Result<T, Self>> {
        match result {
            Ok(done) => Ok(Ok(done)),
            Err(Error::Refused(refused)) => Ok(Err(Self(vec![refused]))),
            Err(other) => Err(other),
        }
    }
}
