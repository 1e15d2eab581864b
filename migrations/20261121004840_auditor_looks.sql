-- 审计查看记录 of an organisation (ACC-85).
create index audit_log_auditor on audit_log (org_id, at desc) where actor_role = 'auditor';
