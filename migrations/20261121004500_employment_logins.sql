-- The phone of an employment account is a name to sign in with of its own kind: the same number may be on a person's file.
alter table login
    drop constraint login_kind,
    add constraint login_kind check (kind in ('username', 'org_account', 'id_number', 'phone', 'employment'));
