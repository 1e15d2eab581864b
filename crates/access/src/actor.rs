use crate::{
    Bounds, Root,
    table::{Mark, Permission},
};
use base::{Error, Forbidden, OrgCategory, OrgId, OrgPath, PersonId, Result};

/// What a permission is asked about: an organisation's identity and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgRef {
    /// Which.
    pub id: OrgId,
    /// Where.
    pub path: OrgPath,
    /// What.
    pub category: OrgCategory,
}

/// A role held through a grant (01b section 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// 组织管理员 (also the organisation account of `guangdong` and `beijing`).
    Administrator,
    /// 运营者 (`guangdong`): equal rights, each act under the own name.
    Operator,
    /// 代理人: a cadre with chosen functions of an administrator for some time (ACC-B5).
    Deputy,
    /// 团干部: looks, decides nothing.
    Cadre,
    /// 团员: own data.
    Member,
    /// 报到中: own application.
    Applicant,
    /// 技术/审计: looks at everything.
    Auditor,
}

impl Role {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Deputy => "deputy",
            Self::Cadre => "cadre",
            Self::Member => "member",
            Self::Applicant => "applicant",
            Self::Auditor => "auditor",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Administrator,
            Self::Operator,
            Self::Deputy,
            Self::Cadre,
            Self::Member,
            Self::Applicant,
            Self::Auditor,
        ]
        .into_iter()
        .find(|role| role.code() == code)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Administrator => "组织管理员",
            Self::Operator => "运营者",
            Self::Deputy => "代理人",
            Self::Cadre => "团干部",
            Self::Member => "团员",
            Self::Applicant => "报到中",
            Self::Auditor => "技术/审计",
        }
    }

    /// Whether it decides for an organisation, within the grant's bounds.
    pub fn administers(self) -> bool {
        matches!(self, Self::Administrator | Self::Operator | Self::Deputy)
    }
}

/// A role in an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which role.
    pub role: Role,
    /// Where.
    pub org: OrgRef,
    /// The organisation's short name, for the switch and the audit.
    pub org_name: String,
    /// Direct subordinates that have had no administrator for so long that this organisation acts in their place as
    /// direct superior of theirs (ACC-79).
    pub covers: Vec<OrgPath>,
    /// What it has less than its role.
    pub bounds: Bounds,
    /// What the tree's root is, for the rights of the highest levels.
    pub root: Root,
}

impl Grant {
    /// What users read beside the organisation's name.
    pub fn label(&self) -> &'static str {
        match (&self.bounds, self.role) {
            (Bounds::Unreviewed, Role::Operator) => "运营者（只读）",
            (Bounds::Unreviewed, _) => "组织管理员（只读）",
            (_, role) => role.label(),
        }
    }

    /// Whether it decides for its organisation in such matters; `None` are those the matrix has no row for.
    pub fn acts(&self, permission: impl Into<Option<Permission>>) -> bool {
        self.role.administers() && !self.bounds.bars(permission)
    }
}

/// The entrance used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Port {
    /// 管理后台.
    Console,
    /// 团干部端.
    Cadre,
    /// 团员端.
    Member,
    /// Jobs, commands.
    System,
}

/// Who acts, at bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A signed-in person.
    Person(PersonId),
    /// Nobody signed in (registration, sign-in).
    Anonymous,
    /// The system itself: schedules, commands; the name says which.
    System(&'static str),
}

/// The one who asks: a person acting for one organisation at a time (ACC-57, ACC-80), or the system.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// The person's name, for audit and timeline; the job's for the system.
    pub name: String,
    /// The grant acted under; none for a member without grant and for anonymous readers.
    pub acting: Option<Grant>,
    /// The branch the person is a member of.
    pub branch: Option<OrgRef>,
    /// The entrance used.
    pub port: Port,
    /// Network address, for the audit.
    pub address: String,
    /// Request id, for the audit and the log.
    pub request: String,
}

/// How the acting organisation stands to another (01b section 2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// 本组织.
    Own,
    /// 直接上级.
    DirectSuperior,
    /// 隔级上级.
    HigherSuperior,
    /// Below it or elsewhere.
    None,
}

impl Relation {
    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Own => "本组织",
            Self::DirectSuperior => "直接上级",
            Self::HigherSuperior => "隔级上级",
            Self::None => "没有上下级关系",
        }
    }
}

/// The organisations a list may show: one subtree, or one organisation. Binds into SQL as a range of paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    low: String,
    high: String,
    root: OrgPath,
}

impl Scope {
    /// A whole subtree.
    pub fn subtree(root: &OrgPath) -> Self {
        Self {
            low: root.as_str().to_owned(),
            high: root.subtree_end(),
            root: root.clone(),
        }
    }

    /// One organisation without its subordinates.
    pub fn only(root: &OrgPath) -> Self {
        Self {
            low: root.as_str().to_owned(),
            high: format!("{root}!"),
            root: root.clone(),
        }
    }

