-- 无法注册登记: who cannot register and why, collected by the college, passed to the university, answered there (ACC-47).
create table arrival_note (
    org_id uuid not null,
    note_id uuid not null,
    desk_id uuid not null,
    name text not null,
    reason text not null,
    noted_at timestamptz not null,
    noted_by text not null,
    passed_at timestamptz,
    passed_by text,
    answer text,
    answered_at timestamptz,
    answered_by text,
    constraint arrival_note_pk primary key (org_id, note_id)
);
comment on table arrival_note is 'Persons a branch could not register (ACC-47)';
comment on column arrival_note.org_id is 'The branch';
comment on column arrival_note.desk_id is 'The committee whose turn it is, or that answered';
create index arrival_note_desk on arrival_note (desk_id, noted_at);
insert into table_placement (tbl, kind, col, grp, ord) values ('arrival_note', 'distributed', 'org_id', 'roster', 61);
