//! Prometheus' text format, version 0.0.4: read, put together, written.

use super::catalogue::{Metric, MetricKind, Teller};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// Longest text of another process that is read, in bytes.
const MOST_BYTES: usize = 256 * 1024;
/// Most series of another process.
const MOST_SERIES: usize = 4_000;

/// Figures by the name of their metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposition(BTreeMap<String, Family>);

/// All series of a metric.
#[derive(Clone, Debug, PartialEq)]
struct Family {
    kind: String,
    samples: Vec<Sample>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    /// That of the metric, or of a part of a histogram.
    series: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Exposition {
    /// What this process has counted, as its recorder writes it.
    #[must_use]
    pub fn of_this_process(text: &str) -> Self {
        Self::read(text, usize::MAX)
    }

    /// What another process has left. Whoever can write to Redis may have written it, so only metrics that a process tells of
    /// itself are taken, with the labels that they have.
    #[must_use]
    pub fn of_another_process(text: &str) -> Self {
        if text.len() > MOST_BYTES {
            return Self::default();
        }
        let mut all = Self::read(text, MOST_SERIES);
        all.0.retain(|name, family| {
            let Some(metric) = Metric::named(name).filter(|metric| metric.teller != Teller::Queue) else {
                return false;
            };
            family.kind = metric.kind.to_string();
            family.samples.retain(|sample| {
                let is_label = |name: &str| metric.labels.contains(&name) || (name == "le" && is_histogram(metric));
                Metric::of_series(&sample.series) == Some(metric)
                    && sample.labels.iter().all(|(name, _)| is_label(name))
            });
            !family.samples.is_empty()
        });
        all
    }

    /// The same with more labels on each line, in place of any of these names.
    #[must_use]
    pub fn labelled(mut self, labels: &[(&str, &str)]) -> Self {
        for sample in self.0.values_mut().flat_map(|family| &mut family.samples) {
            sample.labels.retain(|(name, _)| labels.iter().all(|(other, _)| other != name));
            sample.labels.extend(labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        self
    }

    /// The same without what names an org: for an answer that asks for no token.
    #[must_use]
    pub fn without_orgs(mut self) -> Self {
        for family in self.0.values_mut() {
            family.samples.retain(|sample| sample.labels.iter().all(|(name, _)| name != "org"));
        }
        self.0.retain(|_, family| !family.samples.is_empty());
        self
    }

    /// Adds a figure of a metric of the table that is no histogram.
    pub(super) fn add(&mut self, name: &'static str, labels: &[(&str, &str)], value: f64) {
        let kind = Metric::named(name).map_or(MetricKind::Gauge, |metric| metric.kind);
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.family(name, &kind.to_string()).samples.push(Sample { series: name.to_owned(), labels, value });
    }

    /// Puts the figures of both together.
    pub fn extend(&mut self, other: Self) {
        for (name, family) in other.0 {
            self.family(&name, &family.kind).samples.extend(family.samples);
        }
    }

    /// Names of the metrics.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Name, type and names of the labels of every series, for tests of what processes answer.
    pub fn series(&self) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
        self.0.iter().flat_map(|(name, family)| {
            family.samples.iter().map(move |sample| {
                let labels = sample.labels.iter().map(|(name, _)| name.as_str()).collect();
                (name.as_str(), family.kind.as_str(), labels)
            })
        })
    }

    fn family(&mut self, name: &str, kind: &str) -> &mut Family {
        self.0.entry(name.to_owned()).or_insert_with(|| Family { kind: kind.to_owned(), samples: Vec::new() })
    }

    fn read(text: &str, most: usize) -> Self {
        let mut all = Self::default();
        let mut kinds = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()).take(most) {
            if let Some(declared) = line.strip_prefix("# TYPE ") {
                if let Some((name, kind)) = declared.split_once(' ') {
                    kinds.insert(name, kind);
                }
            } else if !line.starts_with('#')
                && let Some(sample) = Sample::read(line)
            {
                let parts = ["", "_bucket", "_sum", "_count"].iter().filter_map(|end| sample.series.strip_suffix(end));
                let declared = parts.filter_map(|name| Some((name, *kinds.get(name)?))).next();
                let (name, kind) = declared.unwrap_or((&sample.series, "untyped"));
                let (name, kind) = (name.to_owned(), kind.to_owned());
                all.family(&name, &kind).samples.push(sample);
            }
        }
        all
    }
}

fn is_histogram(metric: &Metric) -> bool {
    metric.kind == MetricKind::Histogram
}

impl Sample {
    /// Reads `name{label="value",…} number`; `None` for anything else.
    fn read(line: &str) -> Option<Self> {
        let end = line.find(['{', ' '])?;
        let (series, mut rest) = line.split_at(end);
        if !is_name(series) {
            return None;
        }
        let mut labels = Vec::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside;
            loop {
                rest = rest.trim_start_matches(',');
                if let Some(behind) = rest.strip_prefix('}') {
                    rest = behind;
                    break;
                }
                let (name, behind) = rest.split_once("=\"")?;
                let (value, behind) = quoted(behind)?;
                if !is_name(name) {
                    return None;
                }
                labels.push((name.to_owned(), value));
                rest = behind;
            }
        }
        let value = rest.trim().parse().ok()?;
        Some(Self { series: series.to_owned(), labels, value })
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The value up to its closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            letter => value.push(letter),
        }
    }
    None
}

impl fmt::Display for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, family) in &self.0 {
            if let Some(metric) = Metric::named(name) {
                writeln!(f, "# HELP {name} {}", metric.help)?;
            }
            writeln!(f, "# TYPE {name} {}", family.kind)?;
            for sample in &family.samples {
                f.write_str(&sample.series)?;
                for (index, (name, value)) in sample.labels.iter().enumerate() {
                    f.write_str(if index == 0 { "{" } else { "," })?;
                    write!(f, "{name}=\"{}\"", Escaped(value))?;
                }
                f.write_str(if sample.labels.is_empty() { "" } else { "}" })?;
                writeln!(f, " {}", Number(sample.value))?;
            }
        }
        Ok(())
    }
}

struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            letter => f.write_char(letter),
        })
    }
}

struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            infinite if infinite.is_infinite() => f.write_str(if infinite > 0.0 { "+Inf" } else { "-Inf" }),
            number if number.is_nan() => f.write_str("NaN"),
            number => write!(f, "{number}"),
        }
    }
}
