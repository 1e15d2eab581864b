//! Appeals for a changed phone as a kind of case (ACC-53, ACC-54).

use crate::{
    Policy,
    actions::{
        appeal::{self, DISPUTE, KIND, SIDES},
        appeal_end,
    },
    store,
};
use access::Permission;
use approvals::{Case, CaseKind, CaseState, Outcome, ReturnCode, Sight};
use askama::Template;
use base::{Error, PersonId, Result};
use chrono::TimeDelta;
use db::{Event, Reader, Tx};
use futures::future::BoxFuture;

const IN_PERSON: &str = "in_person";
const BY_PHOTOS: &str = "photos";

/// The kind of case behind 手机号申诉审核.
#[derive(Clone, Debug)]
pub struct AppealKind {
    policy: Policy,
}

impl AppealKind {
    /// With the profile's section.
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    async fn finish(&self, tx: &mut Tx, case: &Case, outcome: &Outcome) -> Result<()> {
        let row = store::appeal::find_for_update(tx, case.object)
            .await?
            .ok_or(Error::NotFound)?;
        let disputed = case.step().code == DISPUTE;
        match outcome.state {
            CaseState::Open => Ok(()),
            CaseState::Passed => match outcome.answer.as_deref() {
                Some(IN_PERSON) => appeal_end::take_effect(tx, &self.policy, &row, IN_PERSON).await,
                _ if disputed => appeal_end::take_effect(tx, &self.policy, &row, BY_PHOTOS).await,
                _ => appeal_end::approve(tx, &self.policy, &row).await,
            },
            CaseState::Returned => {
                let label = self.reason_label(case, &outcome.code);
                let words = [label.as_str(), outcome.comment.as_str()];
                let reason: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
                appeal_end::reject(tx, &self.policy, &row, &reason.join("：")).await
            }
            CaseState::Withdrawn | CaseState::Closed => {
                store::appeal::set_state(tx, row.appeal_id, "withdrawn", None).await?;
                let after = tx.now() + TimeDelta::days(self.policy.appeal.keep_days);
                store::picture::let_go(tx, row.appeal_id, None, after).await?;
                let person = PersonId(row.person_id);
                tx.record(Event::new("appeal.withdrawn", "person", person));
                Ok(())
            }
        }
    }
}

const RETURNS: [ReturnCode; 4] = [
    ReturnCode::new("not_the_person", "照片与本人档案不符"),
    ReturnCode::new("unreadable", "照片看不清，请重新拍摄"),
    ReturnCode::new("in_person", "请本人带身份证到团支部当面办理"),
    ReturnCode::with_text("other", "其他", 5),
];

#[derive(Template)]
#[template(path = "appeal_panel.html")]
struct Panel {
    phone: bool,
    facts: Vec<(&'static str, String)>,
    checks: Vec<(bool, String)>,
    photos: Vec<(&'static str, String)>,
}

async fn panel(
    kind: &AppealKind,
    reader: &mut Reader,
    case: &Case,
    sight: Sight,
) -> Result<String> {
    let (keys, now) = (reader.keys.clone(), reader.now());
    let row = store::appeal::find(reader, case.object)
        .await?
        .ok_or(Error::NotFound)?;
    let person = PersonId(row.person_id);
    let file = people::find(reader, &keys, person)
        .await?
        .ok_or(Error::NotFound)?;
    let name = |name: &str| {
        if sight.full {
            name.to_owned()
        } else {
            base::text::mask_name(name)
        }
    };
    let home = people::membership(reader, person).await?;
    let mut facts = vec![
        ("申诉人填写的姓名", name(&row.name)),
        ("档案上的姓名", name(&file.name)),
        ("身份证号", file.id_number.masked()),
        (
            "所在团支部",
            home.map_or_else(|| "无".into(), |m| m.branch_name),
        ),
        (
            "登记的手机号",
            file.phone
                .as_ref()
                .map_or_else(|| "无".into(), base::Mobile::masked),
        ),
        (
            "新手机号（已用短信验证）",
            appeal::phone_of(&keys, &row)?.masked(),
        ),
        ("提交时间", base::format_moment(row.submitted_at, now)),
        ("说明", row.note.clone()),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    let mut checks = vec![if row.name == file.name {
        (true, "姓名与档案一致".to_owned())
    } else {
        (false, "姓名与档案不一致，请仔细核对身份证".to_owned())
    }];
    let since = now - TimeDelta::days(kind.policy.appeal.rejection_days);
    let rejected = store::appeal::rejections(reader, person, since).await?;
    if rejected > 0 {
        checks.push((false, format!("30天内已有{rejected}次申诉未通过")));
    }
    if case.step().code == DISPUTE {
        checks.push((
            false,
            "原手机号的持有人提出了异议，请当面或电话核实".to_owned(),
        ));
    }
    let open = case.is_open() && sight.decides;
    let photos = SIDES
        .into_iter()
        .filter(|_| open)
        .map(|(side, label)| (label, format!("/console/appeals/{}/{side}", row.appeal_id)))
        .collect();
    let view = Panel {
        phone: sight.phone,
        facts,
        checks,
        photos,
    };
    view.render().map_err(|e| Error::Internal(e.into()))
}

impl CaseKind for AppealKind {
    fn code(&self) -> &'static str {
        KIND
    }

    fn label(&self) -> &'static str {
        "手机号申诉"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ResetPasswords)
    }

    /// Each is looked at by itself.
    fn bulk_max(&self) -> usize {
        0
    }

    fn return_codes(&self, _: &Case) -> Vec<ReturnCode> {
        RETURNS.to_vec()
    }

    fn tells(&self) -> bool {
        true
    }

    fn choices<'a>(
        &'a self,
        _: &'a mut Reader,
        case: &'a Case,
    ) -> BoxFuture<'a, Result<Vec<(String, String)>>> {
        let photos = if case.step().code == DISPUTE {
            "已核对照片和本人，立即生效".to_owned()
        } else {
            format!("照片核验，{}小时后生效", self.policy.appeal.delay_hours)
        };
        Box::pin(async move {
            Ok(vec![
                (IN_PERSON.into(), "当面核验，立即生效".into()),
                (BY_PHOTOS.into(), photos),
            ])
        })
    }

    fn ended<'a>(
        &'a self,
        tx: &'a mut Tx,
        case: &'a Case,
        outcome: &'a Outcome,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.finish(tx, case, outcome))
    }

    fn panel<'a>(
        &'a self,
        reader: &'a mut Reader,
        case: &'a Case,
        sight: Sight,
    ) -> BoxFuture<'a, Result<String>> {
        Box::pin(panel(self, reader, case, sight))
    }
}
