use super::kit;
use base::{IdNumber, PersonId};
use testkit::{Answer, Client, TestApp};

const PAGE: &str = "/console/resets";
const SIGNS: &str = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥春夏秋冬";
const NEW: &str = "qing-he-lv-ye-26";

async fn paste(admin: &Client, list: &str) -> Answer {
    admin
        .upload(PAGE, PAGE, &[("list", list)], "leer.txt", b"")
        .await
}

async fn some(app: &TestApp, many: u32) -> Vec<(IdNumber, PersonId)> {
    let mut all = Vec::new();
    for n in 0..many {
        let number = kit::id_number("20050305", 100 + n);
        let branch = Some(&app.league.branch);
        let sign = SIGNS.chars().nth(n as usize % 26).expect("26 signs");
        let name = format!("演示{sign}");
        let id = kit::person(app, &name, &number, None, branch).await;
        all.push((number, id));
    }
    all
}

#[tokio::test]
async fn fld_101_a_hundred_pasted_with_three_faults_give_97_codes_to_copy_at_once_and_three_grounds()
 {
    let app = kit::app().await;
    let admin = kit::admin(&app, "赵演示", 17, &app.league.college.clone()).await;
    let people = some(&app, 97).await;
    let stranger = kit::id_number("20050305", 700);
    let elsewhere = Some(&app.league.workshop);
    kit::person(&app, "外演示", &stranger, None, elsewhere).await;
    let mut list: Vec<&str> = people.iter().map(|(n, _)| n.reveal()).collect();
    let unknown = kit::id_number("20050305", 701);
    list.extend([stranger.reveal(), unknown.reveal(), "4.40106E+17"]);
    let done = paste(&admin, &list.join("\n")).await.expect(200);
    let done = done
        .see("已生成97个，3个没有生成")
        .see("不是有效的身份证号，也不是姓名");
    assert_eq!(
        done.body.matches("没有找到，或不在您的管理范围内").count(),
        2
    );
    assert!(!done.has("外演示"), "somebody out of sight is like nobody");
    assert!(!done.has(stranger.reveal()), "numbers are masked");
    let all = done.body.split("id=\"copy-all\"").nth(1).expect("to copy");
    let all = all.split("</textarea>").next().unwrap();
    assert_eq!(all.matches("重置密码验证码 ").count(), 97);
    // A code from the list resets exactly its person.
    let code: String = all
        .lines()
        .next()
        .unwrap()
        .split("重置密码验证码 ")
        .nth(1)
        .unwrap()
        .chars()
        .take(8)
        .collect();
    let reset = |number: &IdNumber| {
        let fields = [
            ("identifier", number.reveal().to_owned()),
            ("code", code.clone()),
            ("password", NEW.to_owned()),
            ("repeat", NEW.to_owned()),
        ];
        let guest = app.guest();
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            guest.submit("/forgot", "/forgot", &fields).await
        }
    };
    reset(&people[1].0).await.expect(422);
    reset(&people[0].0).await.expect(303);
}

#[tokio::test]
async fn fld_101_a_hundred_and_one_are_refused_and_names_shared_by_two_ask_for_the_number() {
    let app = kit::app().await;
    let admin = kit::admin(&app, "赵演示", 17, &app.league.college.clone()).await;
    let list: Vec<String> = (0..101).map(|n| format!("甲{}", "乙".repeat(n))).collect();
    paste(&admin, &list.join(" "))
        .await
        .expect(422)
        .see("一次最多100人，这里有101人");
    some(&app, 27).await;
    let done = paste(&admin, "演示甲，演示乙，演示冬").await.expect(200);
    done.see("已生成2个，1个没有生成")
        .see("同名的人，请改用身份证号");
    paste(&admin, "  \n ").await.expect(422).see("请粘贴");
}

#[tokio::test]
async fn fld_101_a_higher_superior_is_told_who_may_and_nobody_gives_a_code_to_oneself() {
    let app = kit::app().await;
    let admin = kit::admin(&app, "赵演示", 17, &app.league.university.clone()).await;
    let people = some(&app, 1).await;
    let own = kit::id_number("19900101", 17);
    let list = format!("{} {}", people[0].0.reveal(), own.reveal());
    let done = paste(&admin, &list).await.expect(200);
    done.see("所在组织或直接上级的管理员").see("不能给自己生成");
}
