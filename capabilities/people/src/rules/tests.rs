//! The checks of 03-roster section 4 B, with its worked examples.

use super::{Demand, Fault, MemberInput, NewMember, check, codes, number_fault, spell, standing};
use crate::tests::kit::{around, id, input, policy, policy_of};
use base::{OrgCategory, Sex, check_digit};

fn entry(change: impl FnOnce(&mut MemberInput)) -> Result<NewMember, Vec<Fault>> {
    let mut typed = input("李演示", 1);
    change(&mut typed);
    check(
        &typed,
        &policy(),
        &around(Demand::Member, OrgCategory::Branch),
    )
}

#[track_caller]
fn refused(result: Result<NewMember, Vec<Fault>>, code: &str) -> String {
    let faults = result.expect_err("a refusal");
    let found = faults.iter().find(|fault| fault.code == code);
    found
        .unwrap_or_else(|| panic!("no {code} in {faults:?}"))
        .message
        .clone()
}

#[track_caller]
fn codes_of(result: Result<NewMember, Vec<Fault>>) -> Vec<&'static str> {
    result
        .expect_err("a refusal")
        .into_iter()
        .map(|fault| fault.code)
        .collect()
}

/// Born 2004-12-31 unless told otherwise, admitted in this month, with a number that fits.
fn admitted(born: &str, month: &str) -> Result<NewMember, Vec<Fault>> {
    entry(|t| {
        t.id_number = id(born, 1);
        t.admitted_on = month.into();
        t.admission_number = format!("{}00000123", &month[..4]);
    })
}

#[test]
fn ros_10_the_worked_example_of_id_numbers() {
    let good = entry(|t| t.id_number = "110101200405200013".into()).unwrap();
    assert_eq!(
        (good.born.to_string().as_str(), good.sex),
        ("2004-05-20", Sex::Male)
    );
    assert!(
        refused(
            entry(|t| t.id_number = "110101200405200014".into()),
            "id_number"
        )
        .contains("校验码")
    );
    assert!(
        refused(
            entry(|t| t.id_number = "110101200402300018".into()),
            "id_number"
        )
        .contains("出生日期无效")
    );
    assert!(
        refused(
            entry(|t| t.id_number = "11010120040520001".into()),
            "id_number"
        )
        .contains("应为18位")
    );
}

#[test]
fn ros_11_a_typed_sex_must_agree_with_the_number() {
    assert!(entry(|t| t.sex = "男".into()).is_ok());
    assert!(entry(|t| t.sex = String::new()).is_ok());
    assert!(refused(entry(|t| t.sex = "女".into()), "sex.differs").contains("性别与身份证号不符"));
    assert_eq!(
        entry(|t| t.id_number = id("20040520", 2)).unwrap().sex,
        Sex::Female
    );
}

#[test]
fn ros_12_other_documents_ask_for_birth_and_sex() {
    let passport = |number: &str| {
        let number = number.to_owned();
        entry(move |t| {
            t.doc_type = "护照".into();
            t.id_number = number;
            t.birth_date = "2004-05-20".into();
            t.sex = "女".into();
            t.name = "Anna Muster".into();
        })
    };
    assert_eq!(passport("e1234567").unwrap().id_number.reveal(), "E1234567");
    assert!(passport("E1234").is_ok());
    assert!(refused(passport("E123"), "id_number").contains("5–20位"));
    assert!(refused(passport("E12345678901234567890"), "id_number").contains("5–20位"));
    let bare = entry(|t| {
        t.doc_type = "护照".into();
        t.id_number = "E1234567".into();
    });
    assert_eq!(codes_of(bare), ["birth_date", "required"]);
    let digits = "81000020040520001";
    let permit = format!("{digits}{}", check_digit(digits.as_bytes()));
    assert!(
        entry(|t| {
            t.doc_type = "港澳台居民居住证".into();
            t.id_number = permit.clone();
        })
        .is_ok()
    );
    assert!(
        entry(|t| {
            t.doc_type = "港澳台居民居住证".into();
            t.id_number = "81000020040520001A".into();
        })
        .is_err()
    );
}

#[test]
fn ros_13_age_at_admission_counts_the_birthday_month() {
    refused(admitted("20041231", "2016-11"), "admission.too_young");
    assert!(admitted("20041231", "2016-12").is_ok());
    assert!(refused(admitted("20041231", "2017-01"), "admission.too_young").contains("〔13〕周岁"));
    assert!(admitted("20041231", "2017-12").is_ok());
    refused(admitted("20040520", "2017-04"), "admission.too_young");
    let young = admitted("20040520", "2017-05").unwrap();
    assert_eq!(young.warnings[0].code, "admission.young");
    assert_eq!(
        admitted("20040520", "2018-04").unwrap().warnings[0].code,
        "admission.young"
    );
    assert!(admitted("20040520", "2018-05").unwrap().warnings.is_empty());
}

