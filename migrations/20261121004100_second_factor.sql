-- Second factor (SEC-06).
create table second_factor (
    account_id uuid not null,
    factor_id uuid not null,
    kind text not null,
    secret_sealed bytea not null,
    created_at timestamptz not null,
    confirmed_at timestamptz,
    last_step bigint not null,
    constraint second_factor_pk primary key (account_id, factor_id),
    constraint second_factor_kind check (kind in ('totp'))
);
comment on table second_factor is '第二验证方式 of an account: the key of an authenticator app (SEC-06)';
comment on column second_factor.secret_sealed is 'Base32 text of the key, sealed as field second_factor.secret of factor_id';
comment on column second_factor.confirmed_at is 'When the first code of it was right; before that it opens nothing';
comment on column second_factor.last_step is 'Time step of the last code taken: no code works twice';

insert into table_placement (tbl, kind, col, grp, ord) values ('second_factor', 'distributed', 'account_id', 'person', 55);
