-- Makes an empty database look like a province's to the planner: one page in each table, and in the catalogue the rows,
-- the frequencies and the orders of catalogue.tsv, which the test has put into the table shape. For a scratch database only.
set session_replication_role = replica;
do $$
declare t record; cols text; vals text;
begin
  for t in select n.conname, n.conrelid::regclass as rel from pg_constraint n
           where n.contype = 'c' and n.connamespace = 'public'::regnamespace and n.coninhcount = 0 loop
    execute format('alter table %s drop constraint %I', t.rel, t.conname);
  end loop;
  -- The planner knows no rows of an empty partition; one stands for all.
  for t in select c.relname from pg_class c where c.relispartition and c.relkind = 'r' and c.relname <> 'audit_log_rest' loop
    execute format('drop table %I', t.relname);
  end loop;
  -- A table without a page has no rows for the planner, whatever the catalogue says.
  for t in select c.oid, c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
             and pg_relation_size(c.oid) = 0 loop
    select string_agg(quote_ident(a.attname), ', '), string_agg(case
             when y.typcategory = 'A' then quote_literal('{}') when y.typname = 'uuid' then quote_literal('00000000-0000-0000-0000-000000000001')
             when y.typname = 'bytea' then quote_literal('\x01') when y.typname in ('jsonb', 'json') then quote_literal('{}')
             when y.typcategory = 'D' then quote_literal('2026-01-15') when y.typcategory = 'B' then 'true'
             when y.typcategory = 'N' then '1' else quote_literal('x') end, ', ')
      into cols, vals
      from pg_attribute a join pg_type y on y.oid = a.atttypid
      where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attnotnull and a.attidentity = '' and not a.atthasdef;
    execute case when cols is null then format('insert into %I default values', t.relname)
                 else format('insert into %I (%s) values (%s)', t.relname, cols, vals) end;
  end loop;
end $$;
-- Rows of what the seed does not fill: as many as there are organisations where a row is an organisation's, a million elsewhere.
insert into shape (what, tbl, col, a, b, c)
  select 'table', c.relname, '', case when c.relname in ('org_stat', 'branch_counter') then (select s.a from shape s where s.what = 'table' and s.tbl = 'org')
                                      when c.relname in ('setting', 'key_version', 'audit_head', 'number_range', 'schedule_slot', 'figure_run',
                                                         'table_placement') then '500'
                                      when c.relname in ('figure_mark', 'sms_code', 'org_survey') then '20000'
                                      when c.relname = 'audit_log_rest' then '10000000'
                                      else '1000000' end, '', ''
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not in ('shape', '_sqlx_migrations')
    and not exists (select from shape s where s.what = 'table' and s.tbl = c.relname);
-- Of their keys ten rows each.
insert into shape (what, tbl, col, a, b, c)
  select 'column', r.relname, a.attname, '0', '-0.1', '' from pg_class r join pg_attribute a on a.attrelid = r.oid
  where r.relnamespace = 'public'::regnamespace and r.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    and a.attname ~ '(_id|_hash|path|number)$' and not exists (select from shape s where s.what = 'column' and s.tbl = r.relname);
update pg_class c set reltuples = s.a::real, relpages = greatest(1, pg_relation_size(c.oid) / 8192)::int
  from shape s where s.what = 'table' and c.relname = s.tbl and c.relnamespace = 'public'::regnamespace;
update pg_class c set reltuples = s.a::real, relpages = greatest(1, pg_relation_size(c.oid) / 8192)::int
  from pg_index i join pg_class r on r.oid = i.indrelid join shape s on s.what = 'table' and s.tbl = r.relname
  where c.oid = i.indexrelid and r.relnamespace = 'public'::regnamespace;
delete from pg_statistic where starelid in (select oid from pg_class where relnamespace = 'public'::regnamespace);
insert into pg_statistic (starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct, stakind1, stakind2, stakind3, stakind4, stakind5,
                          staop1, staop2, staop3, staop4, staop5, stacoll1, stacoll2, stacoll3, stacoll4, stacoll5, stanumbers1, stavalues1)
  select r.oid, a.attnum, false, s.a::real, 16, s.b::real, case when s.c = '' then 0 else 1 end, 0, 0, 0, 0,
         case when s.c = '' then 0 else (select o.oid from pg_operator o where o.oprname = '=' and o.oprleft = a.atttypid and o.oprright = a.atttypid) end,
         0, 0, 0, 0, case when s.c = '' then 0 else a.attcollation end, 0, 0, 0, 0,
         case when s.c = '' then null else split_part(s.c, ' ', 2)::real[] end,
         case when s.c = '' then null else array_in(split_part(s.c, ' ', 1)::cstring, a.atttypid, -1) end
  from shape s join pg_class r on r.relname = s.tbl and r.relnamespace = 'public'::regnamespace
  join pg_attribute a on a.attrelid = r.oid and a.attname = s.col where s.what = 'column';
set session_replication_role = origin;
