-- A superior that acts in place of one without administrator (ACC-79); what an organisation was told for a period; auditors.
create table org_stand_in (
    org_id uuid not null,
    began_at timestamptz not null,
    superior_id uuid not null,
    vacant_since timestamptz not null,
    ended_at timestamptz,
    constraint org_stand_in_pk primary key (org_id, began_at)
);
comment on table org_stand_in is '代行直接上级职责: org_id has had no administrator for 30 days, superior_id acts as direct superior of its subordinates (ACC-79)';
comment on column org_stand_in.vacant_since is 'When the last administrator went, or when the organisation was made';
create unique index org_stand_in_open on org_stand_in (org_id) where ended_at is null;
create index org_stand_in_superior on org_stand_in (superior_id) where ended_at is null;

create table org_notice (
    org_id uuid not null,
    kind text not null,
    period text not null,
    told_at timestamptz not null,
    constraint org_notice_pk primary key (org_id, kind, period)
);
comment on table org_notice is 'What an organisation was told for a period, so that a job that runs twice tells once (01b section 6, ACC-B8)';

create table auditor_term (
    term_id uuid primary key,
    account_id uuid not null,
    name text not null,
    reason text not null,
    until timestamptz not null,
    proposed_at timestamptz not null,
    state text not null,
    decided_at timestamptz,
    decided_by text,
    grant_id uuid,
    constraint auditor_term_state check (state in ('proposed', 'confirmed', 'declined', 'ended'))
);
comment on table auditor_term is '审计员: proposed by the deployment owner''s command, confirmed by an administrator of the root organisation (01b section 1, SEC-13)';
comment on column auditor_term.until is 'First moment the right is gone, a year ahead at most';
create unique index auditor_term_open on auditor_term (account_id) where state in ('proposed', 'confirmed');

insert into table_placement (tbl, kind, col, grp, ord) values
    ('org_stand_in', 'reference', null, null, 60), ('auditor_term', 'local', null, null, 90),
    ('org_notice', 'distributed', 'org_id', 'roster', 62);
