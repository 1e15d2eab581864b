//! What a correction of somebody's identity may change (ACC-64).

use super::IdentityState;
use base::{IdNumber, Refused};

/// Refuses a correction that changes both name and ID number of a person the register passed: that is somebody else, not a
/// mistake put right. One of the two at a time is a correction; who was never passed may have had both wrong.
///
/// For the correction of name and ID number (ROS-61), whose action is the one to call it: until that exists, neither can
/// be changed after entering.
pub fn correct_identity(
    state: IdentityState,
    (name, number): (&str, &IdNumber),
    (new_name, new_number): (&str, &IdNumber),
) -> Result<(), Refused> {
    let other_name = base::text::normalise(name) != base::text::normalise(new_name);
    let other_number = number.reveal() != new_number.reveal();
    if state.is_passed() && other_name && other_number {
        return Err(Refused {
            code: "identity.exchanged",
            field: Some("id_number"),
            message: "姓名和证件号同时变更视为更换人员，请删除后重新录入。".into(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> IdNumber {
        IdNumber::parse(
            text,
            "2026-09-18".parse().unwrap(),
            base::Reserved::Accepted,
        )
        .unwrap()
    }

    #[test]
    fn acc_64_name_and_number_of_a_passed_person_do_not_change_together() {
        let (one, other) = (number("999002200505200021"), number("999002200503150016"));
        let old = ("林样本", &one);
        for state in [IdentityState::Passed, IdentityState::PassedOffline] {
            let refused = correct_identity(state, old, ("赵样本", &other)).unwrap_err();
            assert_eq!(
                refused.message,
                "姓名和证件号同时变更视为更换人员，请删除后重新录入。"
            );
            // One at a time is a correction; blanks are no change.
            assert!(correct_identity(state, old, ("赵样本", &one)).is_ok());
            assert!(correct_identity(state, old, ("林样本", &other)).is_ok());
            assert!(correct_identity(state, old, (" 林样本 ", &other)).is_ok());
        }
        for state in [IdentityState::Unverified, IdentityState::Mismatch] {
            assert!(correct_identity(state, old, ("赵样本", &other)).is_ok());
        }
    }
}
