-- 双人复核 (ACC-B11): which acts of an organisation a second administrator confirms, and what waits for that.
create table four_eyes (
    org_id uuid not null,
    act text not null,
    since timestamptz not null,
    set_by text not null,
    constraint four_eyes_pk primary key (org_id, act),
    constraint four_eyes_act check (act in ('deletion', 'filing', 'mass_reset'))
);
comment on table four_eyes is 'Acts an organisation has a second administrator confirm within 72 hours (ACC-B11)';

create table held_act (
    org_id uuid not null,
    held_id uuid not null,
    what text not null,
    title text not null,
    detail text not null,
    digest bytea not null,
    asked_by text not null,
    asked_at timestamptz not null,
    state text not null,
    decided_at timestamptz,
    constraint held_act_pk primary key (org_id, held_id),
    constraint held_act_state check (state in ('waiting', 'confirmed', 'lapsed', 'used'))
);
comment on table held_act is 'What waits for a second administrator and is no change or filing of its own: mass resets, ending the mode';
comment on column held_act.digest is 'Keyed hash of what was asked, so that exactly this is done after the confirmation; no names, no numbers';
create index held_act_open on held_act (org_id, digest) where state in ('waiting', 'confirmed');

insert into table_placement (tbl, kind, col, grp, ord) values
    ('four_eyes', 'distributed', 'org_id', 'roster', 63), ('held_act', 'distributed', 'org_id', 'roster', 64);
