//! What a message is.

use base::{OrgId, PersonId};
use uuid::Uuid;

/// Who reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Receiver {
    /// One person.
    Person(PersonId),
    /// All administrators and operators of an organisation.
    Org(OrgId),
}

impl Receiver {
    /// The key its messages lie under.
    pub fn key(self) -> Uuid {
        match self {
            Self::Person(id) => id.0,
            Self::Org(id) => id.0,
        }
    }
}

/// A message to be told.
#[derive(Clone, Debug)]
pub struct Note {
    /// Type, the filter's value: `transfer`, `registration`, `import`, `account`.
    pub kind: &'static str,
    /// At most 60 characters.
    pub title: String,
    /// At most 1,000 characters.
    pub body: String,
    /// Where it leads.
    pub jump: Option<String>,
    /// What it is about; messages on one object within ten minutes merge (COM-06).
    pub about: Option<Uuid>,
}
