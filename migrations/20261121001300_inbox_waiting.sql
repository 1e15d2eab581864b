-- What waits, by organisation, without the heap: for the survey of all organisations.
create index org_inbox_waiting on org_inbox (org_id, arrived_at) where done_at is null and part = 'decide';
