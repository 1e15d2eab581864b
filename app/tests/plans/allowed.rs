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
        "select count(*) as \"n!\" from membership m where m.until is null and not exists (select from account",
        "the command `doctor` counts who has no password yet",
    ),
    (
        "select count(*) as \"n!\" from audit_log",
        "a test counts what was written",
    ),
    (
        "from security_event where kind = 'refusal'",
        "a test counts what was written",
    ),
    (
        "from org o where path >= $1 and path < $2 and category in ('committee', 'work_committee', 'general_branch') and state",
        "an organisation the roll-up has not met, some seconds old",
    ),
    (
        "update branch_counter c set unverified = 0",
        "the demonstration league is made, once",
    ),
    (
        "update person set identity_state = 'passed' where identity_state = 'unverified'",
        "the demonstration league is made, once",
    ),
    (
        "update roster set identity_state = 'passed' where identity_state = 'unverified'",
        "the demonstration league is made, once",
    ),
    (
        "update roster set certification = 'certified' where person_id = any($1)",
        "the demonstration league is made, once",
    ),
    (
        "update org o set sector = n.new, is_school",
        "the demonstration league is made, once",
    ),
    (
        "update org_admin set reviewed_at = $1 where until is null",
        "the demonstration league is made, once",
    ),
    (
        "update role_grant set reviewed_at = $1 where until is null",
        "the demonstration league is made, once",
    ),
    (
        "from org_admin where org_id > $1 and review_asked_at is not null",
        "open reviews in the order of an index of nothing else; the weekly letters stop at their page",
    ),
    (
        "select account_id from shell_token order by created_at",
        "a test reads what was written",
    ),
    (
        "delete from shell_token where renewable_until <= $1",
        "the nightly sweep of what ended since yesterday, by the index of the end",
    ),
    (
        "from api_client order by created_at desc",
        "a deployment has a handful of outside systems",
    ),
    (
        "select actor_name from audit_log where action like 'reset_code.%'",
        "a test reads what was written",
    ),
    (
        "update session set created_at = (created_at at time zone",
        "the clock of a demonstration is moved",
    ),
    (
        "delete from org_progress where at < $1",
        "the hourly snapshot forgets organisations that are gone, once the rest is written",
    ),
    (
        "from auditor_term order by proposed_at desc, term_id limit 100",
        "a deployment has a handful of auditors",
    ),
    (
        "select term_id from auditor_term where state in ('proposed', 'confirmed') and until <= $1",
        "a deployment has a handful of auditors",
    ),
    (
        "from held_act where detail <> ''",
        "a test of what is left after acts that waited for a second pair of eyes",
    ),
    (
        "update held_act set state = 'lapsed', detail = '' where state = 'confirmed'",
        "the nightly sweep of acts that waited for a second pair of eyes: a few a month",
    ),
    (
        "delete from org_finding f using org_progress p where p.org_id = f.org_id and p.at < $1",
        "the hourly snapshot forgets organisations that are gone, once the rest is written",
    ),
    (
        "delete from org_twin where at < $1",
        "the nightly search for twins forgets what it did not find again, once the rest is written",
    ),
    (
        "delete from org_report where at <> all($1)",
        "the statistics forget the former run, once the new one is whole and named",
    ),
    (
        "select org_id from org where parent_id = $1 and kind = 'awaiting_transfer'",
        "by the index of the few branches that await transfers",
    ),
    (
        "and graduation_month is null and graduation_reason is null and case when",
        "the reminders of unmarked branches, a job in spring",
    ),
    (
        "update org_post set path = $3 || substr(path, $4)",
        "a subtree moves, as a job",
    ),
    (
        "update org_transfer set shown_with = $3 || substr(shown_with, $4)",
        "a subtree moves, as a job",
    ),
    (
        "select action, actor_role, actor_name, detail, at from audit_log",
        "a test looks at what was written",
    ),
    (
        "from security_event where kind = 'extra_fields'",
        "a test counts what was written",
    ),
    (
        "select t.person_id, t.case_id, t.in_org_id from transfer t join org o",
        "a test looks for one open transfer",
    ),
    (
        "with chosen as (select person_id from (select person_id, row_number() over (order by admission_number)",
        "the demonstration league is made, once",
    ),
    (
        "select person_id, branch_id, since from roster",
        "a test compares all rows of a small league",
    ),
    (
        "select person_id, branch_id, since from membership where until is null",
        "a test compares all rows of a small league",
    ),
];
