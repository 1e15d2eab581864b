-- 手机号申诉: somebody without the phone on file proves who he is by the ID card (ACC-53, ACC-54).
create table phone_appeal (
    appeal_id uuid not null,
    person_id uuid not null,
    case_id uuid,
    state text not null,
    name text not null,
    phone_sealed bytea not null,
    password_hash text not null,
    note text not null,
    applicant_id uuid,
    offered_sealed bytea,
    progress_hash bytea not null,
    objection_hash bytea,
    submitted_at timestamptz not null,
    decided_at timestamptz,
    effective_at timestamptz,
    decided_org_id uuid,
    reviewer text,
    method text,
    reason text,
    constraint phone_appeal_pk primary key (appeal_id),
    constraint phone_appeal_state check (state in ('submitted', 'approved', 'effective', 'rejected', 'withdrawn', 'disputed')),
    constraint phone_appeal_method check (method in ('in_person', 'photos'))
);
comment on table phone_appeal is 'PhoneAppeal (2.4): approved takes effect after a day unless the old phone''s owner objects; pictures of the ID card hang on it';
comment on column phone_appeal.name is 'Name as the appellant typed it, which may differ from the file (ACC-45)';
comment on column phone_appeal.phone_sealed is 'The new phone as field phone_appeal.phone of appeal_id';
comment on column phone_appeal.password_hash is 'The password chosen with the appeal; it holds from the effect on';
comment on column phone_appeal.applicant_id is 'Account of the registration given up for the appeal; closed with the effect';
comment on column phone_appeal.offered_sealed is 'What was typed in that registration, as field phone_appeal.offered: offered as changes';
comment on column phone_appeal.progress_hash is 'Keyed hash of the code the appellant follows it with';
comment on column phone_appeal.objection_hash is 'Keyed hash of the code sent to the old phone';
create index phone_appeal_person on phone_appeal (person_id, submitted_at);
create index phone_appeal_due on phone_appeal (effective_at) where state = 'approved';
create index phone_appeal_progress on phone_appeal (progress_hash);
create index phone_appeal_objection on phone_appeal (objection_hash) where objection_hash is not null;
insert into table_placement (tbl, kind, col, grp, ord) values ('phone_appeal', 'distributed', 'appeal_id', 'person', 60);
