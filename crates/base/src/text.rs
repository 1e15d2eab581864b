//! Tolerant reading of what people type.

use unicode_normalization::UnicodeNormalization;

/// Characters are composed (NFC), so that what looks the same is the same; full-width letters, digits and blanks become
/// ordinary ones, ends are trimmed, invisible characters vanish.
pub fn normalise(text: &str) -> String {
    let folded: String = text
        .nfc()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' | '\u{202a}'..='\u{202e}'))
        .map(|c| match c {
            '\u{3000}' | '\u{a0}' | '\t' => ' ',
            '！'..='～' if !matches!(c, '（' | '）' | '，' | '：' | '；' | '？' | '！') => {
                char::from_u32(c as u32 - 0xfee0).unwrap_or(c)
            }
            c => c,
        })
        .collect();
    folded.trim().to_owned()
}

/// The three of these that look most like what was typed, nearest first (FLD-01); among equals the earlier.
pub fn nearest<'a>(typed: &str, of: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut scored: Vec<(f64, &str)> = of
        .into_iter()
        .map(|one| (strsim::normalized_levenshtein(typed, one), one))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, one)| one).collect()
}

/// Whether what was typed looks enough like this to be offered for it.
pub fn resembles(typed: &str, one: &str) -> bool {
    strsim::normalized_levenshtein(typed, one) >= 0.5
}

/// Whether the text holds characters no field may contain (SEC-30).
pub fn has_control(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// The display form of a number with thousands separators: `12,846`.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// A name where only part of it may be shown: 张*试; of names with an interpunct the first part's first character.
pub fn mask_name(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    match chars.as_slice() {
        [] => String::new(),
        [first] => first.to_string(),
        [first, _] => format!("{first}*"),
        [first, .., last] if !chars.contains(&'·') => format!("{first}*{last}"),
        [first, ..] => format!("{first}**"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fld_01_the_nearest_three_come_nearest_first() {
        let list = ["汉族", "哈尼族", "哈萨克族", "傈僳族"];
        assert_eq!(nearest("哈泥族", list), ["哈尼族", "哈萨克族", "汉族"]);
        assert_eq!(nearest("哈萨克", list)[0], "哈萨克族");
        assert_eq!(nearest("银行", ["国有企业"]), ["国有企业"]);
        assert!(nearest("银行", []).is_empty());
    }

    #[test]
    fn full_width_text_is_folded_and_names_are_masked() {
        assert_eq!(normalise("　ＡＢ１２ｘ\u{200b} "), "AB12x");
        assert_eq!(normalise("计算机专业（２）班"), "计算机专业（2）班");
        assert_eq!(normalise("A\u{30a}sa \u{f914}"), "Åsa 樂");
        assert_eq!(thousands(12846), "12,846");
        assert_eq!(thousands(7), "7");
        assert_eq!(
            (
                mask_name("张测试"),
                mask_name("李例"),
                mask_name("阿依演示·吐尔样本")
            ),
            ("张*试".into(), "李*".into(), "阿**".into())
        );
    }
}
