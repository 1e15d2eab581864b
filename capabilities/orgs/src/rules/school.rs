//! School codes (学校编号, ORG-16).

use super::Fault;

/// School types the education authority numbers, by the first two digits.
const TYPES: [&str; 16] = [
    "11", "21", "22", "31", "32", "33", "34", "35", "36", "37", "41", "42", "51", "91", "92", "93",
];
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71",
    "81", "82",
];

/// A well-formed school code with what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchoolCode {
    /// Ten digits.
    pub code: String,
    /// A type or province nobody knows: shown, not refused.
    pub warning: Option<String>,
}

/// Reads a school code.
pub fn read_school_code(typed: &str) -> Result<SchoolCode, Fault> {
    if typed.len() != 10 || !typed.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::new(
            "school_code",
            "org.school_code",
            "学校编号应为10位数字。请填写教育主管部门编制的学校编号。",
        ));
    }
    let (kind, province) = (&typed[..2], &typed[2..4]);
    let warning = if !TYPES.contains(&kind) {
        Some(format!(
            "学校编号前两位〔{kind}〕不是已知的学校类型，请核对。"
        ))
    } else if !PROVINCES.contains(&province) {
        Some(format!(
            "学校编号第3、4位〔{province}〕不是省级代码，请核对。"
        ))
    } else {
        None
    };
    Ok(SchoolCode {
        code: typed.to_owned(),
        warning,
    })
}
