//! Pages and submissions of the accounts.

mod login;

use web::{Access, Routes};

/// All routes of the accounts.
pub fn routes() -> Routes {
    Routes::new()
        .get("/login", Access::Public, login::show)
        .post("/login", Access::Public, login::submit)
        .post("/logout", Access::SignedIn, login::logout)
}
