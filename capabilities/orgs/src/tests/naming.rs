//! Names, places and fields as pure decisions.

use super::kit::policy;
use crate::policy::Policy;
use crate::rules::*;
use base::{OrgCategory, OrgCategory::*, OrgId, OrgPath, Reserved};
use chrono::NaiveDate;
use uuid::Uuid;

pub(super) fn org(depth: usize, category: OrgCategory, short_name: &str) -> Org {
    let path = (1..depth).fold(OrgPath::root(), |path, _| path.child(1));
    Org {
        id: OrgId(Uuid::from_u128(depth as u128)),
        number: 10_000_000 + depth as i64,
        parent: None,
        path,
        category,
        kind: BranchKind::Ordinary,
        short_name: short_name.into(),
        full_name: short_name.into(),
        sector: None,
        region: None,
        state: OrgState::Active,
        phone: None,
        graduation: None,
        accepts_registration: false,
        version: 1,
    }
}

pub(super) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 18).unwrap()
}

fn below(org: Org, school_code: Option<&str>) -> Superior {
    Superior {
        line: vec![org.clone()],
        org,
        school_code: school_code.map(Into::into),
    }
}

fn typed(category: &str, short_name: &str) -> OrgInput {
    OrgInput {
        category: category.into(),
        short_name: short_name.into(),
        ..OrgInput::default()
    }
}

fn run(input: &OrgInput, superior: &Superior, policy: &Policy) -> Result<Checked, Vec<Fault>> {
    check(input, superior, policy, Reserved::Accepted, today())
}

fn codes(result: Result<Checked, Vec<Fault>>) -> Vec<&'static str> {
    result
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|f| f.code)
        .collect()
}

#[test]
fn org_18_full_names_join_stems_and_drop_what_the_next_begins_with() {
    let national = policy("national");
    let line = [
        org(1, LeadingBody, "团中央"),
        org(2, LeadingBody, "团海棠省委"),
        org(3, Committee, "某某大学团委"),
        org(4, Committee, "石油工程学院团委"),
        org(5, GeneralBranch, "2017级团总支"),
    ];
    assert_eq!(
        full_name(&line, Branch, "2017级1班团支部", &national),
        "某某大学石油工程学院2017级1班团支部"
    );
    assert_eq!(
        full_name(&line[..2], Committee, "某某大学团委", &national),
        "某某大学团委"
    );
    assert_eq!(
        full_name(&line[..3], GeneralBranch, "文学院团总支", &national),
        "某某大学文学院团总支"
    );
    assert_eq!(
        full_name(&line[..2], LeadingBody, "团青禾市委", &national),
        "共青团海棠省青禾市委员会"
    );
}

#[test]
fn fld_04_guangdong_writes_formal_full_names() {
    let guangdong = policy("guangdong");
    let mut line = vec![
        org(1, LeadingBody, "团中央"),
        org(2, LeadingBody, "团海棠省委"),
        org(3, LeadingBody, "团青禾市委"),
        org(4, LeadingBody, "团白石区委"),
    ];
    let name = |line: &[Org], category, short| full_name(line, category, short, &guangdong);
    assert_eq!(
        name(&line, WorkCommittee, "云栖街道团工委"),
        "中国共产主义青年团青禾市白石区云栖街道工作委员会"
    );
    line[3].short_name = "团柳岸市委".into();
    assert_eq!(
        name(&line, Committee, "第一中学团委"),
        "中国共产主义青年团柳岸市第一中学委员会",
        "a county-level city starts with itself"
    );
    assert_eq!(
        name(&line[..3], Committee, "教育工作委员会团委"),
        "中国共产主义青年团青禾市教育工作委员会系统委员会"
    );
    let mut university = org(4, Committee, "海棠理工大学团委");
    university.sector = Some("普通高等院校(公办-学生)".into());
    line[3] = university;
    assert_eq!(
        name(&line, Branch, "软件2023级1班团支部"),
        "中国共产主义青年团海棠理工大学软件2023级1班支部委员会"
    );
}

#[test]
fn org_19_short_names_end_as_their_category_says() {
    for (category, name) in [
        (LeadingBody, "团天桥区委"),
        (Committee, "建国门街道团委"),
        (Branch, "大雅宝社区团支部"),
        (Committee, "北控集团团委"),
        (Branch, "包装车间团支部"),
        (Branch, "计算机专业2017级3班团支部"),
        (WorkCommittee, "云栖街道团工委"),
    ] {
        assert_eq!(check_short_name(category, name), Ok(()), "{name}");
    }
    let fault = check_short_name(Branch, "包装车间团委").unwrap_err();
    assert_eq!(fault.message, "简称应以〔团支部〕结尾。");
    assert_eq!(
        check_short_name(Branch, "团支部").unwrap_err().code,
        "org.ending"
    );
    assert_eq!(
        check_short_name(Branch, "").unwrap_err().code,
        "org.name_empty"
    );
    assert_eq!(
        check_short_name(LeadingBody, "济南市团委")
            .unwrap_err()
            .code,
        "org.ending"
    );
}

