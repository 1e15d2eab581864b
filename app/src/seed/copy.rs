//! Rows in the binary form of COPY, collected by table and sent table by table.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A value as COPY takes it: its length and its bytes, or -1 for none.
pub(super) trait Field {
    /// Writes it.
    fn put(&self, out: &mut Vec<u8>);
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
    out.extend(bytes);
}

macro_rules! fields {
    ($($type:ty => |$value:ident, $out:ident| $body:expr;)*) => {
        $(impl Field for $type { fn put(&self, $out: &mut Vec<u8>) { let $value = self; $body; } })*
    };
}

fields! {
    str => |v, out| sized(out, v.as_bytes());
    &str => |v, out| sized(out, v.as_bytes());
    String => |v, out| sized(out, v.as_bytes());
    Vec<u8> => |v, out| sized(out, v);
    Uuid => |v, out| sized(out, v.as_bytes());
    bool => |v, out| sized(out, &[u8::from(*v)]);
    i16 => |v, out| sized(out, &v.to_be_bytes());
    i32 => |v, out| sized(out, &v.to_be_bytes());
    i64 => |v, out| sized(out, &v.to_be_bytes());
    // PostgreSQL counts from 1 January 2000, which is day 730,120 of the common era and second 946,684,800 of Unix.
    NaiveDate => |v, out| sized(out, &(v.num_days_from_ce() - 730_120).to_be_bytes());
    DateTime<Utc> => |v, out| sized(out, &(v.timestamp_micros() - 946_684_800_000_000).to_be_bytes());
    Vec<String> => |v, out| array(out, 25, v.iter().map(String::as_bytes));
    Vec<Uuid> => |v, out| array(out, 2950, v.iter().map(|id| id.as_bytes().as_slice()));
    // jsonb begins with its version.
    Value => |v, out| { let mut bytes = vec![1]; bytes.extend(v.to_string().bytes()); sized(out, &bytes) };
}

impl<T: Field> Field for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.put(out),
            None => out.extend((-1_i32).to_be_bytes()),
        }
    }
}

fn array<'a>(out: &mut Vec<u8>, element: i32, values: impl ExactSizeIterator<Item = &'a [u8]>) {
    let mut bytes = Vec::new();
    let count = i32::try_from(values.len()).unwrap_or(i32::MAX);
    // Dimensions, nulls, type; of the one dimension its length and first index.
    for part in [i32::from(count > 0), 0, element] {
        bytes.extend(part.to_be_bytes());
    }
    if count > 0 {
        bytes.extend(count.to_be_bytes());
        bytes.extend(1_i32.to_be_bytes());
    }
    for value in values {
        sized(&mut bytes, value);
    }
    sized(out, &bytes);
}

/// The tables a league fills, with the columns in the order rows are written.
macro_rules! tables {
    ($($name:ident ($columns:literal);)*) => {
        /// A table to be filled.
        #[expect(non_camel_case_types, reason = "named like the tables")]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Table { $($name,)* }

        /// Statements, in the order of [`Table`].
        const COPIES: &[(&str, &str)] = &[$((stringify!($name), concat!("copy ", stringify!($name), " (", $columns, ") from stdin (format binary)")),)*];
    };
}

