-- Operators with 职位标签 (ACC-33, FLD-10), cadres disabled in one organisation (FLD-12).
do $$
begin
    alter table role_grant add column label text;
    comment on column role_grant.label is '职位标签 of an operator; what was signed with it keeps the one of the moment (FLD-11)';
    alter table org_admin add column label text;
    comment on column org_admin.label is 'Copy of role_grant.label';
    create unique index role_grant_operator on role_grant (account_id) where role = 'operator' and until is null;
    alter table org_post add column disabled boolean not null default false;
    comment on column org_post.disabled is 'The cadre does not enter this organisation (禁用); posts and counts stay';
    alter table person_post add column disabled boolean not null default false;
end
$$;
