-- 企业微信名称 (代称) of an organisation (FLD-06).
do $$
begin
    alter table org add column alias text;
    comment on column org.alias is '企业微信名称 (代称), guangdong; one among the siblings';
    create unique index org_alias on org (parent_id, alias) where state not in ('deleted', 'merged');
end
$$;
