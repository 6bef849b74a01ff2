//! The calls that the services make, and what a pattern does to make them.

use test_support::{Fault, FaultAction};

use super::odd::{Odd, receiver_reply};

/// Processes that run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    OrgJob,
    OrgAction,
    ApiAccess,
    Eventing,
}

/// What a cell does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// A batch job that writes Quotes by graphs.
    Graphs,
    /// One that writes them in bulk.
    Bulk,
    /// Sample data is made.
    CreateSamples,
    /// Sample data is deleted.
    DeleteSamples,
    /// A Quote while the caller waits.
    Quote,
    /// A Quote with a callback.
    QuoteLater,
    /// A page of Accounts.
    Accounts,
    /// Accounts are loaded.
    Load,
    /// And deleted.
    Reset,
    /// An Opportunity changes.
    Change,
}

impl Flow {
    pub(crate) fn group(self) -> Group {
        match self {
            Self::Graphs | Self::Bulk | Self::CreateSamples | Self::DeleteSamples => Group::OrgJob,
            Self::Quote | Self::QuoteLater => Group::OrgAction,
            Self::Accounts | Self::Load | Self::Reset => Group::ApiAccess,
            Self::Change => Group::Eventing,
        }
    }
}

/// A call.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) flow: Flow,
    /// `None` for the callback, whose receiver is no part of local-org.
    which: Option<fn(Fault) -> Fault>,
    /// Faults without which the call is not made.
    before: fn() -> Vec<Fault>,
}

impl Call {
    /// Faults that lead to the call.
    pub(crate) fn before(&self) -> Vec<Fault> {
        (self.before)()
    }

    /// The fault that answers the next such call so.
    pub(crate) fn fault(&self, action: &FaultAction) -> Option<Fault> {
        self.which.map(|which| which(Fault::new(action.clone()).times(1)))
    }

    pub(crate) fn takes(&self, odd: &Odd) -> bool {
        self.which.is_some() || receiver_reply(&odd.action).is_some()
    }
}

const GRAPH: &str = "/composite/graph";
const INGEST: &str = "/jobs/ingest";

