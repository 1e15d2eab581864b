//! Admission: age, party month and number (ROS-13, 16..18, 21, 23).

use super::check::Checker;
use super::{Circumstances, Fault, Policy};
use base::{Reserved, YearMonth, text};
use chrono::NaiveDate;

/// From when on a number is required, seen from the month of admission (ROS-21).
pub fn number_is_required(policy: &Policy, xinjiang: bool, admitted: YearMonth) -> bool {
    admitted
        >= if xinjiang {
            policy.number_required_from_xinjiang
        } else {
            policy.number_required_from
        }
}

/// The first two digits of regions, which are the segments of admission numbers.
const SEGMENTS: [&str; 35] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "66",
    "71", "81", "82",
];

/// The faults of an admission number's form, all together (ROS-16, 17, 18); empty if it is regular.
fn number_faults(
    number: &str,
    admitted: Option<YearMonth>,
    reserved: Reserved,
) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        faults.push((
            "number.form",
            "编号格式不正确，只能为数字，请去掉字母、空格和横线".to_owned(),
        ));
    }
    let year = number
        .get(..4)
        .filter(|y| y.bytes().all(|b| b.is_ascii_digit()));
    if let (Some(year), Some(admitted)) = (year, admitted)
        && year.parse() != Ok(admitted.year())
    {
        faults.push((
            "number.year",
            format!(
                "编号前四位〔{year}〕与入团年份〔{}〕不一致，请核对编号和入团年月",
                admitted.year()
            ),
        ));
    }
    if digits {
        let length = number.len();
        if length != 12 {
            faults.push((
                "number.length",
                format!("编号应为12位，现为〔{length}〕位，请对照入团志愿书首页核对"),
            ));
        } else {
            let segment = &number[4..6];
            let invented = reserved == Reserved::Accepted && segment == "00";
            if !invented && !SEGMENTS.contains(&segment) {
                faults.push((
                    "number.segment",
                    format!("编号第5–6位〔{segment}〕不是有效的省级号段，请对照入团志愿书首页核对"),
                ));
            }
        }
    }
    faults
}

/// Why a stored number is irregular (ROS-19), in words; only numbers from the month on in which they are required have
/// one form, older ones had others (ROS-21).
pub fn number_fault(
    number: Option<&str>,
    admitted: Option<YearMonth>,
    policy: &Policy,
    around: &Circumstances,
) -> Option<String> {
    let (number, month) = (number?, admitted?);
    if !number_is_required(policy, around.xinjiang, month) {
        return None;
    }
    let faults: Vec<String> = number_faults(number, admitted, around.reserved)
        .into_iter()
        .map(|(_, message)| message)
        .collect();
    (!faults.is_empty()).then(|| faults.join("；"))
}

impl Checker<'_> {
    pub(super) fn month(
        &mut self,
        field: &'static str,
        label: &str,
        typed: &str,
    ) -> Option<YearMonth> {
        let month = typed.parse().ok();
        match month {
            None => self.fault(
                field,
                "month",
                format!("{label}〔{typed}〕不是有效的年月，请填成2020-05这样的形式"),
            ),
            Some(month) if month > YearMonth::of(self.around.today) => {
                self.fault(
                    field,
                    "month.future",
                    format!("{label}不能晚于本月，请核对"),
                );
                return None;
            }
            Some(_) => {}
        }
        month
    }

    /// ROS-13 and ROS-23.
    pub(super) fn admitted(&mut self, typed: &str, born: Option<NaiveDate>) -> Option<YearMonth> {
        let typed = text::normalise(typed);
        if typed.is_empty() {
            self.required("admitted_on", "入团年月");
            return None;
        }
        let month = self.month("admitted_on", "入团年月", &typed)?;
        let Some(born) = born else { return Some(month) };
        let months = month.months_since(YearMonth::of(born));
        let from_2017 = month.year() >= 2017;
        let least = if from_2017 || self.around.xinjiang {
            self.policy.admission_min_age
        } else {
            self.policy.admission_min_age_before_2017
        };
        if months < least * 12 {
            self.fault(
                "admitted_on",
                "admission.too_young",
                format!("入团时不满〔{least}〕周岁，无法录入。如确属特殊情况，请由发展其入团的团组织或县级团委出具说明，逐级报省级团委汇总。"),
            );
            return None;
        }
        let most = self.policy.admission_max_age;
        if months >= most * 12 {
            self.fault(
                "admitted_on",
                "admission.too_old",
                format!("入团时已满{most}周岁，与入团年龄规定不符，请核对入团年月和身份证号码"),
            );
            return None;
        }
        let low = self.policy.admission_warn_below;
        if months < low * 12 {
            self.warnings.push(Fault::new(
                "admitted_on",
                "admission.young",
                format!("入团时不满{low}周岁，团章规定入团年龄为14–28周岁，请核对"),
            ));
        }
        Some(month)
    }

    pub(super) fn party(
        &mut self,
        typed: &str,
        admitted: Option<YearMonth>,
        born: Option<NaiveDate>,
    ) -> Option<YearMonth> {
        let typed = text::normalise(typed);
        if typed.is_empty() {
            return None;
        }
        let month = self.month("party_on", "入党年月", &typed)?;
        if born.is_some_and(|born| month.months_since(YearMonth::of(born)) < 18 * 12) {
            self.fault(
                "party_on",
                "party.too_young",
                "入党时不满18周岁，请核对入党年月和身份证号码",
            );
            return None;
        }
        if admitted.is_some_and(|admitted| month < admitted) {
            self.warnings.push(Fault::new(
                "party_on",
                "party.early",
                "入党年月早于入团年月，请核对",
            ));
        }
        Some(month)
    }

    /// ROS-16..18, 21.
    pub(super) fn number(&mut self, typed: &str, admitted: Option<YearMonth>) -> Option<String> {
        let number = text::normalise(typed);
        let required = admitted
            .is_some_and(|month| number_is_required(self.policy, self.around.xinjiang, month));
        if number.is_empty() {
            if required && self.demands("admission_number") {
                let from = if self.around.xinjiang {
                    self.policy.number_required_from_xinjiang
                } else {
                    self.policy.number_required_from
                };
                self.fault(
                    "admission_number",
                    "number.required",
                    format!(
                        "{}及以后入团须填写发展团员编号，编号见入团志愿书首页",
                        from.chinese()
                    ),
                );
            }
            return None;
        }
        if number.chars().count() > 20 {
            self.fault(
                "admission_number",
                "number.long",
                "编号最多20个字符，请对照入团志愿书首页核对",
            );
            return None;
        }
        for (code, message) in number_faults(&number, admitted, self.around.reserved) {
            if (required || admitted.is_none()) && !self.around.keep_number {
                self.fault("admission_number", code, message);
            } else {
                self.warnings
                    .push(Fault::new("admission_number", code, message));
            }
        }
        Some(number)
    }
}
