//! What every page is made with: the application's state, the signed-in context, forms, failures, lists, the shells of
//! the ports and the front-end files. No business word appears here.

// Templates of all crates name this one `web`, so that the shared macros work in this crate too.
extern crate self as web;

mod app;
mod assets;
mod crowd;
mod ctx;
mod declared;
mod failure;
mod form;
mod guard;
mod kept;
pub mod list;
pub mod proof;
pub mod routes;
mod shell;

pub use app::{App, Doorkeeper, Mode, Policies, ShellCounts, ShellSource, SignedIn};
pub use assets::{asset, assets_router};
pub use ctx::{
    Ctx, DEVICE, Guest, Theme, clear_session_cookie, session_cookie, session_token_hash,
};
pub use failure::{Failure, Result};
pub use form::{Form, Multi, UploadedFile, is_local, new_device_token, see_other, text_field};
pub use guard::guard;
pub use routes::{Access, Route, Routes};
pub use shell::{Nav, NavGroup, Shell, Tab, page};

/// What most page modules begin with.
pub mod prelude {
    pub use crate::{App, Ctx, Failure, Form, Guest, Result, Shell, page, see_other};
    pub use askama::Template;
    pub use axum::extract::{Path, Query};
    pub use axum::http::StatusCode;
    pub use axum::response::{IntoResponse, Response};
}
