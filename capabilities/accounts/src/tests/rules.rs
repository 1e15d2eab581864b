use super::kit;
use crate::rules::{
    password::{OwnWords, check, is_common},
    sign_in::{initial_password, is_local},
};

#[test]
fn acc_12_the_first_password_is_the_tail_of_the_document() {
    assert_eq!(initial_password("370211200311050022"), "11050022");
    assert_eq!(initial_password("11010519491231002x"), "1231002X");
    assert_eq!(initial_password("E12345"), "00E12345");
}

#[test]
fn acc_17_a_password_is_refused_with_the_condition_it_fails() {
    let policy = kit::policy("national");
    let own = OwnWords(vec![
        "999001200503050017".into(),
        "10000000017".into(),
        "zhaoyanshi".into(),
    ]);
    let code = |admin, password: &str| {
        check(&policy, admin, password, &own)
            .err()
            .map_or("taken", |e| e.code())
    };
    for (admin, password, want) in [
        (false, "", "password.empty"),
        (false, "tj-2026", "password.short"),
        (false, "tj-20269", "taken"),
        (false, "haitanglvye", "password.kinds"),
        (false, "haitang-lvye", "taken"),
        (false, "海棠绿叶四季常青2026", "taken"),
        (true, "hai-tang-26", "password.short"),
        (true, "hai-tang-lvye", "password.kinds"),
        (true, "hai-tang-lvye-26", "taken"),
        (false, "password123", "password.common"),
    ] {
        assert_eq!(code(admin, password), want, "{password}");
    }
    let most = "a1-".repeat(43);
    assert_eq!(code(false, &most), "password.long");
    assert_eq!(
        code(false, &format!("{}x9", &"kf7-qm2 ".repeat(15))),
        "taken"
    );
}

#[test]
fn acc_18_a_password_of_ones_own_numbers_is_refused_or_taken_by_profile() {
    let own = OwnWords(vec![
        "999001200503050017".into(),
        "10000000017".into(),
        "zhaoyanshi".into(),
    ]);
    let strict = kit::policy("national");
    for password in ["tz03050017", "a10000000017", "zhaoy-9981x", "x-yanshi-77"] {
        assert_eq!(
            check(&strict, false, password, &own).unwrap_err().code(),
            "password.own",
            "{password}"
        );
        assert!(
            check(&kit::policy("beijing"), false, password, &own).is_ok(),
            "{password}"
        );
    }
}

#[test]
fn sec_02_four_characters_in_a_row_of_ones_own_are_refused_and_three_are_not() {
    let own = OwnWords(vec![
        "999001200503050017".into(),
        "10000000017".into(),
        "zhaoyanshi".into(),
    ]);
    let strict = kit::policy("national");
    for (password, taken) in [
        ("kf7-qm-503x", true),
        ("kf7-qm-5030", false),
        ("kf7-qm-017x", true),
        ("kf7-qm-0017", false),
        ("kf7-qm-yan", true),
        ("kf7-qm-YANS", false),
        ("kf7-tuanjian", false),
        ("kf7-tuan-jia", true),
    ] {
        let checked = check(&strict, false, password, &own);
        assert_eq!(checked.is_ok(), taken, "{password}");
    }
}

#[test]
fn sec_01_what_everybody_tries_first_is_refused() {
    for password in [
        "12345678",
        "87654321",
        "abcdefgh",
        "qwertyuiop",
        "aaaaaaaa",
        "12341234",
        "abab1212ab",
        "19990101",
        "Passw0rd",
        "P@ssw0rd!",
        "woaini1314",
        "admin2026",
        "tuanjian123",
        "a1234567",
        "zhongguo2026",
        "qq123456",
        "111111111",
        "Huawei@123",
    ] {
        let expected = password != "abab1212ab";
        assert_eq!(is_common(password), expected, "{password}");
    }
    for password in ["hai-tang-26", "tj-20269", "kf7qm2zp", "四季常青2026"] {
        assert!(!is_common(password), "{password}");
    }
}

#[test]
fn acc_05_only_places_of_this_site_are_places() {
    assert!(is_local("/console/orgs?q=1"));
    for place in ["", "console", "//a", "/\\a", "http://a", "/a b", "/logout"] {
        assert!(!is_local(place), "{place}");
    }
}

#[test]
fn acc_17_none_of_the_ten_thousand_used_most_is_taken() {
    let list: Vec<&str> = include_str!("../rules/commonest.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(list.len(), 10_000);
    assert!(list.iter().all(|word| is_common(word)));
    // Capitals make it no other.
    assert!(is_common("TrustNo1") && !is_common("hai-tang-lv-ye"));
}

#[tokio::test]
async fn sec_01_a_password_in_the_deployments_file_of_breached_ones_is_refused() {
    let app = kit::app().await;
    let folder = std::env::temp_dir().join(format!("tuanjian-breach-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("list.txt");
    // SHA-1 of "hai-tang-lv-ye-26".
    std::fs::write(&path, "BE91BC25D3008BAE0221D4523A33FE51B64EFCB8:3\n").unwrap();
    let policy = crate::Policy {
        breached: Some(crate::Breached::open(&path).unwrap()),
        ..kit::policy("national")
    };
    let mut tx = kit::begin(&app).await;
    let own = OwnWords::default();
    for (password, taken) in [("hai-tang-lv-ye-26", false), ("hai-tang-lv-ye-27", true)] {
        let account = uuid::Uuid::from_u128(9);
        let chosen = crate::actions::password::choose(
            &mut tx, &policy, account, false, &own, password, password,
        )
        .await;
        let code = chosen.err().map(|fault| fault.code());
        assert_eq!(code, (!taken).then_some("password.common"), "{password}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
