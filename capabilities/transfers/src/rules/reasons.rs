//! The table of reasons (转出原因) and what each demands (TRF-15), as data.

use Admits as A;
use Field::{Address, Informed, PlaceKind, Region, Remark, School, Unit};

/// A form field a reason makes compulsory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// 新学校名称.
    School,
    /// 工作单位名称.
    Unit,
    /// 详细地址.
    Address,
    /// 所在地区划.
    Region,
    /// Which of 居住地, 户籍所在地, 生源地, 父母居住地 the region is.
    PlaceKind,
    /// When and that the member was told (退学).
    Informed,
    /// 备注 of at least 10 characters.
    Remark,
}

impl Field {
    /// The form field's name.
    pub fn name(self) -> &'static str {
        match self {
            School | Unit => "dest_name",
            Address => "dest_address",
            Region => "dest_region",
            PlaceKind => "place",
            Informed => "informed_on",
            Remark => "remark",
        }
    }
}

/// Which organisations a reason leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admits {
    /// School sector only.
    School,
    /// A unit's own organisation.
    Unit,
    /// T*: the township or street organisation and its branches for floating members and graduates.
    Township,
    /// Either of the two.
    UnitOrTownship,
    /// The province's special unit vault.
    Vault,
    /// Any admissible organisation.
    Any,
}

/// What the region of a township target is to the member (TRF-54, 56).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// 居住地.
    Residence,
    /// 户籍所在地.
    Household,
    /// 生源地.
    Origin,
    /// 父母居住地.
    Parents,
}

impl Place {
    /// All places.
    pub const ALL: [Self; 4] = [
        Self::Residence,
        Self::Household,
        Self::Origin,
        Self::Parents,
    ];

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Residence => "residence",
            Self::Household => "household",
            Self::Origin => "origin",
            Self::Parents => "parents",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.code() == code)
    }

    /// What users read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Residence => "本人居住地",
            Self::Household => "户籍所在地",
            Self::Origin => "生源地",
            Self::Parents => "父母居住地",
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $code:literal $label:literal [$($field:ident),*] $admits:expr, $hint:literal;)*) => {
        /// Why a member leaves (转出原因).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// The rows of the table in their order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stored code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What users read.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// Fields it makes compulsory.
            pub fn needs(self) -> &'static [Field] {
                match self { $(Self::$name => &[$($field),*],)* }
            }

            /// Which targets it admits.
            pub fn admits(self) -> Admits {
                match self { $(Self::$name => $admits,)* }
            }

            /// Where it leads, for whoever chooses it.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)* }
            }
        }
    };
}

reasons! {
    /// 升学.
    Study "study" "升学" [School, Address] A::School, "转到录取学校的新生团组织";
    /// 已落实工作单位（有团组织）.
    EmployedOrg "employed_org" "就业（单位有团组织）" [Unit, Address] A::Unit, "转到工作单位的团组织；劳务派遣的先看用工单位";
    /// 已落实工作单位（无团组织）.
    EmployedNoOrg "employed_no_org" "就业（单位没有团组织）" [Unit, Address, Region] A::Township, "转到单位所在地的乡镇、街道团组织";
    /// 自主创业.
    SelfEmployed "self_employed" "自主创业" [Unit, Address, Region] A::UnitOrTownship, "转到企业的团组织，没有的转到所在地乡镇、街道";
    /// 未落实就业去向.
    Unemployed "unemployed" "暂未就业" [PlaceKind, Region] A::Township, "转到居住地、户籍地或生源地的乡镇、街道团组织";
    /// 参军入伍.
    Army "army" "参军入伍" [] A::Vault, "转到省级特殊单位专属库";
    /// 转往涉密单位.
    SecretUnit "secret_unit" "转往涉密单位" [] A::Vault, "转到省级特殊单位专属库";
    /// 因公出国（境）工作.
    AbroadPublic "abroad_public" "因公出国（境）工作" [Unit, Address] A::Unit, "转到派出单位的团组织";
    /// 因私出国（境）工作.
    AbroadPrivate "abroad_private" "因私出国（境）工作" [PlaceKind, Region] A::Township, "转到户籍地、本人或父母居住地的乡镇、街道";
    /// 退学.
    Dropout "dropout" "退学" [Region, Informed] A::Township, "转到户籍地的团组织，本人须知情";
    /// 居住地变动.
    Move "move" "居住地变动" [Region] A::Any, "转到新居住地的团组织";
    /// 工作调动.
    JobChange "job_change" "工作调动" [Unit] A::Any, "转到新单位的团组织";
    /// 转学.
    SchoolChange "school_change" "转学" [School] A::Any, "转到新学校的团组织";
    /// 支部调整.
    Regroup "regroup" "支部调整" [] A::Any, "在本单位内换到另一个团支部";
    /// 二次转接.
    Second "second" "二次转接" [] A::Any, "上次转错或只转到临时团支部，再转到现在的去处";
    /// 其他.
    Other "other" "其他" [Remark] A::Any, "以上都不是，请在备注中说明";
}

impl Reason {
    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.code() == code)
    }

    /// Reasons a form may offer: the vault's have their own way through the province (TRF-70).
    pub fn offered() -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(|reason| reason.admits() != Admits::Vault)
    }

    /// What the compulsory name is called.
    pub fn name_label(self) -> &'static str {
        if self.needs().contains(&Field::School) {
            "新学校全称"
        } else {
            "工作单位全称"
        }
    }
}
