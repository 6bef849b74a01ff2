//! Where traces are sent.

use super::settings;
use crate::config::{ConfigError, LogFormat, TelemetryConfig, TracesConfig};

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example:4318");

fn read(variables: &[(&str, &str)]) -> Result<Option<TracesConfig>, ConfigError> {
    let settings = settings(variables);
    let mut reader = settings.reader();
    let config = TelemetryConfig::read(&mut reader);
    assert_eq!(config.log_format, LogFormat::Text);
    reader.finish().map(|()| config.traces)
}

fn with(variables: &[(&str, &str)]) -> TracesConfig {
    read(&[&[ENDPOINT], variables].concat()).unwrap().expect("traces")
}

#[test]
fn without_an_endpoint_nothing_is_traced_and_nothing_else_is_looked_at() {
    assert_eq!(read(&[]).unwrap(), None);
    assert_eq!(read(&[("OTEL_TRACES_SAMPLER", "of another program"), ("OTEL_SERVICE_NAME", "x")]).unwrap(), None);
    for off in [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "true")] {
        assert_eq!(read(&[ENDPOINT, off]).unwrap(), None);
    }
}

#[test]
fn traces_go_below_the_endpoint_or_to_one_of_their_own() {
    for (endpoint, full) in [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://otlp.example/a/b/?k=v", "https://otlp.example/a/b/v1/traces?k=v"),
    ] {
        let traces = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]).unwrap().unwrap();
        assert_eq!(traces.endpoint.as_str(), full);
    }
    let own = with(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://other.example/in")]);
    assert_eq!(own.endpoint.as_str(), "https://other.example/in");
}

#[test]
fn the_defaults_and_all_that_can_be_said() {
    let plain = with(&[("DYNO", "web.1")]);
    assert_eq!((plain.service, plain.instance.as_deref()), (None, Some("web.1")));
    assert_eq!((plain.sampling.by_parent, plain.sampling.share), (true, 1.0));
    let full = with(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=lost"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", " api-key = s%20e , x=1=2,"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=a%2Cb"),
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ]);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(full.headers, [pair("api-key", "s%20e"), pair("x", "1=2")]);
    assert_eq!((full.service.as_deref(), full.attributes), (Some("other"), vec![pair("team", "a,b")]));
    assert_eq!((full.sampling.by_parent, full.sampling.share), (false, 0.25));
    assert_eq!(full.other_protocol, None);
    let named = with(&[("OTEL_SERVICE_NAME", "mine"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other")]);
    assert_eq!(named.service.as_deref(), Some("mine"));
    assert_eq!(with(&[("OTEL_TRACES_SAMPLER", "parentbased_always_off")]).sampling.share, 0.0);
    assert_eq!(with(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).other_protocol.as_deref(), Some("grpc"));
}

#[test]
fn a_wrong_setting_is_named_and_a_secret_is_not_shown() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://me:geheim@collector"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "geheim"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api key=geheim"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=geheim%0A"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "=geheim"),
        ("OTEL_RESOURCE_ATTRIBUTES", "geheim"),
        ("OTEL_TRACES_SAMPLER", "xray"),
        ("OTEL_SDK_DISABLED", "perhaps"),
    ] {
        let problem = read(&[ENDPOINT, (name, value)]).unwrap_err().to_string();
        assert!(problem.starts_with(&format!("{name}: ")) && !problem.contains("geheim"), "{name}={value}: {problem}");
    }
    for share in ["-1", "2", "NaN", "much"] {
        let sampler =
            [ENDPOINT, ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", share)];
        let problem = read(&sampler).unwrap_err().to_string();
        assert!(problem.starts_with("OTEL_TRACES_SAMPLER_ARG: "), "{share}: {problem}");
    }
    let shown = format!("{:?}", with(&[("OTEL_EXPORTER_OTLP_HEADERS", "api-key=geheim")]));
    assert!(shown.contains("api-key") && !shown.contains("geheim"), "{shown}");
}
