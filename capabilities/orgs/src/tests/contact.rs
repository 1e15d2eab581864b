//! Contact phone, alias, the tree's numbers in `guangdong`.

use super::kit::{app, org, policy};
use crate::rules::{check_alias, hints};
use crate::{NewOrg, Org, full_name};
use base::{OrgCategory, OrgId, OrgPath, PersonId};
use uuid::Uuid;

const ALIAS: &str = "/console/alias";
const PHONE: &str = "/console/info/phone";

fn made(
    n: u32,
    depth: usize,
    category: OrgCategory,
    short_name: &str,
    sector: Option<&str>,
) -> Org {
    let path = (1..depth).fold(OrgPath::root(), |path, _| path.child(1));
    Org {
        id: OrgId(Uuid::from_u128(n.into())),
        number: n.into(),
        parent: None,
        path,
        category,
        kind: crate::BranchKind::Ordinary,
        short_name: short_name.into(),
        full_name: short_name.into(),
        sector: sector.map(str::to_owned),
        region: None,
        state: crate::OrgState::Active,
        phone: None,
        graduation: None,
        accepts_registration: true,
        version: 1,
    }
}

#[test]
fn fld_05_a_short_name_with_all_its_parts_is_not_doubled_in_the_full_name() {
    let policy = policy("guangdong");
    let (leading, committee) = (OrgCategory::LeadingBody, OrgCategory::Committee);
    let root = made(1, 1, leading, "团中央", None);
    let province = made(2, 2, leading, "团广东省委", None);
    let city = made(3, 3, leading, "团青禾市委", None);
    let school = Some("普通高等院校(公办-学生)");
    let university = made(4, 4, committee, "海棠大学团委", school);
    let line = [root, province, city, university];
    let class = "海棠大学石油学院地质专业3班团支部";
    assert_eq!(
        full_name(&line, OrgCategory::Branch, class, &policy),
        "中国共产主义青年团海棠大学石油学院地质专业3班支部委员会"
    );
    // The region is there already; the end follows the category.
    let town = "青禾市云栖区海棠街道团委";
    assert_eq!(
        full_name(&line[..3], committee, town, &policy),
        "中国共产主义青年团青禾市云栖区海棠街道委员会"
    );
    assert!(crate::check_short_name(OrgCategory::Branch, class).is_ok());
    assert!(crate::check_short_name(committee, class).is_err());
    // The short class form is the alias' here: a hint, no refusal.
    let branch = |name: &str| NewOrg {
        is_school: Some(true),
        ..NewOrg::plain(OrgCategory::Branch, name)
    };
    assert!(hints(&branch(class), &policy).is_empty());
    let hint = hints(&branch("海棠大学机关团支部"), &policy);
    assert!(hint[0].contains("学校＋院系＋专业＋班＋团支部"));
}

#[test]
fn fld_06_the_alias_has_sixteen_characters_and_none_of_the_signs() {
    let sixteen = "计算机专业二零一七级三班团支部一";
    assert_eq!(sixteen.chars().count(), 16);
    assert_eq!(check_alias(sixteen, 16).as_deref(), Ok(sixteen));
    let long = check_alias(&format!("{sixteen}二"), 16).unwrap_err();
    assert!(long.message.contains("最多16个字，现有17个字"));
    for sign in [
        "\\", ":", "?", "\"", "”", "'", "<", ">", "|", "｜", " ", "　", "\t",
    ] {
        let fault = check_alias(&format!("三班{sign}团支部"), 16).unwrap_err();
        assert_eq!(fault.message, "代称不能含有特殊字符和空格", "{sign:?}");
    }
    assert!(check_alias("  ", 16).is_err());
}

