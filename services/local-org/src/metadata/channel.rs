//! Channels of events and their members (Metadata API Developer Guide, PlatformEventChannel and
//! PlatformEventChannelMember).

use std::path::Path;

use super::error::MetadataError;
use super::xml::{children, required, with_root};
use crate::cdc;
use crate::schema::{Channel, Schema};

pub(super) const SUFFIX: &str = ".platformEventChannel-meta.xml";
pub(super) const MEMBER_SUFFIX: &str = ".platformEventChannelMember-meta.xml";

/// Adds a custom channel.
pub(super) fn add(path: &Path, schema: &mut Schema) -> Result<(), MetadataError> {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = file.strip_suffix(SUFFIX).unwrap_or(file);
    if !name.ends_with("__chn") {
        return Err(MetadataError::invalid(path, format!("the name of a channel must end in __chn, unlike {name}")));
    }
    let has_platform_events =
        with_root(path, "PlatformEventChannel", |node| match required(path, node, "channelType")? {
            "data" => Ok(false),
            "event" => Ok(true),
            other => Err(MetadataError::invalid(path, format!("channelType cannot be {other:?}"))),
        })?;
    schema.channel_mut(Channel { name: name.to_owned(), has_platform_events, members: Vec::new() });
    Ok(())
}

/// Adds an event to a channel; false when the org does not know the event, or the member wants what a local org cannot
/// do: filter or enrich events.
pub(super) fn add_member(path: &Path, schema: &mut Schema) -> Result<bool, MetadataError> {
    let (channel, event, is_plain) = with_root(path, "PlatformEventChannelMember", |node| {
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
