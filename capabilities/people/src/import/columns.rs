//! The columns both templates share (ROS-03).

use crate::rules::{Nature, Policy, codes, titles};
use base::OrgCategory;
use sheets::{Column, Kind};

/// 姓名 … 手机号码; cadres need no admission data.
pub(super) fn personal(member: bool, policy: &Policy) -> Vec<Column> {
    let words = |list, numbers| codes::words(list, numbers, policy.old_numbers_first);
    // 文化程度 of cadres and 学历 of members bore different numbers (FLD 1.1).
    let schooling = if member {
        codes::FULL_TIME
    } else {
        codes::EDUCATION
    };
    let admitted = Column::new("admitted_on", "入团年月", Kind::YearMonth)
        .also(&["入团时间", "入团日期"])
        .hint("年月，如2019-05；不能晚于本月")
        .example("2019-05")
        .width(12);
    vec![
        Column::new("name", "姓名", Kind::Text)
            .also(&["名字", "团员姓名"])
            .required()
            .hint("与身份证一致，2–30个汉字，少数民族姓名中间用“·”")
            .example("李示例")
            .longest(30),
        Column::new("sex", "性别", Kind::Code(vec!["男".into(), "女".into()]))
            .hint("可不填，按身份证号码")
            .example("女")
            .width(8),
        Column::new("id_number", "身份证号", Kind::IdLike)
            .also(&["身份证号码", "证件号码", "身份证"])
            .masked()
            .required()
            .hint("18位，该列须为文本格式")
            .example("999001200405200017")
            .width(24)
            .longest(18),
        Column::new("ethnic", "民族", Kind::Code(codes::names(codes::ETHNIC)))
            .understands(words(codes::ETHNIC, codes::ETHNIC))
            .required()
            .hint("从下拉项中选择")
            .example("汉族")
            .width(12),
        Column::new(
            "political",
            "政治面貌",
            Kind::Code(codes::names(codes::POLITICAL)),
        )
        .understands(words(codes::POLITICAL, codes::POLITICAL))
        .required()
        .hint("从下拉项中选择")
        .example("共青团员")
        .width(14),
        Column::new(
            "education",
            "最高学历",
            Kind::Code(codes::names(codes::EDUCATION)),
        )
        .understands(words(codes::EDUCATION, schooling))
        .also(&["学历", "文化程度"])
        .required()
        .hint("从下拉项中选择")
        .example("大学本科")
        .width(14),
        if member {
            admitted.required()
        } else {
            admitted
        },
        Column::new("admission_number", "发展团员编号", Kind::IdLike)
            .also(&["团员编号", "入团编号"])
            .hint("12位数字，见入团志愿书首页；2017年1月及以后入团必填")
            .example("201900000017")
            .width(18)
            .longest(20),
        Column::new("phone", "手机号码", Kind::IdLike)
            .also(&["手机", "手机号", "联系电话", "电话", "联系方式"])
            .masked()
            .required()
            .hint("本人手机，11位")
            .example("10000000017")
            .width(16)
            .longest(20),
    ]
}

/// 职务, 专兼职, 任职时间.
pub(super) fn post(category: OrgCategory, required: bool) -> Vec<Column> {
    let all = titles(category).iter().map(|t| (*t).to_owned()).collect();
    let posts = match category {
        OrgCategory::LeadingBody => codes::LEADING_POST,
        _ => codes::POST,
    };
    let title = Column::new("title", "职务", Kind::Code(all))
        .understands(codes::words(posts, posts, false))
        .hint(if required {
            "从下拉项中选择"
        } else {
            "普通团员不填"
        })
        .example("委员")
        .width(12);
    let natures = Nature::ALL.iter().map(|n| n.label().to_owned()).collect();
    vec![
        if required { title.required() } else { title },
        Column::new("nature", "专兼职", Kind::Code(natures))
            .understands(codes::words(codes::NATURE, codes::NATURE, false))
            .hint("不填为兼职")
            .example("兼职")
            .width(10),
        Column::new("since", "任职时间", Kind::Date)
            .hint("如2024-09-01，不填为导入当天")
            .example("2024-09-01")
            .width(14),
    ]
}
