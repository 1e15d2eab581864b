//! 管理下级组织 and 基本资料 as browsers see them.

use super::kit::{app, create, org, policy};
use crate::{BranchKind, NewOrg};
use access::Role;
use base::OrgCategory::Branch;
use base::PersonId;
use uuid::Uuid;

#[tokio::test]
async fn org_30_direct_subordinates_are_listed_filtered_and_org_31_ordered() {
    let app = app("national").await;
    let admin = app.admin("周演示", &app.league.university);
    let list = admin.get("/console/subordinates").await.expect(200);
    for text in [
        "信息学院团委",
        "文学院团总支",
        "/console/codes",
        "/console/import/orgs",
        "上移 信息学院团委",
        "删除 信息学院团委",
    ] {
        assert!(list.has(text), "{text}");
    }
    assert!(!list.has("软件2023级1班团支部"), "not direct");
    let filtered = admin
        .get("/console/subordinates?category=general_branch")
        .await
        .expect(200);
    assert!(
        !filtered.has("/console/orgs/01900000-0000-7000-8000-000000989685")
            && filtered.has("文学院团总支")
    );
    assert!(filtered.has("清除筛选条件后可以调整排序"));
    let id = app.league.general.id.to_string();
    let order = "/console/subordinates/order";
    let moved = admin
        .submit(
            "/console/subordinates",
            order,
            &[("org", &id), ("to", "up")],
        )
        .await
        .expect(303)
        .location;
    let list = admin.get(&moved).await.expect(200).body;
    assert!(
        list.contains("aria-label=\"上移 文学院团总支\" autofocus"),
        "the next key moves it on"
    );
    assert!(list.find("文学院团总支") < list.find("信息学院团委"));
    let same = admin
        .submit(
            "/console/subordinates",
            order,
            &[("org", &id), ("to", "up")],
        )
        .await;
    same.expect(422).see("已经排在第1位");
    admin
        .submit(
            "/console/subordinates",
            order,
            &[("org", &id), ("to", "place"), ("place", "2")],
        )
        .await
        .expect(303);
    let other = app.league.company.id.to_string();
    admin
        .submit(
            "/console/subordinates",
            order,
            &[("org", &other), ("to", "up")],
        )
        .await
        .expect(403);
    app.admin("郑演示", &app.league.branch)
        .get("/console/subordinates")
        .await
        .expect(403);
}

#[tokio::test]
async fn org_30_the_list_is_read_page_by_page() {
    let app = app("national").await;
    let college = org(&app.db, &app.league.college).await;
    for class in 1..=12 {
        let actor = app.actor("赵演示", Role::Administrator, &app.league.college);
        let new = NewOrg::plain(Branch, format!("数学2026级{class}班团支部"));
        create(&app.db, actor, &college, new, &policy("national"))
            .await
            .unwrap();
    }
    let admin = app.admin("赵演示", &app.league.college);
    let first = admin.get("/console/subordinates?size=10").await.expect(200);
    assert!(first.has("数学2026级8班团支部") && !first.has("数学2026级9班团支部"));
    let link = |page: &testkit::Answer, rel: &str| {
        let end = page
            .body
            .find(&format!("\" rel=\"{rel}\""))
            .expect("a link");
        let start = page.body[..end].rfind("href=\"").expect("a link") + 6;
        page.body[start..end].replace("&#38;", "&")
    };
    let second = admin.get(&link(&first, "next")).await.expect(200);
    assert!(second.has("数学2026级12班团支部") && !second.has("数学2026级8班团支部"));
    let back = admin.get(&link(&second, "prev")).await.expect(200);
    assert!(back.has("软件2023级1班团支部") && !back.has("数学2026级9班团支部"));
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "administrators and snapshots belong to other rooms"
)]
async fn org_30_the_list_is_filtered_by_kind_mark_administrators_and_completeness() {
    let app = app("national").await;
    let college = org(&app.db, &app.league.college).await;
    let mut made = Vec::new();
    for (name, kind) in [
        ("数学2026级1班团支部", BranchKind::Ordinary),
        ("数学2026级2班团支部", BranchKind::Ordinary),
        ("待接转团支部", BranchKind::AwaitingTransfer),
    ] {
        let actor = app.actor("赵演示", Role::Administrator, &app.league.college);
        let new = NewOrg {
            kind,
            ..NewOrg::plain(Branch, name)
        };
        made.push(
            create(&app.db, actor, &college, new, &policy("national"))
                .await
                .unwrap(),
        );
    }
    for (statement, id) in [
        ("update org set graduation_month = 24318 where org_id = $1", made[0].id),
        ("update org set graduation_reason = '学制未定' where org_id = $1", made[1].id),
        (
            "insert into org_admin (org_id, grant_id, account_id, name, role, since, basis, granted_by) values ($1, $1, $1, '吴演示', 'administrator', now(), 'code', '周演示')",
            made[0].id,
        ),
        (
            "insert into org_progress (org_id, path, category, entered, missing, has_subs, has_branch, persons_done, at)
             values ($1, 'x', 'branch', true, '{}', false, true, true, now())",
            made[1].id,
        ),
    ] {
        sqlx::query(statement).bind(id.0).execute(&app.db.pool).await.unwrap();
    }
    let admin = app.admin("赵演示", &app.league.college);
    let first = admin.get("/console/subordinates").await.expect(200);
    assert!(first.has("更多条件") && !first.has("支部类型"));
    let names = ["数学2026级1班团支部", "数学2026级2班团支部", "待接转团支部"];
    for (filter, shown, says) in [
        ("more=1", [true, true, true], "完整度以上一个整点为准"),
        (
            "kind=awaiting_transfer",
            [false, false, true],
            "移除条件：待接转团支部",
        ),
        ("kind=ordinary", [true, true, false], "移除条件：普通"),
        (
            "mark=month",
            [true, false, false],
            "移除条件：已标记毕业时间",
        ),
        (
            "mark=reason",
            [false, true, false],
            "移除条件：已说明无法确定的理由",
        ),
        (
            "mark=none",
            [false, false, true],
            "移除条件：未标记毕业时间",
        ),
        ("admins=yes", [true, false, false], "移除条件：有管理员"),
        ("admins=no", [false, true, true], "移除条件：没有管理员"),
        (
            "complete=yes",
            [false, true, false],
            "移除条件：组织信息完整",
        ),
        (
            "complete=no&mark=month",
            [true, false, false],
            "移除条件：组织信息未完善",
        ),
    ] {
        let list = admin
            .get(&format!("/console/subordinates?{filter}"))
            .await
            .expect(200);
        for (name, shown) in names.iter().zip(shown) {
            assert_eq!(
                list.has(&format!("data-full=\"海棠理工大学信息学院{name}\"")),
                shown,
                "{filter}: {name}"
            );
        }
        assert!(list.has(says), "{filter}");
    }
    // An unusual size is a hint beside the number (FLD-07).
    assert!(first.has("不足3人，宜合并或撤销"));
}

