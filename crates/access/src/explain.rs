//! Why somebody may not do something, and who may (ACC-71, ACC-B4): read from the same answers the server gives.

use crate::{Actor, Bounds, Grant, Mark, OrgRef, Permission, Port, Relation, Role, Root};

/// What the administrators of one organisation may, about the organisation concerned.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Which organisation.
    pub org: OrgRef,
    /// How it stands to the one concerned.
    pub relation: Relation,
    /// What its administrators may.
    pub mark: Mark,
}

/// The matrix' answer with its reasons.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What is asked about.
    pub permission: Permission,
    /// What the asker may.
    pub mark: Mark,
    /// How the organisation the asker acts for stands to the one concerned; none for whoever acts for none.
    pub relation: Option<Relation>,
    /// The organisation concerned and its superiors, from below.
    pub seats: Vec<Seat>,
}

impl Explanation {
    /// The organisations whose administrators do it.
    pub fn holders(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| seat.mark == Mark::Does)
    }
}

/// Explains what `actor` may about `target`; `superiors` are its ancestors, root first; `root` says what that is. The answer for the administrators
/// of each of them is the one they themselves would get.
pub fn explain(
    actor: &Actor,
    permission: Permission,
    target: &OrgRef,
    superiors: &[OrgRef],
    root: Root,
) -> Explanation {
    let line = std::iter::once(target).chain(superiors.iter().rev());
    Explanation {
        permission,
        mark: actor.mark(permission, target),
        relation: actor.org().map(|_| actor.relation(target)),
        seats: line
            .map(|org| seat(permission, root, org, target))
            .collect(),
    }
}

fn seat(permission: Permission, root: Root, org: &OrgRef, target: &OrgRef) -> Seat {
    let mut administrator = Actor::anonymous(Port::Console, String::new(), String::new());
    administrator.acting = Some(Grant {
        role: Role::Administrator,
        org: org.clone(),
        org_name: String::new(),
        covers: Vec::new(),
        bounds: Bounds::Whole,
        root,
    });
    Seat {
        org: org.clone(),
        relation: administrator.relation(target),
        mark: administrator.mark(permission, target),
    }
}
