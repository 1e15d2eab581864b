-- Organisations that may be one and the same (ORG-B7).
create table org_twin (
    org_id uuid not null,
    other_id uuid not null,
    path text collate "C" not null,
    other_path text collate "C" not null,
    why text[] not null,
    at timestamptz not null,
    settled_at timestamptz,
    settled_by text,
    constraint org_twin_pk primary key (org_id, other_id),
    constraint org_twin_why check (why <@ array['superior', 'name', 'code'])
);
comment on table org_twin is 'Pairs of organisations that may be the same unit, found by a nightly job; each pair once';
comment on column org_twin.path is 'Place of org_id; other_path is that of other_id: who sees both sees the pair';
comment on column org_twin.why is 'superior: one name under two superiors, name: similar names, code: one school code';
comment on column org_twin.settled_at is 'Somebody looked and said that they are two; the pair is not shown again';
create index org_twin_path on org_twin (path, other_path);
insert into table_placement (tbl, kind, col, grp, ord) values ('org_twin', 'distributed', 'org_id', 'roster', 50);
