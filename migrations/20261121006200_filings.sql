-- Filings about memberships: resigning, striking off, suspending, expelling, death (ROS-85..88).
create table membership_filing (
    branch_id uuid not null,
    filing_id uuid not null,
    person_id uuid not null,
    membership_id uuid not null,
    path text collate "C" not null,
    name text not null,
    kind text not null,
    state text not null,
    decided_on date not null,
    organ text not null,
    reason text not null,
    grounds text[] not null,
    lost_since date,
    file_id uuid not null,
    case_id uuid,
    filed_at timestamptz not null,
    filed_by text not null,
    ended_at timestamptz,
    reversal text,
    constraint membership_filing_pk primary key (branch_id, filing_id),
    constraint membership_filing_kind check (kind in ('resign', 'lapse', 'suspend', 'revive', 'expel', 'decease')),
    constraint membership_filing_state check (state in ('waiting', 'carried', 'returned', 'reversed'))
);
comment on table membership_filing is 'What was decided offline about a membership and filed with its document (团籍备案); the membership is the fact';
comment on column membership_filing.file_id is 'The decision document or request, scanned';
comment on column membership_filing.lost_since is 'Since when contact is lost (suspending)';
create unique index membership_filing_waiting on membership_filing (branch_id, person_id) where state = 'waiting';
create index membership_filing_list on membership_filing (state, path, filing_id);

insert into table_placement (tbl, kind, col, grp, ord) values ('membership_filing', 'distributed', 'branch_id', 'roster', 50);
