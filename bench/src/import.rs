//! Importing 5,000 members through the pages, beside parsing the same file and copying its cells.

use crate::{
    http::{Answer, Client, Fields},
    pages,
    program::{Place, Running},
    report, sheet,
};
use anyhow::{Context, Result, bail, ensure};
use futures::TryStreamExt;
use sqlx::{Connection, PgConnection, Row};
use std::time::{Duration, Instant};

const ROWS: usize = 5_000;

/// Bare cost, then the import, once: a second import of the same people would find them all there.
pub(crate) async fn measure(
    place: &Place,
    running: &Running,
    rounds: usize,
) -> Result<report::Import> {
    let client = pages::signed_in(place, running, "支部书记").await?;
    let start = client.get("/console/import/members").await?;
    let address = pages::link(&start.text(), "/console/import/members/template", &[])
        .context("no template to download")?;
    let template = client.get(&address).await?;
    ensure!(
        template.status == 200,
        "the template answers {}",
        template.status
    );
    let file = sheet::fill(&template.body, ROWS)?;

    let (mut parses, mut copies) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (parse, copy) = bare(place, &file).await?;
        parses.push(parse);
        copies.push(copy);
    }
    let form = Fields::of(&start.text(), "type=\"file\"").context("no upload form")?;
    let began = Instant::now();
    let answer = client.upload(&form, "团员.xlsx", &file).await?;
    let run = answer
        .header("location")
        .map(str::to_owned)
        .with_context(|| format!("the upload answered {}: {}", answer.status, answer.text()))?;
    let preview = wait(&client, &run).await?;
    let check = began.elapsed();
    ensure!(
        preview.text().contains(&format!("{ROWS}行")),
        "not all rows can be imported: {run}"
    );
    let confirm = client.get(&format!("{run}/confirm")).await?;
    let form = Fields::of(&confirm.text(), "/apply\"").context("no confirmation")?;
    let began = Instant::now();
    let answer = client.submit(&form, &[]).await?;
    ensure!(
        answer.status == 303,
        "the confirmation answered {}",
        answer.status
    );
    let done = wait(&client, &run).await?;
    let apply = began.elapsed();
    ensure!(
        done.text().contains("已导入"),
        "the import did not end well: {run}"
    );
    let id = run.rsplit('/').next().unwrap_or_default();
    let (written, same) = same_rows(place, id).await?;
    Ok(report::Import {
        rows: ROWS,
        written,
        same: same.as_secs_f64(),
        check: check.as_secs_f64(),
        apply: apply.as_secs_f64(),
        parse: middle(parses),
        copy: middle(copies),
    })
}

fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// Opens the page of the run until nothing is under way.
async fn wait(client: &Client, run: &str) -> Result<Answer> {
    let began = Instant::now();
    loop {
        let page = client.get(run).await?;
        ensure!(page.status == 200, "{run} answers {}", page.status);
        if !page.text().contains("aria-busy=\"true\"") {
            return Ok(page);
        }
        if began.elapsed() > Duration::from_secs(300) {
            bail!("{run} does not end");
        }
        // Often enough for a figure in hundredths; each look takes from the machine what it measures.
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Reading the file's cells, and copying them into a table without index.
async fn bare(place: &Place, file: &[u8]) -> Result<(Duration, Duration)> {
    let began = Instant::now();
    let rows = sheet::parse(file)?;
    let parse = began.elapsed();
    let mut conn = PgConnection::connect(&place.database_url()).await?;
    let width = rows.first().map_or(0, Vec::len);
    let columns: Vec<String> = (0..width).map(|n| format!("c{n} text")).collect();
    let table = format!("create table bench_bare ({})", columns.join(", "));
    sqlx::raw_sql("drop table if exists bench_bare")
        .execute(&mut conn)
        .await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(table))
        .execute(&mut conn)
        .await?;
    let began = Instant::now();
    let mut text = String::with_capacity(rows.len() * 100);
    for row in &rows {
        for (n, cell) in row.iter().enumerate() {
            if n > 0 {
                text.push('\t');
            }
            text.push_str(
                &cell
                    .replace('\\', "\\\\")
                    .replace('\t', "\\t")
                    .replace('\n', "\\n")
                    .replace('\r', "\\r"),
            );
        }
        text.push('\n');
    }
    let mut copy = conn.copy_in_raw("copy bench_bare from stdin").await?;
    copy.send(text.as_bytes()).await?;
    let copied = copy.finish().await?;
    let took = began.elapsed();
    ensure!(copied as usize >= ROWS, "{copied} rows copied");
    sqlx::raw_sql("drop table bench_bare")
        .execute(&mut conn)
        .await?;
    Ok((parse, took))
}

/// The rows the import's one transaction left in all tables, copied into tables with the same columns, constraints and
/// indexes: what storing its outcome costs without any checking. Answers rows and time.
async fn same_rows(place: &Place, import: &str) -> Result<(u64, Duration)> {
    let mut conn = PgConnection::connect(&place.database_url()).await?;
    let import: String = import
        .chars()
        .filter(|c| c.is_ascii_hexdigit() || *c == '-')
        .collect();
    let tables = "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
                  where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1";
    let tables: Vec<String> = sqlx::raw_sql(tables)
        .fetch_all(&mut conn)
        .await?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    let mark = format!("select xmin::text from membership where basis = '{import}' limit 1");
    let mark = sqlx::raw_sql(sqlx::AssertSqlSafe(mark))
        .fetch_one(&mut conn)
        .await?;
    let mark: String = mark.try_get(0)?;
    sqlx::raw_sql("drop schema if exists bench_same cascade; create schema bench_same")
        .execute(&mut conn)
        .await?;
    let mut bodies = Vec::new();
    for table in tables {
        let select =
            format!("copy (select * from public.{table} where xmin::text = '{mark}') to stdout");
        let mut rows = Vec::new();
        let mut out = conn.copy_out_raw(&select).await?;
        while let Some(part) = out.try_next().await? {
            rows.extend_from_slice(&part);
        }
        drop(out);
        // A row that stood before and was changed (a counter) is no row of the file.
        if rows.iter().filter(|b| **b == b'\n').count() >= ROWS {
            let make =
                format!("create table bench_same.{table} (like public.{table} including all)");
            sqlx::raw_sql(sqlx::AssertSqlSafe(make))
                .execute(&mut conn)
                .await?;
            bodies.push((table, rows));
        }
    }
    let began = Instant::now();
    let mut written = 0;
    sqlx::raw_sql("begin").execute(&mut conn).await?;
    for (table, rows) in &bodies {
        let mut copy = conn
            .copy_in_raw(&format!("copy bench_same.{table} from stdin"))
            .await?;
        copy.send(rows.as_slice()).await?;
        written += copy.finish().await?;
    }
    sqlx::raw_sql("commit").execute(&mut conn).await?;
    let took = began.elapsed();
    sqlx::raw_sql("drop schema bench_same cascade")
        .execute(&mut conn)
        .await?;
    Ok((written, took))
}
