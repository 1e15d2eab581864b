-- Accounts, grants, codes (01-accounts). The account of a person has the person's id, so all of it lies beside the person.
create table account (
    account_id uuid primary key,
    kind text not null,
    org_id uuid,
    name text not null,
    state text not null,
    password_hash text,
    password_at timestamptz,
    must_change boolean not null,
    privacy_version text,
    default_org_id uuid,
    created_at timestamptz not null,
    last_sign_in timestamptz,
    disabled_reason text,
    version int not null,
    constraint account_kind check (kind in ('personal', 'applicant', 'organisation')),
    constraint account_state check (state in ('initial', 'applicant', 'active', 'disabled', 'read_only', 'closed'))
);
comment on table account is 'Who can sign in (账号). A person entered by an administrator has no row before the first sign-in (state initial)';
comment on column account.account_id is 'The person of a personal account; the registration of an applicant; an own id for an organisation';
comment on column account.name is 'Name shown where no person row exists: the applicant''s, the organisation''s';
comment on column account.password_hash is 'Argon2id with the pepper of the key store (SEC-03); none before the first own password';
comment on column account.default_org_id is 'Organisation chosen last (ACC-57)';
comment on column account.privacy_version is 'Version of the privacy notice accepted (ACC-09)';

create table login (
    login_hash bytea primary key,
    kind text not null,
    account_id uuid not null,
    constraint login_kind check (kind in ('username', 'org_account', 'id_number', 'phone'))
);
comment on table login is 'Names to sign in with besides a person''s ID number and phone: keyed blind index, one a deployment (ACC-34); an applicant''s numbers until the registration is approved';

create table role_grant (
    account_id uuid not null,
    grant_id uuid not null,
    role text not null,
    org_id uuid not null,
    since timestamptz not null,
    until timestamptz,
    basis text not null,
    granted_by text not null,
    ended_by text,
    constraint role_grant_pk primary key (account_id, grant_id),
    constraint role_grant_role check (role in ('administrator', 'operator', 'auditor'))
);
comment on table role_grant is 'Roles in organisations (授权); posts and memberships give theirs without a row here';
create unique index role_grant_open on role_grant (account_id, org_id, role) where until is null;

create table org_admin (
    org_id uuid not null,
    grant_id uuid not null,
    account_id uuid not null,
    name text not null,
    role text not null,
    since timestamptz not null,
    until timestamptz,
    basis text not null,
    granted_by text not null,
    constraint org_admin_pk primary key (org_id, grant_id)
);
comment on table org_admin is 'Who holds what in an organisation: thin row beside role_grant, which is the fact (ACC-86)';
create index org_admin_open on org_admin (org_id) where until is null;

create table org_seat (
    org_id uuid primary key,
    administrators int not null
);
comment on table org_seat is 'Administrators in office, in one row, so that two who are faster than each other cannot both take the last seat (ACC-25)';

create table registration_code (
    org_id uuid not null,
    code_id uuid not null,
    kind text not null,
    code_sealed bytea not null,
    issued_at timestamptz not null,
    issued_by text not null,
    expires_at timestamptz not null,
    state text not null,
    used_at timestamptz,
    used_by text,
    used_org_id uuid,
    constraint registration_code_pk primary key (org_id, code_id),
    constraint registration_code_kind check (kind in ('admin', 'org')),
    constraint registration_code_state check (state in ('valid', 'used', 'void'))
);
comment on table registration_code is '管理员注册码 of an organisation (kind admin) and 组织注册码 of the committee that issued them (kind org)';
comment on column registration_code.code_sealed is 'Field registration_code.code of code_id: the issuer must be able to read it again (SEC-07)';
comment on column registration_code.expires_at is 'First moment it is no longer good; expired is read from here, not stored';

create table code_directory (
    code_hash bytea primary key,
    org_id uuid not null,
    code_id uuid not null
);
comment on table code_directory is 'Registration codes by keyed blind index: one code a deployment, found with one key';

create table reset_code (
    account_id uuid not null,
    code_id uuid not null,
    code_hash bytea not null,
    issued_at timestamptz not null,
    issued_by text not null,
    expires_at timestamptz not null,
    tries int not null,
    state text not null,
    constraint reset_code_pk primary key (account_id, code_id),
    constraint reset_code_state check (state in ('valid', 'used', 'void'))
);
comment on table reset_code is '重置密码验证码: one valid a person, five tries, 24 hours (ACC-50)';
create unique index reset_code_valid on reset_code (account_id) where state = 'valid';

create table known_device (
    account_id uuid not null,
    device_hash bytea not null,
    last_seen timestamptz not null,
    constraint known_device_pk primary key (account_id, device_hash)
);
comment on table known_device is 'Browsers a person signed in with: own counter of failures (SEC-04), no message about a new device (ACC-66)';

create table password_history (
    account_id uuid not null,
    set_at timestamptz not null,
    password_hash text not null,
    constraint password_history_pk primary key (account_id, set_at)
);
comment on table password_history is 'The last passwords, which are not taken again (ACC-17)';

create table registration (
    registration_id uuid not null,
    branch_id uuid not null,
    case_id uuid,
    person_id uuid,
    state text not null,
    name text not null,
    form_sealed bytea not null,
    submitted_at timestamptz not null,
    decided_at timestamptz,
    reason text,
    version int not null,
    constraint registration_pk primary key (registration_id),
    constraint registration_state check (state in ('draft', 'pending', 'approved', 'returned', 'expired'))
);
comment on table registration is '团员报到 / 团员注册申请 (MemberRegistration); the id is also the applicant''s account';
comment on column registration.form_sealed is 'What was typed, as JSON sealed as field registration.form';

create table sms_code (
    phone_hash bytea not null,
    purpose text not null,
    code_hash bytea not null,
    sent_at timestamptz not null,
    expires_at timestamptz not null,
    tries int not null,
    constraint sms_code_pk primary key (phone_hash, purpose)
);
comment on table sms_code is 'SMS codes: one a phone and purpose, five minutes, five tries (SEC-07); only a keyed hash is kept';

insert into table_placement (tbl, kind, col, grp, ord) values
    ('account', 'distributed', 'account_id', 'person', 50), ('role_grant', 'distributed', 'account_id', 'person', 50),
    ('reset_code', 'distributed', 'account_id', 'person', 50), ('known_device', 'distributed', 'account_id', 'person', 50),
    ('password_history', 'distributed', 'account_id', 'person', 50), ('registration', 'distributed', 'registration_id', 'person', 50),
    ('login', 'distributed', 'login_hash', 'person_identity', 50),
    ('code_directory', 'distributed', 'code_hash', 'person_identity', 50), ('sms_code', 'distributed', 'phone_hash', 'person_identity', 50),
    ('org_admin', 'distributed', 'org_id', 'roster', 50), ('org_seat', 'distributed', 'org_id', 'roster', 50),
    ('registration_code', 'distributed', 'org_id', 'roster', 50);
