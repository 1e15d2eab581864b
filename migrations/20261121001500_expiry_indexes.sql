-- What has served its time is found without reading the rest.
do $$ begin
    create index session_ends on session (ends_at);
    create index rate_start on rate (window_start);
    create index job_finished on job (finished_at) where finished_at is not null;
    create index stored_file_expires on stored_file (expires_at) where expires_at is not null;
end $$;
