-- Leaving at 28 and restoring (ROS-75..81), and how far nightly work has come.
create table leaving (
    branch_id uuid not null,
    person_id uuid not null,
    path text collate "C" not null,
    name text not null,
    born date not null,
    state text not null,
    reason text not null,
    since date not null,
    left_on date,
    told_on date,
    escalated boolean not null,
    constraint leaving_pk primary key (branch_id, person_id),
    constraint leaving_state check (state in ('proposed', 'held', 'office', 'exempt', 'left', 'restored'))
);
comment on table leaving is 'Where each member of 28 stands with leaving, by branch; the roster and the membership are the facts';
comment on column leaving.state is 'proposed 待办离团, held 欠费未离团, office 保留团籍, exempt 豁免, left 已离团, restored 已恢复';
comment on column leaving.since is 'The night that put the person into this state';
comment on column leaving.told_on is 'When person and branch were last reminded of what holds the leaving';
comment on column leaving.escalated is 'Unconfirmed for so long that the direct superior may act (ROS-76)';
create index leaving_state_path on leaving (state, path, person_id);

create table age_exemption (
    person_id uuid primary key,
    until date,
    while_office boolean not null,
    reason text not null,
    org_id uuid not null,
    given_at timestamptz not null
);
comment on table age_exemption is 'Why a restored person does not leave again at once (ROS-81): until a date, or while an office lasts';

create table nightly (
    name text primary key,
    done_until date not null,
    cursor jsonb
);
comment on table nightly is 'The last day a nightly work finished, and how far it came in the day after: each batch moves it in its own transaction';

insert into table_placement (tbl, kind, col, grp, ord) values
    ('leaving', 'distributed', 'branch_id', 'roster', 50), ('age_exemption', 'distributed', 'person_id', 'person', 50),
    ('nightly', 'local', null, null, 90);
