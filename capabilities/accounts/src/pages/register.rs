//! 注册: choice of kinds, and the administrator's registration in steps (ACC-20). Going back and forth keeps what was
//! typed in hidden fields; passwords are typed again.

use super::{fault::Fault, first::password_hint};
use crate::{
    Policy,
    actions::register::{self, Rules, Typed},
    policy::Organisations,
};
use access::Scope;
use base::{OrgId, OrgPath};
use orgs::Org;
use serde::Deserialize;
use web::{list::Choice, prelude::*};

#[derive(Template)]
#[template(path = "register.html")]
struct ChoicePage {
    shell: Shell,
    policy: Policy,
}

/// `GET /register`
pub(super) async fn choose(guest: Guest) -> Result<Response> {
    let view = ChoicePage {
        shell: guest.shell("注册"),
        policy: guest.app.policy::<Policy>().clone(),
    };
    page(StatusCode::OK, &view)
}

impl ChoicePage {
    fn with_org_codes(&self) -> bool {
        self.policy.organisations == Organisations::OrgCode
    }

    /// Whether an account comes before the form.
    fn opens_account(&self) -> bool {
        self.policy.registration.form != crate::RegistrationForm::One
    }

    fn is_report(&self) -> bool {
        self.policy.registration.form == crate::RegistrationForm::Report
    }

    /// Whether members can register: where the phone must be proved, an SMS can be sent (ACC-76).
    fn with_members(&self) -> bool {
        self.policy.sms || !crate::actions::joining::needs_code(&self.policy)
    }
}

#[derive(Template)]
#[template(path = "register_admin.html")]
struct AdminPage {
    shell: Shell,
    policy: Policy,
    step: u8,
    typed: Typed,
    fault: Fault,
    provinces: Vec<Choice>,
    found: Vec<Org>,
    searched: bool,
    org: Option<Org>,
    titles: Vec<Choice>,
    ethnic: Vec<Choice>,
    political: Vec<Choice>,
    education: Vec<Choice>,
}

impl AdminPage {
    fn password_hint(&self) -> String {
        password_hint(&self.policy, true)
    }

    fn is_chosen(&self, org: &Org) -> bool {
        org.id.to_string() == self.typed.org
    }
}

/// A select of a code list by name, with an empty first choice.
pub(super) fn names(list: people::codes::Codes, chosen: &str) -> Vec<Choice> {
    let options = std::iter::once(("", "请选择")).chain(list.iter().map(|e| (e.name, e.name)));
    Choice::list(options, chosen)
}

async fn admin_page(
    guest: &Guest,
    status: StatusCode,
    step: u8,
    typed: Typed,
    fault: Fault,
) -> Result<Response> {
    let mut reader = guest.read().await?;
    let root = orgs::by_path(&mut reader, &OrgPath::root()).await?;
    let provinces = match &root {
        Some(root) => orgs::children(&mut reader, root.id).await?,
        None => Vec::new(),
    };
    let scope = provinces
        .iter()
        .find(|p| p.id.to_string() == typed.province)
        .map_or_else(
            || Scope::subtree(&OrgPath::root()),
            |p| Scope::subtree(&p.path),
        );
    let q = base::text::normalise(&typed.q);
    let searched = q.chars().count() >= 2;
    let found = if step == 1 && searched {
        orgs::search(&mut reader, &scope, &q, 20).await?
    } else {
        Vec::new()
    };
    let org = match typed.org.parse::<OrgId>() {
        Ok(id) => orgs::find(&mut reader, id)
            .await?
            .filter(|o| o.state.is_live()),
        Err(_) => None,
    };
    let every: Vec<(String, String)> = provinces
        .iter()
        .map(|p| (p.id.to_string(), p.short_name.clone()))
        .collect();
    let choices = std::iter::once(("", "全部省份"))
        .chain(every.iter().map(|(v, l)| (v.as_str(), l.as_str())));
    // Titles of all categories until an organisation is chosen; what does not fit is told then.
    let categories: Vec<_> = org.iter().map(|o| o.category).collect();
    let mut titles: Vec<&str> = if categories.is_empty() {
        base::OrgCategory::ALL.to_vec()
    } else {
        categories
    }
    .into_iter()
    .flat_map(people::titles)
    .copied()
    .collect();
    titles.dedup();
    let mut unique: Vec<&str> = Vec::new();
    titles.retain(|t| {
        !unique.contains(t) && {
            unique.push(t);
            true
        }
    });
    let view = AdminPage {
        shell: guest.shell("管理员注册"),
        policy: guest.app.policy::<Policy>().clone(),
        step,
        provinces: Choice::list(choices, &typed.province),
        titles: Choice::list(
            std::iter::once(("", "请选择")).chain(titles.into_iter().map(|t| (t, t))),
            &typed.title,
        ),
        ethnic: names(people::codes::ETHNIC, &typed.ethnic),
        political: names(people::codes::POLITICAL, &typed.political),
        education: names(people::codes::EDUCATION, &typed.education),
        typed: Typed {
            password: String::new(),
            repeat: String::new(),
            ..typed
        },
        fault,
        found,
        searched,
        org,
    };
    page(status, &view)
}

