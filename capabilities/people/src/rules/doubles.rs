//! Records of people who are known already (ROS-15, ROS-20).

use super::{Fault, MembershipState, NewMember};

/// What a person entered elsewhere is, as the refusals need it (ROS-20).
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// Name on file.
    pub name: String,
    /// Open membership: the branch's full name, whether it is this very branch, its state.
    pub membership: Option<(String, bool, MembershipState)>,
}

/// The refusal of a record whose ID number is already known, if it is one (ROS-20, FLD-106): the same name without a
/// membership anywhere may be added to the branch.
pub fn double(new: &NewMember, known: &Elsewhere) -> Option<Fault> {
    if new.name != known.name {
        return Some(Fault::new(
            "id_number",
            "id_number.other_name",
            "该身份证号在系统中已存在，姓名不符，请核对姓名和身份证号码；确认无误请联系直接上级团组织",
        ));
    }
    match &known.membership {
        None => None,
        Some((_, true, _)) => Some(Fault::new(
            "id_number",
            "id_number.here",
            "已在本组织，无需重复录入",
        )),
        Some((name, false, state)) => Some(Fault::new(
            "id_number",
            "id_number.elsewhere",
            format!(
                "该身份证号已在〔{name}〕（{}），请联系协调或办理组织关系转接",
                state.label()
            ),
        )),
    }
}

/// ROS-15.
pub fn number_taken() -> Fault {
    Fault::new(
        "admission_number",
        "number.taken",
        "该编号已被其他团员使用，可请求上级组织协助联系对方协商。",
    )
}

/// The second of two equal records in one file (ROS-20).
pub fn repeated() -> Fault {
    Fault::new(
        "id_number",
        "id_number.repeated",
        "该身份证号在本次提交中重复出现，只保留第一行，请删去重复的行",
    )
}
