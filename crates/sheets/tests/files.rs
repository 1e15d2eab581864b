//! Real files, written by another program, through the reader; and our own files through that program.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::process::Command;

use sheets::{
    Column, FaultKind, FileFault, Kind, Limits, RowFault, Sheet, Template, Trouble, Watermark,
    read, write_table,
};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

fn sexes() -> Vec<String> {
    vec!["男".into(), "女".into()]
}

/// Enough options that they do not fit into the rule itself.
fn peoples() -> Vec<String> {
    std::iter::once("汉族".to_owned())
        .chain((1..=120).map(|n| format!("民族{n}")))
        .collect()
}

fn members() -> Template {
    Template {
        kind: "members",
        version: 3,
        title: "导入下级团支部团员团干部".into(),
        instructions: vec!["请勿改动表头。".into(), "一行一人。".into()],
        columns: vec![
            Column::new("branch", "所在团支部全称或ID", Kind::Text)
                .required()
                .locked("共青团海棠大学2班支部"),
            Column::new("name", "姓名", Kind::Text)
                .required()
                .longest(30)
                .example("林晓"),
            Column::new("sex", "性别", Kind::Code(sexes())),
            Column::new("people", "民族", Kind::Code(peoples())).required(),
            Column::new("id_number", "身份证号", Kind::IdLike)
                .required()
                .hint("18位")
                .example("999101200501011234"),
            Column::new("admitted", "入团年月", Kind::YearMonth).required(),
            Column::new("number", "发展团员编号", Kind::IdLike),
            Column::new("since", "任职时间", Kind::Date),
            Column::new("rank", "排序", Kind::Integer),
        ],
    }
}

fn cadres() -> Template {
    let mut template = members();
    template.kind = "cadres";
    template.title = "导入本级团干部".into();
    template.columns.remove(0);
    template
}

/// A directory of its own for one test.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Runs a script with openpyxl on `in.xlsx` (written from `input`) and answers the `out.xlsx` it wrote.
fn openpyxl(name: &str, input: &[u8], script: &str) -> Vec<u8> {
    let folder = folder(name);
    std::fs::write(folder.join("in.xlsx"), input).unwrap();
    let _ = std::fs::remove_file(folder.join("out.xlsx"));
    let has = |python: &str| {
        Command::new(python)
            .args(["-c", "import openpyxl"])
            .output()
            .is_ok_and(|o| o.status.success())
    };
    let python = ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|p| has(p))
        .expect("python3 with openpyxl");
    let script = format!(
        "import datetime, openpyxl\nfrom openpyxl import Workbook, load_workbook\n{script}\n"
    );
    let output = Command::new(python)
        .current_dir(&folder)
        .arg("-c")
        .arg(script)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::read(folder.join("out.xlsx")).unwrap()
}

/// Fills our template in another program: `ws` is the data sheet.
fn filled(name: &str, script: &str) -> Vec<u8> {
    let script = format!(
        "wb = load_workbook('in.xlsx')\nws = wb['导入下级团支部团员团干部']\n{script}\nwb.save('out.xlsx')"
    );
    openpyxl(name, &members().write(None).unwrap(), &script)
}

fn limits() -> Limits {
    Limits::new(5000, 10)
}

fn good(bytes: &[u8]) -> Sheet {
    read(bytes, &members(), &limits()).unwrap()
}

fn refused(bytes: &[u8]) -> FileFault {
    read(bytes, &members(), &limits()).unwrap_err()
}

fn kinds(sheet: &Sheet, row: usize) -> Vec<(String, FaultKind)> {
    members()
        .check(&sheet.rows[row])
        .into_iter()
        .map(|f| (f.column, f.kind))
        .collect()
}

const ROW: &str = "['共青团海棠大学2班支部', '林晓', '女', '汉族', '999101200501011234', '2020-09', '202037000123', '2021-03-01', '1']";

