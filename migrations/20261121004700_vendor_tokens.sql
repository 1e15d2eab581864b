-- Access tokens of vendors, held once for all instances (GWY-04).
create table vendor_token (
    vendor text primary key,
    token_sealed bytea,
    seal_row uuid not null,
    expires_at timestamptz not null
);
comment on table vendor_token is 'Access tokens of vendors: one holder among all instances (GWY-04)';
comment on column vendor_token.vendor is 'Vendor and its id of this deployment, e.g. mini_program:wx…';
comment on column vendor_token.token_sealed is 'Field vendor_token.token of seal_row; none before the first one';

insert into table_placement (tbl, kind, col, grp, ord) values ('vendor_token', 'local', null, null, 58);
