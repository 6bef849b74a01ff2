//! Runs calls: composite resources make transactions as they need them, any other call is one transaction.

use super::answer::Answer;
use super::call::Call;
use super::resource::Resource;
use super::work::Context;
use super::{batch, composite, graph, query, single, tooling};
use crate::error::ApiError;

/// Runs a call.
pub(crate) fn call(cx: &Context<'_>, call: Call) -> Result<Answer, ApiError> {
    match &call.resource {
        Resource::Composite => composite::run(cx, call),
        Resource::Graph => graph::run(cx, call),
        Resource::Batch => batch::run(cx, &call),
        Resource::ToolingQuery => tooling::query(cx, &call),
        Resource::ExecuteAnonymous => Ok(tooling::execute_anonymous()),
        Resource::RunTests => Err(tooling::run_tests()),
        Resource::ToolingObject { object } => tooling::record(cx, &call, object, None),
        Resource::ToolingRecord { object, id } => tooling::record(cx, &call, object, Some(id)),
        Resource::Query { deleted } => query::answer(cx, &call, *deleted),
        _ => cx.transaction(|records| single::run(cx, records, &call)),
    }
}
