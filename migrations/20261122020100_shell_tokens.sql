-- What the shell of the mini-program calls with (ACC-74).
create table shell_token (
    account_id uuid not null,
    shell_id uuid not null,
    wechat bytea not null,
    access_hash bytea not null,
    access_until timestamptz not null,
    renewal_hash bytea not null,
    spent_hash bytea,
    renewable_until timestamptz not null,
    created_at timestamptz not null,
    constraint shell_token_pk primary key (account_id, shell_id)
);
comment on table shell_token is 'Short tokens of the mini-program''s shell: one row a sign-in there, replaced at each renewal (ACC-74)';
comment on column shell_token.wechat is 'Blind index of the WeChat identity that signed in: no other renews it';
comment on column shell_token.access_hash is 'Hash of the short token';
comment on column shell_token.renewal_hash is 'Hash of the renewal, good once';
comment on column shell_token.spent_hash is 'Hash of the renewal before: seen again, somebody copied it';

insert into table_placement (tbl, kind, col, grp, ord) values ('shell_token', 'distributed', 'account_id', 'person', 57);
