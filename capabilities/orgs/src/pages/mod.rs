//! The pages of this room.

mod cadre;
mod contact;
mod detail;
mod faults;
mod info;
mod mine;
mod new;
mod rename;
mod subordinates;
mod tree;

use access::Permission;
use web::{Access, Routes};

/// All routes of the organisations.
pub fn routes() -> Routes {
    let look = Access::Needs(Permission::ViewOrg);
    let create = Access::Needs(Permission::CreateSubordinates);
    Routes::new()
        .get("/console/orgs", look, tree::show)
        .get("/console/orgs/{id}", look, tree::show_one)
        .get("/console/orgs/{id}/children", look, tree::children)
        .get("/console/orgs/new", create, new::show)
        .get("/console/orgs/new/name", create, new::name)
        .post("/console/orgs/new", create, new::submit)
        .get("/console/orgs/{id}/rename", create, rename::show)
        .post("/console/orgs/{id}/rename", create, rename::submit)
        .get("/console/subordinates", create, subordinates::show)
        .get("/console/subordinates/export", create, subordinates::export)
        .post("/console/subordinates/order", create, subordinates::order)
        .get("/console/info", look, info::show)
        .post(
            "/console/info",
            Access::Needs(Permission::EditOrg),
            info::submit,
        )
        .get(
            "/console/info/phone",
            Access::Needs(Permission::EditOrg),
            contact::phone,
        )
        .post(
            "/console/info/phone",
            Access::Needs(Permission::EditOrg),
            contact::submit_phone,
        )
        .get(
            "/console/alias",
            Access::Needs(Permission::EditOrg),
            contact::alias,
        )
        .post(
            "/console/alias",
            Access::Needs(Permission::EditOrg),
            contact::submit_alias,
        )
        .get("/cadre/org", look, cadre::show)
        .get("/member/org", Access::Own, mine::show)
}
