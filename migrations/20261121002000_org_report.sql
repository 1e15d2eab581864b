-- Statistics by organisation as of the last night or hour (ORG-34, FLD-80, FLD-82).
create table org_report (
    org_id uuid not null,
    at timestamptz not null,
    path text collate "C" not null,
    category text not null,
    sector text,
    members int not null,
    listed boolean not null,
    hollow boolean not null,
    few boolean not null,
    headless boolean not null,
    figures jsonb not null,
    constraint org_report_pk primary key (org_id, at)
);
comment on table org_report is 'Snapshot of the statistics of each organisation with everything below it; a run writes all rows under its moment and then names it (setting org_report), so no page mixes two';
comment on column org_report.sector is 'Row of 查看分类统计 it is counted in; none for leading bodies and where it is not filled';
comment on column org_report.members is 'Members of the organisation itself';
comment on column org_report.listed is 'Counted; holder branches, vaults and awaiting-transfer branches stand apart';
comment on column org_report.hollow is '空心团委: no branch and nothing below; few is 空心团支部, headless 无团干团支部';
comment on column org_report.figures is 'Sums of the subtree, the classified ones included';
create index org_report_path on org_report (path, at);

insert into table_placement (tbl, kind, col, grp, ord) values ('org_report', 'distributed', 'org_id', 'roster', 50);
