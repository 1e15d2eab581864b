-- Programs of others that call the open interface (ACC-74).
create table api_client (
    client_id uuid primary key,
    name text not null,
    secret_hash bytea not null,
    scopes text[] not null,
    org_ids uuid[] not null,
    per_minute integer not null,
    ends_at timestamptz not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    constraint api_client_scopes check (scopes <@ array['org.read', 'stat.read']::text[] and cardinality(scopes) > 0),
    constraint api_client_orgs check (cardinality(org_ids) > 0),
    constraint api_client_rate check (per_minute between 1 and 6000)
);
comment on table api_client is 'Client keys of outside systems: named scopes, organisations, rate and end, made by the deployment owner (ACC-74)';
comment on column api_client.secret_hash is 'Hash of the key, shown once';
comment on column api_client.org_ids is 'Organisations it reads, each with all below';

insert into table_placement (tbl, kind, col, grp, ord) values ('api_client', 'local', null, null, 90);
