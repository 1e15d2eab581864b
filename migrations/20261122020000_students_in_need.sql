-- 困难毕业生 who came in to declare themselves (ACC-49).
create table employment_student (
    account_id uuid primary key,
    since timestamptz not null
);
comment on table employment_student is 'Employment accounts that came in by /employ/declare: 困难毕业生, who may file the self-declaration and nothing else (ACC-49)';
comment on column employment_student.since is 'First time there';

insert into table_placement (tbl, kind, col, grp, ord) values ('employment_student', 'distributed', 'account_id', 'person', 57);
