//! Names of a year's classes (ORG-B2, ORG-19).

use base::text;

/// Classes of one major and year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Intake {
    pub(crate) major: String,
    pub(crate) year: i32,
    pub(crate) classes: usize,
    pub(crate) first: usize,
}

/// Most classes of one line.
const MOST: i64 = 60;

/// Reads a line; a fault names its column.
pub(crate) fn read(
    major: &str,
    year: Option<i64>,
    classes: Option<i64>,
    first: Option<i64>,
    this_year: i32,
) -> Result<Intake, (&'static str, String)> {
    let major: String = text::normalise(major).split_whitespace().collect();
    if major.contains('级') || major.contains("团支部") || major.ends_with('班') {
        return Err((
            "major",
            format!("专业〔{major}〕不要写年级、班号和“团支部”，这些由系统添加。"),
        ));
    }
    if major.chars().last().is_some_and(|c| c.is_ascii_digit()) {
        return Err((
            "major",
            format!("专业〔{major}〕不能以数字结尾，否则与入学年份连在一起。"),
        ));
    }
    let year = year.and_then(|year| i32::try_from(year).ok()).unwrap_or(0);
    if !(this_year - 8..=this_year + 1).contains(&year) {
        return Err((
            "year",
            format!("入学年份应在{}至{}之间。", this_year - 8, this_year + 1),
        ));
    }
    let classes = classes.unwrap_or(0);
    if !(1..=MOST).contains(&classes) {
        return Err(("classes", format!("班数应为1–{MOST}。")));
    }
    let first = first.unwrap_or(1);
    if !(1..=999).contains(&first) {
        return Err(("first", "起始班号应为1–999。".into()));
    }
    Ok(Intake {
        major,
        year,
        classes: usize::try_from(classes).unwrap_or(0),
        first: usize::try_from(first).unwrap_or(1),
    })
}

/// The names: （专业）+入学年份4位+级+班号+班团支部.
pub(crate) fn class_names(intake: &Intake) -> Vec<String> {
    (intake.first..intake.first + intake.classes)
        .map(|n| format!("{}{}级{n}班团支部", intake.major, intake.year))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_b2_every_name_is_a_class_name() {
        let intake = read("计算机 专业", Some(2026), Some(60), Some(941), 2026).expect("good");
        let names = class_names(&intake);
        assert_eq!(names.len(), 60);
        assert_eq!(names[0], "计算机专业2026级941班团支部");
        for name in names {
            assert!(orgs::is_class_name(&name), "{name}");
            assert!(orgs::check_short_name(base::OrgCategory::Branch, &name).is_ok());
        }
        let plain = read("", Some(2026), Some(1), None, 2026).expect("good");
        assert_eq!(class_names(&plain), ["2026级1班团支部"]);
    }

    #[test]
    fn org_b2_what_cannot_be_named_is_refused_in_its_column() {
        let column = |major: &str, year, classes, first| {
            read(major, Some(year), Some(classes), Some(first), 2026)
                .expect_err("refused")
                .0
        };
        assert_eq!(column("软件2026级", 2026, 1, 1), "major");
        assert_eq!(column("软件1班", 2026, 1, 1), "major");
        assert_eq!(column("软件21", 2026, 1, 1), "major");
        assert_eq!(column("软件", 2017, 1, 1), "year");
        assert_eq!(column("软件", 2028, 1, 1), "year");
        assert!(read("软件", Some(2018), Some(1), None, 2026).is_ok());
        assert!(read("软件", Some(2027), Some(1), None, 2026).is_ok());
        assert_eq!(column("软件", 2026, 0, 1), "classes");
        assert_eq!(column("软件", 2026, 61, 1), "classes");
        assert_eq!(column("软件", 2026, 1, 0), "first");
        assert_eq!(column("软件", 2026, 1, 1000), "first");
    }
}
