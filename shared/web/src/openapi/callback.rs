//! Callbacks: an operation that answers at once and posts its result to a URL that Salesforce gives (Salesforce Help,
//! "External Services Asynchronous Operations"). utoipa's macro has no word for them.

use std::collections::BTreeMap;

use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

/// Where the URL of the callback stands in the request. Salesforce fills this field itself.
pub const CALLBACK_URL: &str = "{$request.body#/callbackUrl}";

/// The document has no operation of this id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no operation has the id {0}")]
pub struct UnknownOperation(pub String);

/// Adds to the operation `operation_id` the callback `name`: a POST to `callbackUrl` of the request body, as `callback`
/// describes it. `callback` needs an operation id of its own; Apex names the handler class after both.
///
/// # Errors
/// [`UnknownOperation`].
pub fn add_callback(
    api: &mut OpenApi,
    operation_id: &str,
    name: &str,
    callback: Operation,
) -> Result<(), UnknownOperation> {
    let operation = find(api, operation_id).ok_or_else(|| UnknownOperation(operation_id.to_owned()))?;
    let item = PathItem::new(HttpMethod::Post, callback);
    operation.callbacks.insert(name.to_owned(), RefOr::T(BTreeMap::from([(CALLBACK_URL.to_owned(), RefOr::T(item))])));
    Ok(())
}

/// The operation of that id.
pub(super) fn find<'a>(api: &'a mut OpenApi, operation_id: &str) -> Option<&'a mut Operation> {
    api.paths
        .paths
        .values_mut()
        .flat_map(|item| [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch])
        .flatten()
        .find(|operation| operation.operation_id.as_deref() == Some(operation_id))
}