    /// Nothing at all.
    pub fn nothing() -> Self {
        Self {
            low: "~".into(),
            high: "~".into(),
            root: OrgPath::new("~"),
        }
    }

    /// Bind as `path >= $`.
    pub fn low(&self) -> &str {
        &self.low
    }

    /// Bind as `path < $`.
    pub fn high(&self) -> &str {
        &self.high
    }

    /// The organisation at its top.
    pub fn root(&self) -> &OrgPath {
        &self.root
    }

    /// Whether one organisation lies inside.
    pub fn covers(&self, path: &OrgPath) -> bool {
        path.as_str() >= self.low.as_str() && path.as_str() < self.high.as_str()
    }

    /// The same scope narrowed to a subtree inside it; `None` if that lies outside.
    pub fn within(&self, path: &OrgPath) -> Option<Self> {
        self.covers(path).then(|| {
            if self.high.ends_with('!') {
                self.clone()
            } else {
                Self::subtree(path)
            }
        })
    }
}

impl Actor {
    /// The system itself, under the name of the job or command.
    pub fn system(name: &'static str) -> Self {
        Self {
            who: Who::System(name),
            name: "系统".into(),
            acting: None,
            branch: None,
            port: Port::System,
            address: String::new(),
            request: String::new(),
        }
    }

    /// Somebody not signed in.
    pub fn anonymous(port: Port, address: String, request: String) -> Self {
        Self {
            who: Who::Anonymous,
            name: "未登录".into(),
            acting: None,
            branch: None,
            port,
            address,
            request,
        }
    }

    /// The person, if one is signed in.
    pub fn person(&self) -> Option<PersonId> {
        match self.who {
            Who::Person(id) => Some(id),
            _ => None,
        }
    }

    /// The organisation acted for.
    pub fn org(&self) -> Option<&OrgRef> {
        self.acting.as_ref().map(|grant| &grant.org)
    }

