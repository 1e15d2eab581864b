-- Deputies for a limited time (ACC-B5): a grant whose end stands in it from the beginning.
do $$
begin
    alter table role_grant drop constraint role_grant_role;
    alter table role_grant add constraint role_grant_role check (role in ('administrator', 'operator', 'auditor', 'deputy'));
    alter table role_grant add column of_account uuid;
    alter table role_grant add column of_name text;
    alter table role_grant add column functions text[];
    comment on column role_grant.of_account is 'Whose deputy (代): the account that named it';
    comment on column role_grant.of_name is 'The name acts are signed with: 代〔姓名〕';
    comment on column role_grant.functions is 'What a deputy may, by the codes of the permission table';
    alter table org_admin add column of_account uuid;
    alter table org_admin add column of_name text;
    alter table org_admin add column functions text[];
    comment on column org_admin.functions is 'Copy of role_grant.functions; likewise of_account and of_name';
    create index org_admin_deputy on org_admin (org_id, until) where role = 'deputy';
end
$$;