#[test]
fn ros_03_the_template_filled_in_another_program_is_read() {
    let sheet = good(&filled(
        "plain",
        &format!("for i, v in enumerate({ROW}): ws.cell(2, i + 1).value = v"),
    ));
    assert_eq!(
        (sheet.rows.len(), sheet.header_row, sheet.ignored.len()),
        (1, 1, 0)
    );
    let row = &sheet.rows[0];
    assert_eq!(
        (
            row.number,
            row.text("name"),
            row.text("id_number"),
            row.year_month("admitted")
        ),
        (
            2,
            "林晓",
            "999101200501011234",
            base::YearMonth::new(2020, 9)
        )
    );
    assert_eq!(
        (
            row.date("since").unwrap().to_string().as_str(),
            row.integer("rank"),
            row.cell("name").unwrap().at.as_str()
        ),
        ("2021-03-01", Some(1), "B2")
    );
    assert_eq!(members().check(row), []);
}

#[test]
fn ros_03_the_template_carries_kind_version_dropdowns_text_columns_and_hints() {
    let script = "
wb = load_workbook('in.xlsx')
assert wb.sheetnames == ['填写说明', '导入下级团支部团员团干部', '选项', '_模板'], wb.sheetnames
assert [wb[s].sheet_state for s in wb.sheetnames] == ['visible', 'visible', 'hidden', 'hidden']
assert (wb['_模板']['B1'].value, wb['_模板']['B2'].value) == ('members', '3')
ws = wb['导入下级团支部团员团干部']
assert [c.value for c in ws[1]] == ['所在团支部全称或ID*', '姓名*', '性别', '民族*', '身份证号*', '入团年月*', '发展团员编号', '任职时间', '排序'], [c.value for c in ws[1]]
assert ws.freeze_panes == 'A2'
assert ws.column_dimensions['E'].width and all(ws.cell(2, 1).number_format == '@' for _ in [0])
rules = {str(v.sqref).split(':')[0]: v for v in ws.data_validations.dataValidation}
assert rules['C2'].type == 'list' and rules['C2'].formula1 == '\"男,女\"', rules['C2'].formula1
assert rules['D2'].type == 'list' and '选项' in rules['D2'].formula1 and rules['D2'].formula1.endswith('$D$1:$D$121'), rules['D2'].formula1
assert wb['选项']['D121'].value == '民族120'
assert rules['E2'].prompt.startswith('18位')
assert ws['A2'].value == '共青团海棠大学2班支部'
assert '林晓' in [c.value for row in wb['填写说明'].iter_rows() for c in row]
wb.save('out.xlsx')";
    let bytes = openpyxl("shape", &members().write(None).unwrap(), script);
    assert_eq!(
        refused(&bytes),
        FileFault::Empty {
            sheet: "导入下级团支部团员团干部".into()
        }
    );
}

#[test]
fn sec_33_id_numbers_stored_as_numbers_are_refused_and_short_numbers_are_kept() {
    let sheet = good(&filled(
        "numbers",
        "ws.append([])
for r, v in [(2, 999101200501011234), (3, 1.10101e17), (4, '4.40106E+17'), (5, 10012345678)]:
    ws.cell(r, 2).value = '林晓'; ws.cell(r, 4).value = '汉族'; ws.cell(r, 6).value = 202009
    c = ws.cell(r, 5); c.number_format = 'General'; c.value = v
    c = ws.cell(r, 7); c.number_format = 'General'; c.value = 202037000123",
    ));
    for row in 0..3 {
        assert_eq!(
            kinds(&sheet, row),
            [("id_number".to_owned(), FaultKind::LostDigits)],
            "row {row}"
        );
        assert!(
            members().check(&sheet.rows[row])[0]
                .message
                .contains("单元格是数值格式，末几位已丢失：请把该列设为文本后重新填写")
        );
    }
    assert_eq!(sheet.rows[3].text("id_number"), "10012345678");
    assert_eq!(sheet.rows[3].text("number"), "202037000123");
    assert_eq!(sheet.rows[3].text("admitted"), "2020-09");
}

