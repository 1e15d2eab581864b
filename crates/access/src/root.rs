use base::OrgPath;

/// What the root of the tree is. It settles which bodies are provincial (01b columns PV and CT, ORG-15, ORG-B1): those
/// directly below the central body, or the root itself where a province runs a deployment of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Root {
    /// The central body.
    #[default]
    Central,
    /// The body of one province.
    Provincial,
}

impl Root {
    /// By the root's own division, a code of GB/T 2260: a province's ends with four zeros.
    pub fn of(region: Option<&str>) -> Self {
        match region {
            Some(code) if code.len() == 6 && code.ends_with("0000") => Self::Provincial,
            _ => Self::Central,
        }
    }

    /// How deep in the tree the provincial bodies stand; the root is 1.
    pub fn provincial_depth(self) -> usize {
        match self {
            Self::Central => 2,
            Self::Provincial => 1,
        }
    }

    /// Whether a provincial body stands at this place.
    pub fn is_provincial(self, path: &OrgPath) -> bool {
        path.depth() == self.provincial_depth()
    }

    /// Whether a provincial body or the central one stands at this place.
    pub fn is_high(self, path: &OrgPath) -> bool {
        path.depth() <= self.provincial_depth()
    }
}
