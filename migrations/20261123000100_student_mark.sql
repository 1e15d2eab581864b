-- Delayed graduates and teachers among the members of graduate branches (ROS-50..53).
create table student_mark (
    branch_id uuid not null,
    person_id uuid not null,
    path text collate "C" not null,
    name text not null,
    kind text not null,
    expected integer,
    branch_month integer,
    reason text,
    marked_at timestamptz not null,
    marked_by text not null,
    marked_org_id uuid not null,
    constraint student_mark_pk primary key (branch_id, person_id),
    constraint student_mark_kind check (kind in ('delayed', 'teacher')),
    constraint student_mark_expected check ((kind = 'delayed') = (expected is not null))
);
comment on table student_mark is 'Who of a graduate branch has not graduated: by the branch the mark was given in, also when the person has moved since';
comment on column student_mark.expected is 'Month of the later graduation, as YearMonth::index';
comment on column student_mark.branch_month is 'Month the branch was marked with when the person was';
create index student_mark_path on student_mark (kind, path, person_id);
create index student_mark_expected on student_mark (expected, path, person_id) where kind = 'delayed';

insert into table_placement (tbl, kind, col, grp, ord) values ('student_mark', 'distributed', 'branch_id', 'roster', 50);