#[test]
fn sec_33_a_formula_cell_is_a_row_error_and_is_not_computed() {
    let sheet = good(&filled(
        "formula",
        &format!(
            "for i, v in enumerate({ROW}): ws.cell(2, i + 1).value = v\nws['B3'] = '赵一'\nws['B2'] = '=\"林\"&\"晓\"'\nws['G3'] = '=1+1'\n"
        ),
    ));
    // openpyxl stores no cached value.
    assert_eq!(kinds(&sheet, 0), [("name".to_owned(), FaultKind::Formula)]);
    // With the values another program would have stored: 2, and an empty text, which is a blank cell to the person.
    let plain = filled("formula2", "ws['B2'] = '赵一'\nws['G2'] = '=1+1'");
    let stored = |value: &str| {
        patched(&plain, "sheet2.xml", |xml| {
            assert!(
                xml.contains("<f>1+1</f><v />")
                    || xml.contains("<f>1+1</f><v/>")
                    || xml.contains("<f>1+1</f><v></v>")
            );
            let xml = xml
                .replace("<f>1+1</f><v />", "<f>1+1</f><v></v>")
                .replace("<f>1+1</f><v/>", "<f>1+1</f><v></v>");
            xml.replace("<f>1+1</f><v></v>", &format!("<f>1+1</f><v>{value}</v>"))
                .replace("r=\"G2\"", "r=\"G2\" t=\"str\"")
        })
    };
    let trouble = |value| good(&stored(value)).rows[0].cell("number").unwrap().trouble;
    assert_eq!((trouble("2"), trouble("")), (Some(Trouble::Formula), None));
}

#[test]
fn excel_dates_and_blank_and_merged_rows_are_read() {
    let sheet = good(&filled(
        "dates",
        "def put(r, m, d):
    ws.cell(r, 2).value = '林晓'; ws.cell(r, 4).value = '汉族'; ws.cell(r, 5).value = '999101200501011234'
    ws.cell(r, 6).value = m; ws.cell(r, 8).value = d
put(3, datetime.date(2020, 9, 1), datetime.datetime(2021, 3, 1, 0, 0))
ws.cell(3, 6).number_format = 'mmm-yy'
put(9, '2020年9月', '2021.3.1')
ws['B12'] = '  '
put(20, 44075, 44256)
ws.merge_cells('B30:B32'); put(30, '2020.09', '2021/3/1'); ws['E31'] = '999101200501011235'",
    ));
    assert_eq!(
        sheet.rows.iter().map(|r| r.number).collect::<Vec<_>>(),
        [3, 9, 20, 30, 31]
    );
    for row in &sheet.rows[..4] {
        assert_eq!(
            (row.text("admitted"), row.text("since")),
            ("2020-09", "2021-03-01"),
            "{}",
            row.number
        );
    }
    // The second row of a merged cell has no name of its own, and is told so with everything else that is missing.
    let faults = |kind| {
        kinds(&sheet, 4)
            .into_iter()
            .filter(|(_, k)| *k == kind)
            .map(|(c, _)| c)
            .collect::<Vec<_>>()
    };
    assert_eq!(faults(FaultKind::Required), ["people", "admitted"]);
    assert_eq!(faults(FaultKind::Merged), ["name"]);
}

#[test]
fn both_calendars_of_spreadsheets_are_understood() {
    let sheet = good(&filled(
        "mac",
        "from openpyxl.utils.datetime import CALENDAR_MAC_1904\nwb.epoch = CALENDAR_MAC_1904\nws['B2'] = '林晓'\nws['F2'] = datetime.date(2020, 9, 1)\nws['F2'].number_format = 'yyyy-mm'",
    ));
    assert_eq!(sheet.rows[0].text("admitted"), "2020-09");
}

#[test]
fn columns_stand_in_any_order_and_unknown_ones_are_reported() {
    let script = "
wb = Workbook(); ws = wb.active; ws.title = '名单'
ws.append(['某校团员名单'])
ws.append(['备注', ' 入团年月 ', '姓名*', '民族', '身份证号＊', '性 别', '发展团员编号', '失败原因', '任职时间', '排序', '所在团支部全称或ID'])
ws.append(['x', '2020.9', '林晓', '汉族', '９９９１０１２００５０１０１１２３４', '女', None, '旧', None, None, None])
wb.save('out.xlsx')";
    let sheet = good(&openpyxl("order", b"", script));
    assert_eq!(sheet.ignored, ["备注"]);
    assert_eq!(
        (sheet.name.as_str(), sheet.header_row, sheet.rows[0].number),
        ("名单", 2, 3)
    );
    assert_eq!(
        (
            sheet.rows[0].text("id_number"),
            sheet.rows[0].text("branch")
        ),
        ("999101200501011234", "共青团海棠大学2班支部")
    );
    assert_eq!(kinds(&sheet, 0), []);
}

