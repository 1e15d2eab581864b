-- Figures of subtrees: rolled up from branch_counter by a job, seconds behind; ancestors are never touched by business.
create table org_stat (
    org_id uuid primary key,
    path text collate "C" not null,
    orgs int not null,
    branches int not null,
    graduates int not null,
    unfinished int not null,
    settled int not null,
    members int not null,
    cadres int not null,
    persons int not null,
    incomplete int not null,
    gaps int not null,
    unverified int not null,
    number_faults int not null,
    uncertified int not null,
    waiting int not null,
    soon_28 int not null,
    levels int[] not null,
    spelling text not null
);
comment on table org_stat is 'Figures of an organisation with everything below it: its own counter plus the rows of its direct subordinates, written by the roll-up alone';
comment on column org_stat.orgs is 'Live organisations, itself included; branches, graduates, settled (with members) and unfinished (未到支部, ORG-03) are among them';
comment on column org_stat.waiting is 'Steps that wait for a decision here and below';
comment on column org_stat.soon_28 is 'Members who turn 28 within thirty days';
comment on column org_stat.levels is 'Live organisations by level, its own first';
comment on column org_stat.spelling is 'Full name as it sounds, then its initials, for the search (PEER-06)';
create index org_stat_path on org_stat (path);
create index org_stat_spelling on org_stat using gin (spelling gin_trgm_ops);

create table org_survey (
    org_id uuid primary key,
    waiting int not null,
    soon_28 int not null
);
comment on table org_survey is 'What an organisation itself has of the figures that move with the clock, as of the last survey; none where both are nought';

create table figure_mark (
    mark_id bigint generated always as identity primary key,
    org_id uuid not null
);
comment on table figure_mark is 'Organisations whose own figures, name or place changed since the last roll-up: business inserts, the roll-up deletes, nobody waits';

create table figure_run (
    name text primary key,
    at timestamptz not null
);
comment on table figure_run is 'When the roll-up last had counted everything marked until then, and when the last survey was';

insert into table_placement (tbl, kind, col, grp, ord) values
    ('org_stat', 'distributed', 'org_id', 'roster', 50), ('org_survey', 'distributed', 'org_id', 'roster', 50),
    ('figure_mark', 'local', null, null, 90), ('figure_run', 'local', null, null, 90);
