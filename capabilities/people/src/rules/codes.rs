//! The national code lists, accepted by name or by code.

/// A code list: code and name.
pub type Codes = &'static [(&'static str, &'static str)];

/// 民族, GB/T 3304.
pub const ETHNIC: Codes = &[
    ("01", "汉族"),
    ("02", "蒙古族"),
    ("03", "回族"),
    ("04", "藏族"),
    ("05", "维吾尔族"),
    ("06", "苗族"),
    ("07", "彝族"),
    ("08", "壮族"),
    ("09", "布依族"),
    ("10", "朝鲜族"),
    ("11", "满族"),
    ("12", "侗族"),
    ("13", "瑶族"),
    ("14", "白族"),
    ("15", "土家族"),
    ("16", "哈尼族"),
    ("17", "哈萨克族"),
    ("18", "傣族"),
    ("19", "黎族"),
    ("20", "傈僳族"),
    ("21", "佤族"),
    ("22", "畲族"),
    ("23", "高山族"),
    ("24", "拉祜族"),
    ("25", "水族"),
    ("26", "东乡族"),
    ("27", "纳西族"),
    ("28", "景颇族"),
    ("29", "柯尔克孜族"),
    ("30", "土族"),
    ("31", "达斡尔族"),
    ("32", "仫佬族"),
    ("33", "羌族"),
    ("34", "布朗族"),
    ("35", "撒拉族"),
    ("36", "毛南族"),
    ("37", "仡佬族"),
    ("38", "锡伯族"),
    ("39", "阿昌族"),
    ("40", "普米族"),
    ("41", "塔吉克族"),
    ("42", "怒族"),
    ("43", "乌孜别克族"),
    ("44", "俄罗斯族"),
    ("45", "鄂温克族"),
    ("46", "德昂族"),
    ("47", "保安族"),
    ("48", "裕固族"),
    ("49", "京族"),
    ("50", "塔塔尔族"),
    ("51", "独龙族"),
    ("52", "鄂伦春族"),
    ("53", "赫哲族"),
    ("54", "门巴族"),
    ("55", "珞巴族"),
    ("56", "基诺族"),
    ("97", "其他"),
    ("98", "外国血统中国籍人士"),
];

/// 政治面貌, GB/T 4762.
pub const POLITICAL: Codes = &[
    ("03", "共青团员"),
    ("02", "中共预备党员"),
    ("01", "中共党员"),
    ("04", "民革党员"),
    ("05", "民盟盟员"),
    ("06", "民建会员"),
    ("07", "民进会员"),
    ("08", "农工党党员"),
    ("09", "致公党党员"),
    ("10", "九三学社社员"),
    ("11", "台盟盟员"),
    ("12", "无党派人士"),
    ("13", "群众"),
];

/// 最高学历, GB/T 4658: its groups and the grades in use.
pub const EDUCATION: Codes = &[
    ("20", "大学本科"),
    ("30", "大学专科"),
    ("10", "研究生"),
    ("11", "博士研究生"),
    ("14", "硕士研究生"),
    ("40", "中等专科"),
    ("44", "职业高中"),
    ("47", "技工学校"),
    ("60", "普通高中"),
    ("70", "初中"),
    ("80", "小学"),
    ("90", "其他"),
];

/// 收入, by band (FLD 1.2).
pub const INCOME: Codes = &[
    ("student", "学生（无收入）"),
    ("farm", "农村户籍且无固定收入"),
    ("b1", "2000元以下"),
    ("b2", "2000元至5000元"),
    ("b3", "5000元至8000元"),
    ("b4", "8000元至10000元"),
    ("b5", "10000元以上"),
];

/// What people write instead of the name in the list.
const ALIASES: &[(&str, &str)] = &[
    ("团员", "共青团员"),
    ("党员", "中共党员"),
    ("正式党员", "中共党员"),
    ("预备党员", "中共预备党员"),
    ("普通公民", "群众"),
    ("本科", "大学本科"),
    ("大专", "大学专科"),
    ("专科", "大学专科"),
    ("硕士", "硕士研究生"),
    ("博士", "博士研究生"),
    ("中专", "中等专科"),
    ("职高", "职业高中"),
    ("技校", "技工学校"),
    ("高中", "普通高中"),
];

/// The code meant by a name or code as people write them; names of peoples also without 族.
pub fn code_of(list: Codes, typed: &str) -> Option<&'static str> {
    let wanted = ALIASES
        .iter()
        .find(|(alias, _)| *alias == typed)
        .map_or(typed, |(_, name)| name);
    let padded = if wanted.len() == 1 {
        format!("0{wanted}")
    } else {
        String::new()
    };
    list.iter()
        .find(|(code, name)| {
            *code == wanted
                || *name == wanted
                || *code == padded
                || name.strip_suffix('族') == Some(wanted)
        })
        .map(|(code, _)| *code)
}

/// The name of a stored code; an unknown code is shown as it is.
pub fn name_of(list: Codes, code: &str) -> String {
    list.iter()
        .find(|(c, _)| *c == code)
        .map_or_else(|| code.to_owned(), |(_, name)| (*name).to_owned())
}

/// All names, for dropdowns.
pub fn names(list: Codes) -> Vec<String> {
    list.iter().map(|(_, name)| (*name).to_owned()).collect()
}
