use super::kit::Kit;
use crate::freshmen::book;
use orgs::Org;
use testkit::Client;

const PAGE: &str = "/console/import/freshmen";

async fn checked(kit: &Kit, client: &Client, rows: &[[&str; 4]]) -> String {
    let file = book(kit.app.app.policy(), rows);
    let sent = client
        .upload(PAGE, PAGE, &[], "新生.xlsx", &file)
        .await
        .expect(303);
    kit.app.settle().await;
    sent.location
}

async fn confirm(kit: &Kit, client: &Client, run: &str) {
    client
        .submit(&format!("{run}/confirm"), &format!("{run}/apply"), &[])
        .await
        .expect(303);
    kit.app.settle().await;
}

async fn children(kit: &Kit) -> Vec<Org> {
    let mut reader = kit.app.db.read().await.expect("reader");
    orgs::children(&mut reader, kit.app.league.college.id)
        .await
        .expect("query")
}

#[tokio::test]
async fn org_b2_two_hundred_and_fifty_branches_come_from_one_sheet_with_codes_and_posters() {
    let kit = Kit::new().await;
    let client = kit.console(&kit.app.league.college);
    let majors: Vec<String> = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥金木水"
        .chars()
        .map(|c| format!("{c}类工程专业"))
        .collect();
    let rows: Vec<[&str; 4]> = majors
        .iter()
        .map(|major| [major.as_str(), "2026", "10", ""])
        .collect();
    let run = checked(&kit, &client, &rows).await;
    let preview = client.get(&run).await.expect(200);
    assert!(
        preview.has("甲类工程专业2026级1班团支部 至 甲类工程专业2026级10班团支部，共10个"),
        "{}",
        preview.body
    );
    assert_eq!(
        children(&kit).await.len(),
        2,
        "nothing before the confirmation"
    );
    confirm(&kit, &client, &run).await;
    let made: Vec<Org> = children(&kit)
        .await
        .into_iter()
        .filter(|org| org.short_name.contains("2026级"))
        .collect();
    assert_eq!(made.len(), 250);
    for org in &made {
        assert!(orgs::is_class_name(&org.short_name), "{}", org.short_name);
        assert!(orgs::check_short_name(org.category, &org.short_name).is_ok());
        assert!(org.full_name.starts_with("海棠理工大学信息学院"));
        assert!(org.sector.is_some());
    }
    // A code each, which the superior can show.
    let mut tx = kit
        .app
        .db
        .begin(kit.admin(&kit.app.league.college))
        .await
        .expect("begin");
    for org in [&made[0], &made[249]] {
        let codes = accounts::show_codes(&mut tx, org).await.expect("codes");
        assert_eq!(codes.len(), 1);
    }
    drop(tx);
    let done = client.get(&run).await.expect(200);
    assert!(done.has("核对新建的250个团支部"), "{}", done.body);
    let posters = format!(
        "/console/posters?from={}&to={}",
        made[0].number, made[249].number
    );
    assert!(done.has("/console/posters?from="), "{}", done.body);
    let page = client.get(&posters).await.expect(200);
    assert_eq!(page.body.matches("tj-poster").count(), 250);
    let scanned = format!("/register/member?branch={}", made[0].id);
    assert!(page.has(&scanned) && page.has("<svg"));
    kit.console(&kit.app.league.branch)
        .get(&posters)
        .await
        .expect(403);
    // Once more they are all there; taken back, and nothing else with them.
    let again = checked(&kit, &client, &rows[..1]).await;
    client.get(&again).await.expect(200).see("同级已存在");
    client
        .submit(&run, &format!("{run}/take-back"), &[("confirm", "撤回")])
        .await
        .expect(303);
    assert_eq!(children(&kit).await.len(), 2);
}

#[tokio::test]
async fn org_b2_faults_stand_in_their_cells_and_existing_classes_ask_for_another_first() {
    let kit = Kit::new().await;
    let client = kit.console(&kit.app.league.college);
    let rows = [
        ["软件", "2023", "3", ""],
        ["软件", "2023", "1", "3"],
        ["物理2026级", "2026", "2", ""],
        ["化学", "2026", "2", "5"],
        ["化学", "2026", "1", "6"],
        ["数学", "1999", "1", ""],
        ["数学", "2026", "61", ""],
    ];
    let run = checked(&kit, &client, &rows).await;
    let page = client.get(&run).await.expect(200);
    for text in [
        "请把起始班号改为还没有建的班",
        "〔软件2023级3班团支部〕与本表第",
        "不要写年级、班号",
        "〔化学2026级6班团支部〕与本表第",
        "入学年份应在2018至2027之间",
        "班数应为1–60",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    let ready = client.get(&format!("{run}?show=ready")).await.expect(200);
    assert!(
        ready.has("化学2026级5班团支部 至 化学2026级6班团支部，共2个"),
        "{}",
        ready.body
    );
    // A company has no classes.
    let company = kit.console(&kit.app.league.company);
    let run = checked(&kit, &company, &[["软件", "2026", "1", ""]]).await;
    company
        .get(&run)
        .await
        .expect(200)
        .see("请选择学生的行业类别");
}

#[tokio::test]
async fn org_b2_guangdong_fills_the_school_and_the_year_of_graduation_in() {
    let kit = Kit::under("guangdong").await;
    let league = &kit.app.league;
    let sector = {
        let policy = kit.app.app.policy::<orgs::Policy>();
        let offered = policy.offered_sectors();
        let students = offered.filter(|sector| sector.students);
        students.map(|sector| sector.name.clone()).next()
    }
    .expect("a sector of students");
    kit.sql(&format!(
        "update org set school_code = '4137010425', is_school = true, sector = '{sector}' where org_id in ('{}', '{}')",
        league.university.id, league.college.id
    ))
    .await;
    let client = kit.console(&league.college);
    let run = checked(&kit, &client, &[["软件", "2026", "2", ""]]).await;
    confirm(&kit, &client, &run).await;
    let made: Vec<Org> = children(&kit)
        .await
        .into_iter()
        .filter(|org| org.short_name.starts_with("软件2026级"))
        .collect();
    assert_eq!(made.len(), 2);
    let year = kit.app.app.policy::<crate::Policy>().study_years[&sector] + 2026;
    for org in &made {
        assert_eq!(org.graduation.map(base::YearMonth::year), Some(year));
    }
    // Accounts are given in the list of credentials, which shows a password once only.
    let done = client.get(&run).await.expect(200);
    assert!(done.has("生成各团支部的登录资料"), "{}", done.body);
}
