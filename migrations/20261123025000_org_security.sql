-- What happened to the accounts that act for an organisation, kept beside it so that its administrators can read it (ACC-69).
create table org_security_event (
    org_id uuid not null,
    at timestamptz not null,
    event_id uuid not null,
    subject_id uuid not null,
    kind text not null,
    outcome text not null,
    address text not null,
    device text not null,
    detail text not null,
    constraint org_security_event_pk primary key (org_id, at, event_id)
);
comment on table org_security_event is 'The organisations'' side of the security log (ACC-69)';
create index org_security_event_at on org_security_event (at);
insert into table_placement (tbl, kind, col, grp, ord) values ('org_security_event', 'distributed', 'org_id', 'roster', 50);
