//! Names of organisations (ORG-08, ORG-18, ORG-19).

use super::{Fault, Org, root_of};
use crate::policy::{FullNameForm, Policy};
use OrgCategory::{Branch, Committee, GeneralBranch, LeadingBody, WorkCommittee};
use base::{OrgCategory, text};

/// Bodies that work with the young but are no League organisations (ORG-08).
const NOT_LEAGUE: [&str; 5] = ["青工委", "青年工作委员会", "青年部", "群团部", "群团工作部"];

/// Whether the name's ending says that this is no League organisation.
fn is_foreign(name: &str) -> bool {
    NOT_LEAGUE.iter().any(|ending| name.ends_with(ending))
}

/// How a short name of this category ends.
fn ending(category: OrgCategory) -> &'static str {
    match category {
        LeadingBody => "委",
        Committee => "团委",
        WorkCommittee => "团工委",
        GeneralBranch => "团总支",
        Branch => "团支部",
    }
}

/// The field's length and characters: letters, digits and the marks that names of units and classes have.
pub fn check_characters(
    field: &'static str,
    label: &str,
    name: &str,
    longest: usize,
) -> Result<(), Fault> {
    let length = name.chars().count();
    if length < 2 || length > longest {
        return Err(Fault::new(
            field,
            "org.name_length",
            format!("{label}应为2–{longest}个字，现有{length}个字。请按规范填写。"),
        ));
    }
    let allowed = |c: char| c.is_alphanumeric() || "（）()·-—－、“”《》〈〉.&/+#".contains(c);
    if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        let shown = if bad == ' ' {
            "空格".into()
        } else if text::has_control(&bad.to_string()) || bad.is_control() {
            "不可见字符".into()
        } else {
            bad.to_string()
        };
        return Err(Fault::new(
            field,
            "org.name_characters",
            format!("{label}含有不能使用的字符〔{shown}〕，请删去后重试。"),
        ));
    }
    Ok(())
}

/// Whether a short name is proper for its category (ORG-08, ORG-19).
pub fn check_short_name(category: OrgCategory, name: &str) -> Result<(), Fault> {
    let fault = |code, message: String| Err(Fault::new("short_name", code, message));
    if name.is_empty() {
        return fault(
            "org.name_empty",
            format!("简称为空。请填写组织简称，以〔{}〕结尾。", ending(category)),
        );
    }
    if is_foreign(name) {
        return fault(
            "org.not_league",
            format!("〔{name}〕不是团的组织，不能录入。"),
        );
    }
    check_characters("short_name", "组织简称", name, 40)?;
    if category == LeadingBody {
        if name.starts_with('团') && name.ends_with('委') && name.chars().count() > 2 {
            return Ok(());
        }
        return fault(
            "org.ending",
            "领导机关简称应为“团＋行政区划＋委”，如〔团济南市委〕。".into(),
        );
    }
    let ending = ending(category);
    if !name.ends_with(ending) {
        // 团支部 saved as another category is found by nobody who registers or transfers (ORG-05).
        let ask = if category != Branch && name.ends_with("团支部") {
            "确认该组织是直接管理团员的支部吗？如是，请把组织类别改为“团支部”。"
        } else {
            ""
        };
        return fault("org.ending", format!("简称应以〔{ending}〕结尾。{ask}"));
    }
    if name.chars().count() == ending.chars().count() {
        return fault(
            "org.ending",
            format!("简称应为“单位或行政区划＋{ending}”，请在前面写上单位名称。"),
        );
    }
    Ok(())
}

/// 企业微信名称 as it was typed (FLD-06): its length and the signs WeCom refuses.
pub fn check_alias(typed: &str, most: usize) -> Result<String, Fault> {
    let fault = |code, message: String| Err(Fault::new("alias", code, message));
    let name = typed.trim();
    let length = name.chars().count();
    if length == 0 {
        return fault("alias.empty", "请填写企业微信名称。".into());
    }
    let bad = |c: char| c.is_whitespace() || c.is_control() || r#"\:?"”'<>|｜"#.contains(c);
    if name.chars().any(bad) {
        return fault("alias.characters", "代称不能含有特殊字符和空格".into());
    }
    if length > most {
        return fault(
            "alias.length",
            format!("代称最多{most}个字，现有{length}个字，请缩短。"),
        );
    }
    Ok(name.to_owned())
}

/// Whether a branch is named as a class: （专业）+入学年份4位+级+班号+班团支部.
pub fn is_class_name(name: &str) -> bool {
    let Some(class) = name.strip_suffix("班团支部") else {
        return false;
    };
    let Some((before, number)) = class.rsplit_once('级') else {
        return false;
    };
    let year: Vec<char> = before.chars().rev().take(4).collect();
    year.len() == 4 && year.iter().all(char::is_ascii_digit) && !number.is_empty()
}

