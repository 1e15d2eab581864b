//! What a plan reads.

use serde_json::Value;
use std::collections::HashMap;

/// Why a plan costs more than a page.
pub fn faults(plan: &Value, rows: &HashMap<String, f64>, large: f64, page: f64) -> Vec<String> {
    let mut found = Vec::new();
    walk(plan, rows, (large, page), false, &mut found);
    found.sort();
    found.dedup();
    found
}

fn text<'a>(node: &'a Value, name: &str) -> &'a str {
    node[name].as_str().unwrap_or_default()
}

/// `bounded`: a limit above stops this node early, because nothing between them needs all rows.
fn walk(
    node: &Value,
    rows: &HashMap<String, f64>,
    (large, page): (f64, f64),
    bounded: bool,
    found: &mut Vec<String>,
) {
    let kind = text(node, "Node Type");
    let estimated = node["Plan Rows"].as_f64().unwrap_or(0.0);
    let table = text(node, "Relation Name");
    let size = rows.get(table).copied().unwrap_or(0.0);
    let conditions = ["Index Cond", "Recheck Cond", "TID Cond"];
    let by_index = conditions.iter().any(|name| !node[*name].is_null());
    match kind {
        "Seq Scan" if size >= large && !(bounded && node["Filter"].is_null()) => {
            found.push(format!("{table} read from end to end"));
        }
        "Index Scan" | "Index Only Scan" if size >= large && !by_index && !bounded => {
            found.push(format!(
                "{table} read from end to end by {}",
                text(node, "Index Name")
            ));
        }
        "Seq Scan" | "Index Scan" | "Index Only Scan" | "Bitmap Heap Scan"
            if estimated > page && !bounded =>
        {
            found.push(format!("{estimated} rows of {table} read"));
        }
        // An incremental sort holds one group at a time.
        "Sort" | "Hash" | "Materialize" | "Aggregate"
            if (kind != "Aggregate" || text(node, "Strategy") == "Hashed")
                && children(node).any(|child| child["Plan Rows"].as_f64() > Some(page)) =>
        {
            found.push(format!("{kind} of more than a page"));
        }
        _ => {}
    }
    let stops = kind == "Limit";
    let needs_all = matches!(
        kind,
        "Sort" | "Hash" | "Aggregate" | "Materialize" | "ModifyTable" | "SetOp"
    );
    for child in children(node) {
        // A scan that is all of an initial plan answers `exists`, which stops at the first row.
        let exists = text(child, "Parent Relationship") == "InitPlan";
        let bounded = stops || exists || bounded && !needs_all;
        walk(child, rows, (large, page), bounded, found);
    }
}

fn children(node: &Value) -> impl Iterator<Item = &Value> {
    node["Plans"].as_array().into_iter().flatten()
}
