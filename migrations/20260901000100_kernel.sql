-- What every capability stands on: placement registry, keys, audit chain, jobs, sessions, submissions.
create table table_placement (
    tbl text primary key,
    kind text not null,
    col text,
    grp text,
    ord int not null default 50,
    constraint table_placement_kind check (kind in ('reference', 'distributed', 'local'))
);
comment on table table_placement is 'Where each table lives once the database is distributed; read by distribute.sql and the schema test';
comment on column table_placement.grp is 'Anchor table of the group whose distribution column has the same meaning';

create table setting (
    name text primary key,
    value jsonb not null
);
comment on table setting is 'Facts about this deployment: profile, demonstration seed, moved clock';

create table key_version (
    key_id int primary key,
    purpose text not null,
    suite text not null,
    state text not null,
    wrapped bytea not null,
    created_at timestamptz not null,
    constraint key_version_state check (state in ('active', 'decrypt_only', 'retired'))
);
comment on table key_version is 'Data, index and audit keys, wrapped by the master key (SEC-42)';
comment on column key_version.purpose is 'field, index or audit';

create table audit_log (
    subject_id uuid not null,
    at timestamptz not null,
    audit_id uuid not null,
    shard smallint not null,
    seq bigint not null,
    action text not null,
    subject_kind text not null,
    org_id uuid,
    actor_kind text not null,
    actor_id uuid,
    actor_name text not null,
    actor_role text not null,
    actor_org_id uuid,
    address text not null,
    request text not null,
    detail text not null,
    prev_hash bytea not null,
    hash bytea not null,
    constraint audit_log_pk primary key (subject_id, at, audit_id)
) partition by range (at);
comment on table audit_log is 'Who changed what (GEN-04), chained by hash within a shard (SEC-50)';
comment on column audit_log.detail is 'JSON exactly as it was hashed: before, after, note; never whole ID or phone numbers';
create table audit_log_rest partition of audit_log default;
create index audit_log_chain on audit_log (shard, seq);
create index audit_log_org on audit_log (org_id, at desc);

create table audit_head (
    shard smallint primary key,
    seq bigint not null,
    hash bytea not null,
    seal bytea not null
);
comment on table audit_head is 'Last entry of each audit chain, sealed with the audit key so that a cut tail shows';

create table job (
    job_id bigint generated always as identity primary key,
    kind text not null,
    dedup text,
    payload jsonb not null,
    state text not null,
    run_at timestamptz not null,
    attempts int not null,
    lease_until timestamptz,
    person_id uuid,
    org_id uuid,
    title text,
    done bigint not null,
    total bigint not null,
    message text,
    link text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint job_state check (state in ('waiting', 'running', 'done', 'failed', 'cancelled'))
);
comment on table job is 'Background work (OPS-41): claimed with skip locked, leased, retried with back-off';
comment on column job.dedup is 'At most one unfinished job with the same value';
comment on column job.person_id is 'Who started it and may watch it (PEER-14)';
create unique index job_dedup on job (dedup) where dedup is not null and state in ('waiting', 'running');
create index job_due on job (run_at) where state in ('waiting', 'running');
create index job_person on job (person_id, job_id desc) where person_id is not null;

create table schedule_slot (
    name text not null,
    due_at timestamptz not null,
    claimed_at timestamptz not null,
    constraint schedule_slot_pk primary key (name, due_at)
);
comment on table schedule_slot is 'Due times of schedules already turned into jobs: the key makes any number of workers safe';

create table session (
    token_hash bytea primary key,
    account_id uuid not null,
    person_id uuid,
    port text not null,
    acting_org_id uuid,
    strength smallint not null,
    device text not null,
    address text not null,
    created_at timestamptz not null,
    last_seen timestamptz not null,
    proved_at timestamptz not null,
    ends_at timestamptz not null
);
comment on table session is 'Signed-in browsers (SEC-10); only the hash of the cookie is kept';
comment on column session.proved_at is 'When the password or second factor was last given (ACC-67)';
create index session_account on session (account_id);

create table submission (
    key text primary key,
    actor text not null,
    location text not null,
    at timestamptz not null
);
comment on table submission is 'Forms already taken (GEN-08): the same key answers the same place again';
create index submission_at on submission (at);

create unlogged table rate (
    key text primary key,
    window_start timestamptz not null,
    hits int not null
);
comment on table rate is 'Counters of rate limits (SEC-76), shared by all instances';

create table security_event (
    subject_id uuid not null,
    at timestamptz not null,
    event_id uuid not null,
    kind text not null,
    outcome text not null,
    org_id uuid,
    address text not null,
    device text not null,
    detail text not null,
    constraint security_event_pk primary key (subject_id, at, event_id)
);
comment on table security_event is 'Security log (ACC-69): sign-ins, refusals, codes, unmasking';

create table stored_file (
    file_id uuid primary key,
    owner_id uuid not null,
    purpose text not null,
    name text not null,
    content_type text not null,
    size bigint not null,
    created_at timestamptz not null,
    expires_at timestamptz
);
comment on table stored_file is 'Uploads and produced files; the bytes lie in the object store under file_id';

create table number_range (
    name text primary key,
    next bigint not null
);
comment on table number_range is 'Public numbers handed out in blocks: organisations, transfers';

create table outgoing (
    outgoing_id bigint generated always as identity primary key,
    channel text not null,
    receiver_sealed bytea not null,
    receiver_mask text not null,
    subject text not null,
    body_sealed bytea not null,
    seal_row uuid not null,
    state text not null,
    created_at timestamptz not null,
    sent_at timestamptz,
    error text
);
comment on table outgoing is 'SMS and mail to be sent; in demonstrations the outbox a person can open (GWY-01)';
comment on column outgoing.seal_row is 'Row identity the sealed columns are bound to';

insert into table_placement (tbl, kind, col, grp, ord) values
    ('table_placement', 'local', null, null, 99), ('setting', 'local', null, null, 90), ('key_version', 'local', null, null, 90),
    ('audit_log', 'distributed', 'subject_id', 'person', 50), ('audit_head', 'local', null, null, 90),
    ('job', 'local', null, null, 90), ('schedule_slot', 'local', null, null, 90), ('session', 'local', null, null, 90),
    ('submission', 'local', null, null, 90), ('rate', 'local', null, null, 90),
    ('security_event', 'distributed', 'subject_id', 'person', 50), ('stored_file', 'local', null, null, 90),
    ('number_range', 'local', null, null, 90), ('outgoing', 'local', null, null, 90);
