//! Quotes from Opportunities: the domain that org-action, org-job and eventing share.
//!
//! [`Generator::generate`] takes the ids of some Opportunities, reads them, prices their lines ([`pricing`]) and writes
//! one Quote each, atomically, with a key that no second Quote can carry ([`key`]). Called again with the same key, after
//! a crash or a lost answer, it writes what is missing and nothing else.

pub mod bulk;
mod draft;
mod generate;
mod id_set;
pub mod key;
pub mod opportunity;
pub mod plan;
pub mod pricing;
mod quote_row;
mod settings;
pub mod single;
mod staged;
mod write;

pub use generate::{CallsBeside, GenerateError, Generator, GeneratorSettings, NoteStaging};
pub use settings::QuoteSettings;

use crate::salesforce::{ApiError, SalesforceId};

/// Most Opportunities of a chunk: as many ids as fit the 4,000 characters of a WHERE clause beside the key's pattern.
pub const MAX_CHUNK: usize = 215;

/// What became of one Opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its Quote exists with all lines.
    Quoted {
        /// The Quote.
        quote: SalesforceId,
        /// Lines of the Quote.
        lines: usize,
    },
    /// It has no lines, so it gets no Quote.
    Skipped,
    /// It got no Quote, and trying again will not change that.
    Failed(Failure),
}

/// Why one Opportunity got no Quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Salesforce's `errorCode`, the like of it for a line that cannot be priced, or one of this module's own.
    pub code: String,
    /// The reason in Salesforce's words, or the pricing rules'.
    pub message: String,
}

/// Code of the [`Failure`] of a single Quote: the Opportunity has no lines.
pub const NO_LINE_ITEMS: &str = "NO_LINE_ITEMS";

/// Code of a [`Failure`]: the user does not see the Opportunity.
pub const NOT_FOUND: &str = "NOT_FOUND";

/// Code of a [`Failure`]: a Quote of several transactions was begun, and interrupted too often.
const STAGING_INTERRUPTED: &str = "STAGING_INTERRUPTED";

impl Failure {
    /// Whether the same call may go well a little later, since nothing is wrong with the data.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.code == STAGING_INTERRUPTED || ApiError::code_passes(&self.code)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { code: error.error_code, message: error.message }
    }
}
