use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// An organisation (团组织). People see its number (组织ID), never this id.
    OrgId;
    /// A natural person (自然人).
    PersonId;
    /// A stretch of belonging to one branch (团籍).
    MembershipId;
    /// A stretch of holding a post (任职).
    PostId;
    /// A decision somebody waits for (审批).
    CaseId;
    /// A transfer of affiliation (组织关系转接).
    TransferId;
    /// A message in the site (站内消息).
    MessageId;
    /// One run of a spreadsheet import.
    ImportId;
    /// A stored upload or produced file.
    FileId;
}