#[test]
fn org_23_a_file_with_other_headings_is_not_ours_and_an_empty_one_is_said_to_be_empty() {
    let other = openpyxl(
        "other",
        b"",
        "wb = Workbook(); wb.active.append(['甲', '乙']); wb.active.append([1, 2]); wb.save('out.xlsx')",
    );
    let fault = refused(&other);
    assert_eq!(
        fault,
        FileFault::NotTemplate {
            title: members().title,
            missing: vec![]
        }
    );
    assert!(
        fault
            .to_string()
            .starts_with("不是本系统模板。请下载〔导入下级团支部团员团干部〕模板")
    );
    let part = openpyxl(
        "part",
        b"",
        "wb = Workbook(); wb.active.append(['姓名', '性别', '民族', '入团年月', '发展团员编号', '任职时间', '排序']); wb.save('out.xlsx')",
    );
    assert_eq!(
        refused(&part),
        FileFault::NotTemplate {
            title: members().title,
            missing: vec!["身份证号".into()]
        }
    );
    assert!(matches!(
        refused(&members().write(None).unwrap()),
        FileFault::Empty { .. }
    ));
}

#[test]
fn ros_04_the_wrong_template_is_refused_whole() {
    let bytes = cadres().write(None).unwrap();
    assert_eq!(
        refused(&bytes).to_string(),
        "表格错误：这是〔导入本级团干部〕模板，此处需要〔导入下级团支部团员团干部〕模板，两种模板不可混用，请下载正确模板重新上传。"
    );
    assert!(matches!(
        read(&members().write(None).unwrap(), &cadres(), &limits()),
        Err(FileFault::WrongTemplate { .. })
    ));
}

#[test]
fn ros_04_a_changed_heading_or_sheet_is_named_with_its_cell() {
    let fault = refused(&filled("header", "ws['E1'] = '证件号'\nws['B2'] = '林晓'"));
    assert_eq!(
        fault,
        FileFault::StructureChanged {
            cell: "〔导入下级团支部团员团干部〕E1".into(),
            wanted: "身份证号".into(),
            found: "证件号".into()
        }
    );
    assert!(fault.to_string().contains("模板结构已被改动"));
    let fault = refused(&filled("dropped", "ws.delete_cols(5)\nws['B2'] = '林晓'"));
    assert!(
        matches!(fault, FileFault::StructureChanged { cell, wanted, .. } if wanted == "身份证号" && cell.ends_with("I1"))
    );
    let fault = refused(&filled("twice", "ws['J1'] = '姓名'\nws['B2'] = '林晓'"));
    assert!(matches!(fault, FileFault::StructureChanged { cell, .. } if cell.ends_with("J1")));
    let fault = refused(&filled("gone", "del wb['导入下级团支部团员团干部']"));
    assert!(matches!(fault, FileFault::StructureChanged { cell, .. } if cell == "工作表"));
}

#[test]
fn org_23_an_outdated_template_is_refused() {
    let mut old = members();
    old.version = 2;
    assert_eq!(
        refused(&old.write(None).unwrap()),
        FileFault::OutdatedTemplate {
            title: members().title
        }
    );
    let mut other = members();
    other.columns.pop();
    assert!(
        refused(&other.write(None).unwrap())
            .to_string()
            .starts_with("模板版本过旧")
    );
}

#[test]
fn org_22_the_row_limit_holds_on_both_sides() {
    let template = members();
    let rows = |n: u32| {
        (0..n)
            .map(|i| template.row(i, &[("name", "林晓")]))
            .collect::<Vec<_>>()
    };
    let limits = Limits::new(250, 5);
    assert_eq!(
        read(
            &template.write(Some(&rows(250))).unwrap(),
            &template,
            &limits
        )
        .unwrap()
        .rows
        .len(),
        250
    );
    let fault = read(
        &template.write(Some(&rows(251))).unwrap(),
        &template,
        &limits,
    )
    .unwrap_err();
    assert_eq!(fault, FileFault::TooManyRows { limit: 250 });
    assert!(fault.to_string().starts_with("超过250行"));
}