#[tokio::test]
async fn fld_06_a_siblings_alias_is_taken_and_a_cousins_is_free() {
    let app = app("guangdong").await;
    let league = &app.league;
    let name = [("alias", "三班团支部")];
    let first = app.admin("赵演示", &league.branch);
    first.submit(ALIAS, ALIAS, &name).await.expect(303);
    first
        .get("/console/info")
        .await
        .see("企业微信名称")
        .see("三班团支部");
    first
        .submit(ALIAS, ALIAS, &name)
        .await
        .expect(422)
        .see("没有任何改动");
    app.admin("赵演示", &league.branch_2)
        .submit(ALIAS, ALIAS, &name)
        .await
        .expect(422)
        .see("同级组织已有该代称");
    app.admin("赵演示", &league.branch_3)
        .submit(ALIAS, ALIAS, &name)
        .await
        .expect(303);
    // Whoever only looks does not change it; elsewhere there is none.
    let cadre = app.client(testkit::signed_in(
        "王样本",
        access::Role::Cadre,
        &league.branch,
    ));
    cadre.get(ALIAS).await.expect(403);
    let national = super::kit::app("national").await;
    let desk = national.admin("赵演示", &national.league.branch);
    desk.get(ALIAS).await.expect(403);
    assert!(!desk.get("/console/info").await.has("企业微信名称"));
}

#[tokio::test]
async fn fld_08_the_contact_phone_is_typed_twice_and_seen_by_members() {
    let app = app("guangdong").await;
    let branch = &app.league.branch;
    let desk = app.admin("赵演示", branch);
    let twice = |one: &'static str, two: &'static str| [("phone", one), ("again", two)];
    desk.submit(PHONE, PHONE, &twice("0531-88880000", "0531-88880001"))
        .await
        .expect(422)
        .see("两次输入的联系电话不一致")
        .see("0531-88880000");
    desk.submit(PHONE, PHONE, &twice("12", "12"))
        .await
        .expect(422)
        .see("联系电话格式有误");
    desk.submit(PHONE, PHONE, &twice("0531-88880000", " 0531-88880000 "))
        .await
        .expect(303);
    assert_eq!(
        org(&app.db, branch).await.phone.as_deref(),
        Some("0531-88880000")
    );
    desk.get(PHONE).await.see("0531-88880000");
    desk.submit(ALIAS, ALIAS, &[("alias", "三班团支部")])
        .await
        .expect(303);
    let member = app.member(PersonId(Uuid::from_u128(77)), "李示例", branch);
    member
        .get("/member/org")
        .await
        .expect(200)
        .see("企业微信名称")
        .see("三班团支部")
        .see("0531-88880000");
}

#[tokio::test]
async fn fld_09_a_hit_becomes_the_root_and_its_numbers_open_narrowed_lists() {
    let app = app("guangdong").await;
    let desk = app.admin("赵演示", &app.league.university);
    let college = app.league.number(&app.league.college);
    let found = desk.get("/console/orgs?q=信息学院").await.expect(200);
    assert!(found.has(&format!("/console/orgs?top={college}")));
    let page = desk
        .get(&format!("/console/orgs?top={college}"))
        .await
        .expect(200);
    assert!(page.has("还原组织树") && page.has("软件2023级1班团支部"));
    assert!(!page.has("文学院团总支"), "only the hit's own tree");
    for text in [
        "本级团干",
        "本级团员",
        "本级入驻团干",
        "下级组织",
        "数据统计",
    ] {
        assert!(page.has(text), "{text}");
    }
    assert!(page.has(&format!("/console/cadres?org={college}")));
    assert!(page.has(&format!("/console/statistics?org={college}")));
    let whole = desk.get("/console/orgs").await.expect(200);
    assert!(whole.has("文学院团总支") && !whole.has("还原组织树"));
    let elsewhere = app.league.number(&app.league.company);
    assert_ne!(
        desk.get(&format!("/console/orgs?top={elsewhere}"))
            .await
            .status,
        200
    );
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "posts belong to another room")]
async fn fld_12_who_is_disabled_here_is_a_cadre_who_has_not_entered() {
    let app = app("guangdong").await;
    let branch = &app.league.branch;
    let (person, post) = (Uuid::from_u128(1), Uuid::from_u128(2));
    sqlx::query(
        "insert into org_post (org_id, post_id, person_id, path, name, title, nature, is_secretary, since, basis, identity_state, missing)
         values ($1, $2, $3, $4, '李演示', '组织委员', 'part_time', false, '2026-09-01', 'test', 'passed', '{}')",
    )
    .bind(branch.id.0)
    .bind(post)
    .bind(person)
    .bind(branch.path.as_str())
    .execute(&app.db.pool)
    .await
    .expect("a post");
    sqlx::query(
        "insert into account (account_id, kind, name, state, must_change, created_at, version)
         values ($1, 'personal', '李演示', 'active', false, '2026-09-01', 1)",
    )
    .bind(person)
    .execute(&app.db.pool)
    .await
    .expect("an account");
    let own = async || {
        let mut reader = app.db.read().await.expect("reader");
        let own = crate::store::own_people(&mut reader, branch.id).await;
        let own = own.expect("query");
        (own.cadres, own.joined)
    };
    assert_eq!(own().await, (1, 1));
    sqlx::query("update org_post set disabled = true")
        .execute(&app.db.pool)
        .await
        .expect("disabled");
    assert_eq!(own().await, (1, 0));
}