#[test]
fn org_19_a_student_branch_that_is_no_class_gets_a_hint_and_is_not_refused() {
    assert!(is_class_name("2017级1班团支部") && is_class_name("计算机专业2017级3班团支部"));
    assert!(!is_class_name("计算机专业2017级3团支部") && !is_class_name("计算机专业17级3班团支部"));
    let national = policy("national");
    let college = below(org(4, Committee, "信息学院团委"), None);
    let mut input = typed("branch", "计算机专业2017级3团支部");
    input.sector = "普通高等院校(公办-学生)".into();
    let checked = run(&input, &college, &national).unwrap();
    assert!(
        checked.warnings[0].contains("班号"),
        "{:?}",
        checked.warnings
    );
    input.short_name = "计算机专业2017级3班团支部".into();
    assert!(
        run(&input, &college, &national)
            .unwrap()
            .warnings
            .is_empty()
    );
    input.sector = "普通高等院校(公办-教职工)".into();
    input.short_name = "机关团支部".into();
    assert!(
        run(&input, &college, &national)
            .unwrap()
            .warnings
            .is_empty()
    );
}

#[test]
fn org_08_bodies_that_are_not_of_the_league_are_refused() {
    for name in [
        "集团青工委",
        "团市委青年工作委员会",
        "公司青年部",
        "群团部",
        "区群团工作部",
    ] {
        let fault = check_short_name(Committee, name).unwrap_err();
        assert_eq!(fault.message, format!("〔{name}〕不是团的组织，不能录入。"));
    }
    assert_eq!(check_short_name(Committee, "青年公寓团委"), Ok(()));
}

#[test]
fn org_05_a_branch_saved_as_another_category_is_asked_about() {
    let fault = check_short_name(Committee, "包装车间团支部").unwrap_err();
    assert!(
        fault.message.contains("确认该组织是直接管理团员的支部吗？"),
        "{}",
        fault.message
    );
}

#[test]
fn section_1_3_who_may_stand_under_whom() {
    let national = policy("national");
    let rows = [
        (LeadingBody, [false, false, false, false, false]),
        (Committee, [true, true, true, false, false]),
        (WorkCommittee, [true, true, false, false, false]),
        (GeneralBranch, [true, true, true, false, false]),
        (Branch, [true, true, true, true, false]),
    ];
    for (child, allowed) in rows {
        for (parent, allowed) in OrgCategory::ALL.into_iter().zip(allowed) {
            let parent = org(3, parent, "某组织");
            assert_eq!(
                check_place(child, &parent, &national).is_ok(),
                allowed,
                "{child:?} under {parent:?}"
            );
        }
    }
    let university = org(4, Committee, "大学团委");
    let fault = check_place(WorkCommittee, &university, &policy("guangdong")).unwrap_err();
    assert_eq!(fault.message, "团工委只能由省、市、县级团的领导机关设立。");
    assert_eq!(
        check_place(Branch, &org(9, Committee, "甲团委"), &national),
        Ok(())
    );
    assert_eq!(
        check_place(Branch, &org(10, Committee, "乙团委"), &national)
            .unwrap_err()
            .code,
        "org.depth"
    );
}

#[test]
fn org_07_leading_bodies_are_seeded_and_not_created() {
    let province = below(org(2, LeadingBody, "团海棠省委"), None);
    let faults = run(
        &typed("团的领导机关", "团青禾市委"),
        &province,
        &policy("national"),
    )
    .unwrap_err();
    assert_eq!(
        faults[0].message,
        "团的领导机关已初始化，无需创建，请核对排序和简称。"
    );
}

#[test]
fn org_16_guangdong_asks_school_code_and_year_of_graduation() {
    let guangdong = policy("guangdong");
    let city = below(org(3, LeadingBody, "团青禾市委"), None);
    let mut input = typed("committee", "第一中学团委");
    assert_eq!(codes(run(&input, &city, &guangdong)), ["org.is_school"]);
    input.is_school = "是".into();
    input.school_code = "413701042".into();
    let faults = run(&input, &city, &guangdong).unwrap_err();
    assert!(faults[0].message.starts_with("学校编号应为10位数字。"));
    input.school_code = "4137010425".into();
    assert!(run(&input, &city, &guangdong).unwrap().warnings.is_empty());
    input.school_code = "9937010425".into();
    assert!(run(&input, &city, &guangdong).unwrap().warnings[0].contains("〔99〕"));

    let school = below(org(4, Committee, "第一中学团委"), Some("4137010425"));
    let mut class = typed("branch", "高一2026级1班团支部");
    assert_eq!(
        codes(run(&class, &school, &guangdong)),
        ["org.graduation_year"]
    );
    class.graduation_year = "2029".into();
    let new = run(&class, &school, &guangdong).unwrap().new;
    assert_eq!(new.school_code.as_deref(), Some("4137010425"), "inherited");
    assert_eq!(new.graduation.unwrap().to_string(), "2029-06");
    for (year, good) in [
        ("2024", false),
        ("2025", true),
        ("2034", true),
        ("2035", false),
    ] {
        class.graduation_year = year.into();
        assert_eq!(run(&class, &school, &guangdong).is_ok(), good, "{year}");
    }
    class.graduation_year = "2029".into();
    class.school_code = "4137010426".into();
    assert_eq!(
        codes(run(&class, &school, &guangdong)),
        ["org.school_inherited"]
    );
    assert!(
        run(
            &typed("committee", "第一中学团委"),
            &city,
            &policy("national")
        )
        .is_ok(),
        "optional elsewhere"
    );
}

