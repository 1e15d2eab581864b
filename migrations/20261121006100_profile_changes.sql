-- Changes of a profile that wait for the branch (ROS-27, FLD-21).
create table profile_change (
    person_id uuid not null,
    change_id uuid not null,
    branch_id uuid not null,
    fields jsonb not null,
    state text not null,
    case_id uuid,
    submitted_at timestamptz not null,
    ended_at timestamptz,
    constraint profile_change_pk primary key (person_id, change_id),
    constraint profile_change_state check (state in ('waiting', 'passed', 'returned', 'withdrawn'))
);
comment on table profile_change is 'What a member asked to have changed and the branch reviews (资料修改); one waiting a person';
comment on column profile_change.fields is 'Field name to new value, as the form has it: fields that need review only, never numbers of persons';
create unique index profile_change_waiting on profile_change (person_id) where state = 'waiting';

insert into table_placement (tbl, kind, col, grp, ord) values ('profile_change', 'distributed', 'person_id', 'person', 50);
