//! Every cell of the permission matrix by a real request (ACC-B13): what the table says is what the server answers, to whoever
//! stands in that column; and what pages and acts of the business do with it.

use crate::seats::{expected, key, member, seats, start};
use access::table::MATRIX;
use serde_json::Value;

#[tokio::test]
async fn acc_b13_every_cell_of_the_matrix_is_what_the_server_answers() {
    let app = start().await;
    let mut walked = 0;
    for seat in seats(&app) {
        let path = format!("/account/rights.json?org={}", seat.target.id);
        let answer = seat.client.get(&path).await;
        for (permission, label, _, cells) in MATRIX {
            let said = match answer.status {
                200 => {
                    let marks: Value = serde_json::from_str(&answer.body).expect("JSON");
                    marks[permission.code()]
                        .as_str()
                        .expect("a mark")
                        .to_owned()
                }
                // Out of sight is out of reach in everything.
                403 => "no".to_owned(),
                other => panic!("{path}: {other}"),
            };
            let want = expected(seat.column, cells).code();
            assert_eq!(said, want, "{label}, column {}", seat.column);
            walked += 1;
        }
    }
    assert_eq!(walked, MATRIX.len() * 12);
}

#[tokio::test]
async fn acc_b13_the_published_files_are_the_table() {
    let app = start().await;
    let page = app.guest().get("/help/matrix").await.expect(200);
    let page = page.see("/help/matrix.csv").see("/help/matrix.json");
    let json = app.guest().get("/help/matrix.json").await.expect(200);
    let json: Value = serde_json::from_str(&json.body).expect("JSON");
    let rows = json["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), MATRIX.len());
    for (row, (permission, label, rule, cells)) in rows.iter().zip(MATRIX) {
        assert_eq!(row["code"], permission.code());
        assert_eq!(row["label"], *label);
        assert_eq!(row["rule"], *rule);
        assert!(page.has(label) && page.has(rule), "{label}");
        for ((column, _), mark) in access::publish::COLUMNS.iter().zip(cells) {
            assert_eq!(row["marks"][*column], mark.code(), "{label} {column}");
        }
    }
    let csv = app.guest().get("/help/matrix.csv").await.expect(200);
    assert_eq!(csv.body, access::publish::csv());
}

/// A page or an act of the business, what it takes, and whose it is about.
struct Probe {
    right: access::Permission,
    method: &'static str,
    /// `{org}` and `{person}` stand for the organisation concerned and a member of it.
    path: &'static str,
    needs: access::Mark,
    /// About the organisation acted for: no other stands in its address.
    own: bool,
}

fn probes() -> Vec<Probe> {
    use access::{Mark::Applies, Mark::Does, Mark::Looks, Permission as P};
    let probe = |right, method, path: &'static str, needs| Probe {
        right,
        method,
        path,
        needs,
        own: !path.contains('{'),
    };
    vec![
        probe(P::ViewOrg, "GET", "/console/orgs/{org}", Looks),
        probe(P::ViewPeople, "GET", "/console/members/{person}", Looks),
        probe(P::EditPeople, "GET", "/console/members/{person}/edit", Does),
        probe(
            P::UnmaskPeople,
            "GET",
            "/console/members/{person}/reveal",
            Does,
        ),
        probe(
            P::ResetPasswords,
            "POST",
            "/console/people/{person}/reset",
            Does,
        ),
        probe(P::ManageCodes, "POST", "/console/codes/{org}/issue", Does),
        probe(P::EditOrg, "GET", "/console/info/phone", Does),
        probe(P::CreateSubordinates, "GET", "/console/subordinates", Does),
        probe(P::ViewGrants, "GET", "/console/grants", Looks),
        probe(P::EnterMembers, "GET", "/console/members/new", Does),
        probe(P::StartTransfers, "GET", "/console/transfers/out", Does),
        probe(P::ViewTransfers, "GET", "/console/transfers", Looks),
        probe(P::MarkGraduation, "GET", "/console/graduation", Does),
        probe(P::ViewProgress, "GET", "/console/progress", Looks),
        probe(P::ViewPeople, "GET", "/console/members", Looks),
        probe(P::ResetPasswords, "GET", "/console/resets", Does),
        probe(P::RemoveSubordinates, "GET", "/console/recycle", Does),
        probe(
            P::FileEndings,
            "GET",
            "/console/filings/new?person={person}",
            Does,
        ),
        probe(
            P::CorrectOrgs,
            "GET",
            "/console/changes/new?org={org}",
            Applies,
        ),
        probe(P::MoveSubtrees, "GET", "/console/moves/new", Applies),
        probe(P::MoveSubtrees, "POST", "/console/moves", Applies),
        probe(P::ManageGrants, "GET", "/console/four-eyes", Does),
        probe(P::ReviewGrants, "POST", "/console/review", Does),
        probe(
            P::ChangeAdministrators,
            "GET",
            "/console/administrators?org={org}",
            Applies,
        ),
        probe(
            P::RevokeAdministrators,
            "GET",
            "/console/handover?org={org}",
            Does,
        ),
        probe(P::UndoImports, "GET", "/console/import/members", Does),
        probe(P::EnterCadres, "POST", "/console/cadres/new", Does),
        probe(
            P::StopAccounts,
            "POST",
            "/console/people/{person}/account/state",
            Does,
        ),
        probe(
            P::ResetPasswords,
            "GET",
            "/console/people/{person}/account",
            Does,
        ),
        probe(P::ViewSystem, "GET", "/console/security/all", Looks),
    ]
}

#[tokio::test]
async fn acc_b13_pages_and_acts_of_the_business_do_what_the_cell_says() {
    let app = start().await;
    let person = member(&app).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for probe in probes() {
        for seat in seats(&app) {
            let about_person = probe.path.contains("{person}");
            if about_person && seat.target.id != app.league.branch.id {
                continue; // whose members are entered in branches
            }
            if probe.own
                && seat
                    .acts_for
                    .as_ref()
                    .is_none_or(|own| own.id != seat.target.id)
            {
                continue; // a page of the own organisation
            }
            if probe.right == access::Permission::EnterMembers && matches!(seat.column, 1 | 2) {
                continue; // opens the page too: as direct superior of the branches entered into
            }
            let path = probe
                .path
                .replace("{org}", &seat.target.id.to_string())
                .replace("{person}", &person.to_string());
            let answer = match probe.method {
                "GET" => seat.client.get(&path).await,
                _ => {
                    let key = key(&seat.client).await;
                    seat.client.post(&path, &[("_key", key.as_str())]).await
                }
            };
            let cells = &probe.right.row().3;
            let may = expected(seat.column, cells) >= probe.needs;
            // A member's and an applicant's port is another one.
            let may = may && seat.acts_for.is_some();
            let did = matches!(answer.status, 200 | 303 | 422);
            asked += 1;
            if may != did {
                wrong.push(format!(
                    "{} {path} column {}: {} {}",
                    probe.method, seat.column, answer.status, answer.location
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 100, "{asked}");
}
