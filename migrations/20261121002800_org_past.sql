-- The tree day by day (ORG-B8).
create table org_past (
    org_id uuid not null,
    since date not null,
    until date,
    parent_id uuid,
    place text collate "C" not null,
    org_no bigint not null,
    category text not null,
    kind text not null,
    short_name text not null,
    full_name text not null,
    state text not null,
    constraint org_past_pk primary key (org_id, since)
);
comment on table org_past is 'What each live organisation was at the end of each day, one row a stretch of days; kept by a nightly job';
comment on column org_past.until is 'First day on which it was no longer so; none: it still is';
comment on column org_past.place is 'Path in the tree of those days: it stays when a subtree moves';
create index org_past_place on org_past (place, since);
create index org_past_parent on org_past (parent_id, place);
insert into table_placement (tbl, kind, col, grp, ord) values ('org_past', 'distributed', 'org_id', 'roster', 50);
