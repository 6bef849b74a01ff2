//! Where traces are sent, by the names of OpenTelemetry's specification ("Environment Variable Specification").

use std::fmt;

use percent_encoding::percent_decode_str;
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::reader::Reader;

/// The one protocol that is spoken.
const PROTOCOL: &str = "http/protobuf";

/// Where a process sends its traces, and which.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `OTEL_EXPORTER_OTLP_ENDPOINT` | | a collector that takes OTLP over HTTP; traces go to `/v1/traces` below it. Without one nothing is traced |
/// | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | | the same, with the whole path |
/// | `OTEL_EXPORTER_OTLP_HEADERS` | | headers for the collector, such as `api-key=…`, a comma list; a secret |
/// | `OTEL_EXPORTER_OTLP_TRACES_HEADERS` | | the same, in place of it |
/// | `OTEL_EXPORTER_OTLP_PROTOCOL` | http/protobuf | with another nothing is traced, and a warning says so |
/// | `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` | | the same, in place of it |
/// | `OTEL_SERVICE_NAME` | the program's name | `service.name` of all spans |
/// | `OTEL_RESOURCE_ATTRIBUTES` | | further attributes of the process, `name=value`, a comma list |
/// | `OTEL_TRACES_SAMPLER` | parentbased_always_on | `always_on`, `always_off`, `traceidratio`, or one of these with `parentbased_` in front: then what a caller has decided counts |
/// | `OTEL_TRACES_SAMPLER_ARG` | 1 | share of the traces that `traceidratio` takes, 0 to 1 |
/// | `OTEL_TRACES_EXPORTER` | otlp | `none` turns traces off |
/// | `OTEL_SDK_DISABLED` | false | true turns traces off |
///
/// `Debug` shows neither a header's value nor the path of the collector.
#[derive(Clone, PartialEq)]
pub struct TracesConfig {
    /// Where spans are posted to.
    pub endpoint: Url,
    /// Names and values, percent-encoded as they were given.
    pub headers: Vec<(String, String)>,
    /// The protocol that was asked for, when it is not the one that is spoken.
    pub other_protocol: Option<String>,
    /// `service.name`, where it is given.
    pub service: Option<String>,
    /// `service.instance.id`: the dyno.
    pub instance: Option<String>,
    /// Further attributes of the process.
    pub attributes: Vec<(String, String)>,
    /// Which traces are sent.
    pub sampling: Sampling,
}

/// Which traces are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// What a caller has decided for its trace counts; the share is that of the others.
    pub by_parent: bool,
    /// Share of the traces, 0 to 1.
    pub share: f64,
}

impl TracesConfig {
    /// Reads the variables above; `None` when nothing is to be traced. Then nothing but the endpoint is looked at, as other
    /// programs may have the rest for themselves.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let exact = reader.optional_value::<Url>("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let base = reader.optional_value::<Url>("OTEL_EXPORTER_OTLP_ENDPOINT");
        let exporter: Option<String> = reader.optional_value("OTEL_TRACES_EXPORTER");
        let disabled = reader.optional("OTEL_SDK_DISABLED", false);
        let (name, endpoint) = match (exact, base) {
            (Some(exact), _) => ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", exact),
            (None, Some(base)) => ("OTEL_EXPORTER_OTLP_ENDPOINT", below(base)),
            (None, None) => return None,
        };
        if disabled || exporter.as_deref() == Some("none") {
            return None;
        }
        check_endpoint(reader, name, &endpoint);
        let own = headers(reader, "OTEL_EXPORTER_OTLP_TRACES_HEADERS");
        let general = headers(reader, "OTEL_EXPORTER_OTLP_HEADERS");
        let protocol: Option<String> = reader.optional_value("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL");
        let protocol = protocol.or_else(|| reader.optional_value("OTEL_EXPORTER_OTLP_PROTOCOL"));
        let mut attributes = attributes(reader);
        let service = reader.optional_value("OTEL_SERVICE_NAME").or_else(|| {
            let place = attributes.iter().position(|(name, _)| name == "service.name")?;
            Some(attributes.remove(place).1)
        });
        Some(Self {
            endpoint,
            headers: own.or(general).unwrap_or_default(),
            other_protocol: protocol.filter(|protocol| protocol != PROTOCOL),
            service,
            instance: reader.optional_value("DYNO"),
            attributes,
            sampling: sampling(reader),
        })
    }
}

/// `/v1/traces` below the address, whatever path that has.
fn below(mut base: Url) -> Url {
    base.set_path(&format!("{}/v1/traces", base.path().trim_end_matches('/')));
    base
}

fn check_endpoint(reader: &mut Reader<'_>, name: &str, endpoint: &Url) {
    if !matches!(endpoint.scheme(), "http" | "https") {
        reader.problem(name, "expected an http or https URL");
    }
    if !endpoint.username().is_empty() || endpoint.password().is_some() {
        reader.problem(name, "must not hold a password; OTEL_EXPORTER_OTLP_HEADERS is for secrets");
    }
}

/// The values are secrets, so no problem quotes one.
fn headers(reader: &mut Reader<'_>, name: &str) -> Option<Vec<(String, String)>> {
    let expected = "headers such as api-key=…, a comma list, with values that are percent-encoded";
    reader.parsed(name, expected, |text| {
        let headers = pairs(text)?;
        let fits = |(name, value): &(String, String)| {
            let value = percent_decode_str(value).decode_utf8().ok()?;
            HeaderName::try_from(name).ok()?;
            HeaderValue::try_from(&*value).ok()
        };
        headers.iter().all(|header| fits(header).is_some()).then_some(headers)
    })
}

fn attributes(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let expected = "attributes such as deployment.environment.name=production, a comma list";
    let attributes = reader.parsed("OTEL_RESOURCE_ATTRIBUTES", expected, |text| {
        let decoded =
            |(name, value): (String, String)| Some((name, percent_decode_str(&value).decode_utf8().ok()?.into_owned()));
        pairs(text)?.into_iter().map(decoded).collect()
    });
    attributes.unwrap_or_default()
}

/// `a=1,b=2`, with spaces wherever somebody likes them.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let pair = |item: &str| {
        let (name, value) = item.split_once('=')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value.trim().to_owned()))
    };
    items.map(pair).collect()
}

fn sampling(reader: &mut Reader<'_>) -> Sampling {
    let expected = "always_on, always_off, traceidratio, or parentbased_ and one of these";
    let of_names = |text: &str| {
        let (by_parent, name) = match text.strip_prefix("parentbased_") {
            Some(name) => (true, name),
            None => (false, text),
        };
        let fixed = match name {
            "always_on" => Some(1.0),
            "always_off" => Some(0.0),
            "traceidratio" => None,
            _ => return None,
        };
        Some((by_parent, fixed))
    };
    let sampler = reader.parsed("OTEL_TRACES_SAMPLER", expected, of_names);
    let (by_parent, fixed) = sampler.unwrap_or((true, Some(1.0)));
    let share = |text: &str| text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    let given: Option<f64> = match fixed {
        Some(_) => None,
        None => reader.parsed("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1", share),
    };
    Sampling { by_parent, share: fixed.or(given).unwrap_or(1.0) }
}

impl fmt::Debug for TracesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("TracesConfig")
            .field("endpoint", &self.endpoint.origin().ascii_serialization())
            .field("headers", &names)
            .field("service", &self.service)
            .field("sampling", &self.sampling)
            .finish_non_exhaustive()
    }
}
