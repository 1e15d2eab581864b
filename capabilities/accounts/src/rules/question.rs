//! The question asked after failed sign-ins (ACC-06): a sum in words. It is text, so that a screen reader speaks it and
//! no picture or sound is needed; every question is new, signed, good for ten minutes and for one answer.

use base::Random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use db::Keyring;

const LIFE_SECONDS: i64 = 600;
const DIGITS: [&str; 21] = [
    "零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三",
    "十四", "十五", "十六", "十七", "十八", "十九", "二十",
];
const THINGS: [&str; 6] = ["棵树", "本书", "面团旗", "把椅子", "封信", "个苹果"];

/// A question with the token that goes with the form.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// Signed place of the answer.
    pub token: String,
}

fn sign(keys: &Keyring, nonce: &str, until: i64, answer: u64) -> Vec<u8> {
    keys.blind("question", &format!("{nonce}/{until}/{answer}"))
}

/// A new question.
pub fn ask(keys: &Keyring, random: &Random, now: DateTime<Utc>) -> Question {
    let (a, b) = (random.below(11) + 6, random.below(5) + 1);
    let thing = THINGS[random.below(THINGS.len() as u64) as usize];
    let (a_words, b_words) = (DIGITS[a as usize], DIGITS[b as usize]);
    let (text, answer) = match random.below(3) {
        0 => (
            format!("原有{a_words}{thing}，又添了{b_words}{thing}，一共几{thing}？",),
            a + b,
        ),
        1 => (
            format!("原有{a_words}{thing}，拿走{b_words}{thing}，还剩几{thing}？"),
            a - b,
        ),
        _ => (format!("{a_words}加{b_words}等于几？"), a + b),
    };
    let nonce = URL_SAFE_NO_PAD.encode(random.bytes::<9>());
    let until = now.timestamp() + LIFE_SECONDS;
    let mac = URL_SAFE_NO_PAD.encode(&sign(keys, &nonce, until, answer)[..16]);
    Question {
        text,
        token: format!("{nonce}.{until}.{mac}"),
    }
}

/// Whether the answer (digits, full-width digits or words) fits the token.
pub fn is_right(keys: &Keyring, token: &str, typed: &str, now: DateTime<Utc>) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let &[nonce, until, mac] = parts.as_slice() else {
        return false;
    };
    let Ok(until) = until.parse::<i64>() else {
        return false;
    };
    let typed = base::text::normalise(typed);
    let answer = DIGITS
        .iter()
        .position(|word| *word == typed)
        .map(|n| n as u64)
        .or_else(|| typed.parse().ok());
    let Some(answer) = answer else { return false };
    now.timestamp() < until
        && URL_SAFE_NO_PAD.encode(&sign(keys, nonce, until, answer)[..16]) == mac
}
