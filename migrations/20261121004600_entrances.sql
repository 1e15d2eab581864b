-- Entrances (ACC-14): what an account is enrolled in.
create table entrance_enrolment (
    account_id uuid not null,
    entrance text not null,
    enrolled_at timestamptz not null,
    first_sign_in_at timestamptz,
    constraint entrance_enrolment_pk primary key (account_id, entrance),
    constraint entrance_enrolment_entrance check (entrance in ('console', 'cadre', 'member', 'mini_program', 'news_app'))
);
comment on table entrance_enrolment is '入口注册 (EntranceEnrolment): one row an account and entrance used (ACC-14)';
comment on column entrance_enrolment.first_sign_in_at is 'First sign-in there; none while only registered';

create table account_phone (
    account_id uuid primary key,
    phone_sealed bytea not null
);
comment on table account_phone is 'The phone of an account without a person''s file (employment): the one way to sign in (ACC-14)';
comment on column account_phone.phone_sealed is 'Field account_phone.phone of account_id';

insert into table_placement (tbl, kind, col, grp, ord) values
    ('entrance_enrolment', 'distributed', 'account_id', 'person', 57), ('account_phone', 'distributed', 'account_id', 'person', 57);
