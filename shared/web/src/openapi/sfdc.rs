//! Values of the `x-sfdc` extension (Heroku Dev Center, "OpenAPI Specification for Heroku AppLink").
//!
//! utoipa's macro takes them for operations, `extensions(("x-sfdc" = json!(sfdc::authorization("MyApp", "MyPermissions"))))`;
//! the root and the schemas are set on the finished document, in a `Modify`.

use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{Object, OpenApi, RefOr, Schema};

use super::callback::{UnknownOperation, find};

/// The key of all extensions below.
pub const KEY: &str = "x-sfdc";

/// Authorization of an operation: the external client app, and the permission set that AppLink activates for the session of
/// the call ("user mode plus"). Both names must match the flags of `heroku salesforce:publish`. The key `connectedApp` in
/// the place of `externalClientApp` names a connected app; none can be created since Spring '26 (Heroku Dev Center,
/// "External Client Apps", 2026-05-12).
pub fn authorization(external_client_app: &str, permission_set: &str) -> Value {
    json!({ "heroku": { "authorization": authorized_by(external_client_app, permission_set) } })
}

fn authorized_by(external_client_app: &str, permission_set: &str) -> Value {
    json!({ "externalClientApp": external_client_app, "permissionSet": permission_set })
}

/// Writes one [`authorization`] to these operations: those of one document have the same. Operations that keep the caller's
/// session for later work need it as much as those that work at once, or the work has less rights than the call.
///
/// # Errors
/// [`UnknownOperation`].
pub fn set_authorization(
    api: &mut OpenApi,
    operation_ids: &[&str],
    external_client_app: &str,
    permission_set: &str,
) -> Result<(), UnknownOperation> {
    for id in operation_ids {
        let operation = find(api, id).ok_or_else(|| UnknownOperation((*id).to_owned()))?;
        extend(&mut operation.extensions, authorization(external_client_app, permission_set));
    }
    Ok(())
}

/// As [`authorization`], and the operation is an action of the agent topic. Salesforce's sources disagree whether
/// `isUserInput` and `isDisplayable` belong here or into the schemas, so they stand in both: see [`set_agent_input`] and
/// [`set_agent_output`].
pub fn agent_action(external_client_app: &str, permission_set: &str) -> Value {
    json!({
        "heroku": { "authorization": authorized_by(external_client_app, permission_set) },
        "agent": { "action": { "publishAsAgentAction": true, "isUserInput": true, "isDisplayable": true } },
        "privacy": { "isPii": false },
    })
}

/// The document has no object schema of this name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no object schema has the name {0}")]
pub struct UnknownSchema(pub String);

/// Marks a schema of `components` as the request of an agent action.
///
/// # Errors
/// [`UnknownSchema`].
pub fn set_agent_input(api: &mut OpenApi, schema: &str) -> Result<(), UnknownSchema> {
    let object = object_schema(api, schema)?;
    extend(&mut object.extensions, json!({ "agent": { "action": { "isUserInput": true } } }));
    Ok(())
}

/// Marks a schema of `components` as the answer of an agent action, and closes it: answers of actions must have no further
/// properties (MuleSoft ruleset "SF API Topic and Action Enablement").
///
/// # Errors
/// [`UnknownSchema`].
pub fn set_agent_output(api: &mut OpenApi, schema: &str) -> Result<(), UnknownSchema> {
    let object = object_schema(api, schema)?;
    extend(&mut object.extensions, json!({ "agent": { "action": { "isDisplayable": true } } }));
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    Ok(())
}

fn object_schema<'a>(api: &'a mut OpenApi, name: &str) -> Result<&'a mut Object, UnknownSchema> {
    match api.components.as_mut().and_then(|components| components.schemas.get_mut(name)) {
        Some(RefOr::T(Schema::Object(object))) => Ok(object),
        _ => Err(UnknownSchema(name.to_owned())),
    }
}

fn extend(extensions: &mut Option<Extensions>, value: Value) {
    extensions.get_or_insert_with(Extensions::default).insert(KEY.to_owned(), value);
}

/// The agent topic that a service's actions belong to. All four are required by Agentforce.
#[derive(Debug, Clone, Copy)]
pub struct AgentTopic<'a> {
    /// Snake case, begins with a letter, no two underscores in a row.
    pub name: &'a str,
    /// Tells the planner when the topic applies.
    pub classification_description: &'a str,
    /// What the agent's job is within the topic.
    pub scope: &'a str,
    /// One rule each.
    pub instructions: &'a [&'a str],
}

/// Writes the topic to the root of the document.
pub fn set_agent_topic(api: &mut OpenApi, topic: &AgentTopic<'_>) {
    let value = json!({ "agent": { "topic": {
        "name": topic.name,
        "classificationDescription": topic.classification_description,
        "scope": topic.scope,
        "instructions": topic.instructions,
    } } });
    extend(&mut api.extensions, value);
}
