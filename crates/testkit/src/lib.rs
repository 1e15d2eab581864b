//! What tests are made with: a fresh database from a template, the fixed clock, a small fake league, signed-in clients
//! that click like a person, and a browser.
//!
//! ```text
//! 共青团中央（演示）                      root
//! └── 团海棠省委                          province      leading body
//!     ├── 团青禾市委                      city          leading body
//!     │   ├── 海棠理工大学团委             university    committee, school sector
//!     │   │   ├── 信息学院团委             college       committee
//!     │   │   │   ├── 软件2023级1班团支部   branch
//!     │   │   │   └── 软件2023级2班团支部   branch_2
//!     │   │   └── 文学院团总支             general       general branch
//!     │   │       └── 汉语2024级1班团支部   branch_3
//!     │   └── 青禾制造公司团委             company       committee
//!     │       └── 总装车间团支部           workshop      branch
//!     └── 团白露市委                      other_city    leading body
//!         └── 云栖街道团工委               street        work committee
//!             └── 云栖街道流动团员团支部     floating      branch, kind floating
//! ```

mod app;
pub mod authenticator;
pub mod browser;
mod citus;
mod database;
mod league;
pub mod vendors;

pub use app::{Answer, Client, JobsOf, Setup, TestApp, signed_in};
pub use citus::on_citus;
pub use database::{MASTER, bare_database, database, database_url, fresh_database, open_database};
pub use league::{League, now};
