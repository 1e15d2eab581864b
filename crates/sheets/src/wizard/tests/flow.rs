//! From the upload to the finished import.

use super::*;

#[tokio::test]
async fn org_25_nothing_is_created_before_the_confirmation() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let sent = admin
        .upload(PAGE, PAGE, &[], "便签.xlsx", &book(&template(), &TWO))
        .await
        .expect(303);
    admin
        .get(&sent.location)
        .await
        .expect(200)
        .see("正在核对表格")
        .see("hx-trigger=\"every 2s\"")
        .see("http-equiv=\"refresh\"");
    app.settle().await;
    assert!(notes(&app).await.is_empty());
    admin
        .get(&sent.location)
        .await
        .expect(200)
        .see("全部导入（2行）")
        .see("全称：便签〔甲〕");
    assert!(notes(&app).await.is_empty());
    confirm(&admin, &sent.location).await.expect(303);
    assert!(
        notes(&app).await.is_empty(),
        "written by the work, not by the page"
    );
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
    admin
        .get(&sent.location)
        .await
        .see("已导入2条便签")
        .see("查看新便签")
        .see("请逐条核对。");
}

#[tokio::test]
async fn ros_05_good_rows_are_applied_and_bad_ones_come_back_to_be_sent_again() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let rows = [
        ["甲", "一", ""],
        ["", "二", ""],
        ["丙", "", ""],
        ["丁", "超过十个字的内容写不下了", ""],
    ];
    let run = checked(&app, &admin, &rows).await;
    admin
        .get(&run)
        .await
        .see("先导入可用的2行")
        .see("名称为空")
        .see("内容 1")
        .see("class=\"is-error\"");
    admin
        .get(&format!("{run}?show=faulty&reason=text"))
        .await
        .see("内容超长")
        .see("<b class=\"tj-warn\">1</b>");
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await, ["丙", "甲"]);
    let failed = admin.get(&format!("{run}/failed")).await.expect(200);
    let mut again = crate::read(&failed.bytes, &template(), &Limits::new(10, 1)).expect("readable");
    assert_eq!(again.rows.len(), 2);
    for (row, (key, value)) in again.rows.iter_mut().zip([("name", "乙"), ("text", "短")]) {
        assert!(template().mend(row, key, value));
    }
    let corrected = template().write(Some(&again.rows)).expect("a workbook");
    let sent = admin
        .upload(PAGE, PAGE, &[], "失败行.xlsx", &corrected)
        .await
        .expect(303);
    app.settle().await;
    confirm(&admin, &sent.location).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await, ["丁", "丙", "乙", "甲"]);
}

#[tokio::test]
async fn org_22_rows_already_created_count_as_duplicates() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    let again = checked(&app, &admin, &TWO).await;
    admin
        .get(&again)
        .await
        .see("没有可以导入的行")
        .see("重复的2行")
        .see("已有同名便签");
    let key = admin.get(&again).await.key();
    admin
        .post(&format!("{again}/apply"), &[("_key", &key)])
        .await
        .expect(422)
        .see("没有可以导入的行");
    assert_eq!(notes(&app).await.len(), 2);
}

#[tokio::test]
async fn org_22_a_row_created_elsewhere_after_the_check_is_not_created_twice() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let first = checked(&app, &admin, &TWO).await;
    let second = checked(&app, &admin, &[["乙", "二", ""], ["丙", "三", ""]]).await;
    confirm(&admin, &first).await.expect(303);
    app.settle().await;
    confirm(&admin, &second).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 3);
    admin
        .get(&format!("{second}?show=duplicate"))
        .await
        .see("已导入1条便签")
        .see("已有同名便签");
}

#[tokio::test]
async fn ros_05_a_process_killed_while_applying_leaves_the_preview_or_the_whole_import() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    confirm(&admin, &run).await.expect(303);
    let id: ImportId = run.rsplit('/').next().expect("id").parse().expect("id");
    let actor = app.actor("赵演示", Role::Administrator, &app.league.branch);
    for _ in 0..2 {
        let mut tx = app.db.begin(actor.clone()).await.expect("tx");
        let created = engine::apply(&app.app, &mut tx, id).await.expect("applied");
        assert_eq!(created, Some(2));
        drop(tx); // killed before the commit
        assert!(notes(&app).await.is_empty());
        admin.get(&run).await.see("正在写入");
    }
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
    // Killed after the commit, before the work was signed off: the second handing out does nothing.
    let mut tx = app.db.begin(actor).await.expect("tx");
    assert_eq!(
        engine::apply(&app.app, &mut tx, id)
            .await
            .expect("nothing to do"),
        None
    );
    assert_eq!(notes(&app).await.len(), 2);
}

#[tokio::test]
async fn ros_05_an_import_that_cannot_be_written_returns_to_its_preview() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &[["坏", "一", ""], ["乙", "二", ""]]).await;
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert!(notes(&app).await.is_empty());
    admin
        .get(&run)
        .await
        .see("写到一半出了问题")
        .see("没有写入任何数据")
        .see("全部导入（2行）");
    let mended = admin
        .submit(&run, &format!("{run}/rows/2"), &[("cell.name", "好")])
        .await
        .expect(303);
    assert_eq!(mended.location, run);
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await, ["乙", "好"]);
}

