//! Traces as a collector has them: one from its cause to the calls of the org, of the form that OpenTelemetry's semantic conventions
//! ask for.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result, bail, ensure};

use crate::CollectedSpan;

/// A trace of somebody who calls a service, and the span of that one.
pub const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
/// The caller's span.
pub const CALLER: &str = "b7ad6b7169203331";
/// What the collector asks for, as `x-collector-key`.
pub const COLLECTOR_KEY: &str = "otlp-key-of-the-tests-of-traces";

/// The header of a caller with these flags: `01` when it samples.
pub fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{CALLER}-{flags}")
}

/// Settings of a process that sends its spans to the collector at `url`, soon, under the name `instance`.
pub fn traced(url: &str, instance: &str) -> Vec<(&'static str, String)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.to_owned()),
        ("OTEL_EXPORTER_OTLP_HEADERS", format!("x-collector-key={COLLECTOR_KEY}")),
        ("OTEL_RESOURCE_ATTRIBUTES", format!("service.instance.id={instance}")),
        ("OTEL_BSP_SCHEDULE_DELAY", "200".to_owned()),
    ]
}

/// All spans of one trace, which is whole.
#[derive(Clone)]
pub struct Trace {
    spans: Vec<CollectedSpan>,
    root: CollectedSpan,
}

impl Trace {
    /// Reads a trace, of which more may be on its way.
    ///
    /// # Errors
    /// When it is not whole: it begins with one span, whose parent is `caller` or nothing; every other one has its parent in it,
    /// of a kind that such a span may have; a call is made by the process whose request or task it belongs to. And when a span
    /// lacks what the conventions ask for.
    pub fn read(spans: &[CollectedSpan], trace: &str, caller: &str) -> Result<Self> {
        let spans: Vec<_> = spans.iter().filter(|span| span.trace == trace).cloned().collect();
        let ids: BTreeSet<_> = spans.iter().map(|span| span.id.as_str()).collect();
        ensure!(ids.len() == spans.len(), "a span came twice: {spans:?}");
        let roots: Vec<_> = spans.iter().filter(|span| !ids.contains(span.parent.as_str())).collect();
        let [root] = roots.as_slice() else { bail!("{} spans without a parent: {spans:?}", roots.len()) };
        ensure!(root.parent == caller, "it begins with {root:?}");
        let whole = Self { root: (*root).clone(), spans: spans.clone() };
        for span in &spans {
            whole.check_parent(span)?;
            check_form(span).with_context(|| format!("{span:?}"))?;
        }
        Ok(whole)
    }

    fn check_parent(&self, span: &CollectedSpan) -> Result<()> {
        let Some(parent) = self.spans.iter().find(|parent| parent.id == span.parent) else {
            ensure!(matches!(span.kind, "server" | "consumer" | "producer"), "a call without a cause: {span:?}");
            return Ok(());
        };
        let is_right = match span.kind {
            "client" => matches!(parent.kind, "server" | "consumer") && parent.instance == span.instance,
            "producer" => matches!(parent.kind, "server" | "consumer"),
            "consumer" => parent.kind == "producer",
            _ => false,
        };
        ensure!(is_right, "{span:?} is a child of {parent:?}");
        Ok(())
    }

    /// Its first span.
    pub fn root(&self) -> &CollectedSpan {
        &self.root
    }

    /// The spans of this name.
    pub fn named(&self, name: &str) -> Vec<&CollectedSpan> {
        self.spans.iter().filter(|span| span.name == name).collect()
    }

    /// The only span of this name.
    ///
    /// # Errors
    /// When there are others, or none.
    pub fn one(&self, name: &str) -> Result<&CollectedSpan> {
        let named = self.named(name);
        let [one] = named.as_slice() else { bail!("{} spans {name}: {self:?}", named.len()) };
        Ok(one)
    }

    /// The spans of this kind.
    pub fn of_kind(&self, kind: &str) -> Vec<&CollectedSpan> {
        self.spans.iter().filter(|span| span.kind == kind).collect()
    }