#[test]
fn ros_13_under_xinjiang_the_age_is_always_13() {
    let mut typed = input("李演示", 1);
    typed.id_number = id("20041231", 1);
    typed.admitted_on = "2016-12".into();
    typed.admission_number = "201600000123".into();
    let mut where_ = around(Demand::Member, OrgCategory::Branch);
    assert!(check(&typed, &policy(), &where_).is_ok());
    where_.xinjiang = true;
    refused(check(&typed, &policy(), &where_), "admission.too_young");
}

#[test]
fn ros_16_17_18_the_worked_example_of_numbers() {
    let number = |n: &str| {
        let n = n.to_owned();
        entry(move |t| {
            t.admitted_on = "2017-05".into();
            t.admission_number = n;
        })
    };
    assert!(number("201737000123").is_ok());
    assert!(
        number(" ２０１７37000123 ").is_ok(),
        "blanks trimmed, full-width digits converted"
    );
    assert!(refused(number("201837000123"), "number.year").contains("〔2018〕与入团年份〔2017〕"));
    assert!(refused(number("2017370123"), "number.length").contains("现为〔10〕位"));
    assert!(refused(number("201799000123"), "number.segment").contains("〔99〕"));
    assert!(refused(number("2017-3700012"), "number.form").contains("只能为数字"));
    assert_eq!(
        codes_of(number("2018370123")),
        ["number.year", "number.length"],
        "all faults together"
    );
}

#[test]
fn ros_17_the_segment_is_a_provinces_and_invented_ones_count_in_demonstrations_only() {
    let mut typed = input("李演示", 1);
    typed.admitted_on = "2017-05".into();
    typed.admission_number = "201799000123".into();
    let loose = around(Demand::Member, OrgCategory::Branch);
    assert!(refused(check(&typed, &policy(), &loose), "number.segment").contains("〔99〕"));
    let mut strict = around(Demand::Member, OrgCategory::Branch);
    strict.reserved = base::Reserved::Refused;
    let mut typed = input("李演示", 1);
    typed.id_number = "110101200405200013".into();
    typed.phone = "13800138000".into();
    refused(check(&typed, &policy(), &strict), "number.segment");
}

#[test]
fn ros_19_an_irregular_number_on_file_is_marked_and_not_refused() {
    let mut kept = around(Demand::Member, OrgCategory::Branch);
    kept.keep_number = true;
    let mut typed = input("李演示", 1);
    typed.admission_number = "2018370123".into();
    let person = check(&typed, &policy(), &kept).unwrap();
    let fault = person.number_fault.unwrap();
    assert!(
        fault.contains("〔2018〕") && fault.contains("〔10〕位"),
        "{fault}"
    );
    assert_eq!(
        number_fault(Some("AB-1"), "2016-12".parse().ok(), &policy(), &kept),
        None,
        "older numbers had other forms"
    );
    assert_eq!(entry(|_| {}).unwrap().number_fault, None);
}

#[test]
fn ros_21_numbers_are_required_from_a_month_on() {
    let without = |month: &str| {
        let month = month.to_owned();
        move |t: &mut MemberInput| {
            t.id_number = id("20020101", 1);
            t.admitted_on = month;
            t.admission_number = String::new();
        }
    };
    assert!(refused(entry(without("2017-01")), "number.required").contains("2017年1月及以后"));
    assert!(entry(without("2016-12")).is_ok());
    let mut typed = input("李演示", 1);
    without("2016-12")(&mut typed);
    let mut xinjiang = around(Demand::Member, OrgCategory::Branch);
    xinjiang.xinjiang = true;
    assert!(refused(check(&typed, &policy(), &xinjiang), "number.required").contains("2016年1月"));
    let guangdong = policy_of(include_str!("../../../../profiles/guangdong.toml"));
    assert!(
        check(&typed, &guangdong, &xinjiang).is_ok(),
        "only national has the earlier month"
    );
    let old = entry(|t| {
        without("2016-12")(t);
        t.admission_number = "青禾字第12号".into();
    });
    assert_eq!(
        old.unwrap().warnings[0].code,
        "number.form",
        "old numbers only warn"
    );
    refused(
        entry(|t| {
            without("2016-12")(t);
            t.admission_number = "1".repeat(21);
        }),
        "number.long",
    );
}

#[test]
fn ros_23_admission_lies_in_the_past_and_before_28_and_the_party_after_it() {
    refused(admitted("20040520", "2026-10"), "month.future");
    assert!(admitted("20040520", "2026-09").is_ok());
    refused(admitted("19900520", "2018-05"), "admission.too_old");
    assert!(admitted("19900520", "2018-04").is_ok());
    let party = |month: &str| {
        let month = month.to_owned();
        entry(move |t| {
            t.political = "中共党员".into();
            t.party_on = month;
        })
    };
    assert!(party("2022-05").unwrap().warnings.is_empty());
    refused(party("2022-04"), "party.too_young");
    let early = entry(|t| {
        t.id_number = id("19980101", 1);
        t.party_on = "2018-01".into();
    });
    assert_eq!(early.unwrap().warnings[0].code, "party.early");
}