tables! {
    org ("org_id, org_no, parent_id, path, category, kind, short_name, full_name, sector, region, state, sort_no, phone, email, admin_posts, admin_actual, inst_posts, inst_actual, graduation_month, founded_on, accepts_registration, info_saved_at, created_at, version");
    branch_counter ("org_id, path, members, cadres, persons, incomplete, gaps, unverified, number_faults, uncertified");
    person ("person_id, name, pinyin, initials, sex, doc_type, id_sealed, born, ethnic, political, education, phone_sealed, phone_confirmed, is_student, school, admitted_on, party_on, admission_number, identity_state, certification, missing, number_fault, entered_at, entered_org_id, version");
    person_identity ("id_hash, person_id");
    person_phone ("phone_hash, person_id");
    admission_number ("number, person_id");
    membership ("person_id, membership_id, branch_id, state, since, until, branch_name, how, end_reason, basis");
    roster ("branch_id, person_id, path, name, pinyin, initials, sex, born, ethnic, political, education, admitted_on, admission_number, id_sealed, phone_sealed, identity_state, certification, missing, number_fault, state, post, since");
    org_post ("org_id, post_id, person_id, path, name, title, nature, is_secretary, since, basis, phone_sealed, identity_state, missing");
    person_post ("person_id, post_id, org_id, org_name, title, nature, is_secretary, since");
    life_event ("person_id, at, event_id, kind, title, detail, org_id, org_name, actor_name");
    account ("account_id, kind, name, state, password_hash, password_at, must_change, privacy_version, created_at, last_sign_in, version");
    password_history ("account_id, set_at, password_hash");
    role_grant ("account_id, grant_id, role, org_id, since, basis, granted_by");
    org_admin ("org_id, grant_id, account_id, name, role, since, basis, granted_by");
    org_seat ("org_id, administrators");
    transfer ("person_id, transfer_id, number, kind, reason, name, starter_kind, starter_id, starter_name, case_id, out_branch_id, out_name, out_superior_id, in_org_id, in_name, in_branch_id, in_branch_name, dest_name, dest_address, dest_region, study_work, contact_sealed, remark, is_handover, state, step, step_since, due_at, due_outcome, returned_by, return_code, return_text, flagged, how, started_at, ended_at, version");
    org_transfer ("org_id, transfer_id, person_id, path, shown_with, side, number, name, kind, reason, is_handover, other_name, state, step, due_at, open, touched_at");
    approval_case ("subject_id, case_id, kind, object_id, title, subject_name, summary, initiator_person_id, initiator_name, state, step_no, steps, arrived_at, deadline_at, deadline_outcome, alarm_at, desks, watchers, created_at, finished_at, version");
    approval_step ("subject_id, case_id, seq, step_no, arrived_at, deadline_at, decided_at, decided_by, decided_by_name, decided_by_role, decided_org_id, decided_org_name, outcome, code, comment");
    org_inbox ("org_id, case_id, step_no, subject_id, kind, todo, title, subject_name, summary, part, arrived_at, deadline_at, deadline_outcome, sort_at, done_at, done_how, done_by");
    message ("receiver_id, message_id, kind, title, body, jump, about, merged, needs_confirm, created_at, read_at");
}

/// Rows waiting to be copied, by table.
pub(super) struct Rows(Vec<Vec<u8>>);

impl Default for Rows {
    fn default() -> Self {
        Self(vec![Vec::new(); COPIES.len()])
    }
}

impl Rows {
    /// Adds a row; the values stand in the order of the table's columns.
    pub(super) fn add(&mut self, table: Table, values: &[&dyn Field]) {
        let out = &mut self.0[table as usize];
        out.extend(i16::try_from(values.len()).unwrap_or(0).to_be_bytes());
        for value in values {
            value.put(out);
        }
    }

    /// Sends everything inside the caller's transaction; answers how many rows.
    pub(super) async fn copy(self, conn: &mut PgConnection) -> anyhow::Result<u64> {
        let mut rows = 0;
        for ((_, statement), body) in COPIES.iter().zip(self.0) {
            if body.is_empty() {
                continue;
            }
            let mut copy = conn.copy_in_raw(statement).await?;
            // Signature, no flags, no extension; at the end a row of -1 fields.
            copy.send(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".as_slice())
                .await?;
            copy.send(body).await?;
            copy.send((-1_i16).to_be_bytes().as_slice()).await?;
            rows += copy.finish().await?;
        }
        Ok(rows)
    }
}

/// The names of all tables filled.
pub(super) fn tables() -> Vec<String> {
    COPIES.iter().map(|(name, _)| (*name).to_owned()).collect()
}
