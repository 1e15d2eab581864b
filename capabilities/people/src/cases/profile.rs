//! Changes of a profile as a kind of case (ROS-27, FLD-24).

use crate::actions;
use crate::rules::{self, Demand, MemberInput, Policy};
use crate::store;
use access::Permission;
use approvals::{Case, CaseKind, CaseState, Outcome, ReturnCode, Sight};
use askama::Template;
use base::{Error, Reserved, Result};
use db::{Event, Reader, Tx};
use futures::future::BoxFuture;

/// The kind of case behind 资料修改审核.
#[derive(Clone, Debug)]
pub struct ProfileKind {
    policy: Policy,
    reserved: Reserved,
}

const RETURNS: [ReturnCode; 2] = [
    ReturnCode::with_text("proof", "与事实不符或缺少依据", 5),
    ReturnCode::with_text("other", "其他", 5),
];

struct Change {
    label: &'static str,
    before: String,
    after: String,
}

#[derive(Template)]
#[template(path = "profile_panel.html")]
struct Panel {
    phone: bool,
    changes: Vec<Change>,
}

impl ProfileKind {
    /// With the rules members are checked by.
    pub fn new(policy: Policy, reserved: Reserved) -> Self {
        Self { policy, reserved }
    }

    async fn finish(&self, tx: &mut Tx, case: &Case, outcome: &Outcome) -> Result<()> {
        let state = match outcome.state {
            CaseState::Open => return Ok(()),
            CaseState::Passed => {
                self.apply(tx, case).await?;
                "passed"
            }
            CaseState::Returned => "returned",
            CaseState::Withdrawn | CaseState::Closed => "withdrawn",
        };
        store::end_change(tx, case.key.subject, case.object, state).await?;
        tx.record(Event::new("profile.reviewed", "person", case.key.subject).note(state));
        Ok(())
    }

    async fn apply(&self, tx: &mut Tx, case: &Case) -> Result<()> {
        let id = case.key.subject;
        let change = store::change(tx, id, case.object)
            .await?
            .ok_or(Error::NotFound)?;
        let here = store::lock_membership(tx, id).await?;
        if here.is_none_or(|m| m.branch != change.branch) {
            return Err(Error::refused(
                "profile.moved",
                format!(
                    "{}已不在本支部，请退回，由现在的团支部审核",
                    case.subject_name
                ),
            ));
        }
        let keys = tx.keys().clone();
        let person = store::find(tx, &keys, id).await?.ok_or(Error::NotFound)?;
        let branch = orgs::find(tx, change.branch)
            .await?
            .ok_or(Error::NotFound)?;
        let mut input = MemberInput::of(&person);
        if let Some(phone) = &person.phone {
            phone.reveal().clone_into(&mut input.phone);
        }
        for (name, value) in &change.fields {
            if let Some(field) = input.field_mut(name) {
                field.clone_from(value);
            }
        }
        let now = tx.now();
        let mut around =
            actions::circumstances(tx, &branch, Demand::Member, now, self.reserved).await?;
        around.keep_number = true;
        match actions::edit(tx, &person, &input, &self.policy, &around).await {
            Ok(_) => Ok(()),
            // Somebody has changed it so already.
            Err(faults) if faults.iter().all(|f| f.code == "profile.unchanged") => Ok(()),
            Err(faults) => {
                let words: Vec<String> = faults.into_iter().map(|f| f.message).collect();
                Err(Error::refused(
                    "profile.faults",
                    format!("资料已不符合要求，请退回本人修改：{}", words.join("；")),
                ))
            }
        }
    }

    async fn show(&self, reader: &mut Reader, case: &Case, sight: Sight) -> Result<String> {
        let keys = reader.keys.clone();
        let id = case.key.subject;
        let change = store::change(reader, id, case.object)
            .await?
            .ok_or(Error::NotFound)?;
        let person = store::find(reader, &keys, id)
            .await?
            .ok_or(Error::NotFound)?;
        let present = MemberInput::of(&person);
        let shown = |name: &str, value: String| match (sight.full, value.is_empty()) {
            (false, _) => "不在您的查看范围".to_owned(),
            (true, true) => "空值".to_owned(),
            (true, false) => rules::field_words(name, &value),
        };
        let changes = change
            .fields
            .into_iter()
            .map(|(name, value)| Change {
                label: rules::field_label(&name),
                before: shown(&name, present.field(&name).unwrap_or_default()),
                after: shown(&name, value),
            })
            .collect();
        let view = Panel {
            phone: sight.phone,
            changes,
        };
        view.render().map_err(|cause| Error::Internal(cause.into()))
    }
}

impl CaseKind for ProfileKind {
    fn code(&self) -> &'static str {
        actions::PROFILE
    }

    fn label(&self) -> &'static str {
        "资料修改审核"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::EditPeople)
    }

    fn return_codes(&self, _: &Case) -> Vec<ReturnCode> {
        RETURNS.to_vec()
    }

    fn subject_link(&self, _: &Case) -> Option<String> {
        Some("/member/me".into())
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
        Box::pin(self.show(reader, case, sight))
    }
}