#[tokio::test]
async fn org_30_the_list_is_exported_as_it_is_filtered() {
    let app = app("national").await;
    let admin = app.admin("周演示", &app.league.university);
    let link = "/console/subordinates/export?category=committee";
    let list = admin.get("/console/subordinates?category=committee").await;
    list.expect(200).see(link);
    let file = admin.get(link).await.expect(200);
    assert!(file.bytes.starts_with(b"PK"), "a workbook");
    let other = app.admin("钱演示", &app.league.branch);
    other.get(link).await.expect(403);
}

#[tokio::test]
async fn org_32_a_cut_name_carries_its_full_name() {
    let app = app("national").await;
    let list = app
        .admin("周演示", &app.league.university)
        .get("/console/subordinates")
        .await
        .expect(200);
    assert!(list.has(r#"data-full="海棠理工大学信息学院团委""#));
}

#[tokio::test]
async fn org_11_the_first_saving_is_confirmed_and_locks() {
    let app = app("national").await;
    let admin = app.admin("郑演示", &app.league.company);
    let look = admin.get("/console/info").await.expect(200);
    assert!(look.has("组织信息未完善") && look.has("/console/info/secretary"));
    let edit = admin.get("/console/info?edit=1").await.expect(200);
    assert!(edit.has("没有请填0") && edit.has("以后再填"));
    let form = "/console/info?edit=1";
    let blank = admin
        .submit(
            form,
            "/console/info",
            &[("sector", "国有企业"), ("youth_14_28", "10001")],
        )
        .await
        .expect(422);
    assert!(blank.has("没有请填0。") && blank.has("不能超过10000") && blank.has("有5处需要修改"));
    let fields = [
        ("sector", "国有企业"),
        ("admin_posts", "1"),
        ("admin_actual", "2"),
        ("inst_posts", "0"),
        ("inst_actual", "0"),
        ("version", "1"),
    ];
    let confirm = admin
        .submit(form, "/console/info", &fields)
        .await
        .expect(200);
    assert!(
        confirm.has("请再核对一次") && confirm.has("青禾制造公司团委") && confirm.has("大于编制数")
    );
    let mut confirmed = fields.to_vec();
    confirmed.push(("confirmed", "back"));
    assert!(
        admin
            .submit(form, "/console/info", &confirmed)
            .await
            .expect(200)
            .has("value=\"2\"")
    );
    confirmed.pop();
    confirmed.push(("confirmed", "yes"));
    let saved = admin
        .submit(form, "/console/info", &confirmed)
        .await
        .expect(303);
    assert!(
        admin
            .get(&saved.location)
            .await
            .expect(200)
            .has("资料已保存")
    );
    let edit = admin.get(form).await.expect(200);
    assert!(
        !edit.has("<select class=\"form-select\" id=\"sector\""),
        "locked: {}",
        edit.body
    );
    let mut changed = fields.to_vec();
    changed[0].1 = "机关";
    changed[5].1 = "2";
    admin
        .submit(form, "/console/info", &changed)
        .await
        .expect(422)
        .see("首次提交后不能自行修改");
    changed[0].1 = "国有企业";
    changed[5].1 = "1";
    let stale = admin.submit(form, "/console/info", &changed).await;
    assert_eq!(stale.status, 409, "{}", stale.body);
}

#[tokio::test]
async fn org_17_a_branch_edits_its_own_and_a_member_reads_it() {
    let app = app("national").await;
    let branch = app.admin("钱演示", &app.league.branch);
    let fields = [
        ("youth_14_28", "31"),
        ("phone", "0531-88880000"),
        ("version", "1"),
        ("confirmed", "yes"),
    ];
    let all: Vec<_> = fields
        .into_iter()
        .chain([("sector", "普通高等院校(公办-学生)")])
        .collect();
    branch
        .submit("/console/info?edit=1", "/console/info", &all)
        .await
        .expect(303);
    let member = app.member(PersonId(Uuid::from_u128(77)), "李示例", &app.league.branch);
    let page = member.get("/member/org").await.expect(200);
    for text in [
        "软件2023级1班团支部",
        "海棠理工大学信息学院团委",
        "0531-88880000",
        "书记",
    ] {
        assert!(page.has(text), "{text}");
    }
    member.get("/console/orgs").await.expect(403);
}

#[tokio::test]
async fn org_17_a_branch_stops_registrations_and_sees_what_was_changed() {
    let app = app("national").await;
    let branch = app.admin("钱演示", &app.league.branch);
    let number = app.league.number(&app.league.branch).to_string();
    let found = async || {
        let mut reader = app.db.read().await.unwrap();
        let found = crate::store::find_branches(&mut reader, &number, 5).await;
        !found.unwrap().is_empty()
    };
    let form = "/console/info?edit=1";
    assert!(
        branch
            .get("/console/info")
            .await
            .expect(200)
            .has("还没有变更")
    );
    let fields = |accepts, version| {
        [
            ("sector", "普通高等院校(公办-学生)"),
            ("youth_14_28", "31"),
            ("accepts", accepts),
            ("version", version),
            ("confirmed", "yes"),
        ]
    };
    assert!(found().await);
    branch
        .submit(form, "/console/info", &fields("no", "1"))
        .await
        .expect(303);
    assert!(!found().await, "nobody finds it to register with");
    let look = branch.get("/console/info").await.expect(200);
    for text in [
        "暂停报到",
        "变更记录",
        "接受报到：是 → 否",
        "14-28周岁青年数：31",
        "钱演示",
        "href=\"/console/changes/new\"",
    ] {
        assert!(look.has(text), "{text}");
    }
    // A form that does not say leaves it as it is.
    branch
        .submit(form, "/console/info", &fields("", "2"))
        .await
        .expect(303);
    assert!(!found().await);
    branch
        .submit(form, "/console/info", &fields("yes", "3"))
        .await
        .expect(303);
    assert!(found().await);
    let college = app.admin("赵演示", &app.league.college);
    assert!(
        !college
            .get("/console/info?edit=1")
            .await
            .expect(200)
            .has("接受报到"),
        "only branches say it"
    );
}

#[tokio::test]
async fn fld_03_guangdong_takes_the_code_and_the_names_in_the_networks() {
    let app = app("guangdong").await;
    let branch = app.admin("钱演示", &app.league.branch);
    let form = "/console/info?edit=1";
    let fields = |code, wechat, weibo| {
        [
            ("sector", "普通高等院校(公办-学生)"),
            ("phone", "0531-88880000"),
            ("email", "tuan@example.cn"),
            ("league_code", code),
            ("wechat", wechat),
            ("weibo", weibo),
            ("version", "1"),
            ("confirmed", "yes"),
        ]
    };
    let long = "微".repeat(31);
    let bad = branch
        .submit(
            form,
            "/console/info",
            &fields("123456789012345679", "1abcde", &long),
        )
        .await
        .expect(422);
    for text in [
        "团组织机构代码有误",
        "团组织微信号有误",
        "微博号最多30个字，现有31个",
        "有3处需要修改",
    ] {
        assert!(bad.has(text), "{text}");
    }
    let first = bad
        .body
        .find(" autofocus")
        .expect("a faulty field takes the focus");
    assert!(
        bad.body[first..].starts_with(" autofocus>")
            && bad.body[..first].contains("id=\"league_code\"")
    );
    branch
        .submit(
            form,
            "/console/info",
            &fields("GD-01234", "qinghe_tuan", "@青禾团支部"),
        )
        .await
        .expect(303);
    let look = branch.get("/console/info").await.expect(200);
    assert!(look.has("GD-01234") && look.has("qinghe_tuan") && look.has(">青禾团支部<"));
    for text in [
        "团组织微信号：qinghe_tuan",
        "团组织机构代码：GD-01234",
        "电子邮箱：tuan@example.cn",
        "更换联系电话",
    ] {
        assert!(look.has(text), "in the history: {text}");
    }
    let national = super::kit::app("national").await;
    let edit = national
        .admin("钱演示", &national.league.branch)
        .get(form)
        .await
        .expect(200);
    assert!(!edit.has("团组织微信号"));
}