#[test]
fn ros_05_five_thousand_rows_are_read_and_one_more_is_refused() {
    let fill = |n: u32| {
        format!(
            "for r in range(2, {n} + 2):\n    for i, v in enumerate(['共青团海棠大学2班支部', '林晓%d' % r, '女', '汉族', '9991012005%08d' % r, '2020-09', None, None, r]): ws.cell(r, i + 1).value = v"
        )
    };
    let sheet = good(&filled("big", &fill(5000)));
    assert_eq!(sheet.rows.len(), 5000);
    assert!(sheet.rows.iter().all(|r| members().check(r).is_empty()));
    assert_eq!(sheet.rows[4999].text("id_number"), "999101200500005001");
    assert_eq!(
        refused(&filled("bigger", &fill(5001))),
        FileFault::TooManyRows { limit: 5000 }
    );
}

#[test]
fn ros_24_all_faults_of_a_row_are_named_at_once() {
    let sheet = good(&filled(
        "faults",
        "ws['A2'] = '别的支部'\nws['C2'] = '不详'\nws['D2'] = '火星'\nws['F2'] = '9/1'\nws['H2'] = '2020-02-30'\nws['I2'] = '第一'\nws['B3'] = '长' * 31",
    ));
    assert_eq!(
        kinds(&sheet, 0),
        [
            ("branch", FaultKind::Locked),
            ("name", FaultKind::Required),
            ("sex", FaultKind::Option),
            ("people", FaultKind::Option),
            ("id_number", FaultKind::Required),
            ("admitted", FaultKind::YearMonth),
            ("since", FaultKind::Date),
            ("rank", FaultKind::Integer),
        ]
        .map(|(c, k)| (c.to_owned(), k))
    );
    let faults = members().check(&sheet.rows[0]);
    assert!(
        faults[2].message.contains("只能是男、女之一")
            && faults[3].message.contains("不在下拉项内")
    );
    assert!(
        members()
            .check(&sheet.rows[1])
            .iter()
            .any(|f| f.kind == FaultKind::TooLong && f.message.contains("最多30个字，现为31个"))
    );
}

#[test]
fn org_22_failed_rows_come_back_as_the_same_template_and_are_read_again() {
    let template = members();
    let sheet = good(&filled(
        "failed",
        "ws['B2'] = '=坏'\nws['B2'].data_type = 's'\nws['D2'] = '火星'\nws['E2'] = '２０'\nws['F2'] = '2020.9'",
    ));
    let mut faults = template.check(&sheet.rows[0]);
    faults.push(RowFault::rule("id_number", "应为18位"));
    let file = template
        .write_failed([(&sheet.rows[0], faults.as_slice())])
        .unwrap();
    let script = "
wb = load_workbook('in.xlsx'); ws = wb['导入下级团支部团员团干部']
assert ws['J1'].value == '失败原因' and '应为18位' in ws['J2'].value and '不在下拉项内' in ws['J2'].value
assert ws['B2'].value == \"'=坏\" and ws['F2'].value == '2020.9' and ws['E2'].value == '２０', ws['B2'].value
ws['D2'] = '汉族'
wb.save('out.xlsx')";
    let again = good(&openpyxl("failed2", &file, script));
    assert_eq!(again.rows.len(), 1);
    assert_eq!(
        (
            again.rows[0].text("name"),
            again.rows[0].text("people"),
            again.ignored.len()
        ),
        ("=坏", "汉族", 0)
    );
    let mut row = again.rows[0].clone();
    assert!(
        template.mend(&mut row, "id_number", "999101200501011234")
            && !template.mend(&mut row, "nothing", "")
    );
    assert_eq!(template.check(&row), []);
    assert_eq!(row.cell("id_number").unwrap().at, "E2");
}

#[test]
fn sec_33_other_formats_are_told_to_save_as_xlsx() {
    let docx = archive(&[
        ("[Content_Types].xml", b"<Types/>".as_slice()),
        ("word/document.xml", b"<w/>"),
    ]);
    let xls = [
        &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
        [0u8; 600].as_slice(),
    ]
    .concat();
    for bytes in [docx.as_slice(), &xls, b"%PDF-1.7", b"<html></html>"] {
        let fault = refused(bytes);
        assert_eq!(fault, FileFault::NotXlsx);
        assert!(fault.to_string().contains("请另存为.xlsx格式"));
    }
    let package: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(refused(&[xls, package].concat()), FileFault::Encrypted);
    assert_eq!(refused(b""), FileFault::Unreadable);
}

