//! Statements that may read more than a page, each with the reason. A line nobody needs any more fails the test.

/// A part of the statement, blanks squeezed, and why it may.
pub const ALLOWED: &[(&str, &str)] = &[
    (
        "from org_inbox where done_at is null and part = 'decide' and arrived_at <= $1 group by org_id union all",
        "the survey of the roll-up: open steps and the birthdays of a month, from indexes alone",
    ),
    (
        "select coalesce(max(length(path)), 0) as \"n!\" from org",
        "the nightly refill asks once how deep the tree is",
    ),
    (
        "from audit_log where not shard = any($1)",
        "the command `audit verify` reads the whole chain",
    ),
    (
        "from job where state = 'failed'",
        "the command `doctor` counts them by an index of nothing else",
    ),
    (
        "update branch_counter c set unverified = 0",
        "the demonstration league is made, once",
    ),
    (
        "update person set identity_state = 'verified'",
        "the demonstration league is made, once",
    ),
    (
        "update roster set identity_state = 'verified'",
        "the demonstration league is made, once",
    ),
    (
        "with chosen as (select person_id from (select person_id, row_number()",
        "the demonstration league is made, once",
    ),
    (
        "update session set created_at = created_at + $1",
        "the clock of a demonstration is moved",
    ),
];
