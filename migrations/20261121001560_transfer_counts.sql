-- The two counts above the lists of transfers, from the index alone.
create index org_transfer_count on org_transfer (open, path) include (shown_with);
