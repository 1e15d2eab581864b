-- Accounts of the employment action, known by their phone alone (ACC-14).
alter table account
    drop constraint account_kind,
    add constraint account_kind check (kind in ('personal', 'applicant', 'organisation', 'employment'));
