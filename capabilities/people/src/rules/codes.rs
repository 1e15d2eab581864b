//! Option lists (FLD-01): what is stored, how users read it, what imports understand besides. Lists of a national standard
//! keep its codes. An entry is never taken out: rows refer to it.

/// One entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is stored.
    pub code: &'static str,
    /// What users read and choose.
    pub name: &'static str,
    /// Other labels, former spellings, codes of other systems.
    pub words: &'static [&'static str],
    /// Its number in the system before; empty: it had none.
    pub old: &'static str,
}

const fn entry(code: &'static str, name: &'static str) -> Entry {
    Entry {
        code,
        name,
        words: &[],
        old: "",
    }
}

impl Entry {
    const fn called(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }

    const fn old(self, old: &'static str) -> Self {
        Self { old, ..self }
    }
}

/// A list, in the order it is shown.
pub type Codes = &'static [Entry];

/// 民族, GB/T 3304; numbered before as FLD 1.2 counts them.
pub const ETHNIC: Codes = &[
    entry("01", "汉族").old("1").called(&["汉"]),
    entry("02", "蒙古族").old("9").called(&["蒙古"]),
    entry("03", "回族").old("4").called(&["回"]),
    entry("04", "藏族").old("10").called(&["藏"]),
    entry("05", "维吾尔族").old("6").called(&["维吾尔"]),
    entry("06", "苗族").old("5").called(&["苗"]),
    entry("07", "彝族").old("8").called(&["彝"]),
    entry("08", "壮族").old("2").called(&["壮"]),
    entry("09", "布依族").old("11").called(&["布依"]),
    entry("10", "朝鲜族").old("14").called(&["朝鲜"]),
    entry("11", "满族").old("3").called(&["满"]),
    entry("12", "侗族").old("12").called(&["侗"]),
    entry("13", "瑶族").old("13").called(&["瑶"]),
    entry("14", "白族").old("15").called(&["白"]),
    entry("15", "土家族").old("7").called(&["土家"]),
    entry("16", "哈尼族")
        .old("16")
        .called(&["哈尼", "哈呢族", "哈呢"]),
    entry("17", "哈萨克族").old("17").called(&["哈萨克"]),
    entry("18", "傣族").old("19").called(&["傣"]),
    entry("19", "黎族").old("18").called(&["黎"]),
    entry("20", "傈僳族")
        .old("21")
        .called(&["傈僳", "僳僳族", "僳僳"]),
    entry("21", "佤族").old("26").called(&["佤"]),
    entry("22", "畲族").old("20").called(&["畲"]),
    entry("23", "高山族").old("55").called(&["高山"]),
    entry("24", "拉祜族").old("24").called(&["拉祜"]),
    entry("25", "水族").old("25").called(&["水"]),
    entry("26", "东乡族").old("23").called(&["东乡"]),
    entry("27", "纳西族").old("27").called(&["纳西"]),
    entry("28", "景颇族").old("34").called(&["景颇"]),
    entry("29", "柯尔克孜族").old("32").called(&["柯尔克孜"]),
    entry("30", "土族").old("29").called(&["土"]),
    entry("31", "达斡尔族").old("33").called(&["达斡尔"]),
    entry("32", "仫佬族").old("30").called(&["仫佬"]),
    entry("33", "羌族").old("28").called(&["羌"]),
    entry("34", "布朗族").old("37").called(&["布朗"]),
    entry("35", "撒拉族").old("36").called(&["撒拉"]),
    entry("36", "毛南族").old("35").called(&["毛南"]),
    entry("37", "仡佬族").old("22").called(&["仡佬"]),
    entry("38", "锡伯族").old("31").called(&["锡伯"]),
    entry("39", "阿昌族").old("39").called(&["阿昌"]),
    entry("40", "普米族").old("40").called(&["普米"]),
    entry("41", "塔吉克族").old("38").called(&["塔吉克"]),
    entry("42", "怒族").old("42").called(&["怒"]),
    entry("43", "乌孜别克族").old("49").called(&["乌孜别克"]),
    entry("44", "俄罗斯族").old("47").called(&["俄罗斯"]),
    entry("45", "鄂温克族").old("41").called(&["鄂温克"]),
    entry("46", "德昂族").old("45").called(&["德昂"]),
    entry("47", "保安族").old("46").called(&["保安"]),
    entry("48", "裕固族").old("48").called(&["裕固"]),
    entry("49", "京族").old("43").called(&["京"]),
    entry("50", "塔塔尔族").old("53").called(&["塔塔尔"]),
    entry("51", "独龙族").old("52").called(&["独龙"]),
    entry("52", "鄂伦春族").old("51").called(&["鄂伦春"]),
    entry("53", "赫哲族").old("54").called(&["赫哲"]),
    entry("54", "门巴族").old("50").called(&["门巴"]),
    entry("55", "珞巴族").old("56").called(&["珞巴"]),
    entry("56", "基诺族").old("44").called(&["基诺"]),
    entry("97", "其他").old("57"),
    entry("98", "外国血统中国籍人士"),
];