#[test]
fn sec_33_bombs_and_oversized_archives_are_refused_before_reading() {
    let template = members().write(None).unwrap();
    let bomb = added(&template, &[("xl/media/x.bin", &vec![0; 3 << 20])]);
    assert!(bomb.len() < 1 << 20);
    let fault = refused(&bomb);
    assert_eq!(fault, FileFault::Bomb);
    assert!(fault.to_string().starts_with("文件异常，解压后过大"));
    // The same content is fine below the floor of the ratio.
    assert!(matches!(
        refused(&added(&template, &[("xl/media/x.bin", &vec![0; 1 << 19])])),
        FileFault::Empty { .. }
    ));
    let small = Limits {
        unpacked: 1000,
        ..limits()
    };
    assert_eq!(read(&template, &members(), &small), Err(FileFault::Bomb));
    let packed = Limits {
        packed: template.len() as u64,
        ..limits()
    };
    assert!(matches!(
        read(&template, &members(), &packed),
        Err(FileFault::Empty { .. })
    ));
    assert!(matches!(
        read(
            &template,
            &members(),
            &Limits {
                packed: packed.packed - 1,
                ..packed
            }
        ),
        Err(FileFault::TooLarge { .. })
    ));
    let parts = ZipArchive::new(Cursor::new(&template)).unwrap().len();
    assert!(matches!(
        read(&template, &members(), &Limits { parts, ..limits() }),
        Err(FileFault::Empty { .. })
    ));
    assert_eq!(
        read(
            &template,
            &members(),
            &Limits {
                parts: parts - 1,
                ..limits()
            }
        ),
        Err(FileFault::TooManyParts { limit: parts - 1 })
    );
}

#[test]
fn sec_33_macros_links_and_entities_are_refused() {
    let template = members().write(None).unwrap();
    assert_eq!(
        refused(&added(&template, &[("xl/vbaProject.bin", b"x")])),
        FileFault::Macros
    );
    assert_eq!(
        refused(&added(
            &template,
            &[("xl/externalLinks/externalLink1.xml", b"<x/>")]
        )),
        FileFault::ExternalLinks
    );
    let entity = patched(&template, "sheet2.xml", |xml| {
        xml.replacen("?>", "?><!DOCTYPE x [<!ENTITY a \"b\">]>", 1)
    });
    assert_eq!(refused(&entity), FileFault::Entities);
    let strings = patched(&template, "sharedStrings.xml", |xml| {
        xml.replacen("uniqueCount=\"", "uniqueCount=\"99999999999", 1)
    });
    assert_eq!(refused(&strings), FileFault::Bomb);
    let styles = patched(&template, "styles.xml", |xml| {
        xml.replacen(
            "name val=\"",
            &format!("name val=\"{}", "x".repeat(5000)),
            1,
        )
    });
    assert_eq!(refused(&styles), FileFault::Bomb);
}

/// One long text shared by many cells would grow out of all proportion when every row keeps its copy.
#[test]
fn sec_33_a_text_shared_by_many_cells_is_counted_as_often_as_it_is_kept() {
    let script = "for r in range(2, 4900):
    for c in (2, 4): ws.cell(r, c).value = '长' * 3000";
    assert_eq!(refused(&filled("shared", script)), FileFault::Bomb);
}

