//! Which statements a page really runs: PostgreSQL itself is asked to log them while the page is opened once.

use crate::{
    http::{Client, Connection},
    program::Place,
};
use anyhow::{Context, Result, ensure};
use sqlx::{Connection as _, PgConnection};
use std::time::Duration;

/// One statement with the values it ran with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) text: String,
    /// `None` is null.
    pub(crate) values: Vec<Option<String>>,
}

/// Begins every log entry, so that statements of several lines stay whole.
const MARK: &str = "@@tj ";

/// Opens `path` and answers what the database was asked for it. The page is opened before as well: a first visit
/// prepares statements and notes the session, which later ones do not.
pub(crate) async fn of_page(place: &Place, client: &Client, path: &str) -> Result<Vec<Statement>> {
    let mut settings = PgConnection::connect(&place.database_url()).await?;
    let log = place.server_log()?;
    let mut connection = Connection::open(client.address).await?;
    let request = client.get_request(path, false);
    for _ in 0..40 {
        connection.ask(&request).await?;
    }
    // The workers of the program ask as well; telling their statements apart needs the process that ran them.
    for line in [
        format!("alter system set log_line_prefix = '{MARK}%p '"),
        "alter system set log_statement = 'all'".to_owned(),
        "select pg_reload_conf()".to_owned(),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(line))
            .execute(&mut settings)
            .await?;
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    let before = std::fs::metadata(&log)?.len();
    let mark = format!("select 'tj-bench {path}'");
    let end = format!("{mark} || ' end'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(mark.clone()))
        .execute(&mut settings)
        .await?;
    let answer = connection.ask(&request).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(end.clone()))
        .execute(&mut settings)
        .await?;
    for line in [
        "alter system reset log_statement",
        "alter system reset log_line_prefix",
        "select pg_reload_conf()",
    ] {
        sqlx::raw_sql(line).execute(&mut settings).await?;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    ensure!(answer.status == 200, "{path} answered {}", answer.status);
    let text = std::fs::read(&log)?;
    let text = String::from_utf8_lossy(text.get(before as usize..).context("the log shrank")?)
        .into_owned();
    let start = text.find(&mark).context("the log has no beginning mark")? + mark.len();
    let stop = text.find(&end).context("the log has no end mark")?;
    Ok(parse(&text[start..stop]))
}

/// What the workers ask every quarter of a second, by what only they touch.
fn is_work(statement: &str) -> bool {
    [
        "update job set",
        "from schedule",
        "into schedule",
        "update schedule",
        "name = 'clock'",
    ]
    .iter()
    .any(|mark| statement.contains(mark))
}

fn parse(log: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    // Whose statement came last: its parameters follow it, perhaps not at once.
    let mut last: std::collections::HashMap<String, Option<usize>> =
        std::collections::HashMap::new();
    for entry in log.split(MARK).skip(1) {
        let (process, entry) = entry.split_once(' ').unwrap_or(("", entry));
        let entry = entry.trim_end().replace("\n\t", "\n");
        if let Some(values) = entry.strip_prefix("DETAIL:  ").and_then(|d| {
            d.strip_prefix("parameters: ")
                .or_else(|| d.strip_prefix("Parameters: "))
        }) {
            if let Some(Some(at)) = last.get(process) {
                found[*at].values = parameters(values);
            }
            continue;
        }
        let Some(text) = entry.strip_prefix("LOG:  ") else {
            continue;
        };
        let text = text.strip_prefix("statement: ").or_else(|| {
            text.strip_prefix("execute ")
                .and_then(|t| t.split_once(": "))
                .map(|(_, t)| t)
        });
        let Some(text) = text else { continue };
        if text.starts_with("/*") || is_work(text) {
            last.insert(process.to_owned(), None);
            continue;
        }
        last.insert(process.to_owned(), Some(found.len()));
        found.push(Statement {
            text: text.to_owned(),
            values: Vec::new(),
        });
    }
    found
}

/// `$1 = 'a', $2 = NULL` with quotes doubled inside.
fn parameters(text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(" = ") {
        if let Some(null) = after.strip_prefix("NULL") {
            values.push(None);
            rest = null;
            continue;
        }
        let Some(body) = after.strip_prefix('\'') else {
            break;
        };
        let (mut value, mut chars, mut end) =
            (String::new(), body.char_indices().peekable(), body.len());
        while let Some((at, c)) = chars.next() {
            if c == '\'' {
                if chars.peek().is_some_and(|(_, next)| *next == '\'') {
                    chars.next();
                } else {
                    end = at + 1;
                    break;
                }
            }
            value.push(c);
        }
        values.push(Some(value));
        rest = &body[end..];
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_back_into_statements_with_values() {
        let log = "@@tj 7 LOG:  execute sqlx_s_3: select name\n\tfrom org where org_id = $1 and ($2::text is null)\n@@tj 9 LOG:  statement: update job set state = 'x'\n@@tj 7 DETAIL:  parameters: $1 = 'it''s, $2 = 1', $2 = NULL\n@@tj 7 LOG:  statement: BEGIN\n";
        let found = parse(log);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].text,
            "select name\nfrom org where org_id = $1 and ($2::text is null)"
        );
        assert_eq!(found[0].values, [Some("it's, $2 = 1".to_owned()), None]);
        assert_eq!(found[1].text, "BEGIN");
    }
}
