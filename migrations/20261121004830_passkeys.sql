-- Passkeys (SEC-06, ACC-B1).
create table passkey (
    account_id uuid not null,
    credential_id bytea not null,
    public_key bytea not null,
    origin text not null,
    name text not null,
    sign_count bigint not null,
    created_at timestamptz not null,
    last_used timestamptz,
    constraint passkey_pk primary key (account_id, credential_id)
);
comment on table passkey is '通行密钥 of an account: public keys of authenticators, for signing in and as second proof (SEC-06)';
comment on column passkey.public_key is 'As the authenticator wrote it: COSE, ES256 or RS256';
comment on column passkey.origin is 'The address it was made at; signatures made at another one are refused';
comment on column passkey.sign_count is 'What the authenticator counted last; one that does not grow was copied';

insert into table_placement (tbl, kind, col, grp, ord) values ('passkey', 'distributed', 'account_id', 'person', 56);