    /// Calls of the org by REST and Bulk API.
    pub fn calls(&self) -> Vec<&CollectedSpan> {
        self.spans.iter().filter(|span| is_call(span)).collect()
    }

    /// The parent of a span.
    ///
    /// # Errors
    /// When it has none in this trace.
    pub fn parent(&self, span: &CollectedSpan) -> Result<&CollectedSpan> {
        self.spans.iter().find(|parent| parent.id == span.parent).with_context(|| format!("{span:?} begins the trace"))
    }
}

impl fmt::Debug for Trace {
    /// A tree, as people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for span in &self.spans {
            let CollectedSpan { kind, name, id, parent, service, instance, .. } = span;
            writeln!(f, "\n{kind} {name}: {id} of {parent} by {service} {instance}, {:?}", span.attributes)?;
        }
        Ok(())
    }
}

/// Whether a span is a call of an org by REST or Bulk API.
pub fn is_call(span: &CollectedSpan) -> bool {
    !span.attribute("salesforce.operation").is_empty()
}

/// What the conventions for HTTP, messaging and RPC ask of a span of this kind. `url.full` is the one that is left out: ids and
/// queries stand in it.
fn check_form(span: &CollectedSpan) -> Result<()> {
    let has = |names: &[&str]| -> Result<()> {
        for name in names {
            ensure!(!span.attribute(name).is_empty(), "{name} is missing");
        }
        Ok(())
    };
    let is_named = |words: [&str; 2]| -> Result<()> {
        ensure!(span.name == words.join(" "), "the name is not `{}`", words.join(" "));
        Ok(())
    };
    let of = |name: &str| span.attribute(name);
    let has_failed = !of("error.type").is_empty();
    ensure!(span.failed == has_failed, "its status and error.type say different things");
    match span.kind {
        "server" => {
            has(&["http.request.method", "http.route", "url.path", "url.scheme", "http.response.status_code"])?;
            is_named([of("http.request.method"), of("http.route")])
        }
        "client" if of("rpc.system.name") == "grpc" => {
            has(&["rpc.method", "rpc.response.status_code", "server.address", "server.port"])?;
            let is_fine = of("rpc.response.status_code") == "OK" || of("rpc.response.status_code") == "CANCELLED";
            ensure!(has_failed != is_fine, "its status code and error.type say different things");
            ensure!(span.name == of("rpc.method"), "the name is not that of the method");
            Ok(())
        }
        "client" => {
            has(&["http.request.method", "url.template", "url.scheme", "server.address", "server.port"])?;
            ensure!(has_failed || !of("http.response.status_code").is_empty(), "neither an answer nor a failure");
            is_named([of("http.request.method"), of("url.template")])
        }
        "producer" | "consumer" => {
            has(&["messaging.system", "messaging.destination.name", "messaging.operation.name"])?;
            let kind = if span.kind == "producer" { "send" } else { "process" };
            ensure!(of("messaging.operation.type") == kind, "the type of the operation is not {kind}");
            has(&[if of("messaging.batch.message_count").is_empty() {
                "messaging.message.id"
            } else {
                "messaging.system"
            }])?;
            is_named([of("messaging.operation.name"), of("messaging.destination.name")])
        }
        kind => bail!("a span of the kind {kind}"),
    }
}

/// No token, no session, no filter and no record of an org stands in these spans: only names, ids and numbers.
///
/// # Panics
/// When one does.
pub fn assert_harmless(spans: &[CollectedSpan], secrets: &[&str]) {
    let always = ["Sample Opportunity", "SELECT", "x-client-context", "Bearer", COLLECTOR_KEY];
    assert!(secrets.iter().all(|secret| !secret.is_empty()), "nothing to look for");
    for span in spans {
        let text = format!("{span:?}");
        assert!(span.events.is_empty(), "{text}");
        for secret in secrets.iter().chain(&always) {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}
