use serde::{Deserialize, Serialize};
use std::fmt;

/// An organisation's place in the tree: fixed-width labels of [`OrgPath::LABEL`] characters, root first, so that a
/// subtree is one text range (`path >= p and path < p || '~'`, collation "C"). Labels are never reused; a rename
/// leaves the path alone, a move rewrites one subtree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrgPath(String);

impl OrgPath {
    /// Characters a level.
    pub const LABEL: usize = 4;
    const DIGITS: &'static [u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

    /// The path of the root organisation.
    pub fn root() -> Self {
        Self("0001".into())
    }

    /// Takes a stored path as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The path of the `number`th child ever created here (1-based, below 36⁴).
    pub fn child(&self, number: u32) -> Self {
        let mut label = [b'0'; Self::LABEL];
        let mut rest = number as usize;
        for place in label.iter_mut().rev() {
            *place = Self::DIGITS[rest % 36];
            rest /= 36;
        }
        Self(format!("{}{}", self.0, String::from_utf8_lossy(&label)))
    }

    /// The number that [`Self::child`] was given for the last label.
    pub fn last_number(&self) -> u32 {
        let tail = &self.0[self.0.len().saturating_sub(Self::LABEL)..];
        u32::from_str_radix(tail, 36).unwrap_or(0)
    }

    /// Levels from the root, which is 1.
    pub fn depth(&self) -> usize {
        self.0.len() / Self::LABEL
    }

    /// The direct superior's path; none for the root.
    pub fn parent(&self) -> Option<Self> {
        (self.depth() > 1).then(|| Self(self.0[..self.0.len() - Self::LABEL].to_owned()))
    }

    /// All ancestors, root first, without itself.
    pub fn ancestors(&self) -> Vec<Self> {
        (1..self.depth())
            .map(|level| Self(self.0[..level * Self::LABEL].to_owned()))
            .collect()
    }

    /// Whether `other` lies in this subtree, itself included.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Whether `other` is one level below.
    pub fn is_parent_of(&self, other: &Self) -> bool {
        other.0.len() == self.0.len() + Self::LABEL && self.contains(other)
    }

    /// The lowest organisation above or equal to both.
    pub fn common(&self, other: &Self) -> Self {
        let mut end = 0;
        while end + Self::LABEL <= self.0.len().min(other.0.len())
            && self.0[end..end + Self::LABEL] == other.0[end..end + Self::LABEL]
        {
            end += Self::LABEL;
        }
        Self(self.0[..end].to_owned())
    }

    /// The text as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Exclusive upper end of the subtree's range.
    pub fn subtree_end(&self) -> String {
        format!("{}~", self.0)
    }
}

impl fmt::Display for OrgPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an organisation is (组织类别); decides what it may do and what may stand below it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgCategory {
    /// 团的领导机关: central, provincial, city, county committees.
    LeadingBody,
    /// 团委（基层团委）.
    Committee,
    /// 团工委.
    WorkCommittee,
    /// 团总支.
    GeneralBranch,
    /// 团支部: the only node that holds members.
    Branch,
}

impl OrgCategory {
    /// All, highest first.
    pub const ALL: [Self; 5] = [
        Self::LeadingBody,
        Self::Committee,
        Self::WorkCommittee,
        Self::GeneralBranch,
        Self::Branch,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::LeadingBody => "leading_body",
            Self::Committee => "committee",
            Self::WorkCommittee => "work_committee",
            Self::GeneralBranch => "general_branch",
            Self::Branch => "branch",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.code() == code)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::LeadingBody => "团的领导机关",
            Self::Committee => "团委",
            Self::WorkCommittee => "团工委",
            Self::GeneralBranch => "团总支",
            Self::Branch => "团支部",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_know_their_family() {
        let root = OrgPath::root();
        let a = root.child(1);
        let b = a.child(40);
        assert_eq!(b.as_str(), "000100010014");
        assert_eq!(b.last_number(), 40);
        assert_eq!(b.parent(), Some(a.clone()));
        assert!(
            root.contains(&b) && a.is_parent_of(&b) && !root.is_parent_of(&b) && !b.contains(&a)
        );
        assert_eq!(b.common(&a.child(2)), a);
        assert_eq!(root.parent(), None);
        assert!(b.as_str() >= a.as_str() && b.as_str() < a.subtree_end().as_str());
    }
}
