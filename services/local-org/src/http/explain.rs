//! `query?explain=`: how a query would be run (REST API Developer Guide, "Get Feedback on Query Performance").

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::work::Records;
use crate::error::ApiError;
use crate::soql::Explanation;

/// The part of an object's records above which an org takes no index for an equality: its selectivity threshold.
const SELECTIVE: f64 = 0.3;

/// Explains a query. The index is one that each org has; the cost is the records examined as a part of those up to which an
/// index is selective, which is what the documents say of it, and not an org's own figure.
pub(crate) fn answer(records: &mut Records<'_, '_>, call: &Call, soql: &str) -> Result<Answer, ApiError> {
    let plan = records.explain(soql, call.version)?;
    Ok(Answer::ok(json!({"plans": [plan_of(&plan)], "sourceQuery": soql})))
}

fn plan_of(plan: &Explanation) -> Value {
    let Explanation { object, indexed, unindexed, cardinality, object_cardinality } = plan;
    let is_scan = indexed.is_empty();
    let examined = if is_scan { *object_cardinality } else { *cardinality };
    let threshold = *object_cardinality as f64 * SELECTIVE;
    let cost = if threshold > 0.0 { examined as f64 / threshold } else { 0.0 };
    let note = |fields: &[String]| {
        json!({
            "description": "Not considering filter for optimization because unindexed",
            "fields": fields,
            "tableEnumOrId": object,
        })
    };
    let notes: Vec<Value> = [vec!["IsDeleted".to_owned()], unindexed.clone()]
        .iter()
        .filter(|fields| !fields.is_empty())
        .map(|fields| note(fields))
        .collect();
    json!({
        "cardinality": cardinality,
        "fields": indexed,
        "leadingOperationType": if is_scan { "TableScan" } else { "Index" },
        "notes": notes,
        "relativeCost": (cost * 1000.0).round() / 1000.0,
        "sobjectCardinality": object_cardinality,
        "sobjectType": object,
    })
}