#[tokio::test]
async fn fld_08_a_phone_that_was_saved_is_not_changed_typed_once() {
    let app = app("national").await;
    let branch = &app.league.branch;
    let desk = app.admin("赵演示", branch);
    let set = |saved: &str| {
        format!(
            "update org set phone = '0531-88880000', info_saved_at = {saved} where org_id = '{}'",
            branch.id
        )
    };
    let now = org(&app.db, branch).await;
    let info = "/console/info?edit=1";
    let change = async |version: i32| {
        let version = version.to_string();
        let fields = [
            ("short_name", now.short_name.as_str()),
            ("full_name", now.full_name.as_str()),
            ("sector", now.sector.as_deref().unwrap_or_default()),
            ("phone", "0531-88880009"),
            ("version", version.as_str()),
            ("confirmed", "yes"),
        ];
        desk.submit(info, "/console/info", &fields)
            .await
            .expect(303);
        org(&app.db, branch).await
    };
    sqlx::raw_sql(sqlx::AssertSqlSafe(set("'2026-09-01'")))
        .execute(&app.db.pool)
        .await
        .unwrap();
    let page = desk.get(info).await.expect(200);
    assert!(page.has("更换</a>时填两遍新号码"), "{}", page.body);
    let kept = change(now.version).await;
    assert_eq!(kept.phone.as_deref(), Some("0531-88880000"));
    // Before the first saving what the superior typed is corrected here.
    sqlx::raw_sql(sqlx::AssertSqlSafe(set("null")))
        .execute(&app.db.pool)
        .await
        .unwrap();
    assert!(!desk.get(info).await.has("填两遍新号码"));
    let first = change(kept.version).await;
    assert_eq!(first.phone.as_deref(), Some("0531-88880009"));
}

#[tokio::test]
async fn org_17_a_graduate_organisation_stays_editable() {
    let app = app("national").await;
    let branch = &app.league.branch;
    let desk = app.admin("赵演示", branch);
    sqlx::query("update org set state = 'graduate', accepts_registration = false, info_saved_at = '2026-06-01' where org_id = $1")
        .bind(branch.id.0)
        .execute(&app.db.pool)
        .await
        .unwrap();
    let now = org(&app.db, branch).await;
    let version = now.version.to_string();
    let fields = [
        ("short_name", now.short_name.as_str()),
        ("full_name", now.full_name.as_str()),
        ("sector", now.sector.as_deref().unwrap_or_default()),
        ("email", "banji@example.cn"),
        ("youth_14_28", "12"),
        ("version", version.as_str()),
    ];
    desk.submit("/console/info?edit=1", "/console/info", &fields)
        .await
        .expect(303);
    desk.get("/console/info").await.see("banji@example.cn");
    desk.submit(
        PHONE,
        PHONE,
        &[("phone", "0531-88880000"), ("again", "0531-88880000")],
    )
    .await
    .expect(303);
    let after = org(&app.db, branch).await;
    assert_eq!(after.phone.as_deref(), Some("0531-88880000"));
    assert_eq!(after.state, crate::OrgState::Graduate);
}
