-- Spreadsheet imports: one run a file, its rows sealed until the import can no longer be taken back.
create table import_run (
    import_id uuid primary key,
    kind text not null,
    org_id uuid not null,
    org_name text not null,
    owner_id uuid not null,
    actor jsonb not null,
    file_id uuid not null,
    file_name text not null,
    state text not null,
    fault text,
    sheet text not null,
    header_row int not null,
    ignored text not null,
    ready int not null,
    duplicates int not null,
    faulty int not null,
    warned int not null,
    created int not null,
    job_id bigint not null,
    created_at timestamptz not null,
    applied_at timestamptz,
    ended_at timestamptz,
    cleared_at timestamptz,
    constraint import_run_state check (state in ('checking', 'preview', 'applying', 'done', 'taken_back', 'failed', 'cancelled'))
);
comment on table import_run is 'Imports of a spreadsheet (ORG-22, ROS-05): checked, shown, applied as a whole, taken back within 24 hours (PEER-11)';
comment on column import_run.org_id is 'The organisation whose data are imported';
comment on column import_run.owner_id is 'The organisation acted for; its administrators and those of its direct superior see the run';
comment on column import_run.actor is 'Who ordered the last step, under which role: ids and name, for the work in the background';
comment on column import_run.file_id is 'The upload in the object store, deleted as soon as its rows are sealed';
comment on column import_run.fault is 'Why the whole file was refused, or why the run was given up';
comment on column import_run.ignored is 'Headings passed over, one a line';
comment on column import_run.created is 'Rows applied';
comment on column import_run.cleared_at is 'When the rows were deleted';
create index import_run_owner on import_run (owner_id, kind, import_id desc);
create index import_run_kept on import_run (created_at) where cleared_at is null;

create table import_chunk (
    import_id uuid not null,
    chunk_no int not null,
    sealed bytea not null,
    constraint import_chunk_pk primary key (import_id, chunk_no),
    constraint import_chunk_run foreign key (import_id) references import_run (import_id)
);
comment on table import_chunk is 'Rows of an import with what was found in them, sealed some two hundred at a time: they hold ID numbers';

create table import_row (
    import_id uuid not null,
    row_no int not null,
    chunk_no int not null,
    verdict text not null,
    warned boolean not null,
    reasons text not null,
    result_id uuid,
    constraint import_row_pk primary key (import_id, row_no),
    constraint import_row_run foreign key (import_id) references import_run (import_id),
    constraint import_row_verdict check (verdict in ('ready', 'duplicate', 'faulty'))
);
comment on table import_row is 'Index of an import''s rows for counting and filtering; no value of a row stands here';
comment on column import_row.reasons is 'Keys of the columns with faults, each between commas';
comment on column import_row.result_id is 'What the row became, for taking the import back';

insert into table_placement (tbl, kind, col, grp, ord) values
    ('import_run', 'local', null, null, 90), ('import_chunk', 'local', null, null, 91), ('import_row', 'local', null, null, 91);
