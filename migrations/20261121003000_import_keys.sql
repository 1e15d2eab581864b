-- A foreign key to a local table makes Citus refuse its change after a statement that went to several shards; the rows of an
-- import are written and deleted together with it anyway.
do $$ begin
    alter table import_chunk drop constraint import_chunk_run;
    alter table import_row drop constraint import_row_run;
end $$;
