-- Persons, their belonging and their posts (03-roster).
create table person (
    person_id uuid primary key,
    name text not null,
    pinyin text not null,
    initials text not null,
    sex smallint not null,
    doc_type text not null,
    id_sealed bytea not null,
    born date not null,
    ethnic text,
    political text,
    education text,
    phone_sealed bytea,
    phone_confirmed boolean not null,
    email text,
    is_student boolean,
    school text,
    student_no text,
    occupation text,
    employer text,
    residence text,
    admitted_on int,
    party_on int,
    admission_number text,
    identity_state text not null,
    certification text not null,
    missing text[] not null,
    number_fault text,
    entered_at timestamptz not null,
    entered_org_id uuid,
    version int not null
);
comment on table person is 'Natural persons with the member profile (自然人, 团员资料)';
comment on column person.id_sealed is 'ID number, sealed as field person.id_number of this person';
comment on column person.phone_sealed is 'Mobile number, sealed as field person.phone of this person';
comment on column person.missing is 'Required fields still empty (ROS-24, ROS-70)';
comment on column person.number_fault is 'Why the admission number is irregular (ROS-19)';

create table person_identity (
    id_hash bytea primary key,
    person_id uuid not null
);
comment on table person_identity is 'One person an ID number in the whole deployment: keyed blind index (GEN-05)';

create table person_phone (
    phone_hash bytea not null,
    person_id uuid not null,
    constraint person_phone_pk primary key (phone_hash, person_id)
);
comment on table person_phone is 'Persons by mobile number: keyed blind index; several persons may share one (ROS-44)';

create table admission_number (
    number text primary key,
    person_id uuid not null
);
comment on table admission_number is 'One person an admission number (ROS-15)';

create table membership (
    person_id uuid not null,
    membership_id uuid not null,
    branch_id uuid not null,
    state text not null,
    since date not null,
    until date,
    branch_name text not null,
    how text not null,
    end_reason text,
    basis uuid,
    constraint membership_pk primary key (person_id, membership_id),
    constraint membership_state check (state in
        ('normal', 'transferred', 'left_at_28', 'resigned', 'lapsed', 'struck_off', 'suspended', 'expelled', 'deceased', 'void', 'floating'))
);
comment on table membership is 'Belonging to one branch over a stretch of time (团籍); at most one open a person';
comment on column membership.how is 'entered, imported, registered, transferred, restored';
comment on column membership.basis is 'Import, registration or transfer that opened it';
create unique index membership_open on membership (person_id) where until is null;

create table roster (
    branch_id uuid not null,
    person_id uuid not null,
    path text collate "C" not null,
    name text not null,
    pinyin text collate "C" not null,
    initials text collate "C" not null,
    sex smallint not null,
    born date not null,
    ethnic text,
    political text,
    education text,
    admitted_on int,
    admission_number text,
    id_sealed bytea not null,
    phone_sealed bytea,
    identity_state text not null,
    certification text not null,
    missing text[] not null,
    number_fault text,
    state text not null,
    post text,
    since date not null,
    constraint roster_pk primary key (branch_id, person_id)
);
comment on table roster is 'Present members by branch: read model of membership and person, written in the same transaction, can be rebuilt';
create index roster_order on roster (path, pinyin, person_id);
create index roster_born on roster (born, path);
create index roster_name on roster (name text_pattern_ops, person_id);
create index roster_pinyin on roster (pinyin, person_id);
create index roster_initials on roster (initials, person_id);

create table org_post (
    org_id uuid not null,
    post_id uuid not null,
    person_id uuid not null,
    path text collate "C" not null,
    name text not null,
    title text not null,
    nature text not null,
    is_secretary boolean not null,
    since date not null,
    until date,
    basis text not null,
    phone_sealed bytea,
    identity_state text not null,
    missing text[] not null,
    constraint org_post_pk primary key (org_id, post_id)
);
comment on table org_post is 'Posts held in organisations (任职); several open a person allowed';
comment on column org_post.phone_sealed is 'With identity_state and missing a copy from the person, for the list of cadres (ROS-40) and the counts';
comment on column org_post.nature is 'full_time, part_time, seconded';
create unique index org_post_secretary on org_post (org_id) where is_secretary and until is null;
create index org_post_name on org_post (name text_pattern_ops, person_id) where until is null;
create index org_post_path on org_post (path) where until is null;

create table person_post (
    person_id uuid not null,
    post_id uuid not null,
    org_id uuid not null,
    org_name text not null,
    title text not null,
    nature text not null,
    is_secretary boolean not null,
    since date not null,
    until date,
    constraint person_post_pk primary key (person_id, post_id)
);
comment on table person_post is 'A person''s posts: thin row beside org_post, which is the fact';

create table branch_counter (
    org_id uuid primary key,
    path text collate "C" not null,
    members int not null,
    cadres int not null,
    persons int not null default 0,
    incomplete int not null,
    gaps int not null default 0,
    unverified int not null default 0,
    number_faults int not null,
    uncertified int not null
);
comment on table branch_counter is 'Counts kept by organisation (members hang on branches); totals are sums over a range of paths';
comment on column branch_counter.persons is 'Members and cadres, somebody who is both counted once (ROS-73)';
comment on column branch_counter.incomplete is 'Of these, with required fields empty (ROS-70)';
comment on column branch_counter.gaps is 'Members alone with required fields empty; with unverified, number_faults and uncertified the counts of the roster''s views';
create index branch_counter_path on branch_counter (path);

create table life_event (
    person_id uuid not null,
    at timestamptz not null,
    event_id uuid not null,
    kind text not null,
    title text not null,
    detail text,
    org_id uuid,
    org_name text,
    actor_name text,
    constraint life_event_pk primary key (person_id, at, event_id)
);
comment on table life_event is 'A person''s growth timeline: one line from each capability''s facts, names as they were then';

insert into table_placement (tbl, kind, col, grp, ord) values
    ('person', 'distributed', 'person_id', 'person', 20), ('membership', 'distributed', 'person_id', 'person', 50),
    ('person_post', 'distributed', 'person_id', 'person', 50), ('life_event', 'distributed', 'person_id', 'person', 50),
    ('person_identity', 'distributed', 'id_hash', 'person_identity', 20), ('person_phone', 'distributed', 'phone_hash', 'person_identity', 50),
    ('admission_number', 'distributed', 'number', 'admission_number', 20),
    ('roster', 'distributed', 'branch_id', 'roster', 20), ('org_post', 'distributed', 'org_id', 'roster', 50),
    ('branch_counter', 'distributed', 'org_id', 'roster', 50);