/// The short name without what every organisation of its category ends with.
pub fn stem(category: OrgCategory, short_name: &str) -> &str {
    match category {
        LeadingBody => {
            let name = short_name.strip_prefix('团').unwrap_or(short_name);
            name.strip_suffix('委').unwrap_or(name)
        }
        Branch => short_name,
        other => short_name.strip_suffix(ending(other)).unwrap_or(short_name),
    }
}

/// The full name proposed for a new organisation below `ancestors` (root first, the direct superior last).
pub fn full_name(
    ancestors: &[Org],
    category: OrgCategory,
    short_name: &str,
    policy: &Policy,
) -> String {
    if category == LeadingBody {
        // The central body stands for no region.
        let top = root_of(ancestors).provincial_depth();
        let regions = ancestors.iter().filter(|a| a.path.depth() >= top);
        let regions: String = regions.map(|a| stem(a.category, &a.short_name)).collect();
        return format!("共青团{regions}{}委员会", stem(category, short_name));
    }
    let below = ancestors
        .iter()
        .rposition(|a| a.category == LeadingBody)
        .map_or(0, |at| at + 1);
    let mut parts: Vec<&str> = ancestors[below..]
        .iter()
        .map(|a| stem(a.category, &a.short_name))
        .collect();
    match policy.full_name_form {
        FullNameForm::Generated => {
            parts.push(short_name);
            join(&parts)
        }
        FullNameForm::Formal => {
            let own = match category {
                Branch => short_name.strip_suffix("团支部").unwrap_or(short_name),
                _ => stem(category, short_name),
            };
            // A short name of `guangdong` has the parts from its top unit down already (FLD-05).
            let whole = parts.first().is_some_and(|top| own.starts_with(top));
            let unit = if whole {
                own.to_owned()
            } else {
                parts.push(own);
                join(&parts)
            };
            // A unit that is itself a committee: its whole system, not the body of its own office (FLD-04).
            let system = if unit.ends_with("委员会") {
                "系统"
            } else {
                ""
            };
            let suffix = match category {
                GeneralBranch => "总支部委员会",
                Branch => "支部委员会",
                WorkCommittee => "工作委员会",
                _ => "委员会",
            };
            let region = region(&ancestors[..below], ancestors.get(below));
            let region = if unit.starts_with(&region) {
                ""
            } else {
                &region
            };
            format!("中国共产主义青年团{region}{unit}{system}{suffix}")
        }
    }
}

/// The full name of a branch that every superior may have one of (待接转团支部, ORG-73): the superior's own full name
/// without its ending, since short names of superiors recur in the tree and a generated name of a branch directly below a
/// leading body says nothing of it.
pub fn full_name_under(superior: &Org, short_name: &str, policy: &Policy) -> String {
    let whole = superior.full_name.as_str();
    let unit = ["中国共产主义青年团", "共青团"]
        .iter()
        .find_map(|begin| whole.strip_prefix(begin))
        .unwrap_or(whole);
    let own = ending(superior.category);
    let unit = ["总支部委员会", "工作委员会", "委员会", own]
        .iter()
        .find_map(|end| unit.strip_suffix(end))
        .unwrap_or(unit);
    match policy.full_name_form {
        FullNameForm::Generated => format!("{unit}{short_name}"),
        FullNameForm::Formal => {
            let name = short_name.strip_suffix("团支部").unwrap_or(short_name);
            format!("中国共产主义青年团{unit}{name}支部委员会")
        }
    }
}

/// Parts joined; one that the next begins with is dropped (2017级 before 2017级1班团支部).
fn join(parts: &[&str]) -> String {
    parts
        .iter()
        .enumerate()
        .filter(|(i, part)| {
            !parts
                .get(i + 1)
                .is_some_and(|next| next.starts_with(**part))
        })
        .map(|(_, part)| *part)
        .collect()
}

/// Region of a formal name: from the prefecture city down, a county-level city alone, none for universities (FLD-04).
fn region(leading: &[Org], unit: Option<&Org>) -> String {
    let sector = unit.and_then(|u| u.sector.as_deref()).unwrap_or("");
    if sector.starts_with("普通高等院校") {
        return String::new();
    }
    let top = root_of(leading).provincial_depth();
    let names: Vec<&str> = leading
        .iter()
        .filter(|a| a.path.depth() > top)
        .map(|a| stem(a.category, &a.short_name))
        .collect();
    match names.as_slice() {
        [_, .., last] if last.ends_with('市') => (*last).to_owned(),
        all => all.concat(),
    }
}
