//! Where tables lie: the schema keeps what a distributed database asks of it, and `distribute.sql` puts tables in their
//! places. Runs on plain PostgreSQL as on Citus (`./test --citus`).

use sqlx::{Connection, PgConnection};

async fn fresh() -> PgConnection {
    PgConnection::connect(&testkit::bare_database().await)
        .await
        .expect("a database with the schema")
}

/// What in the schema Citus would refuse, or could not keep, table by table.
async fn faults(conn: &mut PgConnection) -> Vec<(String, String)> {
    sqlx::query!(
        r#"
with t as (select p.tbl, p.kind, p.col, p.grp, p.ord, c.oid, a.attnum, a.atttypid, a.attnotnull, a.atthasdef
           from table_placement p left join pg_class c on c.oid = to_regclass(p.tbl)
           left join pg_attribute a on a.attrelid = c.oid and a.attname = p.col and not a.attisdropped)
select 'no row in table_placement' as "problem!", c.oid::regclass::text as "what!" from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> '_sqlx_migrations'
    and c.oid not in (select oid from t where oid is not null)
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
union all select 'a place without a table', tbl from t where oid is null
union all select 'a keyword of SQL as its name', tbl from t join pg_get_keywords() k on k.word = tbl where k.catcode <> 'U'
union all select 'no comment', tbl from t where oid is not null and coalesce(obj_description(oid, 'pg_class'), '') = ''
union all select 'column and group are of distributed tables, and of these always', tbl from t
  where (kind = 'distributed') is distinct from (col is not null) or (kind = 'distributed') is distinct from (grp is not null)
union all select 'distribution column missing, nullable, with a default or of another type than its group', t.tbl from t left join t g on g.tbl = t.grp
  where t.kind = 'distributed' and (t.attnum is null or not t.attnotnull or t.atthasdef or t.atttypid is distinct from g.atttypid)
union all select 'its group has no anchor that is placed before it', t.tbl from t
  where kind = 'distributed' and not exists (select from t g where g.tbl = t.grp and g.grp = g.tbl and (g.ord < t.ord or g.tbl = t.tbl))
union all select 'no primary key', tbl from t where oid is not null and not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)
union all select 'primary key that does not begin with the distribution column', t.tbl from t join pg_index i on i.indrelid = t.oid and i.indisprimary
  where t.kind = 'distributed' and i.indkey[0] <> t.attnum
union all select 'unique or exclusion index without the distribution column', i.indexrelid::regclass::text from pg_index i join t on t.oid = i.indrelid
  where t.kind = 'distributed' and (i.indisunique or i.indisexclusion) and not t.attnum = any(i.indkey)
union all select 'trigger', g.tgname from pg_trigger g join t on t.oid = g.tgrelid where not g.tgisinternal
union all select 'rule', r.rulename from pg_rewrite r join t on t.oid = r.ev_class
union all select 'foreign key over groups, or to or from a local table', f.conname from pg_constraint f
  join t a on a.oid = f.conrelid left join t b on b.oid = f.confrelid
  where f.contype = 'f' and f.conparentid = 0 and (b.kind is distinct from a.kind or not (a.kind = 'reference'
    or (a.kind = 'distributed' and a.grp = b.grp and array_position(f.conkey, a.attnum) = array_position(f.confkey, b.attnum))))
union all select 'identity or sequence on a table that is not local', t.tbl || '.' || a.attname from t join pg_attribute a on a.attrelid = t.oid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where t.kind <> 'local' and (a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) like 'nextval(%')
union all select 'default that the server computes', t.tbl || '.' || a.attname from t join pg_attrdef d on d.adrelid = t.oid
  join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  where a.attgenerated = '' and pg_get_expr(d.adbin, d.adrelid) ~ '\w\(|CURRENT_'
union all select 'path not sorted by bytes', t.tbl from t join pg_attribute a on a.attrelid = t.oid
  where a.attname = 'path' and not a.attisdropped and a.attcollation <> '"C"'::regcollation
order by 1, 2"#
    )
    .fetch_all(conn)
    .await
    .expect("the catalogue")
    .into_iter()
    .map(|row| (row.problem, row.what))
    .collect()
}

#[tokio::test]
async fn every_table_of_the_schema_can_be_distributed() {
    let mut conn = fresh().await;
    assert_eq!(faults(&mut conn).await, [], "DATA.md, section 4");
}

