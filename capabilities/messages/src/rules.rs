//! What a message is.

use base::{MessageId, OrgId, PersonId};
use chrono::{DateTime, Utc};
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

/// A message as it is read.
#[derive(Clone, Debug)]
pub struct Message {
    /// Whose box: a person's or an organisation's.
    pub receiver: Uuid,
    /// Which.
    pub id: MessageId,
    /// Type.
    pub kind: String,
    /// Title.
    pub title: String,
    /// What it says.
    pub body: String,
    /// Where it leads.
    pub jump: Option<String>,
    /// How many were told about the same object (COM-06).
    pub merged: i32,
    /// Read only by 我已知晓.
    pub needs_confirm: bool,
    /// When, the last one.
    pub at: DateTime<Utc>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

/// Types people can filter by.
pub(crate) const KINDS: [(&str, &str); 7] = [
    ("approval", "审批"),
    ("transfer", "关系转接"),
    ("registration", "团员注册"),
    ("import", "批量导入"),
    ("membership", "团籍"),
    ("account", "账号与权限"),
    ("org", "组织"),
];

/// What a type is called.
pub fn kind_label(kind: &str) -> &'static str {
    KINDS
        .iter()
        .find(|(code, _)| *code == kind)
        .map_or("通知", |(_, label)| label)
}

/// The text of a merged message: the newest first, within the limit.
pub(crate) fn merged_body(new: &str, old: &str) -> String {
    let whole = format!("{new}\n{old}");
    whole.chars().take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn com_06_a_merged_message_keeps_what_was_said_within_the_limit() {
        assert_eq!(merged_body("新", "旧"), "新\n旧");
        assert_eq!(merged_body("新", &"旧".repeat(1000)).chars().count(), 1000);
    }
}