/// 政治面貌, GB/T 4762.
pub const POLITICAL: Codes = &[
    entry("03", "共青团员").old("1").called(&["团员", "league"]),
    entry("02", "中共预备党员")
        .old("3")
        .called(&["预备党员", "probationary"]),
    entry("01", "中共党员")
        .old("2")
        .called(&["党员", "正式党员", "party"]),
    entry("04", "民革党员"),
    entry("05", "民盟盟员"),
    entry("06", "民建会员"),
    entry("07", "民进会员"),
    entry("08", "农工党党员"),
    entry("09", "致公党党员"),
    entry("10", "九三学社社员"),
    entry("11", "台盟盟员"),
    entry("12", "无党派人士"),
    entry("13", "群众").old("4").called(&["普通公民", "masses"]),
];

/// 最高学历: GB/T 4658's groups and grades in use, and the stages somebody is still in, which the standard does not have
/// (FLD 1.1). Numbered before as 文化程度 of cadres was; members' numbers are [`FULL_TIME`]'s.
pub const EDUCATION: Codes = &[
    entry("20", "大学本科")
        .old("5")
        .called(&["本科", "普通本科", "bachelor"]),
    entry("bachelor_now", "本科在读")
        .old("6")
        .called(&["普通本科在读"]),
    entry("30", "大学专科")
        .old("7")
        .called(&["大专", "专科", "普通专科", "college"]),
    entry("college_now", "大专在读")
        .old("8")
        .called(&["普通专科在读"]),
    entry("10", "研究生"),
    entry("11", "博士研究生")
        .old("1")
        .called(&["博士", "doctor"]),
    entry("doctor_now", "博士在读").old("2"),
    entry("14", "硕士研究生")
        .old("3")
        .called(&["硕士", "master"]),
    entry("master_now", "硕士在读").old("4"),
    entry("40", "中等专科")
        .old("11")
        .called(&["中专", "中职", "中等职业教育", "vocational"]),
    entry("vocational_now", "中职中专在读")
        .old("12")
        .called(&["中等职业教育在读"]),
    entry("44", "职业高中").called(&["职高"]),
    entry("47", "技工学校").called(&["技校"]),
    entry("60", "普通高中").old("9").called(&["高中", "senior"]),
    entry("senior_now", "高中在读")
        .old("10")
        .called(&["普通高中在读"]),
    entry("70", "初中").old("13").called(&["junior"]),
    entry("junior_now", "初中在读").old("14"),
    entry("80", "小学").old("15").called(&["primary"]),
    entry("90", "其他"),
];

/// 全日制学历 of members, from the lowest to the highest (FLD 1.1).
pub const FULL_TIME: Codes = &[
    entry("primary", "小学").old("15"),
    entry("junior_now", "初中在读").old("9"),
    entry("junior", "初中").old("1"),
    entry("vocational_now", "中职中专在读")
        .old("8")
        .called(&["中等职业教育在读"]),
    entry("vocational", "中职")
        .old("7")
        .called(&["中等职业教育", "中专"]),
    entry("senior_now", "高中在读")
        .old("10")
        .called(&["普通高中在读"]),
    entry("senior", "高中").old("2").called(&["普通高中"]),
    entry("college_now", "大专在读")
        .old("11")
        .called(&["普通专科在读"]),
    entry("college", "大专")
        .old("3")
        .called(&["普通专科", "大学专科"]),
    entry("bachelor_now", "本科在读")
        .old("12")
        .called(&["普通本科在读"]),
    entry("bachelor", "本科")
        .old("4")
        .called(&["普通本科", "大学本科"]),
    entry("master_now", "硕士在读").old("13"),
    entry("master", "硕士").old("5").called(&["硕士研究生"]),
    entry("doctor_now", "博士在读").old("14"),
    entry("doctor", "博士").old("6").called(&["博士研究生"]),
];

