//! Reset codes for a pasted list (FLD-101): a code or the ground why not, line by line.

use super::resets;
use crate::{Policy, store};
use access::Permission;
use base::{Error, IdNumber, PersonId, Reserved, Result, business_date};
use chrono::TimeDelta;
use db::{Event, Tx, limits};
use people::Person;
use serde_json::json;

/// Lines taken at a time.
pub(crate) const MOST: usize = 100;
/// Codes a day and administrator.
const A_DAY: i32 = 300;

/// What became of a line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// As found, or as typed with numbers masked.
    pub name: String,
    /// Masked.
    pub number: String,
    /// Branch or organisation.
    pub org: String,
    /// The code, or why there is none.
    pub code: std::result::Result<String, String>,
    /// An SMS went out.
    pub sent: bool,
}

/// The entries of a pasted text: separated by line ends, commas, blanks; each once.
pub(crate) fn entries(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let split = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；');
    for entry in text.split(split) {
        let entry = base::text::normalise(entry);
        if !entry.is_empty() && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

/// Makes a code for everybody on the list who may have one from this administrator; nothing while a second one has yet to
/// confirm the list (ACC-B11).
pub(crate) async fn issue(
    tx: &mut Tx,
    policy: &Policy,
    reserved: Reserved,
    text: &str,
    by_sms: bool,
) -> Result<Option<Vec<Line>>> {
    let entries = entries(text);
    if entries.is_empty() {
        return Err(Error::refused_at(
            "list",
            "reset_list.empty",
            "请粘贴身份证号或姓名，每行一个",
        ));
    }
    if entries.len() > MOST {
        let message = format!("一次最多{MOST}人，这里有{}人，请分几次办理", entries.len());
        return Err(Error::refused_at("list", "reset_list.many", message));
    }
    if entries.len() > 1 && !super::four_eyes::may_reset(tx, &entries).await? {
        return Ok(None);
    }
    let mut lines = Vec::with_capacity(entries.len());
    for entry in &entries {
        lines.push(line(tx, policy, reserved, entry, by_sms).await?);
    }
    let made = lines.iter().filter(|line| line.code.is_ok()).count();
    let (now, counter) = (tx.now(), format!("reset_list:{:?}", tx.actor().person()));
    for _ in 0..made {
        let (hits, _) = limits::hit(tx, &counter, now, TimeDelta::days(1)).await?;
        if hits > A_DAY {
            let message = format!(
                "每位管理员一天最多生成{A_DAY}个重置密码验证码，请明天再办或请另一位管理员办理"
            );
            return Err(Error::refused_at("list", "reset_list.day", message));
        }
    }
    let org = tx.actor().org().map(|o| o.id);
    if let Some(org) = org {
        tx.record(
            Event::new("reset_code.list", "org", org)
                .org(org)
                .after(json!({ "asked": lines.len(), "made": made })),
        );
    }
    Ok(Some(lines))
}

async fn line(
    tx: &mut Tx,
    policy: &Policy,
    reserved: Reserved,
    entry: &str,
    by_sms: bool,
) -> Result<Line> {
    let ground = |name: String, why: &str| Line {
        name,
        number: String::new(),
        org: String::new(),
        code: Err(why.to_owned()),
        sent: false,
    };
    const UNSEEN: &str = "没有找到，或不在您的管理范围内";
    let (today, keys) = (business_date(tx.now()), tx.keys().clone());
    let found = if let Ok(number) = IdNumber::parse(entry, today, reserved) {
        match people::by_id_number(tx, &keys, &number).await? {
            Some(person) => vec![person],
            None => return Ok(ground(number.masked(), UNSEEN)),
        }
    } else if entry.chars().any(|c| c.is_ascii_digit()) {
        return Ok(ground(mask(entry), "不是有效的身份证号，也不是姓名"));
    } else {
        let scope = tx.actor().scope(Permission::ViewPeople);
        people::named(tx, &scope, entry, 2).await?
    };
    let person = match found.as_slice() {
        [one] => *one,
        [] => return Ok(ground(entry.to_owned(), UNSEEN)),
        _ => {
            return Ok(ground(entry.to_owned(), "范围内有同名的人，请改用身份证号"));
        }
    };
    let file = people::find(tx, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(account) = store::account::find(tx, person.0).await?
        && matches!(account.state.as_str(), "disabled" | "closed")
    {
        return Ok(ground(file.name, "账号已停用或注销，须先启用"));
    }
    match resets::issue(tx, policy, &file).await {
        Ok(code) => {
            let sent = by_sms && send(tx, &file, &code.code, policy).await?;
            Ok(Line {
                number: file.id_number.masked(),
                org: place(tx, person).await?,
                name: file.name,
                code: Ok(code.code),
                sent,
            })
        }
        Err(Error::NotFound) => Ok(ground(mask(entry), UNSEEN)),
        Err(Error::Forbidden(why)) => Ok(ground(file.name, &why.message)),
        Err(other) => Err(other),
    }
}

/// Something that looks like a number is shown by its ends only.
pub(crate) fn mask(entry: &str) -> String {
    let chars: Vec<char> = entry.chars().collect();
    if chars.len() < 8 || !chars.iter().any(char::is_ascii_digit) {
        return entry.to_owned();
    }
    let (front, back): (String, String) = (
        chars[..3].iter().collect(),
        chars[chars.len() - 2..].iter().collect(),
    );
    format!("{front}****{back}")
}

async fn send(tx: &mut Tx, person: &Person, code: &str, policy: &Policy) -> Result<bool> {
    let Some(phone) = &person.phone else {
        return Ok(false);
    };
    let text = format!(
        "【团建】{}，管理员为您生成了重置密码验证码{code}，{}小时内有效。请在登录页点“忘记密码”使用；如非本人要求，请勿理会并告知所在团组织。",
        person.name, policy.reset.code_hours
    );
    let hours = policy.reset.code_hours.to_string();
    let words = [
        ("name", person.name.as_str()),
        ("code", code),
        ("hours", &hours),
    ];
    let words = gateways::Words::new("reset_code", &words);
    gateways::sms(tx, phone, "重置密码验证码", &text, &words).await?;
    Ok(true)
}

async fn place(tx: &mut Tx, person: PersonId) -> Result<String> {
    if let Some(membership) = people::membership(tx, person).await? {
        return Ok(membership.branch_name);
    }
    let posts: Vec<_> = people::posts(tx, person).await?;
    let ids: Vec<_> = posts.iter().map(|p| p.org).collect();
    let orgs = orgs::find_many(tx, &ids).await?;
    Ok(orgs
        .into_iter()
        .next()
        .map(|o| o.full_name)
        .unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fld_101_a_pasted_list_is_read_as_people_paste_it() {
        let read = entries("张三，李四\r\n王五 张三\n\n、９９９００１１９９１０２０２００２４；");
        assert_eq!(read, ["张三", "李四", "王五", "999001199102020024"]);
        assert_eq!(mask("440106"), "440106");
        assert_eq!(mask("4.40106E+17"), "4.4****17");
    }
}