fn only_with_codes(guest: &Guest) -> Result<()> {
    if guest.app.policy::<Policy>().organisations == Organisations::AdminCode {
        Ok(())
    } else {
        Err(base::Error::NotFound.into())
    }
}

/// `GET /register/admin`
pub(super) async fn admin(guest: Guest) -> Result<Response> {
    only_with_codes(&guest)?;
    admin_page(
        &guest,
        StatusCode::OK,
        1,
        Typed::default(),
        Fault::default(),
    )
    .await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Sent {
    /// Where to: `search`, `1`, `2`, `3`, `done`.
    go: String,
    #[serde(flatten)]
    typed: Typed,
}

/// `POST /register/admin`
pub(super) async fn admin_step(guest: Guest, form: Form<Sent>) -> Result<Response> {
    only_with_codes(&guest)?;
    let Sent { go, typed } = form.input;
    let (policy, db) = (guest.app.policy::<Policy>(), guest.app.db());
    match go.as_str() {
        "2" => {
            let mut reader = guest.read().await?;
            let chosen = Fault::of(register::chosen(&mut reader, &typed).await)?;
            drop(reader);
            match chosen {
                Ok(_) => admin_page(&guest, StatusCode::OK, 2, typed, Fault::default()).await,
                Err(fault) => {
                    admin_page(&guest, StatusCode::UNPROCESSABLE_ENTITY, 1, typed, fault).await
                }
            }
        }
        "3" => {
            let mut tx = guest.begin().await?;
            let looked = async {
                let org = register::chosen(&mut tx, &typed).await?;
                register::look_at_code(&mut tx, db, policy, &org, &typed.code, guest.address())
                    .await
            }
            .await;
            drop(tx);
            match Fault::of(looked)? {
                Ok(()) => admin_page(&guest, StatusCode::OK, 3, typed, Fault::default()).await,
                Err(fault) => {
                    admin_page(&guest, StatusCode::UNPROCESSABLE_ENTITY, 2, typed, fault).await
                }
            }
        }
        "back2" => admin_page(&guest, StatusCode::OK, 2, typed, Fault::default()).await,
        "done" => finish(&guest, &form.key, typed).await,
        _ => admin_page(&guest, StatusCode::OK, 1, typed, Fault::default()).await,
    }
}

async fn finish(guest: &Guest, key: &str, typed: Typed) -> Result<Response> {
    let rules = Rules {
        accounts: guest.app.policy::<Policy>(),
        people: guest.app.policy::<people::Policy>(),
        reserved: guest.app.reserved(),
    };
    let mut tx = guest.begin().await?;
    if let Some(before) = tx.once(key).await? {
        return Ok(see_other(&before));
    }
    match register::register(&mut tx, guest.app.db(), &rules, &typed, guest.address()).await {
        Ok(_) => {
            tx.commit_to("/register/admin/done").await?;
            Ok(see_other("/register/admin/done"))
        }
        Err(faults) => {
            drop(tx);
            let step = match faults.first().and_then(|f| f.field) {
                Some("org" | "title") => 1,
                Some("code") => 2,
                _ => 3,
            };
            admin_page(
                guest,
                StatusCode::UNPROCESSABLE_ENTITY,
                step,
                typed,
                Fault::several(faults),
            )
            .await
        }
    }
}

/// `GET /register/admin/done`
pub(super) async fn admin_done(guest: Guest) -> Result<Response> {
    admin_page(
        &guest,
        StatusCode::OK,
        4,
        Typed::default(),
        Fault::default(),
    )
    .await
}
