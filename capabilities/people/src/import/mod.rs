//! Imports by spreadsheet (ROS-03..07, PEER-11): 〔导入下级团支部团员团干部〕 and 〔导入本级团干部〕.

mod cadres;
mod columns;
mod members;
mod undo;

pub use cadres::CadreImporter;
pub use members::MemberImporter;

use crate::rules::{Fault, MemberInput};
use base::{OrgId, Result};
use sheets::{Row, RowFault, wizard::Target};
use sqlx::PgConnection;

/// The organisation as the wizard sees one.
async fn target(conn: &mut PgConnection, org: OrgId) -> Result<Option<Target>> {
    Ok(orgs::find(conn, org)
        .await?
        .filter(|org| org.state.is_live())
        .map(|org| Target {
            org: org.to_ref(),
            name: org.full_name,
        }))
}

/// A row in the words of the checks.
fn typed(row: &Row) -> MemberInput {
    let text = |key: &str| row.text(key).to_owned();
    MemberInput {
        name: text("name"),
        sex: text("sex"),
        id_number: text("id_number"),
        ethnic: text("ethnic"),
        political: text("political"),
        education: text("education"),
        admitted_on: text("admitted_on"),
        admission_number: text("admission_number"),
        phone: text("phone"),
        title: text("title"),
        nature: text("nature"),
        since: text("since"),
        ..MemberInput::default()
    }
}

fn row_faults(faults: &[Fault]) -> Vec<RowFault> {
    faults
        .iter()
        .map(|fault| RowFault::rule(fault.field, fault.message.clone()))
        .collect()
}