    /// Role for the audit.
    pub fn role_code(&self) -> &'static str {
        match (&self.who, &self.acting) {
            (Who::System(_), _) => "system",
            (Who::Anonymous, _) => "anonymous",
            (_, Some(grant)) => grant.role.code(),
            (_, None) => Role::Member.code(),
        }
    }

    /// Whether it acts for a provincial body or the central one.
    pub fn is_high(&self) -> bool {
        self.acting
            .as_ref()
            .is_some_and(|grant| grant.root.is_high(&grant.org.path))
    }

    /// How the acting organisation stands to `target`.
    pub fn relation(&self, target: &OrgRef) -> Relation {
        let Some(own) = self.org() else {
            return Relation::None;
        };
        if own.id == target.id {
            Relation::Own
        } else if own.path.is_parent_of(&target.path) || self.stands_in(&target.path) {
            Relation::DirectSuperior
        } else if own.path.contains(&target.path) {
            Relation::HigherSuperior
        } else {
            Relation::None
        }
    }

    /// Whether the acting organisation is direct superior in place of one that has no administrator (ACC-79).
    pub fn stands_in(&self, target: &OrgPath) -> bool {
        let covers = self.acting.iter().flat_map(|grant| &grant.covers);
        covers.into_iter().any(|gap| gap.is_parent_of(target))
    }

    /// The matrix' answer for `permission` on `target`.
    pub fn mark(&self, permission: Permission, target: &OrgRef) -> Mark {
        let cells = permission.row().3;
        if let Who::System(_) = self.who {
            return Mark::Does;
        }
        let member = match &self.branch {
            Some(branch) if branch.id == target.id => cells[9],
            _ => Mark::No,
        };
        let Some(grant) = &self.acting else {
            return member;
        };
        let relation = self.relation(target);
        let by_grant = match grant.role {
            Role::Administrator | Role::Operator => {
                self.administrator_mark(&cells, grant, relation, target)
            }
            Role::Deputy if !grant.bounds.bars(permission) => {
                self.administrator_mark(&cells, grant, relation, target)
            }
            Role::Cadre | Role::Deputy => {
                if relation == Relation::None {
                    Mark::No
                } else {
                    cells[8]
                }
            }
            Role::Auditor => cells[11],
            Role::Member | Role::Applicant => Mark::No,
        };
        let by_grant = if grant.bounds.bars(permission) {
            by_grant.min(Mark::Looks)
        } else {
            by_grant
        };
        by_grant.max(member)
    }

    /// Why the actor may not do what the role would otherwise do: the sentence about the grant's bounds.
    pub fn barred(&self, permission: Permission, target: &OrgRef) -> Option<String> {
        let grant = self.acting.as_ref()?;
        if !grant.bounds.bars(permission) {
            return None;
        }
        let mut whole = self.clone();
        let role = match grant.role {
            Role::Deputy => Role::Administrator,
            role => role,
        };
        whole.acting = Some(Grant {
            role,
            bounds: Bounds::Whole,
            ..grant.clone()
        });
        whole
            .may(permission, target)
            .then(|| grant.bounds.refusal(permission.label()))
    }

    fn administrator_mark(
        &self,
        cells: &[Mark; 12],
        grant: &Grant,
        relation: Relation,
        target: &OrgRef,
    ) -> Mark {
        let own_column = match target.category {
            OrgCategory::Branch => cells[0],
            OrgCategory::GeneralBranch => cells[1],
            OrgCategory::Committee | OrgCategory::WorkCommittee => cells[2],
            OrgCategory::LeadingBody => cells[3],
        };
        // The provincial and the central body also have what their level has (columns PV, CT).
        let mut by_level = Mark::No;
        if grant.root.is_provincial(&grant.org.path) {
            by_level = cells[6];
        }
        if grant.org.path.depth() == 1 {
            by_level = by_level.max(cells[7]);
        }
        match relation {
            Relation::Own => own_column,
            Relation::DirectSuperior => cells[4].max(by_level),
            Relation::HigherSuperior => cells[5].max(by_level),
            Relation::None => Mark::No,
        }
    }

    /// Whether the actor may do it (`●`).
    pub fn may(&self, permission: Permission, target: &OrgRef) -> bool {
        self.mark(permission, target) == Mark::Does
    }

    /// Whether the actor may at least look (`○`).
    pub fn may_look(&self, permission: Permission, target: &OrgRef) -> bool {
        self.mark(permission, target) >= Mark::Looks
    }

    /// Lets the actor do it, or answers who can (ACC-71). An object out of sight is answered like one that does not
    /// exist (SEC-12).
    pub fn require(&self, permission: Permission, target: &OrgRef) -> Result<()> {
        if self.may(permission, target) {
            return Ok(());
        }
        if !self.may_look(Permission::ViewOrg, target) {
            return Err(Error::NotFound);
        }
        Err(Error::Forbidden(Forbidden {
            message: self
                .barred(permission, target)
                .unwrap_or_else(|| who_can(permission, target.category)),
            missing: Some((permission.code(), target.id.0)),
        }))
    }

    /// Lets the actor go on to say what it is about: forms whose object stands in what is typed are refused at once to who has
    /// at least this nowhere, neither for the own organisation nor for one below it (SEC-12).
    pub fn require_somewhere(&self, permission: Permission, at_least: Mark) -> Result<()> {
        let Some(own) = self.org() else {
            return Err(Error::NotFound);
        };
        let below = |path: OrgPath| OrgRef {
            id: OrgId(uuid_nil()),
            path,
            category: OrgCategory::Branch,
        };
        let mut places = vec![own.clone()];
        // Nothing hangs below a branch.
        if own.category != OrgCategory::Branch {
            let child = own.path.child(1);
            places.extend([below(child.child(1)), below(child)]);
        }
        if places
            .iter()
            .any(|place| self.mark(permission, place) >= at_least)
        {
            return Ok(());
        }
        Err(Error::Forbidden(Forbidden {
            message: self
                .barred(permission, own)
                .unwrap_or_else(|| who_can(permission, own.category)),
            missing: Some((permission.code(), own.id.0)),
        }))
    }

    /// Lets the actor look, or answers as if it did not exist (SEC-12).
    pub fn require_look(&self, permission: Permission, target: &OrgRef) -> Result<()> {
        if self.may_look(permission, target) {
            Ok(())
        } else {
            Err(Error::NotFound)
        }
    }

    /// What a list may show: the subtree of the acting organisation where the matrix lets it look at all, only itself
    /// where it may look at nothing below, nothing without a grant.
    pub fn scope(&self, permission: Permission) -> Scope {
        let Some(grant) = &self.acting else {
            return match (&self.branch, permission.row().3[9] >= Mark::Looks) {
                (Some(branch), true) => Scope::only(&branch.path),
                _ => Scope::nothing(),
            };
        };
        let below = OrgRef {
            id: OrgId(uuid_nil()),
            path: grant.org.path.child(1).child(1),
            category: OrgCategory::Branch,
        };
        if self.may_look(permission, &below) {
            Scope::subtree(&grant.org.path)
        } else if self.may_look(permission, &grant.org) {
            Scope::only(&grant.org.path)
        } else {
            Scope::nothing()
        }
    }
}

fn uuid_nil() -> uuid::Uuid {
    uuid::Uuid::nil()
}

/// The sentence of a refusal: which relation is missing and who has it (ACC-71).
fn who_can(permission: Permission, category: OrgCategory) -> String {
    let who = match permission.holders(category) {
        (true, true) => "所在组织或直接上级的管理员",
        (true, false) => "所在组织的管理员",
        (false, true) => "直接上级组织的管理员",
        (false, false) => "有相应权限的组织管理员",
    };
    format!(
        "您没有“{}”的权限。此操作由{who}办理，请与其联系。",
        permission.label()
    )
}

#[cfg(test)]
mod tests;
