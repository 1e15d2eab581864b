//! What the tests of this room share.

use crate::{NewOrg, Org, Policy};
use access::{Actor, OrgRef};
use base::Result;
use db::Db;
use testkit::{Setup, TestApp};

/// The `[orgs]` section as it is shipped.
pub fn policy(profile: &str) -> Policy {
    let text = match profile {
        "guangdong" => include_str!("../../../../profiles/guangdong.toml"),
        "beijing" => include_str!("../../../../profiles/beijing.toml"),
        _ => include_str!("../../../../profiles/national.toml"),
    };
    let all: toml::Table = toml::from_str(text).expect("a profile");
    all["orgs"].clone().try_into().expect("the section")
}

/// An application with this room's pages under a profile.
pub async fn app(profile: &str) -> TestApp {
    let mut policies = web::Policies::default();
    policies.add(policy(profile));
    TestApp::new(Setup {
        routes: crate::routes(),
        policies,
        ..Setup::default()
    })
    .await
}

/// An organisation as it is now.
pub async fn org(db: &Db, which: &OrgRef) -> Org {
    let mut conn = db.read().await.expect("read");
    crate::find(&mut conn, which.id)
        .await
        .expect("read")
        .expect("organisation")
}

/// Creates one in a transaction of its own.
pub async fn create(
    db: &Db,
    actor: Actor,
    parent: &Org,
    new: NewOrg,
    policy: &Policy,
) -> Result<Org> {
    let mut tx = db.begin(actor).await?;
    let org = crate::create(&mut tx, parent, new, policy).await?;
    tx.commit().await?;
    Ok(org)
}
