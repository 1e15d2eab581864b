//! The deployment owner's commands as they are typed: `tuanjian auditor`, `tuanjian client` (ACC-85, SEC-13, ACC-74).

use access::{Actor, OrgRef};
use base::PersonId;
use std::process::{Command, Output, Stdio};

/// A database with the invented league, and the program beside it.
struct Owner {
    url: String,
    db: db::Db,
    folder: std::path::PathBuf,
    league: testkit::League,
}

impl Owner {
    async fn new(name: &str) -> Self {
        let url = testkit::fresh_database().await;
        let db = testkit::open_database(&url).await;
        let folder =
            std::env::temp_dir().join(format!("tuanjian-owner-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("master.key"), testkit::MASTER).expect("a key");
        Self {
            url,
            db,
            folder,
            league: testkit::League::new(),
        }
    }

    /// Invented numbers are taken in a demonstration's database only.
    #[expect(
        clippy::disallowed_methods,
        reason = "a mark the program's own seeding would leave"
    )]
    async fn mark_demo(&self) {
        sqlx::query(
            "insert into setting (name, value) values ('demo', '{}') on conflict do nothing",
        )
        .execute(&self.db.pool)
        .await
        .expect("the mark of a demonstration");
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_tuanjian"))
            .args(words)
            .env("DATABASE_URL", &self.url)
            .env("TUANJIAN_DATA", &self.folder)
            .env("TUANJIAN_MASTER_KEY_FILE", self.folder.join("master.key"))
            .stdin(Stdio::null())
            .output()
            .expect("the program")
    }
}

fn said(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}

/// A member of a branch with an invented number, and the number.
async fn member(owner: &Owner, branch: &OrgRef) -> (PersonId, String) {
    let front = "99900020050203001";
    let id_number = format!("{front}{}", base::check_digit(front.as_bytes()));
    let input = people::MemberInput {
        name: "李样本".into(),
        id_number: id_number.clone(),
        ethnic: "汉族".into(),
        political: "共青团员".into(),
        education: "大学本科".into(),
        admitted_on: "2019-05".into(),
        admission_number: "201900000001".into(),
        phone: "10000000001".into(),
        ..people::MemberInput::default()
    };
    let around = people::Circumstances {
        today: "2026-09-18".parse().expect("a day"),
        reserved: base::Reserved::Accepted,
        xinjiang: false,
        demand: people::Demand::Member,
        category: base::OrgCategory::Branch,
        keep_number: false,
    };
    let policies = tuanjian::wiring::policies("national").expect("a profile");
    let policy: &people::Policy = policies.get().expect("a section");
    let new = people::check(&input, policy, &around).expect("a good record");
    let actor = Actor::system("test");
    let mut tx = owner.db.begin(actor).await.expect("transaction");
    let to = orgs::find(&mut tx, branch.id)
        .await
        .expect("query")
        .expect("a branch");
    let person = people::enter_member(&mut tx, &to, new, people::How::Entered, None)
        .await
        .expect("entered");
    tx.commit().await.expect("commit");
    (person, id_number)
}

/// The last day a term of the program's own clock may have, some days from today.
fn in_days(days: i64) -> String {
    let day =
        base::business_date(base::Clock::system().now()) + chrono::Days::new(days.unsigned_abs());
    day.to_string()
}

#[tokio::test]
async fn acc_85_the_command_proposes_an_auditor_whom_the_root_confirms() {
    let owner = Owner::new("auditor").await;
    owner.mark_demo().await;
    let (person, number) = member(&owner, &owner.league.branch).await;
    let until = in_days(100);
    let propose = |number: &str, until: &str, reason: &str| {
        let words = [
            "auditor",
            "--id-number",
            number,
            "--until",
            until,
            "--reason",
            reason,
        ];
        owner.run(&words)
    };
    let far = in_days(400);
    for (number, until, reason, want) in [
        ("999000200502030029", until.as_str(), "年度等保测评", "请"),
        (number.as_str(), far.as_str(), "年度等保测评", "最长一年"),
        (number.as_str(), "2026-13-01", "年度等保测评", "截止日期"),
        (number.as_str(), until.as_str(), "测", "理由"),
    ] {
        let refused = propose(number, until, reason);
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert!(said(&refused).contains(want), "{}", said(&refused));
    }
    let done = propose(&number, &until, "年度等保测评");
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(
        said(&done).contains("已提名〔李样本〕为审计员"),
        "{}",
        said(&done)
    );
    assert!(
        !said(&done).contains(&number),
        "no whole number on the terminal"
    );
    // Twice is refused; and nothing may be looked at before the root has confirmed it.
    let again = propose(&number, &until, "年度等保测评");
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    let mut reader = owner.db.read().await.expect("read");
    let holders = accounts::administrators(&mut reader, owner.league.root.id)
        .await
        .expect("holders");
    assert!(holders.iter().all(|holder| holder.account_id != person.0));
}

#[tokio::test]
async fn acc_74_the_command_makes_lists_and_revokes_client_keys() {
    let owner = Owner::new("client").await;
    let number = owner.league.number(&owner.league.college).to_string();
    let until = in_days(100);
    let made = owner.run(&[
        "client",
        "add",
        "--name",
        "学校学工系统",
        "--scope",
        "org.read",
        "--org",
        &number,
        "--until",
        &until,
    ]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    let text = said(&made);
    let key = text
        .lines()
        .find(|line| line.starts_with("tj_"))
        .expect("the key")
        .to_owned();
    let id = text
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.get(..36))
        .expect("an id")
        .to_owned();
    let list = said(&owner.run(&["client", "list"]));
    assert!(
        list.contains(&id) && list.contains("有效") && list.contains("信息学院团委"),
        "{list}"
    );
    assert!(!list.contains(&key), "shown once");
    let wrong = owner.run(&[
        "client",
        "add",
        "--name",
        "学校学工系统",
        "--scope",
        "member.write",
        "--org",
        &number,
        "--until",
        &until,
    ]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong).contains("没有权限范围"), "{}", said(&wrong));
    let gone = owner.run(&["client", "revoke", &id]);
    assert_eq!(gone.status.code(), Some(0), "{}", said(&gone));
    assert!(said(&owner.run(&["client", "list"])).contains("已撤销"));
    assert_eq!(owner.run(&["client", "revoke", &id]).status.code(), Some(1));
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
