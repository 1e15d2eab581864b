-- Supervision and changes of organisations (02-organizations, sections E to H).
create table org_progress (
    org_id uuid not null,
    path text collate "C" not null,
    category text not null,
    entered boolean not null,
    missing text[] not null,
    has_subs boolean not null,
    has_branch boolean not null,
    persons_done boolean not null,
    name_fault text,
    at timestamptz not null,
    constraint org_progress_pk primary key (org_id)
);
comment on table org_progress is 'Snapshot of how far each organisation''s entry is (ProgressSnapshot, ORG-40, ORG-45); refilled by a job, never changed by hand';
comment on column org_progress.entered is '是否已登录过系统';
comment on column org_progress.missing is 'What 组织信息完整 still needs, in the words of the form (ORG-45)';
comment on column org_progress.has_branch is 'A live branch stands in the subtree (ORG-03)';
comment on column org_progress.persons_done is 'Members or cadres entered completely (ORG-47, ROS-71..73)';
comment on column org_progress.name_fault is 'Why the short name departs from the rules (ORG-08, ORG-19)';
create index org_progress_path on org_progress (path);

create table org_change (
    org_id uuid not null,
    change_id uuid not null,
    kind text not null,
    case_id uuid,
    title text not null,
    detail jsonb not null,
    reason text not null,
    applicant_id uuid,
    applicant_name text not null,
    applicant_org_id uuid,
    applicant_org_name text not null,
    state text not null,
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint org_change_pk primary key (org_id, change_id),
    constraint org_change_kind check (kind in ('administrator', 'correction', 'move')),
    constraint org_change_state check (state in ('pending', 'queued', 'effective', 'refused', 'withdrawn'))
);
comment on table org_change is 'Changes of an organisation that somebody applied for or ordered: 管理员变更, 信息更正, 组织迁移';
comment on column org_change.detail is 'What changes, before and after; ids and names only, no personal numbers';
comment on column org_change.case_id is 'The approval under subject org_id; none where it took effect at once';
create index org_change_list on org_change (org_id, created_at desc);
create index org_change_applied on org_change (applicant_org_id, created_at desc);
create unique index org_change_one_move on org_change (org_id) where kind = 'move' and state in ('pending', 'queued');
create index org_change_open on org_change (kind) where state in ('pending', 'queued');

insert into table_placement (tbl, kind, col, grp, ord) values
    ('org_progress', 'distributed', 'org_id', 'roster', 50),
    ('org_change', 'distributed', 'org_id', 'roster', 50);
