//! Request bodies that come compressed (REST API Developer Guide, "Compression Headers"): gzip, which the clients of the
//! Web Service Connector send by default, and deflate.

use std::io::{self, ErrorKind, Write};

use actix_web::{HttpRequest, web};
use flate2::write::{MultiGzDecoder, ZlibDecoder};

use super::answer::{internal, malformed_json};
use super::request::header;
use crate::error::ApiError;

/// How a body comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Deflate,
}

impl Encoding {
    /// That of a request.
    ///
    /// # Errors
    /// 415 for one that nobody speaks here.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        match header(request, "Content-Encoding").map(|name| name.trim().to_ascii_lowercase()).as_deref() {
            None | Some("" | "identity") => Ok(Self::Identity),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip),
            Some("deflate") => Ok(Self::Deflate),
            Some(other) => {
                let message = format!("The Content-Encoding {other} is not supported; gzip and deflate are");
                Err(ApiError::new(415, "UNSUPPORTED_MEDIA_TYPE", message))
            }
        }
    }

    /// The body as it was before it was compressed, of at most `most` bytes.
    ///
    /// # Errors
    /// 413 when it is longer, 400 when it is not compressed that way.
    pub(crate) async fn decode(self, body: web::Bytes, most: usize) -> Result<web::Bytes, ApiError> {
        if self == Self::Identity {
            return Ok(body);
        }
        let decode = move || {
            let mut decoder = Decoder::new(self, Vec::new(), most as u64);
            decoder.write_all(&body)?;
            decoder.finish()
        };
        let decoded = web::block(decode).await.map_err(|error| internal(error.to_string()))?;
        decoded.map(web::Bytes::from).map_err(|error| refused(&error))
    }
}

/// What to answer to a body that cannot be decoded.
pub(super) fn refused(error: &io::Error) -> ApiError {
    match error.kind() {
        ErrorKind::FileTooLarge => ApiError::new(413, "REQUEST_TOO_LARGE", "The request body is too large."),
        _ => malformed_json(format!("The body cannot be decompressed: {error}")),
    }
}

/// Whether an error is that of what came, and not of where it goes.
pub(super) fn is_of_body(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::FileTooLarge
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidData
            | ErrorKind::UnexpectedEof
            | ErrorKind::WriteZero
    )
}

/// Decodes what is written to it.
pub(super) enum Decoder<W: Write> {
    Identity(Limited<W>),
    Gzip(Box<MultiGzDecoder<Limited<W>>>),
    Deflate(Box<ZlibDecoder<Limited<W>>>),
}

impl<W: Write> Decoder<W> {
    /// Writes what comes out to `target`, and fails when that is more than `most` bytes.
    pub(super) fn new(encoding: Encoding, target: W, most: u64) -> Self {
        let target = Limited { target, left: most };
        match encoding {
            Encoding::Identity => Self::Identity(target),
            Encoding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(target))),
            Encoding::Deflate => Self::Deflate(Box::new(ZlibDecoder::new(target))),
        }
    }

    /// The end of what is written.
    ///
    /// # Errors
    /// When that is not the end of what was compressed.
    pub(super) fn finish(self) -> io::Result<W> {
        let limited = match self {
            Self::Identity(target) => target,
            Self::Gzip(decoder) => decoder.finish()?,
            Self::Deflate(decoder) => decoder.finish()?,
        };
        Ok(limited.target)
    }
}

impl<W: Write> Write for Decoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Identity(target) => target.write(bytes),
            Self::Gzip(decoder) => decoder.write(bytes),
            Self::Deflate(decoder) => decoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Identity(target) => target.flush(),
            Self::Gzip(decoder) => decoder.flush(),
            Self::Deflate(decoder) => decoder.flush(),
        }
    }
}

/// Takes a limited number of bytes: a few compressed bytes can become very many.
pub(super) struct Limited<W> {
    target: W,
    left: u64,
}

impl<W: Write> Write for Limited<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let count = self.target.write(bytes)?;
        self.left -= count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}
