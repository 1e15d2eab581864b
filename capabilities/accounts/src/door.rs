//! Recognises sessions for every request.

use crate::{Policy, rules::second, store};
use access::{Actor, Who};
use axum::http::HeaderMap;
use base::{OrgId, PersonId, Result};
use chrono::TimeDelta;
use db::Db;
use futures::future::BoxFuture;
use uuid::Uuid;
use web::{
    Ctx, Doorkeeper, SignedIn,
    proof::{Asked, Kept},
};

/// The doorkeeper of the program.
#[derive(Clone, Debug)]
pub struct AccountsDoor {
    policy: Policy,
    rotate: bool,
    second: bool,
}

impl AccountsDoor {
    /// `rotate` asks administrators for a new password every so many days; a demonstration, whose clock is moved by
    /// months at a time, does not.
    pub fn new(policy: Policy, rotate: bool) -> Self {
        Self {
            policy,
            rotate,
            second: false,
        }
    }

    /// Also asks the second factor the roles demand (SEC-06); a demonstration, whose accounts everybody tries, asks it only
    /// where one was set up.
    pub fn demanding_second_factor(mut self, demands: bool) -> Self {
        self.second = demands;
        self
    }

    async fn look(&self, db: &Db, token_hash: Vec<u8>) -> Result<Option<SignedIn>> {
        let mut conn = db.read().await?;
        let now = conn.now();
        let Some(session) = store::session::find(&mut conn, &token_hash, now).await? else {
            return Ok(None);
        };
        let mobile = session.port != "console";
        // A clock moved back (demonstration) makes sessions of the future: they end too.
        let rest = now - session.last_seen;
        if rest > self.policy.session.idle(mobile) || session.created_at > now {
            return Ok(None);
        }
        let Some(standing) = store::session::standing(&mut conn, session.account_id, now).await?
        else {
            return Ok(None);
        };
        if !matches!(
            standing.state.as_str(),
            "initial" | "applicant" | "active" | "read_only"
        ) {
            return Ok(None);
        }
        if rest >= TimeDelta::minutes(1) || rest < TimeDelta::zero() {
            store::session::seen(&mut conn, &token_hash, now).await?;
        }
        let acting = session
            .acting_org_id
            .map(base::OrgId)
            .filter(|org| standing.grants.iter().any(|g| g.org.id == *org))
            .or_else(|| standing.grants.first().map(|g| g.org.id));
        let must_change = standing.must_change
            || standing.privacy_version.as_deref() != Some(&self.policy.privacy_version)
            || (self.rotate && crate::rules::password::is_due(&self.policy, &standing, now));
        let gate = second::gate(second::Standing {
            strong: session.strength >= 2,
            app: standing.app,
            phone: standing.phone && self.policy.sms,
            must_change,
            demand: if self.second {
                second::demand(&self.policy, &standing.grants)
            } else {
                second::Demand::None
            },
        });
        // An auditor says what for before looking at anything (ACC-85).
        let audits = standing
            .grants
            .iter()
            .any(|g| Some(g.org.id) == acting && g.role == access::Role::Auditor);
        let gate = gate.or((audits && session.purpose.is_none()).then_some("/account/purpose"));
        // Its phone proves who an employment account is to the employment action only: it reaches nothing else (ACC-14).
        let gate = match standing.kind.as_str() {
            "employment" if must_change => Some("/employ/consent"),
            "employment" => Some("/employ"),
            _ => gate,
        };
        Ok(Some(SignedIn {
            account: session.account_id,
            person: (standing.kind == "personal").then_some(PersonId(session.account_id)),
            applicant: standing.kind == "applicant",
            name: standing.signature(acting),
            grants: standing.grants,
            branch: standing.branch,
            acting,
            session: token_hash,
            must_change,
            gate,
            proved_at: session.proved_at,
        }))
    }
}

impl Doorkeeper for AccountsDoor {
    fn recognise<'a>(
        &'a self,
        db: &'a Db,
        token_hash: Vec<u8>,
    ) -> BoxFuture<'a, Result<Option<SignedIn>>> {
        Box::pin(self.look(db, token_hash))
    }

    fn ask_again<'a>(
        &'a self,
        ctx: &'a Ctx,
        headers: &'a HeaderMap,
        kept: Kept,
    ) -> BoxFuture<'a, Result<Asked>> {
        Box::pin(async move {
            let asked = crate::pages::proof::ask_again(ctx, headers, kept).await;
            asked.map_err(|failure| failure.0)
        })
    }

    fn standing<'a>(
        &'a self,
        db: &'a Db,
        account: Uuid,
        org: OrgId,
    ) -> BoxFuture<'a, Result<Option<Actor>>> {
        Box::pin(async move {
            let mut conn = db.read().await?;
            let now = conn.now();
            let standing = store::session::standing(&mut conn, account, now).await?;
            let standing = standing.filter(|s| ["active", "read_only"].contains(&s.state.as_str()));
            Ok(standing.and_then(|standing| {
                let grant = standing.grants.iter().find(|g| g.org.id == org)?;
                Some(Actor {
                    who: Who::Person(PersonId(account)),
                    name: standing.signature(Some(org)),
                    acting: Some(grant.clone()),
                    branch: standing.branch.clone(),
                    ..Actor::system("work")
                })
            }))
        })
    }
}