#[tokio::test]
async fn each_fault_of_a_schema_is_found() {
    let mut conn = fresh().await;
    sqlx::raw_sql(
        "create table nowhere (id uuid primary key);
         create table authorization_ (id uuid primary key);
         alter table authorization_ rename to \"authorization\";
         create table anchor (k uuid primary key, n int not null, constraint anchor_n unique (k, n));
         create table late (k uuid not null, x int generated always as identity, constraint late_pk primary key (k, x));
         create table other_type (k bytea primary key);
         create table nullable (k uuid, x int primary key);
         create table moment (k uuid not null, at timestamptz default now(), no_key int unique);
         create table backwards (x int not null, k uuid not null, path text,
             constraint backwards_pk primary key (x, k), constraint backwards_anchor foreign key (k, x) references anchor (k, n));
         create table side (k uuid primary key, constraint side_anchor foreign key (k) references anchor (k));
         create table desk (id int primary key);
         create table drawer (id int primary key, constraint drawer_desk foreign key (id) references desk (id));
         create function nothing() returns trigger language plpgsql as 'begin return null; end';
         create trigger desk_moved after insert on desk for each row execute function nothing();
         create rule desk_ruled as on delete to desk do instead nothing;
         insert into table_placement (tbl, kind, col, grp, ord) values
             ('ghost', 'local', null, null, 90), ('authorization', 'local', null, null, 90), ('anchor', 'distributed', 'k', 'anchor', 20),
             ('late', 'distributed', 'k', 'anchor', 20), ('other_type', 'distributed', 'k', 'anchor', 50),
             ('nullable', 'distributed', 'k', 'anchor', 50), ('moment', 'distributed', 'k', 'anchor', 50),
             ('backwards', 'distributed', 'k', 'anchor', 50), ('side', 'distributed', 'k', 'roster', 50),
             ('desk', 'local', 'id', null, 90), ('drawer', 'local', null, null, 91);",
    )
    .execute(&mut conn)
    .await
    .expect("a schema with faults");
    let found = faults(&mut conn).await;
    let finds = |problem: &str, what: &str| {
        assert!(
            found
                .iter()
                .any(|(p, w)| p.starts_with(problem) && w == what),
            "{problem} of {what} is not among {found:#?}"
        );
    };
    finds("no row in table_placement", "nowhere");
    finds("a place without a table", "ghost");
    finds("a keyword", "authorization");
    finds("no comment", "desk");
    finds("column and group", "desk");
    finds("distribution column", "other_type");
    finds("distribution column", "nullable");
    finds("its group", "late");
    finds("no primary key", "moment");
    finds("primary key that", "backwards");
    finds("primary key that", "nullable");
    finds("unique or exclusion", "moment_no_key_key");
    finds("trigger", "desk_moved");
    finds("rule", "desk_ruled");
    finds("foreign key", "side_anchor");
    finds("foreign key", "drawer_desk");
    finds("identity", "late.x");
    finds("default that", "moment.at");
    finds("path", "backwards");
    for sound in ["anchor", "anchor_n", "backwards_anchor"] {
        assert!(
            found
                .iter()
                .all(|(p, w)| w != sound || p.starts_with("no comment")),
            "{sound} has no fault: {found:#?}"
        );
    }
}

#[tokio::test]
async fn a_filled_table_finds_its_place_and_keeps_its_rows() {
    let mut conn = fresh().await;
    let on_citus = db::distribute(&mut conn).await.expect("again").is_some();
    assert!(db::misplaced(&mut conn).await.expect("looks").is_empty());
    sqlx::raw_sql(
        "create table newcomer (person_id uuid not null, line int not null, constraint newcomer_pk primary key (person_id, line));
         create table newcomer_list (id int primary key);
         insert into newcomer (person_id, line) select md5((n % 50)::text)::uuid, n from generate_series(1, 2000) n;
         insert into newcomer_list (id) select n from generate_series(1, 10) n;
         insert into table_placement (tbl, kind, col, grp, ord) values
             ('newcomer', 'distributed', 'person_id', 'person', 50), ('newcomer_list', 'local', null, null, 90);",
    )
    .execute(&mut conn)
    .await
    .expect("new tables with rows");
    let forgotten = db::misplaced(&mut conn).await.expect("looks");
    if on_citus {
        assert_eq!(forgotten, ["newcomer", "newcomer_list"]);
    } else {
        assert!(forgotten.is_empty(), "{forgotten:?}");
    }
    for _ in 0..2 {
        let placed = db::distribute(&mut conn).await.expect("distributes");
        assert_eq!(placed.is_some(), on_citus);
        assert!(db::misplaced(&mut conn).await.expect("looks").is_empty());
        #[expect(
            clippy::disallowed_methods,
            reason = "a table the schema does not have"
        )]
        let (rows, people): (i64, i64) = sqlx::query_as(
            "select (select count(*) from newcomer), (select count(distinct person_id) from newcomer)",
        )
        .fetch_one(&mut conn)
        .await
        .expect("rows");
        assert_eq!((rows, people), (2000, 50));
        let on_coordinator = sqlx::query_scalar!(
            r#"select pg_relation_size(to_regclass('newcomer')) > 0 as "rows!""#
        )
        .fetch_one(&mut conn)
        .await
        .expect("its file");
        assert_eq!(on_coordinator, !on_citus, "no second copy is left behind");
    }
}
