-- The nightly batch takes people by key (ACC-61).
create index person_identity_waiting on person (identity_state, person_id) where identity_state in ('unverified', 'sent', 'failed_register_lag');
