-- The few rows that jobs and transfers look for, found without walking the rest.
do $$ begin
    create index org_awaiting on org (path) where kind = 'awaiting_transfer';
    create index security_event_at on security_event (at);
    create index job_failed on job (job_id) where state = 'failed';
end $$;
