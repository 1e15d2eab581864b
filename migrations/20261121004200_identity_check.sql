-- 实名认证 (01-accounts 2.5): what was sent to the register and what came back.
create table identity_check (
    person_id uuid not null,
    check_id uuid not null,
    batch_id uuid not null,
    name text not null,
    id_hash bytea not null,
    source text not null,
    sent_at timestamptz not null,
    answered_at timestamptz,
    state text not null,
    constraint identity_check_pk primary key (person_id, check_id),
    constraint identity_check_state check (state in ('sent', 'passed', 'failed_mismatch', 'failed_altered', 'failed_register_lag', 'void'))
);
comment on table identity_check is '实名认证 of a person, each asking kept (IdentityCheck)';
comment on column identity_check.name is 'As it was sent; an answer about a name corrected meanwhile counts for nothing';
comment on column identity_check.id_hash is 'Keyed blind index of the number as it was sent';
create index identity_check_open on identity_check (sent_at) where state = 'sent';

insert into table_placement (tbl, kind, col, grp, ord) values ('identity_check', 'distributed', 'person_id', 'person', 56);
