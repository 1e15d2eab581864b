-- Transfers of affiliation (04-transfers).
create table transfer (
    person_id uuid not null,
    transfer_id uuid not null,
    number bigint not null,
    kind text not null,
    reason text not null,
    name text not null,
    starter_kind text not null,
    starter_id uuid not null,
    starter_name text not null,
    case_id uuid,
    out_branch_id uuid not null,
    out_name text not null,
    out_superior_id uuid,
    in_org_id uuid not null,
    in_name text not null,
    in_branch_id uuid,
    in_branch_name text,
    dest_name text not null,
    dest_address text not null,
    dest_region text not null,
    place text,
    informed_on date,
    study_work text not null,
    contact_sealed bytea,
    remark text not null,
    is_handover boolean not null,
    state text not null,
    step text not null,
    step_since timestamptz not null,
    due_at timestamptz,
    due_outcome text,
    returned_by text,
    return_code text,
    return_text text,
    flagged boolean not null,
    how text,
    started_at timestamptz not null,
    ended_at timestamptz,
    version int not null,
    constraint transfer_pk primary key (person_id, transfer_id),
    constraint transfer_kind check (kind in ('member', 'branch_out', 'pull_in', 'batch', 'join')),
    constraint transfer_starter check (starter_kind in ('member', 'org')),
    constraint transfer_state check (state in ('awaiting_member', 'awaiting_out', 'awaiting_in', 'awaiting_allocation',
        'returned', 'withdrawn', 'declined', 'closed', 'completed'))
);
comment on table transfer is 'Moves of a membership between branches (组织关系转接), open and ended; names as they were at the start (TRF-121)';
comment on column transfer.number is '转接编号 as people know it, 12 digits';
comment on column transfer.case_id is 'The approval; a batch has none';
comment on column transfer.out_superior_id is 'Direct superior of the branch at the start';
comment on column transfer.contact_sealed is 'Mobile number, sealed as field transfer.contact of this transfer';
comment on column transfer.step is 'Present step; where an ended transfer stood last';
comment on column transfer.due_outcome is 'pass or return: what happens at due_at';
comment on column transfer.flagged is '疑似不合理退回 (TRF-29)';
comment on column transfer.how is 'reviewed, automatic, batch (完成方式)';
create unique index transfer_open on transfer (person_id)
    where state in ('awaiting_member', 'awaiting_out', 'awaiting_in', 'awaiting_allocation');
create index transfer_standing on transfer (state, step_since)
    where state in ('awaiting_member', 'awaiting_out', 'awaiting_in', 'awaiting_allocation');

create table org_transfer (
    org_id uuid not null,
    transfer_id uuid not null,
    person_id uuid not null,
    path text collate "C" not null,
    shown_with text collate "C",
    side text not null,
    number bigint not null,
    name text not null,
    kind text not null,
    reason text not null,
    is_handover boolean not null,
    other_name text not null,
    state text not null,
    step text not null,
    due_at timestamptz,
    open boolean not null,
    touched_at timestamptz not null,
    constraint org_transfer_pk primary key (org_id, transfer_id),
    constraint org_transfer_side check (side in ('out', 'in'))
);
comment on table org_transfer is 'Transfers by organisation: thin row beside transfer, which is the fact; written in the same transaction';
comment on column org_transfer.shown_with is 'Place of the row that shows the same transfer to whoever sees both; the leaving side comes first';
comment on column org_transfer.other_name is 'Where the member goes, on the leaving side; where from, on the receiving side';
create index org_transfer_list on org_transfer (path, open, touched_at desc, transfer_id);

insert into number_range (name, next) values ('transfer', 100000000001);
insert into table_placement (tbl, kind, col, grp, ord) values
    ('transfer', 'distributed', 'person_id', 'person', 50), ('org_transfer', 'distributed', 'org_id', 'roster', 50);