/// 职业 (FLD 1.2).
pub const OCCUPATION: Codes = &[
    entry("soe", "国有企业职工").old("1"),
    entry("non_public", "非公企业职工").old("2"),
    entry("public_service", "机关事业单位职工").old("3"),
    entry("social_org", "社会组织员工").old("4"),
    entry("farmer", "农民").old("5"),
    entry("student", "学生").old("6"),
    entry("freelance", "自由职业者").old("7"),
    entry("univ_public", "公办高校教职工").old("8"),
    entry("school_public", "公办中学教职工").old("9"),
    entry("voc_public", "公办中职教职工").old("10"),
    entry("univ_private", "民办高校教职工").old("11"),
    entry("school_private", "民办中学教职工").old("12"),
    entry("voc_private", "民办中职教职工").old("13"),
    entry("other", "其他").old("14"),
];

/// 收入, by band (FLD 1.2).
pub const INCOME: Codes = &[
    entry("student", "学生（无收入）"),
    entry("farm", "农村户籍且无固定收入"),
    entry("b1", "2000元以下").old("1"),
    entry("b2", "2000元至5000元").old("2"),
    entry("b3", "5000元至8000元").old("3"),
    entry("b4", "8000元至10000元").old("4"),
    entry("b5", "10000元以上").old("5"),
];

/// 团干部性质 (FLD 1.2).
pub const NATURE: Codes = &[
    entry("full_time", "专职").old("1"),
    entry("part_time", "兼职").old("2"),
    entry("seconded", "挂职").old("3"),
];

/// Posts in a leading body (FLD 1.2).
pub const LEADING_POST: Codes = &[
    entry("secretary", "书记").old("1"),
    entry("deputy", "副书记").old("2"),
    entry("standing", "常委").old("3"),
    entry("member", "委员").old("4"),
    entry("staff", "工作人员").old("5"),
    entry("alternate", "候补委员").old("6"),
];

/// Posts elsewhere (FLD 1.2).
pub const POST: Codes = &[
    entry("secretary", "书记").old("1"),
    entry("deputy", "副书记").old("2"),
    entry("organisation", "组织委员").old("3"),
    entry("publicity", "宣传委员").old("4"),
    entry("culture", "文体委员").old("5"),
    entry("production", "生产委员").old("6"),
    entry("rights", "权益委员").old("7"),
    entry("volunteer", "志愿委员").old("8"),
];

/// The code meant by a name, another label or a code as people write them; a standard's code also without its nought.
pub fn code_of(list: Codes, typed: &str) -> Option<&'static str> {
    let named = list
        .iter()
        .find(|e| e.code == typed || e.name == typed || e.words.contains(&typed));
    let padded = || {
        list.iter()
            .find(|e| e.code.strip_prefix('0') == Some(typed))
    };
    named.or_else(padded).map(|e| e.code)
}

/// The name of a stored code; an unknown code is shown as it is.
pub fn name_of(list: Codes, code: &str) -> String {
    list.iter()
        .find(|e| e.code == code)
        .map_or_else(|| code.to_owned(), |e| e.name.to_owned())
}

/// Code and name of every entry, for choices.
pub fn pairs(list: Codes) -> impl Iterator<Item = (&'static str, &'static str)> {
    list.iter().map(|e| (e.code, e.name))
}

/// All names, for dropdowns.
pub fn names(list: Codes) -> Vec<String> {
    pairs(list).map(|(_, name)| name.to_owned()).collect()
}

