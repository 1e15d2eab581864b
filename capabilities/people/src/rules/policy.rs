use super::LeaveMode;
use base::YearMonth;
use serde::{Deserialize, Deserializer, de::Error as _};

/// What the profiles set differently about people (03-roster section 3).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Least age in years at admission before 2017 (ROS-13).
    pub admission_min_age_before_2017: i32,
    /// Least age in years at admission from 2017 on (ROS-13).
    pub admission_min_age: i32,
    /// Below this age at admission a warning (ROS-13).
    pub admission_warn_below: i32,
    /// Age at which nobody is admitted any more (ROS-23).
    pub admission_max_age: i32,
    /// Admitted from this month on, a number is required (ROS-21).
    #[serde(deserialize_with = "month")]
    pub number_required_from: YearMonth,
    /// The same under the provincial body of region 65 (ROS-21).
    #[serde(deserialize_with = "month")]
    pub number_required_from_xinjiang: YearMonth,
    /// Admitted from this month on, a person must be certified by the application form (ROS-06, 05-archives).
    #[serde(deserialize_with = "month")]
    pub certification_from: YearMonth,
    /// Fields of which a member's own changes wait for the branch (ROS-27, FLD-21).
    pub review_fields: Vec<String>,
    /// Fields a member never changes (ROS-25, ROS-26).
    pub never_by_member: Vec<String>,
    /// A bare number in a coded column is the system before's, not the standard's code without its nought (FLD-01).
    pub old_numbers_first: bool,
    /// Whether members state the band of their income (ROS 1.1, FLD-21).
    pub income_bands: bool,
    /// Most characters of 学校 and 工作单位 (FLD-02).
    pub unit_max: usize,
    /// Most characters of 电子邮箱 (FLD-02).
    pub email_max: usize,
    /// To-dos of the inbox a branch finds beside its roster, then called 我的团员: who asks to join (ACC-40).
    pub incoming: Vec<String>,
    /// Persons a branch must have entered (ROS-73).
    pub entry_min_branch: i32,
    /// Cadres a committee must have entered (ROS-72).
    pub entry_min_committee_cadres: i32,
    /// Rows an import may have (ROS-05).
    pub import_rows: usize,
    /// Age at which members without office leave (ROS-75).
    pub leave28_age: u32,
    /// Whether the night ends the membership or proposes it to the branch (ROS-76).
    pub leave28_mode: LeaveMode,
    /// Whether arrears hold the leaving (ROS-76).
    pub leave28_hold_for_arrears: bool,
    /// Cadre records stand by themselves: enabled, disabled and deleted by the organisation (ROS-46, FLD-12, FLD-13).
    pub cadre_records: bool,
    /// Days before the birthday on which the person is told (ROS-78).
    pub leave28_notice_days: Vec<u32>,
    /// Days after which an unconfirmed proposal goes to the superior (ROS-76).
    pub leave28_escalate_days: u32,
    /// Filings the direct superior confirms, by kind (ROS-85).
    pub filing_confirmed: Vec<String>,
    /// Days within which the direct superior takes a wrong filing back (ROS-87).
    pub filing_reverse_days: u32,
    /// Characters a filing's explanation has at least (FLD-35).
    pub exit_text_min: usize,
    /// Months without contact before a membership is suspended (ROS-85).
    pub suspend_contact_lost_months: u32,
    /// Years suspended before somebody is struck off (ROS-85).
    pub suspend_strike_after_years: u32,
}

fn month<'de, D: Deserializer<'de>>(from: D) -> Result<YearMonth, D::Error> {
    String::deserialize(from)?
        .parse()
        .map_err(|()| D::Error::custom("应为年月，如 2017-01"))
}

impl Policy {
    /// Whether a member may never change this field.
    pub fn is_locked_for_member(&self, field: &str) -> bool {
        self.never_by_member.iter().any(|f| f == field)
    }
}
