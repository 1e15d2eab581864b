-- 运营者操作记录 of an organisation (ACC-33).
create index audit_log_operator on audit_log (actor_org_id, at desc) where actor_role = 'operator';
