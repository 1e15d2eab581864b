//! What happened to an organisation's information, in words (02-organizations section 5: history), from what the audit kept.

use super::BranchKind;
use base::OrgCategory;
use serde_json::Value;

/// The facts of the audit that changed an organisation's information; the pages read no others.
pub(crate) const TOLD: [&str; 12] = [
    "org.created",
    "org.registered",
    "org.informed",
    "org.renamed",
    "org.corrected",
    "org.alias_changed",
    "org.phone_changed",
    "org.graduation_marked",
    "org.graduation_unmarked",
    "org.graduated",
    "org.moved",
    "org.restored",
];

/// The words for one of them; `detail` is what the audit kept, with `before` and `after`.
pub(crate) fn told(action: &str, detail: &str) -> String {
    let detail: Value = serde_json::from_str(detail).unwrap_or_default();
    let (before, after) = (&detail["before"], &detail["after"]);
    let mut changes: Vec<String> = FIELDS
        .iter()
        .filter(|(name, _)| !after[*name].is_null() || !before[*name].is_null())
        .filter(|(name, _)| before[*name] != after[*name])
        .filter_map(|(name, label)| change(label, name, before, after))
        .collect();
    // The number itself is nobody's to read here.
    if after["phone_changed"] == true {
        changes.push("更换联系电话".into());
    }
    let list = changes.join("；");
    match action {
        "org.created" => "创建".into(),
        "org.registered" => "凭组织注册码注册".into(),
        "org.renamed" => format!("上级更正名称：{list}"),
        "org.corrected" => format!("更正：{list}"),
        "org.phone_changed" => "更换联系电话".into(),
        "org.graduation_marked" => match (after["month"].as_str(), after["reason"].as_str()) {
            (Some(month), _) => format!("标记毕业时间：{month}"),
            (None, reason) => format!("说明无法确定毕业时间的理由：{}", reason.unwrap_or("未填写")),
        },
        "org.graduation_unmarked" => "撤销毕业时间标记".into(),
        "org.graduated" => "转为毕业生团组织".into(),
        "org.moved" => {
            let of = |side: &Value| side["superior"].as_str().unwrap_or("上级").to_owned();
            format!("从〔{}〕迁到〔{}〕", of(before), of(after))
        }
        "org.restored" => "从回收站恢复".into(),
        _ if list.is_empty() => "提交资料，没有改动".into(),
        _ => list,
    }
}

/// Names of what the audit keeps, as the form calls them.
const FIELDS: [(&str, &str); 19] = [
    ("short_name", "组织简称"),
    ("full_name", "组织全称"),
    ("category", "组织类别"),
    ("kind", "支部类型"),
    ("sector", "行业类别"),
    ("is_school", "是否学校组织"),
    ("school_code", "学校编号"),
    ("graduation", "毕业时间"),
    ("alias", "企业微信名称"),
    ("admin", "行政编制数"),
    ("inst", "事业编制数"),
    ("youth_14_28", "14-28周岁青年数"),
    ("recommended_to_party", "年度经推优入党团员数"),
    ("email", "电子邮箱"),
    ("uscc", "统一社会信用代码"),
    ("league_code", "团组织机构代码"),
    ("wechat", "团组织微信号"),
    ("weibo", "微博号"),
    ("accepts_registration", "接受报到"),
];

fn change(label: &str, name: &str, before: &Value, after: &Value) -> Option<String> {
    let words = |side: &Value| match &side[name] {
        Value::Null => None,
        Value::Bool(yes) => Some(if *yes { "是" } else { "否" }.to_owned()),
        Value::String(code) if name == "category" => {
            OrgCategory::from_code(code).map(|c| c.label().into())
        }
        Value::String(code) if name == "kind" => Some(BranchKind::from_code(code).label().into()),
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(pair) => {
            let pair: Vec<String> = pair
                .iter()
                .map(|n| {
                    if n.is_null() {
                        "未填".into()
                    } else {
                        n.to_string()
                    }
                })
                .collect();
            Some(pair.join("，实配"))
        }
        other => Some(other.to_string()),
    };
    match (words(before), words(after)) {
        (None, None) => None,
        (None, Some(new)) => Some(format!("{label}：{new}")),
        (Some(old), new) => Some(format!(
            "{label}：{old} → {}",
            new.as_deref().unwrap_or("未填写")
        )),
    }
}
