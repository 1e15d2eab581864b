//! What becomes of the account when a membership or an office ends (ROS-78, ORG-67): it reads, and administers nothing any
//! more.

use crate::{
    actions::{
        deputies,
        grants::{administrators, end_grant, end_grants_in},
    },
    store,
};
use access::Role;
use base::{OrgId, PersonId, Result};
use db::{Event, Tx};
use futures::future::BoxFuture;
use messages::{Note, Receiver};
use people::{Gone, MembershipState};
use sqlx::PgConnection;
use uuid::Uuid;

/// Tells the accounts of those who leave and come back.
#[derive(Clone, Copy, Debug)]
pub struct AccountDeparture;

impl people::Departure for AccountDeparture {
    fn ended<'a>(&'a self, tx: &'a mut Tx, gone: &'a [Gone]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let accounts: Vec<Uuid> = gone.iter().map(|g| g.person.0).collect();
            for (account, org, grant) in store::grant::open_grants(tx, &accounts).await? {
                if gone
                    .iter()
                    .any(|g| g.person.0 == account && g.branch == org && !g.stays_cadre)
                {
                    end_grant(tx, org, account, grant).await?;
                }
            }
            let closed =
                |g: &&Gone| matches!(g.state, MembershipState::Deceased | MembershipState::Void);
            // A cadre's account goes on with the cadre's record; the end of the last office closes it (ROS-46).
            let (shut, rest): (Vec<&Gone>, Vec<&Gone>) =
                gone.iter().filter(|g| !g.stays_cadre).partition(closed);
            let ids = |list: Vec<&Gone>| list.into_iter().map(|g| g.person.0).collect::<Vec<_>>();
            let reading = store::account::restate(
                tx,
                &ids(rest),
                &["initial", "applicant", "active"],
                "read_only",
            )
            .await?;
            for account in reading {
                tx.record(Event::new("account.read_only", "person", account));
            }
            let shut = ids(shut);
            let all = ["initial", "applicant", "active", "read_only"];
            for account in store::account::restate(tx, &shut, &all, "disabled").await? {
                tx.record(Event::new("account.disabled", "person", account).note("团籍已终止"));
            }
            Ok(())
        })
    }

    fn restored<'a>(&'a self, tx: &'a mut Tx, person: PersonId) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let back = store::account::restate(tx, &[person.0], &["read_only"], "active").await?;
            for account in back {
                tx.record(Event::new("account.activated", "person", account));
            }
            Ok(())
        })
    }

    fn hangs_on_office<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        person: PersonId,
        org: OrgId,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let (own, others): (Vec<_>, Vec<_>) = administrators(conn, org)
                .await?
                .into_iter()
                .partition(|holder| holder.account_id == person.0);
            let mut lines = Vec::new();
            for held in own {
                let role = Role::from_code(&held.role).map_or("管理员", Role::label);
                let rest: Vec<&str> = others
                    .iter()
                    .filter(|other| other.role == held.role)
                    .map(|other| other.name.as_str())
                    .collect();
                lines.push(if rest.is_empty() {
                    format!("在本组织的{role}权限同时结束，本组织将没有{role}，请先指定接任的人")
                } else {
                    format!(
                        "在本组织的{role}权限同时结束，仍有{role}：{}",
                        rest.join("、")
                    )
                });
            }
            Ok(lines)
        })
    }

    fn keeps_enabled<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        person: PersonId,
        org: &'a orgs::Org,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(crate::actions::operators::holds(conn, org, person))
    }

    fn left_office<'a>(
        &'a self,
        tx: &'a mut Tx,
        person: PersonId,
        org: OrgId,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // The last post anywhere of somebody who is no member: the account reads only (2.1, FLD-13).
            if people::posts(tx, person).await?.is_empty()
                && people::membership(tx, person).await?.is_none()
            {
                let states = ["initial", "active"];
                let closed = store::account::restate(tx, &[person.0], &states, "read_only").await?;
                for account in closed {
                    tx.record(Event::new("account.read_only", "person", account));
                }
            }
            deputies::end_held(tx, org, person).await?;
            let held = administrators(tx, org).await?;
            if held.iter().all(|holder| holder.account_id != person.0) {
                return Ok(());
            }
            end_grants_in(tx, org, person).await?;
            let name = orgs::find(tx, org).await?.map(|org| org.full_name);
            let note = Note {
                kind: "account",
                title: "管理权限已结束".into(),
                body: format!(
                    "您在〔{}〕的职务已结束，该组织的管理权限同时结束。",
                    name.unwrap_or_default()
                ),
                jump: None,
                about: None,
            };
            messages::tell(tx, Receiver::Person(person), note).await
        })
    }
}