/// Whatever bytes are broken, the answer is a fault or rows, never a panic.
#[test]
fn sec_33_damaged_files_never_bring_the_reader_down() {
    let template = members();
    let rows = [template.row(
        1,
        &[
            ("name", "林晓"),
            ("id_number", "999101200501011234"),
            ("admitted", "2020-09"),
        ],
    )];
    let whole = template.write(Some(&rows)).unwrap();
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for _ in 0..150 {
        let mut broken = whole.clone();
        for _ in 0..=random(4) {
            let at = random(broken.len());
            broken[at] = u8::try_from(random(256)).unwrap();
        }
        let _ = read(&broken, &template, &limits());
        broken.truncate(random(broken.len()));
        assert!(read(&broken, &template, &limits()).is_err());
    }
    // The same inside the parts, where the archive's own sums cannot notice.
    for _ in 0..150 {
        let part = [
            "sheet2.xml",
            "sharedStrings.xml",
            "styles.xml",
            "workbook.xml",
            "sheet4.xml",
            "workbook.xml.rels",
        ][random(6)];
        let broken = patched(&whole, part, |xml| {
            let mut chars: Vec<char> = xml.chars().collect();
            for _ in 0..=random(3) {
                let at = random(chars.len());
                match random(3) {
                    0 => drop(chars.remove(at)),
                    1 => chars[at] = char::from(u8::try_from(32 + random(90)).unwrap()),
                    _ => chars.insert(at, ['9', '<', '"', '>', '/'][random(5)]),
                }
            }
            chars.into_iter().collect()
        });
        let _ = read(&broken, &template, &limits());
    }
    for reference in ["A99999999999", "ZZZZZZZZZ1", "A0", "", "1", "A"] {
        let broken = patched(&whole, "sheet2.xml", |xml| {
            xml.replacen("r=\"B2\"", &format!("r=\"{reference}\""), 1)
        });
        let _ = read(&broken, &template, &limits());
    }
}