#[test]
fn ros_24_all_missing_fields_are_named_at_once() {
    let faults = check(
        &MemberInput::default(),
        &policy(),
        &around(Demand::Member, OrgCategory::Branch),
    )
    .unwrap_err();
    let fields: Vec<_> = faults.iter().map(|f| f.field).collect();
    assert_eq!(
        fields,
        [
            "name",
            "id_number",
            "ethnic",
            "political",
            "education",
            "phone",
            "admitted_on"
        ]
    );
    assert!(faults.iter().all(|f| !f.message.is_empty()));
}

#[test]
fn ros_24_codes_are_taken_by_name_or_code_and_others_refused() {
    let by_code = entry(|t| {
        t.ethnic = "5".into();
        t.political = "03".into();
        t.education = "本科".into();
    })
    .unwrap();
    assert_eq!(
        (by_code.ethnic.as_deref(), by_code.education.as_deref()),
        (Some("05"), Some("20"))
    );
    assert_eq!(codes::name_of(codes::ETHNIC, "05"), "维吾尔族");
    let told = refused(entry(|t| t.ethnic = "哈泥族".into()), "code");
    assert!(told.contains("最接近的是哈尼族、"), "FLD-01: {told}");
    refused(entry(|t| t.political = "群众".into()), "political");
    assert_eq!(
        entry(|t| t.political = "民盟盟员".into()).unwrap().warnings[0].code,
        "political"
    );
}

#[test]
fn ros_24_names_and_phones_and_posts_have_their_forms() {
    for good in ["李演示", "阿依演示·吐尔样本", "阿依演示•吐尔样本", "𠮷演示"]
    {
        assert!(entry(|t| t.name = good.into()).is_ok(), "{good}");
    }
    for bad in [
        "李",
        "李3",
        "Li Yan",
        "李 演示",
        "·李演示",
        &"李".repeat(31),
    ] {
        refused(entry(|t| t.name = bad.into()), "name");
    }
    refused(entry(|t| t.phone = "1234".into()), "phone");
    assert!(
        entry(|t| t.title = "组织委员".into())
            .unwrap()
            .post
            .is_some()
    );
    assert!(refused(entry(|t| t.title = "常委".into()), "title").contains("团支部的职务表"));
    refused(
        entry(|t| {
            t.title = "书记".into();
            t.since = "2027-01-01".into();
        }),
        "since",
    );
    refused(entry(|t| t.email = "nobody".into()), "email");
}

#[test]
fn peer_06_names_are_spelt_with_the_family_names_reading() {
    assert_eq!(spell("曾演示"), ("zengyanshi".into(), "zys".into()));
    assert_eq!(spell("吕样本").0, "lvyangben");
    assert_eq!(spell("阿依·样本").1, "ayyb");
}

#[test]
fn ros_70_to_73_a_branch_needs_three_complete_people_and_a_committee_two_cadres() {
    let p = policy();
    let of =
        |category, persons, cadres, incomplete| standing(category, persons, cadres, incomplete, &p);
    assert!(!of(OrgCategory::Branch, 2, 0, 0).complete);
    let gap = of(OrgCategory::Branch, 3, 1, 1);
    assert!(!gap.complete && gap.reason.contains("1人资料不完整"));
    assert!(of(OrgCategory::Branch, 3, 0, 0).complete);
    assert!(!of(OrgCategory::Committee, 1, 1, 0).complete);
    assert!(of(OrgCategory::GeneralBranch, 2, 2, 0).complete);
    assert!(
        of(OrgCategory::LeadingBody, 1, 1, 0).complete
            && !of(OrgCategory::LeadingBody, 0, 0, 0).complete
    );
}

#[test]
fn fld_02_units_and_mail_have_49_characters_in_guangdong() {
    let guangdong = policy_of(include_str!("../../../../profiles/guangdong.toml"));
    for (policy, unit, mail) in [(guangdong, 49, 49), (policy(), 60, 100)] {
        let told = |more: usize| {
            let mut typed = input("李演示", 1);
            typed.employer = "厂".repeat(unit + more);
            typed.school = "校".repeat(unit + more);
            typed.email = format!("{}@example.cn", "a".repeat(mail + more - 11));
            let faults = check(
                &typed,
                &policy,
                &around(Demand::Member, OrgCategory::Branch),
            );
            let faults = faults.err().unwrap_or_default();
            faults
                .into_iter()
                .map(|f| (f.field, f.message))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(0), []);
        let (unit, mail) = (unit + 1, mail + 1);
        let expected = [
            (
                "email",
                format!("电子邮箱最多{}个字，现有{mail}个字，请缩短", mail - 1),
            ),
            (
                "school",
                format!("学校最多{}个字，现有{unit}个字，请缩短", unit - 1),
            ),
            (
                "employer",
                format!("工作单位最多{}个字，现有{unit}个字，请缩短", unit - 1),
            ),
        ];
        assert_eq!(told(1), expected);
    }
}
