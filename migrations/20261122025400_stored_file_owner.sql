-- Files made for somebody, found when the desk is handed over (ACC-B9) without reading those of everybody.
create index stored_file_owner on stored_file (owner_id, purpose);