#[test]
fn sec_34_exported_cells_that_look_like_formulas_are_neutralised_and_the_reader_is_named() {
    let at = chrono::NaiveDate::from_ymd_opt(2026, 11, 21)
        .unwrap()
        .and_hms_opt(9, 30, 0)
        .unwrap();
    let rows = ["=1+1", "+8610", "-1", "@x", "\tx", "\rx", "林晓"]
        .map(|v| vec![v.to_owned(), "999101200501011234".to_owned()]);
    let bytes = write_table(
        "团员名册",
        &["姓名", "身份证号"],
        rows,
        &Watermark {
            reader: "A&B 王老师",
            at,
        },
    )
    .unwrap();
    let script = "
wb = load_workbook('in.xlsx'); ws = wb['团员名册']
values = [[c.value for c in row] for row in ws.iter_rows()]
assert values[0] == ['姓名', '身份证号'], values
assert [r[0] for r in values[1:5]] == [\"'=1+1\", \"'+8610\", \"'-1\", \"'@x\"], values
assert values[5][0].startswith(\"'\") and values[6][0].startswith(\"'\") and values[7][0] == '林晓', values
assert all(c.data_type == 's' for row in ws.iter_rows(max_row=8) for c in row)
assert 'A&B 王老师' in values[-1][0] and '2026-11-21 09:30' in values[-1][0], values
assert 'A&&B 王老师' in str(ws.oddFooter.center.text) or 'A&B 王老师' in str(ws.oddFooter.center.text), ws.oddFooter.center.text
wb.save('out.xlsx')";
    openpyxl("export", &bytes, script);
}

#[test]
fn rows_survive_being_kept_between_preview_and_confirmation() {
    let sheet = good(&filled(
        "kept",
        "ws['B2'] = '林晓'\nws['E2'].number_format = 'General'\nws['E2'] = 999101200501011234",
    ));
    let kept = serde_json::to_string(&sheet.rows[0]).unwrap();
    let back: sheets::Row = serde_json::from_str(&kept).unwrap();
    assert_eq!(back, sheet.rows[0]);
    assert_eq!(members().check(&back), members().check(&sheet.rows[0]));
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The workbook with parts added.
fn added(workbook: &[u8], parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = unpacked(workbook);
    all.extend(parts.iter().map(|(n, b)| ((*n).to_owned(), b.to_vec())));
    archive(
        &all.iter()
            .map(|(n, b)| (n.as_str(), b.as_slice()))
            .collect::<Vec<_>>(),
    )
}

/// The workbook with the text of one part changed.
fn patched(workbook: &[u8], part: &str, change: impl FnOnce(String) -> String) -> Vec<u8> {
    let mut all = unpacked(workbook);
    let (_, bytes) = all.iter_mut().find(|(n, _)| n.ends_with(part)).unwrap();
    *bytes = change(String::from_utf8(std::mem::take(bytes)).unwrap()).into_bytes();
    archive(
        &all.iter()
            .map(|(n, b)| (n.as_str(), b.as_slice()))
            .collect::<Vec<_>>(),
    )
}

fn unpacked(workbook: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(workbook)).unwrap();
    (0..zip.len())
        .map(|i| {
            let mut part = zip.by_index(i).unwrap();
            let mut bytes = Vec::new();
            std::io::copy(&mut part, &mut bytes).unwrap();
            (part.name().to_owned(), bytes)
        })
        .collect()
}

/// The members' template with the names people use for its columns.
fn own_table() -> Template {
    let mut template = members();
    for column in &mut template.columns {
        column.aliases = match column.key {
            "id_number" => &["身份证号码", "证件号码"],
            "admitted" => &["入团时间"],
            _ => &[],
        };
    }
    template
}

#[test]
fn peer_10_fld_105_tables_of_ones_own_are_read_in_any_order_by_heading_or_other_name() {
    let text = "海棠大学2班花名册,,,,\r\n序号,入团时间,证件号码,姓名,民族\r\n\
                1,2019年9月,\"=\"\"999101200501011234\"\"\",\"林\u{3000}晓\",汉\r\n\
                ,,,,\r\n\
                2,2019.10,9.99101E+17,陈述,汉\r\n\
                3,201911,999101200501011242,=A1,汉\r\n";
    let (gb18030, _, _) = encoding_rs::GB18030.encode(text);
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(
            text.replace(',', "\t")
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    let marked = format!("\u{feff}{}", text.replace(',', ";"));
    for bytes in [text.as_bytes(), &gb18030, &utf16, marked.as_bytes()] {
        let sheet = read(bytes, &own_table(), &Limits::new(100, 10)).expect("a table");
        assert_eq!(sheet.header_row, 2);
        assert_eq!(sheet.ignored, ["序号"]);
        assert_eq!(sheet.rows.len(), 3, "the blank row counts for nothing");
        let first = &sheet.rows[0];
        assert_eq!(first.number, 3);
        assert_eq!(first.text("id_number"), "999101200501011234");
        assert_eq!(first.text("admitted"), "2019-09");
        // The branch is locked and need not stand in the table.
        assert_eq!(first.text("branch"), "共青团海棠大学2班支部");
        let trouble = |row: usize, key: &str| sheet.rows[row].cell(key).and_then(|c| c.trouble);
        assert_eq!(sheet.rows[1].number, 5);
        assert_eq!(sheet.rows[1].text("admitted"), "2019-10");
        assert_eq!(trouble(1, "id_number"), Some(Trouble::LostDigits));
        assert_eq!(trouble(2, "name"), Some(Trouble::Formula));
    }
    let rows = "姓名,民族,证件号码,入团时间\n".to_owned()
        + &"林晓,汉,999101200501011234,2019-09\n".repeat(3);
    assert_eq!(
        read(rows.as_bytes(), &own_table(), &Limits::new(2, 10)),
        Err(FileFault::TooManyRows { limit: 2 })
    );
    let few = "姓名,民族\n林晓,汉\n";
    let Err(FileFault::NotTemplate { missing, .. }) =
        read(few.as_bytes(), &own_table(), &Limits::new(2, 10))
    else {
        panic!("a table without the required columns");
    };
    assert_eq!(missing, ["身份证号", "入团年月"]);
}

#[test]
fn peer_10_an_xlsx_of_ones_own_needs_the_required_columns_only() {
    let own = openpyxl(
        "own",
        b"",
        "wb = Workbook(); ws = wb.active; ws.append(['2班花名册']); ws.merge_cells('A1:D1'); ws.append(['姓名', '证件号码', '入团时间', '民族', '宿舍']); \
         ws.append(['林晓', '999101200501011234', datetime.date(2019, 9, 1), '汉', '3栋']); wb.save('out.xlsx')",
    );
    let sheet = read(&own, &own_table(), &Limits::new(100, 10)).expect("a table");
    assert_eq!(sheet.rows[0].text("admitted"), "2019-09");
    assert_eq!(sheet.rows[0].text("id_number"), "999101200501011234");
    assert_eq!(sheet.ignored, ["宿舍"]);
}
