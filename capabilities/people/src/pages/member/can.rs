//! 能不能办: what can be done with a person, and otherwise who can or when (ROS-29, ROS-60, ROS-B7).

use super::super::gaps;
use super::Seen;
use crate::rules::Policy;
use access::Permission;
use base::YearMonth;
use chrono::NaiveDate;

/// One line.
pub(super) struct Can {
    pub(super) yes: bool,
    pub(super) what: &'static str,
    pub(super) why: String,
}

/// All lines.
pub(super) fn abilities(
    seen: &Seen,
    actor: &access::Actor,
    policy: &Policy,
    today: NaiveDate,
) -> Vec<Can> {
    let person = &seen.person;
    let mut out = Vec::new();
    let transfer = match (&seen.branch, person.certification.as_str()) {
        (None, _) => Err("没有团籍，不能转接".to_owned()),
        (Some(_), "none" | "failed") => Err(format!(
            "{}及以后入团的须先完成团员身份认证（上传入团志愿书并经上级团委审批）",
            policy.certification_from.chinese()
        )),
        (Some(_), _) if !person.missing.is_empty() => {
            Err(format!("资料不完整，{}", gaps(&person.missing)))
        }
        (Some(org), _) if seen.may(actor, Permission::StartTransfers) => {
            Ok(format!("资料完整、身份无碍；由〔{}〕发起", org.short_name))
        }
        (Some(org), _) => Err(format!("由〔{}〕或其直接上级发起", org.short_name)),
    };
    let mut say = |what, result: Result<String, String>| match result {
        Ok(why) => out.push(Can {
            yes: true,
            what,
            why: format!("可以。{why}"),
        }),
        Err(why) => out.push(Can {
            yes: false,
            what,
            why,
        }),
    };
    say("关系转接", transfer);
    say(
        "修改资料",
        if seen.may(actor, Permission::EditPeople) || seen.may(actor, Permission::EnterCadres) {
            Ok("民族、政治面貌、学历、入团年月、编号、手机等，改动留痕".into())
        } else {
            // ROS-29.
            Err("请由所在组织或直接上级修改。".into())
        },
    );
    say(
        "改姓名、性别、身份证号",
        Err("本级不能直接改。姓名、性别、身份证号码有误请申请更正，由省级团委修改。".into()),
    );
    // ROS-60.
    say(
        "删除",
        Err(
            "支部成员不能自行删除。已不在本支部：请办理组织关系转接；录入错误：请申请删除。".into(),
        ),
    );
    let adult = person.turns(policy.admission_max_age as u32);
    let office = seen.posts.iter().any(|p| p.until.is_none());
    say(
        "离团",
        if adult > today {
            Err(format!(
                "未满 28 周岁。{}后未任团内职务即可办理",
                YearMonth::of(adult).chinese()
            ))
        } else if office {
            Err("已满 28 周岁，担任团内职务期间保留团籍；卸任后办理".into())
        } else {
            Ok("已满 28 周岁，未任团内职务".into())
        },
    );
    out
}