/// The other words an import understands, each with the name it stands for; of two meanings the earlier holds (FLD-01).
/// Where the league kept its records in the system before (`old_first`), a bare number is that system's; elsewhere it is
/// the standard's code, as spreadsheets write it without its nought.
pub fn words(list: Codes, numbers: Codes, old_first: bool) -> Vec<(String, String)> {
    let name = |code: &str| code_of(list, code).map(|code| name_of(list, code));
    let pair = |word: &str, name: String| (word.to_owned(), name);
    let exact = list.iter().flat_map(|e| {
        let all = std::iter::once(e.code).chain(e.words.iter().copied());
        all.map(|word| pair(word, e.name.to_owned()))
    });
    let bare = list.iter().filter_map(|e| {
        let word = e.code.strip_prefix('0')?;
        Some(pair(word, e.name.to_owned()))
    });
    // The other list's entry by its name or code, as its words may be this list's.
    let old = numbers
        .iter()
        .filter(|e| !e.old.is_empty())
        .filter_map(|e| Some(pair(e.old, name(e.name).or_else(|| name(e.code))?)));
    if old_first {
        let old: Vec<_> = old.collect();
        old.into_iter().chain(exact).chain(bare).collect()
    } else {
        exact.chain(bare).chain(old).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Codes; 9] = [
        ETHNIC,
        POLITICAL,
        EDUCATION,
        FULL_TIME,
        OCCUPATION,
        INCOME,
        NATURE,
        LEADING_POST,
        POST,
    ];

    fn meant(list: Codes, numbers: Codes, old_first: bool, word: &str) -> Option<String> {
        let words = words(list, numbers, old_first);
        words.into_iter().find(|(w, _)| w == word).map(|(_, n)| n)
    }

    #[test]
    fn fld_01_every_list_goes_from_label_to_code_and_back() {
        for list in ALL {
            for e in list {
                assert_eq!(code_of(list, e.name), Some(e.code), "{}", e.name);
                assert_eq!(name_of(list, e.code), e.name);
                for word in e.words {
                    assert_eq!(code_of(list, word), Some(e.code), "{word}");
                }
                // One meaning each, one number each.
                let same = |f: fn(&Entry) -> &str| list.iter().filter(|o| f(o) == f(e)).count();
                assert_eq!(same(|e| e.code), 1, "{}", e.code);
                assert_eq!(same(|e| e.name), 1, "{}", e.name);
                assert!(e.old.is_empty() || same(|e| e.old) == 1, "{}", e.old);
            }
        }
        assert_eq!(names(ETHNIC).len(), 58);
    }

    #[test]
    fn fld_01_wrong_spellings_and_other_labels_are_understood() {
        let name = |list, word| code_of(list, word).map(|code| name_of(list, code));
        assert_eq!(name(ETHNIC, "哈呢族").as_deref(), Some("哈尼族"));
        assert_eq!(name(ETHNIC, "僳僳族").as_deref(), Some("傈僳族"));
        assert_eq!(code_of(EDUCATION, "大专"), code_of(EDUCATION, "college"));
        assert_eq!(code_of(FULL_TIME, "大专"), Some("college"));
        assert_eq!(code_of(ETHNIC, "火星族"), None);
    }

    #[test]
    fn fld_01_numbers_of_the_system_before_are_read_where_it_was_in_use() {
        // 文化程度 of cadres and 最高学历 of members were numbered apart.
        for first in [true, false] {
            let cadre = meant(EDUCATION, EDUCATION, first, "7");
            let member = meant(EDUCATION, FULL_TIME, first, "3");
            assert_eq!(cadre.as_deref(), Some("大学专科"));
            assert_eq!(member, cadre);
        }
        assert_eq!(
            meant(EDUCATION, FULL_TIME, true, "7").as_deref(),
            Some("中等专科")
        );
        // 5 was 苗族 there and is what a spreadsheet leaves of the standard's 05.
        assert_eq!(meant(ETHNIC, ETHNIC, true, "5").as_deref(), Some("苗族"));
        assert_eq!(
            meant(ETHNIC, ETHNIC, false, "5").as_deref(),
            Some("维吾尔族")
        );
        assert_eq!(
            meant(ETHNIC, ETHNIC, true, "05").as_deref(),
            Some("维吾尔族")
        );
        for numbers in [EDUCATION, FULL_TIME] {
            let all = words(EDUCATION, numbers, true);
            let old: Vec<_> = all
                .iter()
                .filter(|(w, _)| w.len() < 3 && w.parse::<u8>().is_ok_and(|n| n < 16))
                .collect();
            assert!(old.len() >= 15, "every stage has its number: {old:?}");
        }
    }
}
