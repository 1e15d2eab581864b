//! Help: addresses of the ports, who answers what, the permission table (ACC-01, ACC-81).

use access::table::MATRIX;
use web::prelude::*;

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    shell: Shell,
}

/// The help page of all ports.
pub(super) async fn help(guest: Guest) -> Result<Response> {
    page(
        StatusCode::OK,
        &Help {
            shell: guest.shell("帮助"),
        },
    )
}

#[derive(Template)]
#[template(path = "matrix.html")]
struct Matrix {
    shell: Shell,
    rows: Vec<MatrixRow>,
}

struct MatrixRow {
    label: &'static str,
    rule: &'static str,
    cells: Vec<(&'static str, &'static str)>,
}

/// 权限说明: the same data the server decides by (ACC-71).
pub(super) async fn matrix(guest: Guest) -> Result<Response> {
    let rows = MATRIX
        .iter()
        .map(|(_, label, rule, cells)| MatrixRow {
            label,
            rule,
            cells: cells
                .iter()
                .map(|mark| (mark.sign(), mark.words()))
                .collect(),
        })
        .collect();
    page(
        StatusCode::OK,
        &Matrix {
            shell: guest.shell("权限说明"),
            rows,
        },
    )
}

fn download(name: &str, kind: &'static str, body: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    (
        [
            (axum::http::header::CONTENT_TYPE, kind.to_owned()),
            (axum::http::header::CONTENT_DISPOSITION, disposition),
        ],
        body,
    )
        .into_response()
}

/// The table for machines, with the rule ids (ACC-B13).
pub(super) async fn matrix_json(_: Guest) -> Response {
    let kind = "application/json; charset=utf-8";
    download("tuanjian-access-matrix.json", kind, access::publish::json())
}

/// The same for spreadsheets.
pub(super) async fn matrix_csv(_: Guest) -> Response {
    let kind = "text/csv; charset=utf-8";
    download("tuanjian-access-matrix.csv", kind, access::publish::csv())
}
