//! What comes with a call: a short text, or contents that go to disk as they come.

use actix_web::web;
use futures_util::StreamExt;
use std::io::Write;

use crate::bulk::disk;
use crate::bulk::spool::{Spool, SpoolWriter};
use crate::error::ApiError;
use crate::http::answer::malformed_json;
use crate::http::encoding::{Decoder, Encoding, is_of_body, refused};

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
pub(in crate::http) enum Received {
    Text(Vec<u8>),
    Contents { spool: Spool, sample: Vec<u8> },
}

impl Received {
    /// The body, or the beginning of contents.
    pub(in crate::http) fn sample(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Contents { sample, .. } => sample,
        }
    }

    /// A short body.
    pub(in crate::http) fn text(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Contents { .. } => &[],
        }
    }
}

/// Receives a short body. What is too long is received and forgotten.
pub(in crate::http) async fn text(mut payload: web::Payload, encoding: Encoding) -> Result<Received, ApiError> {
    let mut text = Vec::new();
    let mut is_too_long = false;
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(|error| malformed_json(error.to_string()))?;
        is_too_long |= text.len() + bytes.len() > MAX_TEXT;
        if !is_too_long {
            text.extend_from_slice(&bytes);
        }
    }
    if is_too_long {
        return Err(too_large());
    }
    let text = encoding.decode(text.into(), MAX_TEXT).await?;
    Ok(Received::Text(text.into()))
}

/// Receives contents into a file. What cannot be taken is received and forgotten, too.
pub(in crate::http) async fn spool(mut payload: web::Payload, encoding: Encoding) -> Result<Received, ApiError> {
    let file = Spool::create();
    let mut target = Ok(Decoder::new(encoding, file, MAX_CONTENTS));
    let mut block = Vec::with_capacity(BLOCK);
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(|error| malformed_json(error.to_string()))?;
        target = match target {
            Err(error) => Err(error),
            Ok(decoder) => {
                block.extend_from_slice(&bytes);
                if block.len() < BLOCK {
                    Ok(decoder)
                } else {
                    let written;
                    (written, block) = write(decoder, block).await?;
                    written
                }
            }
        };
    }
    let (target, _) = write(target?, block).await?;
    let spool = target?.finish().map_err(|error| failed(&error))?.finish();
    let sample = spool.read(0, SAMPLE).map_err(|error| disk(&error))?;
    Ok(Received::Contents { spool, sample })
}

type Target = Decoder<SpoolWriter>;

/// Writes a block and gives its memory back; `Err` inside where the contents are at fault.
async fn write(mut target: Target, mut block: Vec<u8>) -> Result<(Result<Target, ApiError>, Vec<u8>), ApiError> {
    let written = web::block(move || {
        let written = target.write_all(&block);
        block.clear();
        (written.map(|()| target), block)
    });
    let interrupted = |_| disk(&std::io::ErrorKind::Interrupted.into());
    let (target, block) = written.await.map_err(interrupted)?;
    Ok((target.map_err(|error| failed(&error)), block))
}

fn failed(error: &std::io::Error) -> ApiError {
    if is_of_body(error) { refused(error) } else { disk(error) }
}

fn too_large() -> ApiError {
    ApiError::new(413, "REQUEST_TOO_LARGE", "The request body is too large.")
}
