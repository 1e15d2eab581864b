-- Transfers of a large subtree by their last change, and one by its number, without reading the rest.
do $$ begin
    create index org_transfer_recent on org_transfer (open, touched_at desc, transfer_id desc, path);
    create index org_transfer_number on org_transfer (number, path);
end $$;
