//! What is asked for on the command line.

use clap::{Parser, ValueEnum, value_parser};

use crate::Product;
use crate::model::{Org, Question};

/// Most Opportunities of a question: more than any org has.
const MOST_OPPORTUNITIES: u64 = 1_000_000_000;
/// Most lines of an Opportunity.
const MOST_LINES: u64 = 100_000;

/// Says how long a quote job takes, what it asks of your org, and how many workers it wants. Nothing is started or called.
/// docs/scale.md has the model.
#[derive(Debug, Clone, Parser)]
#[command(name = "bin/plan", version)]
pub struct Args {
    /// Opportunities of the job
    #[arg(long, value_parser = value_parser!(u64).range(0..=MOST_OPPORTUNITIES))]
    pub opportunities: u64,
    /// Line items of each
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u64).range(0..=MOST_LINES))]
    pub lines: u64,
    /// Milliseconds that your org takes for a call that writes some 200 records: see docs/scale.md, "Measure your org"
    #[arg(long, default_value_t = 500, value_parser = value_parser!(u64).range(0..=600_000))]
    pub call_ms: u64,
    /// ORG_CONCURRENCY: calls of the org at a time, over all workers [default: the product's]
    #[arg(long, value_parser = value_parser!(u64).range(1..=1_000))]
    pub org_concurrency: Option<u64>,
    /// Worker dynos
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u64).range(1..=1_000))]
    pub workers: u64,
    /// WORKER_CONCURRENCY: chunks that a worker has in flight [default: the product's]
    #[arg(long, value_parser = value_parser!(u64).range(1..=256))]
    pub worker_concurrency: Option<u64>,
    /// CHUNK_SIZE: Opportunities of a chunk [default: the product's]
    #[arg(long, value_parser = value_parser!(u64).range(1..=shared::quotes::MAX_CHUNK as u64))]
    pub chunk_size: Option<u64>,
    /// BULK_THRESHOLD: jobs over so many Opportunities are written through the Bulk API; 0 for none [default: the product's]
    #[arg(long, value_parser = value_parser!(u64).range(0..=u64::from(u32::MAX)))]
    pub bulk_threshold: Option<u64>,
    /// BULK_CHUNK_SIZE: Opportunities of a chunk of the Bulk API [default: the product's]
    #[arg(long, value_parser = value_parser!(u64).range(1..=20_000))]
    pub bulk_chunk_size: Option<u64>,
    /// Edition of the org, which decides its calls a day
    #[arg(long, value_enum, default_value_t = Edition::Enterprise)]
    pub edition: Edition,
    /// Salesforce licenses of the org, which add to its calls a day
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u64).range(0..=10_000_000))]
    pub licenses: u64,
    /// The org's calls a day, where you know them (Setup, Company Information) [default: by edition and licenses]
    #[arg(long, value_parser = value_parser!(u64).range(1..=1_000_000_000))]
    pub daily_limit: Option<u64>,
    /// Microseconds that the org needs for a record that it reads or writes, one after another over all calls, beside --call-ms:
    /// 0 for an org that works on calls side by side, as Salesforce does; local-org does not
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u64).range(0..=1_000_000))]
    pub record_us: u64,
    /// Microseconds that the org needs for a row of a Bulk API load, over all loads [default: local-org's]
    #[arg(long, value_parser = value_parser!(u64).range(0..=1_000_000))]
    pub bulk_row_us: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Editions with a limit of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Edition {
    /// Developer Edition, and scratch orgs
    Developer,
    /// Enterprise, and Professional with API access
    Enterprise,
    /// Unlimited and Performance
    Unlimited,
    /// A full sandbox
    Sandbox,
}

impl Edition {
    /// API calls a day ("API Request Limits and Allocations", Salesforce Developer Limits and Allocations Quick Reference).
    #[must_use]
    pub fn daily_limit(self, licenses: u64) -> u64 {
        match self {
            Self::Developer => 15_000,
            Self::Enterprise => licenses.saturating_mul(1_000).saturating_add(100_000),
            Self::Unlimited => licenses.saturating_mul(5_000).saturating_add(100_000),
            Self::Sandbox => 5_000_000,
        }
    }
}

impl Args {
    /// The question, with the product's own values where none was given.
    #[must_use]
    pub fn question(&self, product: &Product) -> Question {
        Question {
            opportunities: self.opportunities,
            lines: self.lines,
            call_ms: self.call_ms,
            workers: self.workers,
            org: Org {
                daily_limit: self.daily_limit.unwrap_or_else(|| self.edition.daily_limit(self.licenses)),
                record_us: self.record_us,
                bulk_row_us: self.bulk_row_us.unwrap_or(crate::model::constants::BULK_ROW_US),
            },
            product: Product {
                chunk_size: self.chunk_size.unwrap_or(product.chunk_size),
                bulk_threshold: self.bulk_threshold.unwrap_or(product.bulk_threshold),
                bulk_chunk_size: self.bulk_chunk_size.unwrap_or(product.bulk_chunk_size),
                org_concurrency: self.org_concurrency.unwrap_or(product.org_concurrency),
                worker_concurrency: self.worker_concurrency.unwrap_or(product.worker_concurrency),
                max_outstanding_chunks: product.max_outstanding_chunks,
            },
        }
    }
}
