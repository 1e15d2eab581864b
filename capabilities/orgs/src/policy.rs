//! What the profiles decide differently (GEN-02): section `[orgs]`.

use base::OrgCategory;
use serde::Deserialize;

/// How the administrator of a new organisation gets in (ORG-28, `org.creation`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entrance {
    /// 管理员注册码, produced separately (`national`).
    AdminCode,
    /// Creation makes account and password (`guangdong`, ACC-29).
    Account,
    /// 组织注册码 for branches that register themselves (`beijing`, ORG-27).
    OrgCode,
}

/// How full names are proposed (`org.full_name_form`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FullNameForm {
    /// Stems joined (ORG-18).
    Generated,
    /// 中国共产主义青年团…委员会 (FLD-04).
    Formal,
}

/// Which information an organisation must give.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// The table of 02-organizations 1.2.
    ByCategory,
    /// FLD-03: phone and mail of all, staffing numbers of all but branches, the secretary optional.
    FieldPractice,
}

/// A field that is read-only once the information was saved (`org.locked_after_save`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locked {
    /// 组织简称.
    ShortName,
    /// 组织全称.
    FullName,
    /// 组织类别.
    Category,
    /// 单位所属行业类别.
    Sector,
    /// 是否学校组织 and 学校编号.
    School,
    /// 毕业年份.
    Graduation,
}

/// A value of 单位所属行业类别 (02-organizations 1.4).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sector {
    /// The value.
    pub name: String,
    /// How imports and other systems call it besides (FLD-01).
    #[serde(default)]
    pub code: String,
    /// Its number in the system before.
    #[serde(default)]
    pub number: u32,
    /// Other labels it is known by.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// 学校领域: decides graduation marks and the like (ORG-04).
    #[serde(default)]
    pub school: bool,
    /// Branches of students, which should bear class names (ORG-19).
    #[serde(default)]
    pub students: bool,
    /// No longer offered; kept where it is used.
    #[serde(default)]
    pub retired: bool,
}

impl Sector {
    fn is_called(&self, text: &str) -> bool {
        !text.is_empty() && self.others().any(|other| other == text)
    }

    /// Its code, its old number and its other labels.
    fn others(&self) -> impl Iterator<Item = String> {
        let number = (self.number > 0).then(|| self.number.to_string());
        std::iter::once(self.code.clone())
            .filter(|code| !code.is_empty())
            .chain(number)
            .chain(self.aliases.iter().cloned())
    }
}

impl Entrance {
    /// What a superior passes on to those it has created (ORG-28, ACC-29, ACC-32).
    pub fn passes_on(self) -> &'static str {
        match self {
            Self::AdminCode => "管理员注册码",
            Self::Account => "登录资料",
            Self::OrgCode => "组织注册码",
        }
    }

    /// What is passed on to one organisation that stands.
    pub fn of_one(self) -> &'static str {
        match self {
            Self::AdminCode => "管理员注册码",
            Self::Account | Self::OrgCode => "登录资料",
        }
    }
}

/// Section `[orgs]` of a profile.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Most levels of the tree, the root included (1.3).
    pub depth: usize,
    /// Most rows of one import (`import.max_rows`).
    pub import_rows: usize,
    /// Read-only after the first saving (ORG-11).
    pub locked_after_save: Vec<Locked>,
    /// How administrators of new organisations get in.
    pub entrance: Entrance,
    /// Creation asks 是否学校组织 and 学校编号 (ORG-16).
    pub asks_school: bool,
    /// School branches get 毕业年份 at creation (`org.graduation_required_at`).
    pub graduation_at_creation: bool,
    /// Which information must be given (1.2, FLD-03).
    pub required: Required,
    /// How full names are proposed.
    pub full_name_form: FullNameForm,
    /// Most characters of 组织全称 (ORG 1.1, FLD-02).
    pub full_name_max: usize,
    /// Most characters of 电子邮箱 (FLD-02).
    pub email_max: usize,
    /// Most characters of 企业微信名称 (`wecom.alias_max`, FLD-06); 0: there is none.
    pub alias_max: usize,
    /// What a work committee may stand under (`org.work_committee_parents`).
    pub work_committee_parents: Vec<OrgCategory>,
    /// While the building phase is open, superiors correct short names of leading bodies (ORG-07).
    pub building_phase: bool,
    /// What 我的组织 offers members who belong elsewhere by now (ACC-40, TRF-07).
    pub moving_on: String,
    /// What pages say about the age of their numbers (ORG-46).
    pub progress_note: String,
    /// The values of 单位所属行业类别.
    pub sectors: Vec<Sector>,
}

impl Policy {
    /// A sector by its name, code, old number or another label (FLD-01), retired ones included.
    pub fn sector(&self, name: &str) -> Option<&Sector> {
        let named = self.sectors.iter().find(|sector| sector.name == name);
        named.or_else(|| self.sectors.iter().find(|sector| sector.is_called(name)))
    }

    /// Sectors to choose from.
    pub fn offered_sectors(&self) -> impl Iterator<Item = &Sector> {
        self.sectors.iter().filter(|sector| !sector.retired)
    }

    /// What imports understand besides the names, each with the name it stands for (FLD-01).
    pub fn sector_words(&self) -> Vec<(String, String)> {
        self.offered_sectors()
            .flat_map(|s| s.others().map(|word| (word, s.name.clone())))
            .collect()
    }

    /// Sectors of the school field (ORG-04).
    pub fn school_sectors(&self) -> Vec<String> {
        let schools = self.sectors.iter().filter(|sector| sector.school);
        schools
            .flat_map(|sector| std::iter::once(&sector.name).chain(&sector.aliases))
            .cloned()
            .collect()
    }

    /// What lists of the school field ask for: its sectors, or none where 是否学校组织 tells instead.
    pub fn school_filter(&self) -> Option<Vec<String>> {
        (!self.asks_school).then(|| self.school_sectors())
    }

    /// Whether an organisation of this sector, or so marked, belongs to the school sector (ORG-04).
    pub fn is_school(&self, sector: Option<&str>, marked: Option<bool>) -> bool {
        if self.asks_school {
            return marked == Some(true);
        }
        sector
            .and_then(|name| self.sector(name))
            .is_some_and(|sector| sector.school)
    }

    /// Whether a field is read-only after the first saving.
    pub fn locks(&self, field: Locked) -> bool {
        self.locked_after_save.contains(&field)
    }
}
