//! What comes with a call: a short text, or contents that go to disk as they come.

use actix_web::web;
use futures_util::StreamExt;
use std::io::Write;

use crate::bulk::disk;
use crate::bulk::spool::{Spool, SpoolWriter};
use crate::error::ApiError;
use crate::http::answer::malformed_json;

/// Longest text: a multipart request holds at most 100,000 characters of contents, of at most four bytes each.
const MAX_TEXT: usize = 512 * 1024;
/// Largest contents: 150 MB after the org has made base64 of them (Bulk API 2.0 Developer Guide, "Bulk API 2.0 Limits").
const MAX_CONTENTS: u64 = 150 * 1024 * 1024 / 4 * 3;
/// Bytes of an upload that fault rules look at.
const SAMPLE: usize = 64 * 1024;
/// Bytes that are written to disk at once.
const BLOCK: usize = 256 * 1024;

/// A body that was received.
#[derive(Debug)]
pub(super) enum Received {
    Text(Vec<u8>),
    Contents { spool: Spool, sample: Vec<u8> },
}

impl Received {
    /// The body, or the beginning of contents.
    pub(super) fn sample(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Contents { sample, .. } => sample,
        }
    }

    /// A short body.
    pub(super) fn text(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Contents { .. } => &[],
        }
    }
}

/// Receives a short body. What is too long is received and forgotten.
pub(super) async fn text(mut payload: web::Payload) -> Result<Received, ApiError> {
    let mut text = Vec::new();
    let mut is_too_long = false;
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(|error| malformed_json(error.to_string()))?;
        is_too_long |= text.len() + bytes.len() > MAX_TEXT;
        if !is_too_long {
            text.extend_from_slice(&bytes);
        }
    }
    if is_too_long { Err(too_large()) } else { Ok(Received::Text(text)) }
}

/// Receives contents into a file.
pub(super) async fn spool(mut payload: web::Payload) -> Result<Received, ApiError> {
    let mut file = Spool::create().map_err(|error| disk(&error))?;
    let (mut sample, mut block) = (Vec::new(), Vec::with_capacity(BLOCK));
    let mut length = 0;
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(|error| malformed_json(error.to_string()))?;
        length += bytes.len() as u64;
        if length > MAX_CONTENTS {
            continue;
        }
        let room = SAMPLE.saturating_sub(sample.len());
        sample.extend(bytes.iter().take(room));
        block.extend_from_slice(&bytes);
        if block.len() >= BLOCK {
            (file, block) = write(file, block).await?;
        }
    }
    if length > MAX_CONTENTS {
        return Err(too_large());
    }
    let (file, _) = write(file, block).await?;
    Ok(Received::Contents { spool: file.finish(), sample })
}

async fn write(mut file: SpoolWriter, mut block: Vec<u8>) -> Result<(SpoolWriter, Vec<u8>), ApiError> {
    let written = web::block(move || {
        file.write_all(&block)?;
        block.clear();
        Ok((file, block))
    });
    let interrupted = |_| disk(&std::io::ErrorKind::Interrupted.into());
    written.await.map_err(interrupted)?.map_err(|error: std::io::Error| disk(&error))
}

fn too_large() -> ApiError {
    ApiError::new(413, "REQUEST_TOO_LARGE", "The request body is too large.")
}
