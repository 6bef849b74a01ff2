//! `GetTopic` and `GetSchema`, and who may use a topic.

use std::sync::Arc;

use pubsub_proto::{SchemaInfo, TopicInfo};
use tonic::Code;

use super::call::Call;
use super::failure::Failure;
use crate::bus::Topic;
use crate::cdc;
use crate::schema::{ObjectDef, Schema};
use crate::store::{Access, Operation};

/// Answers `GetTopic`.
pub(super) async fn topic(call: &Call, name: &str) -> Result<TopicInfo, Failure> {
    let topic = find(call, name)?;
    let access = call.access().await?;
    Ok(TopicInfo {
        topic_name: topic.name.to_string(),
        tenant_guid: call.tenant(),
        can_publish: may_publish(call, &access, &topic),
        can_subscribe: may_subscribe(call, &access, &topic),
        schema_id: topic.schema.as_ref().map(|schema| schema.id().to_owned()).unwrap_or_default(),
        rpc_id: call.rpc_id.clone(),
    })
}

/// Answers `GetSchema`.
pub(super) fn schema(call: &Call, id: &str) -> Result<SchemaInfo, Failure> {
    if id.is_empty() {
        let message = "The schema ID is blank. Provide a schema ID.";
        return Err(Failure::new(Code::InvalidArgument, "schema.validation.failed", message));
    }
    let schema = call.org.store.bus().topics().schema(id).ok_or_else(|| {
        let message =
            format!("The schema {id} of org {} was not found. Ensure the schema ID is correct.", call.tenant());
        Failure::new(Code::NotFound, "schema.meta.permission", message)
    })?;
    Ok(SchemaInfo {
        schema_json: schema.json().to_owned(),
        schema_id: schema.id().to_owned(),
        rpc_id: call.rpc_id.clone(),
    })
}

/// The topic of that name.
pub(super) fn find(call: &Call, name: &str) -> Result<Arc<Topic>, Failure> {
    if name.is_empty() {
        let message = "The topic name is blank. Provide a topic name.";
        return Err(Failure::new(Code::InvalidArgument, "topic.validation.empty", message));
    }
    let topic = call.org.store.bus().topics().get(name).cloned();
    topic.ok_or_else(|| Failure::topic_not_found(&call.tenant(), name))
}

/// The topic of that name, to which the caller may subscribe.
pub(super) async fn to_subscribe(call: &Call, name: &str) -> Result<Arc<Topic>, Failure> {
    let topic = find(call, name)?;
    let access = call.access().await?;
    if may_subscribe(call, &access, &topic) {
        return Ok(topic);
    }
    Err(Failure::no_permission("subscription.topic.cannot.subscribe", &call.tenant(), name))
}

/// Whether the caller may read all that the topic delivers: platform events that they may read, and changes of objects
/// all of whose records they may view (Change Data Capture Developer Guide, "Required Permissions").
fn may_subscribe(call: &Call, access: &Access, topic: &Topic) -> bool {
    let schema = call.org.store.schema();
    topic.sources().all(|source| match object_of(&schema, source) {
        Some(object) if object.is_event() => access.reads(object),
        Some(object) => access.views_all(object),
        None => false,
    })
}

/// Whether the caller may publish to the topic.
pub(super) fn may_publish(call: &Call, access: &Access, topic: &Topic) -> bool {
    let schema = call.org.store.schema();
    let object = object_of(&schema, &topic.name);
    topic.can_publish && object.is_some_and(|object| access.allows(object, Operation::Create))
}

/// The object whose events or changes a topic delivers, if it is no channel.
pub(super) fn object_of<'a>(schema: &'a Schema, topic: &str) -> Option<&'a ObjectDef> {
    let (_, name) = topic.rsplit_once('/')?;
    schema.objects().find(|object| match object.is_event() {
        true => object.name == name,
        false => cdc::event_name(object) == name,
    })
}