#[tokio::test]
async fn ros_05_a_row_mended_in_place_is_judged_with_the_whole_file() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(
        &app,
        &admin,
        &[["甲", "一", ""], ["甲", "二", ""], ["乙", "三", ""]],
    )
    .await;
    admin
        .get(&run)
        .await
        .see("与本表第2行重复")
        .see("是否指")
        .see("value=\"甲二\"");
    let back = format!("{run}?show=faulty");
    let action = format!("{run}/rows/3");
    // Still wrong: now it repeats another row.
    let sent = admin
        .submit(&run, &action, &[("back", &back), ("cell.name", "乙")])
        .await
        .expect(303);
    assert_eq!(sent.location, back);
    admin
        .fragment(&back)
        .await
        .see("与本表第3行重复")
        .see("id=\"wizard\"");
    let elsewhere = "https://example.org/";
    let sent = admin
        .submit(
            &run,
            &format!("{run}/rows/4"),
            &[("back", elsewhere), ("cell.name", "丙")],
        )
        .await
        .expect(303);
    assert_eq!(sent.location, run);
    admin.get(&run).await.see("全部导入（3行）");
    admin
        .submit(&run, &format!("{run}/rows/99"), &[("cell.name", "丁")])
        .await
        .expect(403);
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await, ["丙", "乙", "甲"]);
    let key = admin.get(PAGE).await.key();
    admin
        .post(&action, &[("_key", &key), ("cell.name", "戊")])
        .await
        .expect(409)
        .see("已由赵演示确认，于2026-09-18 10:00完成");
}

#[tokio::test]
async fn ros_04_the_wrong_template_is_refused_whole() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let sent = admin
        .upload(PAGE, PAGE, &[], "错.xlsx", &book(&other_template(), &TWO))
        .await
        .expect(303);
    app.settle().await;
    admin.get(&sent.location).await.see(
        "表格错误：这是〔导入其他〕模板，此处需要〔导入便签〕模板，两种模板不可混用，请下载正确模板重新上传。",
    );
    let key = admin.get(PAGE).await.see("未接收").key();
    admin
        .post(&format!("{}/apply", sent.location), &[("_key", &key)])
        .await
        .expect(409);
    assert!(notes(&app).await.is_empty());
    let rows: i64 = sqlx::query_scalar("select count(*) from import_row")
        .fetch_one(&app.db.pool)
        .await
        .expect("count");
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn gen_03_a_missing_or_too_large_file_is_refused_beside_the_field() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    admin
        .upload(PAGE, PAGE, &[], "空.xlsx", b"")
        .await
        .expect(422)
        .see("id=\"err-file\">还没有选择文件");
    admin
        .upload(PAGE, PAGE, &[], "大.xlsx", &vec![0; 1024 * 1024 + 1])
        .await
        .expect(422)
        .see("id=\"err-file\">文件超过1MB");
    let sent = admin
        .upload(PAGE, PAGE, &[], "不是.xlsx", &vec![0; 1024 * 1024])
        .await
        .expect(303);
    app.settle().await;
    admin.get(&sent.location).await.see("这不是.xlsx工作簿");
}

#[tokio::test]
async fn gen_08_a_confirmation_sent_twice_takes_effect_once() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let run = checked(&app, &admin, &TWO).await;
    let key = admin.get(&format!("{run}/confirm")).await.key();
    let action = format!("{run}/apply");
    for _ in 0..2 {
        let sent = admin.post(&action, &[("_key", &key)]).await.expect(303);
        assert_eq!(sent.location, run);
    }
    app.settle().await;
    let sent = admin.post(&action, &[("_key", &key)]).await.expect(303);
    assert_eq!(sent.location, run);
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
    let other = admin.get(PAGE).await.key();
    admin.post(&action, &[("_key", &other)]).await.expect(409);
}

#[tokio::test]
async fn ros_05_five_thousand_rows_are_paged_and_applied_at_once() {
    let app = start().await;
    let admin = app.admin("赵演示", &app.league.branch);
    let names: Vec<String> = (0..5000).map(|n| format!("行{n:04}")).collect();
    let rows: Vec<[&str; 3]> = names.iter().map(|n| [n.as_str(), "一", ""]).collect();
    let run = checked(&app, &admin, &rows).await;
    admin
        .get(&run)
        .await
        .see("全部导入（5000行）")
        .see("行0049")
        .see("show=ready&#38;above=51");
    let last = admin.get(&format!("{run}?show=ready&above=4951")).await;
    assert!(last.has("行4950") && last.has("行4999") && !last.has("后面的行"));
    confirm(&admin, &run).await.expect(303);
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 5000);
    admin
        .submit(&run, &format!("{run}/take-back"), &[("confirm", "撤回")])
        .await
        .expect(303);
    assert!(notes(&app).await.is_empty());
}

#[tokio::test]
async fn gen_09_the_second_who_confirms_is_told_who_was_first() {
    let app = start().await;
    let first = app.admin("赵演示", &app.league.branch);
    let second = app.admin("钱演示", &app.league.branch);
    let run = checked(&app, &first, &TWO).await;
    let key = second
        .get(&format!("{run}/confirm"))
        .await
        .expect(200)
        .key();
    confirm(&first, &run).await.expect(303);
    let action = format!("{run}/apply");
    second
        .post(&action, &[("_key", &key)])
        .await
        .expect(409)
        .see("已由赵演示确认，正在写入");
    app.settle().await;
    assert_eq!(notes(&app).await.len(), 2);
}
