//! Data from disk, sent as it is read.

use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::{HttpResponse, web};
use futures_util::stream::try_unfold;

use super::builder;
use crate::bulk::spool::Spool;

/// Bytes that are read at once.
const BLOCK: usize = 64 * 1024;
/// Media type of what Bulk API 2.0 gives.
const CSV: &str = "text/csv";

/// A header and a part of a file.
#[derive(Debug)]
pub(in crate::http) struct Download {
    pub(in crate::http) header: Vec<u8>,
    /// The file, and where the part begins and ends.
    pub(in crate::http) slice: Option<(Arc<Spool>, u64, u64)>,
    pub(in crate::http) media_type: &'static str,
}

impl Default for Download {
    fn default() -> Self {
        Self { header: Vec::new(), slice: None, media_type: CSV }
    }
}

impl Download {
    pub(in crate::http) fn into_response(self, headers: &[(&'static str, String)]) -> HttpResponse {
        let mut response = builder(200);
        response.insert_header(("Content-Type", self.media_type));
        for (name, value) in headers {
            response.insert_header((*name, value.as_str()));
        }
        let Some((spool, start, end)) = self.slice else { return response.body(self.header) };
        let length = self.header.len() as u64 + end.saturating_sub(start);
        let stream = try_unfold((Some(self.header), spool, start), move |(header, spool, at)| async move {
            if let Some(header) = header.filter(|header| !header.is_empty()) {
                return Ok(Some((web::Bytes::from(header), (None, spool, at))));
            }
            let most = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(BLOCK);
            if most == 0 {
                return Ok(None);
            }
            let file = Arc::clone(&spool);
            let block = web::block(move || file.read(at, most)).await.map_err(std::io::Error::other)??;
            let next = at + block.len() as u64;
            Ok::<_, std::io::Error>(Some((web::Bytes::from(block), (None, spool, next))))
        });
        response.body(SizedStream::new(length, stream))
    }
}
