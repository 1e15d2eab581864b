-- WeChat and enterprise WeChat as ways in: found by login, one an account and port (ACC-75).
do $$
begin
    alter table login
        drop constraint login_kind,
        add constraint login_kind check (kind in ('username', 'org_account', 'id_number', 'phone', 'employment', 'wechat', 'wecom'));
    create table account_binding (
        account_id uuid not null,
        kind text not null,
        port text not null,
        login_hash bytea not null,
        bound_at timestamptz not null,
        constraint account_binding_pk primary key (account_id, kind, port),
        constraint account_binding_kind check (kind in ('wechat', 'wecom'))
    );
    comment on table account_binding is 'WeChat and enterprise WeChat bound to an account: one an account and port (ACC-75); found by its row in login';
    insert into table_placement (tbl, kind, col, grp, ord) values ('account_binding', 'distributed', 'account_id', 'person', 58);
end
$$;
