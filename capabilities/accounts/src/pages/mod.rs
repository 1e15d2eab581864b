//! Pages and submissions of the accounts.

mod account;
mod fault;
mod first;
mod login;
mod switch;

use web::{Access, Routes};

/// All routes of the accounts.
pub fn routes() -> Routes {
    Routes::new()
        .get("/login", Access::Public, login::show)
        .post("/login", Access::Public, login::submit)
        .post("/logout", Access::SignedIn, login::logout)
        .get("/account", Access::SignedIn, account::show)
        .post(
            "/account/password",
            Access::SignedIn,
            account::change_password,
        )
        .post(
            "/account/sessions/end",
            Access::SignedIn,
            account::end_sessions,
        )
        .post("/account/theme", Access::SignedIn, account::choose_theme)
        .get("/account/first", Access::SignedIn, first::show)
        .post("/account/first", Access::SignedIn, first::submit)
        .post("/account/first/code", Access::SignedIn, first::send_own)
        .post(
            "/account/first/guardian",
            Access::SignedIn,
            first::send_guardian,
        )
        .get("/account/switch", Access::SignedIn, switch::show)
        .post("/account/switch", Access::SignedIn, switch::submit)
        .get("/account/proof", Access::SignedIn, switch::ask)
        .post("/account/proof", Access::SignedIn, switch::give)
}
