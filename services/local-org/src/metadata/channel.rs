//! Channels of events and their members (Metadata API Developer Guide, PlatformEventChannel and
//! PlatformEventChannelMember).

use super::error::MetadataError;
use super::source::Source;
use super::xml::{children, required, with_root};
use crate::cdc;
use crate::schema::{Channel, Schema};

/// Adds a custom channel.
pub(super) fn add(source: &Source, schema: &mut Schema) -> Result<(), MetadataError> {
    let (path, name) = (source.path.as_path(), source.name.as_str());
    if !name.ends_with("__chn") {
        return Err(MetadataError::invalid(path, format!("the name of a channel must end in __chn, unlike {name}")));
    }
    let has_platform_events =
        with_root(source, "PlatformEventChannel", |node| match required(path, node, "channelType")? {
            "data" => Ok(false),
            "event" => Ok(true),
            other => Err(MetadataError::invalid(path, format!("channelType cannot be {other:?}"))),
        })?;
    schema.channel_mut(Channel { name: name.to_owned(), has_platform_events, members: Vec::new() });
    Ok(())
}

/// Adds an event to a channel; false when the org does not know the event, or the member wants what a local org cannot
/// do: filter or enrich events.
pub(super) fn add_member(source: &Source, schema: &mut Schema) -> Result<bool, MetadataError> {
    let path = source.path.as_path();
    let (channel, event, is_plain) = with_root(source, "PlatformEventChannelMember", |node| {
        let has = |name: &str| children(node, name).next().is_some();
        let channel = required(path, node, "eventChannel")?.to_owned();
        let event = required(path, node, "selectedEntity")?.to_owned();
        Ok((channel, event, !has("filterExpression") && !has("enrichedFields")))
    })?;
    let channel =
        match Channel::standard().name == channel {
            true => Channel::standard(),
            false => schema.channels().find(|other| other.name == channel).cloned().ok_or_else(|| {
                MetadataError::invalid(path, format!("no PlatformEventChannel named {channel} found"))
            })?,
        };
    let is_known = schema.objects().any(|object| match channel.has_platform_events {
        true => object.is_event() && object.name == event,
        false => !object.is_event() && cdc::event_name(object) == event,
    });
    if !is_known || !is_plain {
        return Ok(false);
    }
    let members = &mut schema.channel_mut(channel).members;
    if !members.contains(&event) {
        members.push(event);
    }
    Ok(true)
}
