-- Decisions somebody waits for (approvals engine): the case beside its person, thin rows beside the organisations.
create table approval_case (
    subject_id uuid not null,
    case_id uuid not null,
    kind text not null,
    object_id uuid not null,
    title text not null,
    subject_name text not null,
    summary text not null,
    initiator_person_id uuid,
    initiator_org_id uuid,
    initiator_name text not null,
    state text not null,
    step_no int not null,
    steps jsonb not null,
    arrived_at timestamptz not null,
    deadline_at timestamptz,
    deadline_outcome text not null,
    alarm_at timestamptz,
    desks uuid[] not null,
    watchers uuid[] not null,
    created_at timestamptz not null,
    finished_at timestamptz,
    version int not null,
    constraint approval_case_pk primary key (subject_id, case_id),
    constraint approval_case_state check (state in ('open', 'passed', 'returned', 'withdrawn', 'closed')),
    constraint approval_case_deadline check (deadline_outcome in ('pass', 'return', 'nothing')),
    constraint approval_case_alarm check (state = 'open' or alarm_at is null)
);
comment on table approval_case is 'A chain of decisions about one person; the case wins over its org_inbox rows';
comment on column approval_case.object_id is 'What it is about in the capability that opened it: the transfer, the registration';
comment on column approval_case.steps is 'The declared chain, as of opening';
comment on column approval_case.alarm_at is 'When the deadline job must look: the next reminder or the deadline itself';
comment on column approval_case.desks is 'Organisations that hold an inbox row for the present step';
comment on column approval_case.watchers is 'Organisations that started it or were asked to watch it';
create index approval_case_due on approval_case (alarm_at) where alarm_at is not null;
create index approval_case_object on approval_case (subject_id, object_id);

create table approval_step (
    subject_id uuid not null,
    case_id uuid not null,
    seq int not null,
    step_no int not null,
    arrived_at timestamptz not null,
    deadline_at timestamptz,
    decided_at timestamptz not null,
    decided_by uuid,
    decided_by_name text not null,
    decided_by_role text not null,
    decided_org_id uuid,
    decided_org_name text not null,
    outcome text not null,
    code text not null,
    comment text not null,
    answer text,
    constraint approval_step_pk primary key (subject_id, case_id, seq),
    constraint approval_step_case foreign key (subject_id, case_id) references approval_case (subject_id, case_id),
    constraint approval_step_outcome check (outcome in ('pass', 'return', 'auto_pass', 'auto_return', 'skipped', 'superseded', 'reclocked', 'handed_up'))
);
comment on table approval_step is 'What happened to a case, one row a decision, never changed (TransferStep)';
comment on column approval_step.seq is 'Version of the case it made';
comment on column approval_step.decided_org_name is 'Name at that time (TRF-121)';
comment on column approval_step.answer is 'What was chosen, where the step asked for a choice';

create table org_inbox (
    org_id uuid not null,
    case_id uuid not null,
    step_no int not null,
    subject_id uuid not null,
    kind text not null,
    todo text not null,
    title text not null,
    subject_name text not null,
    summary text not null,
    part text not null,
    arrived_at timestamptz not null,
    deadline_at timestamptz,
    deadline_outcome text not null,
    sort_at timestamptz not null,
    done_at timestamptz,
    done_how text,
    done_by text,
    constraint org_inbox_pk primary key (org_id, case_id, step_no),
    constraint org_inbox_part check (part in ('decide', 'superior', 'sent', 'watch')),
    constraint org_inbox_done check ((done_at is null) = (done_how is null))
);
comment on table org_inbox is 'What an organisation waits for, decided or watches; a thin copy of approval_case';
comment on column org_inbox.todo is 'Type of to-do as people read it (to-do registry of 09-communication)';
comment on column org_inbox.arrived_at is 'From when it may be decided here; in the future for a superior that joins later';
comment on column org_inbox.sort_at is 'The deadline, or the end of time: most urgent first without nulls';
create index org_inbox_open on org_inbox (org_id, sort_at, case_id) where done_at is null;
create index org_inbox_done_items on org_inbox (org_id, done_at desc, case_id) where done_at is not null;
create index org_inbox_watched on org_inbox (org_id, arrived_at desc, case_id) where part in ('sent', 'watch');

insert into table_placement (tbl, kind, col, grp, ord) values
    ('approval_case', 'distributed', 'subject_id', 'person', 50),
    ('approval_step', 'distributed', 'subject_id', 'person', 51),
    ('org_inbox', 'distributed', 'org_id', 'roster', 50);
