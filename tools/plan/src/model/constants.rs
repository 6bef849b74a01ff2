//! What was measured. docs/scale.md says when, on what machine and how; all else is the product's own.

/// Seconds beside the calls: the request, the job in Redis, and what a worker needs until its first call.
pub const START: f64 = 0.05;

/// Microseconds that local-org needs for a row of a load, with all that it reads for it.
pub const BULK_ROW_US: u64 = 25;

/// What a worker holds before it has done anything, in bytes.
pub const WORKER: u64 = 10 * MIB;

/// What a chunk in flight takes of a worker, by graphs: its records, and what a request and its answer hold of them.
pub const GRAPH_RECORD: u64 = 3_500;

/// What a record of a chunk in flight takes of a worker, through the Bulk API.
pub const BULK_RECORD: u64 = 270;

/// What an empty Redis holds, with the scripts of the queue, in bytes.
pub const REDIS: u64 = 2_300_000;

/// What a connection takes of Redis, in bytes.
pub const REDIS_CONNECTION: u64 = 15_000;

/// What a chunk takes of Redis beside its ids, in bytes.
pub const REDIS_CHUNK: u64 = 250;

/// Bytes of an id in a chunk of graphs (`shared::plan::encode_ids`).
pub const ID: u64 = 15;

/// The same in a chunk of the Bulk API, whose ids are packed; more where they lie far apart.
pub const PACKED_ID: f64 = 1.4;

/// A mebibyte.
pub const MIB: u64 = 1024 * 1024;
