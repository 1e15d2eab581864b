//! Spreadsheets in the hands of another program (openpyxl).

use serde_json::Value;
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/journeys/sheet.py");

fn python(words: &[&str], input: &str) -> String {
    // A python of one's own may come first in PATH and know no openpyxl; the distribution's does (scripts/setup).
    let program = ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|program| {
            Command::new(program)
                .args(["-c", "import openpyxl"])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|s| s.success())
        })
        .expect("python3 with openpyxl: scripts/setup");
    let mut child = Command::new(program)
        .arg(SCRIPT)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .expect("rows");
    let out = child.wait_with_output().expect("python3");
    assert!(out.status.success(), "sheet.py failed");
    String::from_utf8(out.stdout).expect("text")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Writes rows into a template.
pub fn fill(template: &Path, out: &Path, rows: &Value) {
    python(&["fill", text(template), text(out)], &rows.to_string());
}

/// The rows of a file.
pub fn read(file: &Path) -> Vec<Value> {
    let rows: Value = serde_json::from_str(&python(&["read", text(file)], "")).expect("rows");
    rows.as_array().cloned().unwrap_or_default()
}

#[test]
fn browser_another_program_reads_back_what_it_filled_in() {
    use sheets::{Column, Kind, Template};
    let template = Template {
        kind: "probe",
        title: "试填".into(),
        version: 1,
        columns: vec![
            Column::new("name", "姓名", Kind::Text).required(),
            Column::new("since", "入团年月", Kind::YearMonth),
        ],
        instructions: Vec::new(),
    };
    let folder = std::env::temp_dir().join(format!("tuanjian-sheet-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (empty, filled) = (folder.join("a.xlsx"), folder.join("b.xlsx"));
    std::fs::write(&empty, template.write(None).unwrap()).unwrap();
    fill(
        &empty,
        &filled,
        &serde_json::json!([{ "姓名": "赵演示", "入团年月": { "day": "2020-09-01" } }, { "姓名": "钱演示" }]),
    );
    let back = read(&filled);
    assert_eq!(back.len(), 2);
    assert_eq!(back[0]["姓名"], "赵演示");
    std::fs::remove_dir_all(&folder).unwrap();
}