/// All of them, pattern by pattern.
pub(crate) fn all() -> Vec<Call> {
    let call = |name, flow, which: fn(Fault) -> Fault| Call { name, flow, which: Some(which), before: Vec::new };
    let after = |call: Call, before| Call { before, ..call };
    vec![
        call("org-job: plan the first chunk", Flow::Graphs, |fault| fault.path("FROM OpportunityLineItems")),
        call("org-job: plan the others", Flow::Graphs, |fault| fault.path("SELECT Id FROM Opportunity")),
        call("org-job: read Opportunities", Flow::Graphs, |fault| fault.path("FROM OpportunityLineItems").skip(1)),
        call("org-job: write graphs", Flow::Graphs, |fault| fault.path(GRAPH)),
        after(call("org-job: ask which Quotes exist", Flow::Graphs, |fault| fault.path("FROM Quote WHERE")), || {
            vec![Fault::new(FaultAction::DropAfter).path(GRAPH).times(1)]
        }),
        call("org-job: publish JobProgress__e", Flow::Graphs, |fault| fault.path("/sobjects/JobProgress__e")),
        call("org-job in bulk: read Opportunities", Flow::Bulk, |fault| {
            fault.path("FROM OpportunityLineItems").skip(1)
        }),
        call("org-job in bulk: create", Flow::Bulk, |fault| fault.method("POST").path(INGEST)),
        call("org-job in bulk: upload", Flow::Bulk, |fault| fault.method("PUT").path(INGEST)),
        call("org-job in bulk: close", Flow::Bulk, |fault| fault.method("PATCH").path(INGEST).body("UploadComplete")),
        call("org-job in bulk: close the last", Flow::Bulk, |fault| {
            fault.method("PATCH").path(INGEST).body("UploadComplete").skip(2)
        }),
        call("org-job in bulk: poll", Flow::Bulk, |fault| fault.method("GET").path(INGEST)),
        call("org-job in bulk: successful results", Flow::Bulk, |fault| fault.path("/successfulResults")),
        after(call("org-job in bulk: failed results", Flow::Bulk, |fault| fault.path("/failedResults")), || {
            vec![refused_line()]
        }),
        after(call("org-job in bulk: ask after failures", Flow::Bulk, |fault| fault.path("FROM Quote WHERE")), || {
            vec![refused_line()]
        }),
        after(
            call("org-job in bulk: delete Quotes", Flow::Bulk, |fault| {
                fault.method("DELETE").path("/composite/sobjects")
            }),
            || vec![refused_line()],
        ),
        after(
            call("org-job in bulk: abort", Flow::Bulk, |fault| fault.method("PATCH").path(INGEST).body("Aborted")),
            || vec![Fault::new(FaultAction::DropBefore).method("PUT").path(INGEST).times(1)],
        ),
        call("samples: read the catalogue", Flow::CreateSamples, |fault| fault.path("FROM PricebookEntry")),
        call("samples: upload", Flow::CreateSamples, |fault| fault.method("PUT").path(INGEST)),
        call("samples: close", Flow::CreateSamples, |fault| fault.method("PATCH").path(INGEST)),
        call("samples: poll", Flow::CreateSamples, |fault| fault.method("GET").path(INGEST)),
        call("samples: create a probe", Flow::DeleteSamples, |fault| fault.method("POST").path(INGEST)),
        call("samples: abort the probe", Flow::DeleteSamples, |fault| {
            fault.method("PATCH").path(INGEST).body("Aborted")
        }),
        call("samples: delete the probe", Flow::DeleteSamples, |fault| fault.method("DELETE").path(INGEST)),
        call("samples: plan the deletion", Flow::DeleteSamples, |fault| fault.path("SELECT Id FROM Opportunity")),
        call("samples: upload ids", Flow::DeleteSamples, |fault| fault.method("PUT").path(INGEST)),
        call("samples: close the deletion", Flow::DeleteSamples, |fault| {
            fault.method("PATCH").path(INGEST).body("UploadComplete")
        }),
        call("org-action: read the Opportunity", Flow::Quote, |fault| fault.path("FROM OpportunityLineItems")),
        call("org-action: write the graph", Flow::Quote, |fault| fault.path(GRAPH)),
        after(call("org-action: ask for the Quote", Flow::Quote, |fault| fault.path("FROM Quote WHERE")), || {
            vec![Fault::new(FaultAction::DropAfter).path(GRAPH).times(1)]
        }),
        call("org-action later: write the graph", Flow::QuoteLater, |fault| fault.path(GRAPH)),
        Call { name: "org-action later: call back", flow: Flow::QuoteLater, which: None, before: Vec::new },
        call("api-access: authorization", Flow::Accounts, |fault| fault.path("/addons/").org("my-org")),
        call("api-access: page of Accounts", Flow::Accounts, |fault| fault.path("/composite").org("my-org")),
        call("api-access: count before a load", Flow::Load, |fault| fault.path("SELECT COUNT() FROM Account")),
        call("api-access: authorization for a load", Flow::Load, |fault| fault.path("/addons/")),
        call("api-access: create", Flow::Load, |fault| fault.method("POST").path(INGEST)),
        call("api-access: upload", Flow::Load, |fault| fault.method("PUT").path(INGEST)),
        call("api-access: close", Flow::Load, |fault| fault.method("PATCH").path(INGEST)),
        call("api-access: poll", Flow::Load, |fault| fault.method("GET").path(INGEST)),
        call("api-access: successful results", Flow::Load, |fault| fault.path("/successfulResults")),
        call("api-access: failed results", Flow::Load, |fault| fault.path("/failedResults")),
        call("api-access: unprocessed rows", Flow::Load, |fault| fault.path("/unprocessedrecords")),
        call("api-access: plan a reset", Flow::Reset, |fault| fault.path("SELECT Id FROM Account")),
        call("api-access: close a reset", Flow::Reset, |fault| fault.method("PATCH").path(INGEST)),
        call("api-access: results of a reset", Flow::Reset, |fault| fault.path("/successfulResults")),
        call("eventing: authorization", Flow::Change, |fault| fault.path("/addons/")),
        call("eventing: plan", Flow::Change, |fault| fault.path("SELECT Id FROM Opportunity")),
        call("eventing: read Opportunities", Flow::Change, |fault| fault.path("FROM OpportunityLineItems")),
        call("eventing: write graphs", Flow::Change, |fault| fault.path(GRAPH)),
        call("eventing: publish", Flow::Change, |fault| fault.path("/sobjects/QuoteGenerationComplete__e")),
    ]
}

/// The lines of one job are refused, so their Quotes fail and are deleted.
fn refused_line() -> Fault {
    let refused = FaultAction::record_error("QuoteLineItem", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "refused by a rule");
    Fault::new(refused).method("POST").path(INGEST).body("QuoteLineItem").times(1)
}
