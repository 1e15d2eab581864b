-- Yearly review of grants (ACC-B8).
do $$
begin
    alter table role_grant add column reviewed_at timestamptz;
    alter table role_grant add column review_asked_at timestamptz;
    comment on column role_grant.reviewed_at is 'When somebody else confirmed last that it is still needed';
    comment on column role_grant.review_asked_at is 'Since when the yearly review is open; 30 days later it reads only';
    alter table org_admin add column reviewed_at timestamptz;
    alter table org_admin add column review_asked_at timestamptz;
    comment on column org_admin.reviewed_at is 'Copy of role_grant.reviewed_at';
    comment on column org_admin.review_asked_at is 'Copy of role_grant.review_asked_at';
    create index org_admin_review on org_admin (org_id) where review_asked_at is not null and until is null;
end
$$;
