//! Runs calls: composite resources make transactions as they need them, any other call is one transaction.

use super::answer::{Answer, json};
use super::call::Call;
use super::resource::Resource;
use super::work::Context;
use super::{batch, composite, graph, query, single, tooling};
use crate::error::ApiError;

/// Runs a call with this body.
pub(crate) fn call(cx: &Context<'_>, call: Call, body: &[u8]) -> Result<Answer, ApiError> {
    if call.resource == Resource::Graph {
        return graph::run(cx, &call, body);
    }
    let call = if call.takes_body() { call.with_body(json(body)?) } else { call };
    match &call.resource {
        Resource::Composite => composite::run(cx, call),
        Resource::Batch => batch::run(cx, &call),
        Resource::ToolingQuery => tooling::query(cx, &call),
        Resource::ExecuteAnonymous => Ok(tooling::execute_anonymous()),
        Resource::RunTests => Err(tooling::run_tests()),
        Resource::ToolingObject { object } => tooling::record(cx, &call, object, None),
        Resource::ToolingRecord { object, id } => tooling::record(cx, &call, object, Some(id)),
        Resource::Query { deleted } => query::answer(cx, &call, *deleted),
        Resource::Collection | Resource::CollectionByExternalId { .. } | Resource::Tree { .. } => {
            cx.transaction_of_parts(|records| single::run(cx, records, &call))
        }
        _ => cx.transaction(|records| single::run(cx, records, &call)),
    }
}
