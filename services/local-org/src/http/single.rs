//! Runs a call that is not composite.

use super::answer::{Answer, not_found};
use super::call::Call;
use super::resource::{Method, Resource};
use super::work::{Context, Records};
use super::{collections, describe, layouts, limits, query, replication, search, sobjects, tree, upsert};
use crate::error::ApiError;

/// Runs a call that is not composite within a transaction. What it wrote is to be undone when it fails.
pub(crate) fn run(cx: &Context<'_>, records: &mut Records<'_, '_>, call: &Call) -> Result<Answer, ApiError> {
    match (&call.resource, call.method) {
        (Resource::Index, _) => Ok(limits::resources(cx, call)),
        (Resource::Limits, _) => Ok(limits::usage(cx)),
        (Resource::RecordCount, _) => search::counts(cx, records, call),
        (Resource::Search, _) => search::sosl(cx, records, call),
        (Resource::ParameterizedSearch, _) => search::parameterized(cx, records, call),
        (Resource::Recent, _) => Ok(Answer::ok(serde_json::json!([]))),
        (Resource::Query { deleted }, _) => query::run(cx, records, call, *deleted),
        (Resource::QueryMore { locator }, _) => query::more(cx, locator),
        (Resource::Sobjects, _) => Ok(describe::global(cx, records.access(), call)),
        (Resource::Sobject { object }, Method::Get) => describe::basic(cx, records.access(), call, object),
        (Resource::Sobject { object }, _) => sobjects::create(records, call, object),
        (Resource::Describe { object }, _) => describe::sobject(cx, records.access(), call, object),
        (Resource::Layouts { object, kind, record_type }, _) => {
            layouts::answer(cx, records.access(), call, object, *kind, record_type.as_deref())
        }
        (Resource::ListViews { object }, _) => layouts::list_views(cx, records.access(), object),
        (Resource::Changes { object, deleted: false }, _) => replication::updated(records, call, object),
        (Resource::Changes { object, deleted: true }, _) => replication::deleted(records, call, object),
        (Resource::Record { object, id }, Method::Get) => sobjects::retrieve(records, call, object, id),
        (Resource::Record { object, id }, Method::Delete) => sobjects::delete(records, call, object, id),
        (Resource::Record { object, id }, Method::Patch) => sobjects::update(records, call, object, id),
        (Resource::Record { object, id }, _) if id.eq_ignore_ascii_case("Id") => {
            sobjects::create(records, call, object)
        }
        (Resource::ExternalId { object, field, value }, method) => {
            upsert::run(records, call, method, &upsert::Key { object, field, value })
        }
        (Resource::Collection, Method::Post) => collections::create(records, call),
        (Resource::Collection, Method::Delete) => collections::delete(cx, records, call),
        (Resource::Collection, _) => collections::update(records, call),
        (Resource::CollectionOf { object }, _) => collections::retrieve(cx, records, call, object),
        (Resource::CollectionByExternalId { object, field }, _) => collections::upsert(records, call, object, field),
        (Resource::Tree { object }, _) => tree::run(cx, records, call, object),
        (Resource::Record { .. } | Resource::Composite | Resource::Graph | Resource::Batch, _)
        | (Resource::ExecuteAnonymous | Resource::RunTests, _)
        | (Resource::ToolingQuery | Resource::ToolingObject { .. } | Resource::ToolingRecord { .. }, _) => {
            Err(not_found())
        }
    }
}
