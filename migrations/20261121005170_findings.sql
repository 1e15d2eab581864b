-- What lacks something is found by an index, whatever the size of the subtree (OPS-52).
create table org_finding (
    org_id uuid not null,
    kind text not null,
    path text collate "C" not null,
    constraint org_finding_pk primary key (org_id, kind)
);
comment on table org_finding is 'What the snapshot found wanting at an organisation: filters of the entry''s progress, lists of 数据体检; refilled by the job, never changed by hand';
create index org_finding_tree on org_finding (kind, path);
create index org_finding_level on org_finding (kind, (length(path)), path);

insert into table_placement (tbl, kind, col, grp, ord) values ('org_finding', 'distributed', 'org_id', 'roster', 50);
