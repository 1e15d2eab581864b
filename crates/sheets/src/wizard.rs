//! The import wizard (ORG-21..25, ROS-03..05, PEER-11): template, upload, check in the background, preview with mending
//! in place, one transaction that applies all good rows, taking back within 24 hours.
//!
//! A capability implements [`Importer`] and puts it into [`Importers`]; pages, work and storage are here.

mod engine;
mod lines;
mod pages;
mod rows;
mod store;
#[cfg(test)]
mod tests;
mod view;
mod work;

use std::sync::Arc;

use access::{Actor, OrgRef, Permission};
use base::{ImportId, OrgId, Result};
use chrono::{DateTime, TimeDelta, Utc};
use db::Tx;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;
use web::App;

use crate::{Limits, Row, RowFault, Template};

pub use pages::routes;
pub use work::jobs;

/// How long a finished import can be taken back (PEER-11).
pub const TAKE_BACK: TimeDelta = TimeDelta::hours(24);

/// The organisation whose data an import is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which, where, what.
    pub org: OrgRef,
    /// Full name, as the pages show it.
    pub name: String,
}

/// The import a row belongs to, as an importer sees it.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which.
    pub id: ImportId,
    /// The organisation whose data are imported.
    pub target: Target,
    /// The organisation acted for.
    pub owner: OrgId,
    /// Rows applied; 0 before.
    pub created: i64,
    /// When they were applied.
    pub applied_at: Option<DateTime<Utc>>,
}

/// What is to become of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Can be applied; label and value of what the person could not read off the row, e.g. 组织全称 (ORG-25).
    Ready(Vec<(String, String)>),
    /// Is there already, or stands twice in the file; skipped. With the reason.
    Duplicate(String),
    /// Cannot be applied.
    Faulty(Vec<RowFault>),
}

/// What an importer finds about one row. Sealed with the row, yet shown: no whole ID or phone numbers in sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is to become of it.
    pub outcome: Outcome,
    /// What ought to be looked at and hinders nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<RowFault>,
}

impl Verdict {
    /// Ready, with nothing more to say.
    #[must_use]
    pub fn ready() -> Self {
        Self::of(Outcome::Ready(Vec::new()))
    }

    /// Ready, with what it will be.
    #[must_use]
    pub fn preview(facts: Vec<(String, String)>) -> Self {
        Self::of(Outcome::Ready(facts))
    }

    /// Already there.
    #[must_use]
    pub fn duplicate(reason: impl Into<String>) -> Self {
        Self::of(Outcome::Duplicate(reason.into()))
    }

    /// Faulty; without a fault it is ready.
    #[must_use]
    pub fn faulty(faults: Vec<RowFault>) -> Self {
        if faults.is_empty() {
            Self::ready()
        } else {
            Self::of(Outcome::Faulty(faults))
        }
    }

    /// With things to look at.
    #[must_use]
    pub fn warn(mut self, warnings: Vec<RowFault>) -> Self {
        self.warnings = warnings;
        self
    }

    fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            warnings: Vec::new(),
        }
    }
}

/// What stands on the page of a finished import.
#[derive(Debug, Clone, Default)]
pub struct After {
    /// Where the new rows can be seen (ORG-24): label and address.
    pub link: Option<(String, String)>,
    /// Sentences about what is to be done next (ROS-06), each with the address it leads to.
    pub notes: Vec<(String, Option<String>)>,
}

/// One kind of import. Everything is asked for all rows at once: no statement a row.
pub trait Importer: Send + Sync {
    /// Its name in addresses and in the template, e.g. `members`; equals [`Template::kind`].
    fn kind(&self) -> &'static str;

    /// Heading of its pages, e.g. 批量导入团员.
    fn title(&self) -> &'static str;

    /// The menu entry its pages belong to.
    fn place(&self) -> &'static str;

    /// So many of what is imported, e.g. `3名团员`.
    fn counted(&self, number: i64) -> String;

    /// What importing into the target needs.
    fn permission(&self) -> Permission;

    /// Whether the actor may import into the target: by [`Importer::permission`], unless the kind has its own relation
    /// (a committee importing into the branches directly below it).
    ///
    /// # Errors
    /// The refusal that names who may (ACC-71).
    fn authorise(&self, actor: &Actor, target: &Target) -> Result<()> {
        actor.require(self.permission(), &target.org)
    }

    /// An organisation by its id; `None` if there is none.
    fn target<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        org: OrgId,
    ) -> BoxFuture<'a, Result<Option<Target>>>;

    /// The template for this target.
    fn template<'a>(
        &'a self,
        app: &'a App,
        conn: &'a mut PgConnection,
        target: &'a Target,
    ) -> BoxFuture<'a, Result<Template>>;

    /// Rows and bytes it takes.
    fn limits(&self, app: &App) -> Limits;

    /// What the upload page says.
    fn explain(&self, app: &App, target: &Target) -> Vec<String>;

    /// Judges all rows of the file, in their order; rows with faults of their declaration are among them, so that
    /// repeats within the file are seen, and their faults are added by the wizard. Writes nothing: it is asked for the
    /// preview, after every mending, and once more inside the transaction that applies.
    fn check<'a>(
        &'a self,
        app: &'a App,
        conn: &'a mut PgConnection,
        run: &'a Run,
        rows: &'a [Row],
    ) -> BoxFuture<'a, Result<Vec<Verdict>>>;

    /// Applies the rows just found ready; answers what each became, in their order.
    fn apply<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        run: &'a Run,
        rows: &'a [Row],
    ) -> BoxFuture<'a, Result<Vec<Uuid>>>;

    /// What stands on the page of the finished import.
    fn after<'a>(
        &'a self,
        app: &'a App,
        conn: &'a mut PgConnection,
        run: &'a Run,
        made: &'a [Uuid],
    ) -> BoxFuture<'a, Result<After>>;

    /// Takes back what [`Importer::apply`] made, wholly or not at all; the time has been looked at already.
    ///
    /// # Errors
    /// A refusal that says what has been done with the rows since (PEER-11).
    fn take_back<'a>(
        &'a self,
        app: &'a App,
        tx: &'a mut Tx,
        run: &'a Run,
        made: &'a [Uuid],
    ) -> BoxFuture<'a, Result<()>>;
}

/// All importers of the program; lies among the policies of [`App`].
#[derive(Clone, Default)]
pub struct Importers(pub Vec<Arc<dyn Importer>>);

impl Importers {
    /// The importer of this kind.
    ///
    /// # Errors
    /// [`base::Error::NotFound`].
    pub fn find(&self, kind: &str) -> Result<Arc<dyn Importer>> {
        self.0
            .iter()
            .find(|i| i.kind() == kind)
            .cloned()
            .ok_or(base::Error::NotFound)
    }
}
