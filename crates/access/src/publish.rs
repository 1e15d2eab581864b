//! The permission matrix for machines: JSON and CSV of the very table the server decides by (ACC-B13).

use crate::table::{MATRIX, Mark};

/// The columns: code and what people read.
pub const COLUMNS: [(&str, &str); 12] = [
    ("own_branch", "团支部"),
    ("own_general_branch", "团总支"),
    ("own_committee", "团委"),
    ("own_leading_body", "领导机关"),
    ("direct_superior", "直接上级"),
    ("higher_superior", "隔级上级"),
    ("province", "省级"),
    ("central", "中央"),
    ("cadre", "团干部"),
    ("member", "团员"),
    ("applicant", "报到中"),
    ("auditor", "审计"),
];

impl Mark {
    /// Its name for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Looks => "looks",
            Self::Applies => "applies",
            Self::Does => "does",
        }
    }
}

/// A quoted text; labels and rule ids of the table hold neither quotes nor backslashes (a test says so).
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// `{"columns": [{"code", "label"}…], "rows": [{"code", "label", "rule", "marks": {column: mark}}…]}`.
pub fn json() -> String {
    let columns: Vec<String> = COLUMNS
        .iter()
        .map(|(code, label)| format!("{{\"code\":{},\"label\":{}}}", quoted(code), quoted(label)))
        .collect();
    let rows: Vec<String> = MATRIX
        .iter()
        .map(|(permission, label, rule, cells)| {
            let marks: Vec<String> = COLUMNS
                .iter()
                .zip(cells)
                .map(|((code, _), mark)| format!("{}:{}", quoted(code), quoted(mark.code())))
                .collect();
            format!(
                "{{\"code\":{},\"label\":{},\"rule\":{},\"marks\":{{{}}}}}",
                quoted(permission.code()),
                quoted(label),
                quoted(rule),
                marks.join(",")
            )
        })
        .collect();
    format!(
        "{{\"columns\":[{}],\"rows\":[{}]}}\n",
        columns.join(","),
        rows.join(",\n")
    )
}

/// One line a row with signs as on the page; begins with the mark by which spreadsheets know the encoding.
pub fn csv() -> String {
    let labels: Vec<&str> = COLUMNS.iter().map(|(_, label)| *label).collect();
    let mut out = format!("\u{feff}代码,事项,规则,{}\r\n", labels.join(","));
    for (permission, label, rule, cells) in MATRIX {
        let signs: Vec<&str> = cells.iter().map(|mark| mark.sign()).collect();
        out.push_str(&format!(
            "{},{},{rule},{}\r\n",
            permission.code(),
            quoted(label),
            signs.join(",")
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_b13_no_text_of_the_table_needs_escaping_and_every_row_has_its_rule() {
        for (_, label, rule, _) in MATRIX {
            for text in [label, rule] {
                assert!(!text.is_empty());
                assert!(!text.contains(['"', '\\', '\n', '\r']), "{text}");
            }
            let (room, number) = rule.split_once('-').expect("a rule id");
            assert!(room.chars().all(|c| c.is_ascii_uppercase()), "{rule}");
            assert!(!number.is_empty() && !rule.contains(','), "{rule}");
        }
    }

    #[test]
    fn acc_b13_the_csv_has_every_cell() {
        let csv = csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), MATRIX.len() + 1);
        for (line, (_, _, _, cells)) in lines[1..].iter().zip(MATRIX) {
            let signs: Vec<&str> = line.rsplit(',').take(12).collect();
            let own: Vec<&str> = cells.iter().rev().map(|mark| mark.sign()).collect();
            assert_eq!(signs, own, "{line}");
        }
    }
}
