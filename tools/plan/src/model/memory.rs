//! What Redis and workers hold, and which plans and dynos that takes.

use serde::Serialize;
use shared::quotes::bulk::SLICE_LINES;

use super::constants::{BULK_RECORD, GRAPH_RECORD, ID, MIB, PACKED_ID, REDIS, REDIS_CHUNK, REDIS_CONNECTION, WORKER};
use super::question::Question;
use crate::product::wide;

/// A plan of Heroku Key-Value Store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Its name.
    pub name: &'static str,
    /// Memory in MB.
    pub megabytes: u64,
    /// Connections.
    pub connections: u64,
}

/// A dyno type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dyno {
    /// Its name.
    pub name: &'static str,
    /// Memory in MB.
    pub megabytes: u64,
}

/// Plans, the smallest first (Heroku Dev Center, "Heroku Key-Value Store Technical Characterization", 11 October 2024).
pub const PLANS: [Plan; 6] = [
    Plan { name: "mini", megabytes: 25, connections: 20 },
    Plan { name: "premium-0", megabytes: 50, connections: 40 },
    Plan { name: "premium-1", megabytes: 100, connections: 80 },
    Plan { name: "premium-2", megabytes: 250, connections: 200 },
    Plan { name: "premium-3", megabytes: 500, connections: 400 },
    Plan { name: "premium-5", megabytes: 1_000, connections: 1_000 },
];

/// Dyno types, the smallest first (Heroku Dev Center, "Dyno Types"). `eco` and `basic` have the memory of the first.
pub const DYNOS: [Dyno; 4] = [
    Dyno { name: "standard-1x", megabytes: 512 },
    Dyno { name: "standard-2x", megabytes: 1_024 },
    Dyno { name: "performance-m", megabytes: 2_560 },
    Dyno { name: "performance-l", megabytes: 14_336 },
];

/// Of a plan, so much may be used: the rest is for other jobs, listings and what Redis itself needs.
const SHARE: u64 = 2;
/// Connections of a process while one is deployed: the old one and the new one.
const DEPLOYED: u64 = 2;

/// Connections of one web process and so many workers, one each; twice while a version is deployed.
pub(crate) fn connections(workers: u64) -> u64 {
    DEPLOYED * (workers + 1)
}

/// The smallest plan that holds so much in half its memory, and takes so many connections.
pub(crate) fn plan(bytes: u64, connections: u64) -> Option<Plan> {
    PLANS.into_iter().find(|plan| plan.megabytes * 1_000_000 / SHARE >= bytes && plan.connections >= connections)
}

/// The smallest dyno type that holds so much.
pub(crate) fn dyno(bytes: u64) -> Option<Dyno> {
    DYNOS.into_iter().find(|dyno| dyno.megabytes * MIB >= bytes)
}

/// What Redis holds at most for a job by graphs.
pub(crate) fn redis_by_graphs(question: &Question, chunks: u64) -> u64 {
    redis(question, chunks, question.product.chunk_size * ID)
}

/// The same for a job in bulk.
pub(crate) fn redis_in_bulk(question: &Question, chunks: u64) -> u64 {
    let ids = question.opportunities.min(question.product.bulk_chunk_size) as f64 * PACKED_ID;
    redis(question, chunks, ids.ceil() as u64)
}

/// Planning rests while so many chunks are not done, so Redis never has all of a big job.
fn redis(question: &Question, chunks: u64, payload: u64) -> u64 {
    let window = chunks.min(question.product.max_outstanding_chunks);
    REDIS + (question.workers + 1) * REDIS_CONNECTION + window * (payload + REDIS_CHUNK)
}

/// What a worker holds at most, by graphs.
pub(crate) fn worker_by_graphs(question: &Question, chunks: u64) -> u64 {
    let records = question.product.chunk_size.min(question.opportunities) * (1 + question.lines);
    WORKER + in_flight(question, chunks) * records * GRAPH_RECORD
}

/// The same in bulk: a slice of a chunk is in memory.
pub(crate) fn worker_in_bulk(question: &Question, chunks: u64) -> u64 {
    let quotes = question.opportunities.min(question.product.bulk_chunk_size);
    let lines = (quotes * question.lines).min(wide(SLICE_LINES) + question.lines);
    WORKER + in_flight(question, chunks) * (quotes + lines) * BULK_RECORD
}

/// Chunks that one worker has in flight.
fn in_flight(question: &Question, chunks: u64) -> u64 {
    question.product.worker_concurrency.min(chunks)
}