#[test]
fn org_20_all_faults_of_the_creation_form_are_named_at_once() {
    let national = policy("national");
    let college = below(org(4, Committee, "信息学院团委"), None);
    let mut input = typed("", "");
    input.sector = "银行".into();
    input.phone = "12345".into();
    input.email = "no".into();
    input.youth_14_28 = "10001".into();
    let mut found = codes(run(&input, &college, &national));
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "org.category",
            "org.email",
            "org.name_empty",
            "org.number_big",
            "org.phone",
            "org.sector"
        ]
    );
    let long = typed("branch", &format!("{}团支部", "长".repeat(38)));
    assert_eq!(codes(run(&long, &college, &national)), ["org.name_length"]);
    let sign = typed("branch", "一班<团支部");
    assert_eq!(
        codes(run(&sign, &college, &national)),
        ["org.name_characters"]
    );
}

#[test]
fn fld_02_full_names_and_mail_have_99_and_49_characters_in_guangdong() {
    for (profile, name, mail) in [("guangdong", 99, 49), ("national", 120, 100)] {
        let policy = policy(profile);
        let college = below(org(4, Committee, "信息学院团委"), None);
        let mut input = OrgInput {
            sector: "国有企业".into(),
            is_school: "否".into(),
            ..typed("branch", "一车间团支部")
        };
        let full = |n: usize| format!("{}团支部", "长".repeat(n - 3));
        let address = |n: usize| format!("{}@example.cn", "a".repeat(n - 11));
        (input.full_name, input.email) = (full(name), address(mail));
        assert!(run(&input, &college, &policy).is_ok(), "{profile}");
        (input.full_name, input.email) = (full(name + 1), address(mail + 1));
        let faults = run(&input, &college, &policy).unwrap_err();
        let told: Vec<_> = faults.iter().map(|f| (f.field, f.code)).collect();
        let expected = [
            ("full_name", "org.name_length"),
            ("email", "org.email_length"),
        ];
        assert_eq!(told, expected, "{profile}");
        assert!(faults[0].message.contains(&format!("现有{}个字", name + 1)));
        assert!(faults[1].message.contains(&format!("现有{}个", mail + 1)));
    }
}

#[test]
fn org_31_a_place_of_nought_is_refused_in_its_field() {
    let superior = below(org(4, Committee, "海棠理工大学团委"), None);
    let policy = policy("national");
    let with = |sort: &str| {
        let mut input = typed("branch", "教工团支部");
        input.sort_no = sort.into();
        run(&input, &superior, &policy)
    };
    for (sort, wanted) in [("1", Some(1)), ("9999", Some(9999)), ("", None)] {
        assert_eq!(with(sort).unwrap().new.sort_no, wanted, "{sort}");
    }
    for wrong in ["0", "10000", "-1", "一"] {
        let faults = with(wrong).unwrap_err();
        assert_eq!(faults[0].field, "sort_no", "{wrong}");
    }
}

#[test]
fn org_18_below_a_root_that_is_the_province_names_begin_with_its_region() {
    let province = Org {
        region: Some("370000".into()),
        ..org(1, LeadingBody, "团山东省委")
    };
    let city = org(2, LeadingBody, "团济南市委");
    let national = policy("national");
    let name = |line: &[Org], category, short: &str, policy: &Policy| {
        full_name(line, category, short, policy)
    };
    let line = std::slice::from_ref(&province);
    assert_eq!(
        name(line, LeadingBody, "团济南市委", &national),
        "共青团山东省济南市委员会"
    );
    // FLD-04: from the prefecture city down.
    let line = [province, city];
    assert_eq!(
        name(&line, Committee, "某某公司团委", &policy("guangdong")),
        "中国共产主义青年团济南市某某公司委员会"
    );
}

#[test]
fn org_06_only_provincial_bodies_have_a_vault_be_they_the_root() {
    let national = policy("national");
    let may = |line: Vec<Org>| {
        let superior = Superior {
            org: line.last().cloned().unwrap(),
            line,
            school_code: None,
        };
        kinds_below(&superior, &national).contains(&BranchKind::SpecialUnitVault)
    };
    let root = |region: Option<&str>| Org {
        region: region.map(Into::into),
        ..org(1, LeadingBody, "团某某委")
    };
    let second = org(2, LeadingBody, "团济南市委");
    assert!(may(vec![root(None), second.clone()]) && !may(vec![root(None)]));
    assert!(may(vec![root(Some("370000"))]) && !may(vec![root(Some("370000")), second]));
}
