-- Spreads the tables over a Citus cluster as `table_placement` says. One statement, so that psql and the program run the same text:
--
--   tuanjian distribute        or        psql -X -v ON_ERROR_STOP=1 -f distribute.sql "$DATABASE_URL"
--
-- Through the coordinator, as the owner of the tables, after every run of the migrations; any number of times, on an empty or a filled
-- database. Each table is committed by itself: what was interrupted goes on where it stopped. On plain PostgreSQL nothing happens.
do $distribute$
declare
    place record;
    now_kind text;
begin
    if not exists (select from pg_extension where extname = 'citus') then
        raise notice 'plain PostgreSQL, nothing to distribute';
        return;
    end if;
    -- A plain table beside distributed ones is no participant of their commit and may lose its half after a crash.
    -- Joining reference tables by foreign keys is not our way, and converting filled ones would fail with it.
    perform set_config('citus.enable_local_reference_table_foreign_keys', 'off', false);
    for place in select tbl, kind, col, grp from table_placement order by ord, tbl loop
        if to_regclass(place.tbl) is null then
            raise exception '% has a placement and does not exist', place.tbl;
        end if;
        select case when partmethod = 'h' then 'distributed' when repmodel = 't' then 'reference' else 'local' end
            into now_kind from pg_dist_partition where logicalrelid = to_regclass(place.tbl);
        if now_kind = place.kind then
            continue;
        end if;
        if now_kind in ('distributed', 'reference') then
            raise exception '% is % and should be %', place.tbl, now_kind, place.kind
                using hint = 'Rows would have to move in a way that a person must decide (undistribute_table).';
        end if;
        case place.kind
            when 'reference' then
                perform create_reference_table(place.tbl::regclass);
            when 'distributed' then
                perform create_distributed_table(place.tbl::regclass, place.col,
                    colocate_with => case when place.grp = place.tbl then 'none' else place.grp end);
            when 'local' then
                -- Tables joined to it by foreign keys go with it.
                perform citus_add_local_table_to_metadata(place.tbl::regclass, cascade_via_foreign_keys => true);
        end case;
        commit;
        raise notice '% is now %', place.tbl, place.kind;
    end loop;
    -- What a table held before lies on unseen in the coordinator's own files.
    for place in select tbl from table_placement where kind <> 'local' order by ord desc, tbl loop
        if pg_relation_size(place.tbl) + coalesce((select sum(pg_relation_size(relid)) from pg_partition_tree(place.tbl)), 0) > 0 then
            perform truncate_local_data_after_distributing_table(place.tbl::regclass);
            commit;
        end if;
    end loop;
end
$distribute$;
