-- 代理期间办理的事 of an organisation (ACC-B5).
create index audit_log_deputy on audit_log (actor_org_id, at desc) where actor_role = 'deputy';
