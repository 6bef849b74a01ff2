//! Reads settings one by one and collects everything that is wrong, so that one start shows all of it.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use config::{Value, ValueKind};
use secrecy::SecretString;

use super::error::{ConfigError, Problem};
use super::settings::Settings;
use super::value::FromSetting;

/// Reads typed settings. A wrong one is remembered, a stand-in is returned, and [`Reader::finish`] fails: call it before
/// using any of the values.
pub struct Reader<'a> {
    settings: &'a Settings,
    problems: Vec<Problem>,
}

impl Settings {
    /// Starts reading. The reader collects all problems until [`Reader::finish`].
    pub fn reader(&self) -> Reader<'_> {
        Reader { settings: self, problems: Vec::new() }
    }
}

impl Reader<'_> {
    /// A setting that must be there. `T::default()` stands in when it is missing or wrong. `example` ends the sentence
    /// "is not set, for example …" and may be a command that makes a value.
    pub fn required<T: FromSetting + Default>(&mut self, name: &str, example: &str) -> T {
        self.required_value(name, example).unwrap_or_default()
    }

    /// As [`Reader::required`] for a type without a default, such as `Url`. `None` only when [`Reader::finish`] fails.
    pub fn required_value<T: FromSetting>(&mut self, name: &str, example: &str) -> Option<T> {
        let problems_before = self.problems.len();
        let Some(text) = self.text(name) else {
            if self.problems.len() == problems_before {
                self.missing(name, &format!("for example {example}"));
            }
            return None;
        };
        self.checked(name, T::from_setting(&text), T::expected)
    }

    /// A setting with a default.
    pub fn optional<T: FromSetting>(&mut self, name: &str, default: T) -> T {
        self.optional_value(name).unwrap_or(default)
    }

    /// A setting that may be absent, without a default.
    pub fn optional_value<T: FromSetting>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        self.checked(name, T::from_setting(&text), T::expected)
    }

    /// A secret that may be absent.
    pub fn optional_secret(&mut self, name: &str) -> Option<SecretString> {
        self.optional_value(name)
    }

    /// A number with a default and bounds.
    pub fn bounded<T>(&mut self, name: &str, default: T, bounds: RangeInclusive<T>) -> T
    where
        T: FromSetting + PartialOrd + Display,
    {
        let Some(text) = self.text(name) else { return default };
        let value = T::from_setting(&text).filter(|value| bounds.contains(value));
        let expected = || format!("a whole number from {} to {}", bounds.start(), bounds.end());
        self.checked(name, value, expected).unwrap_or(default)
    }

    /// A duration in whole seconds, with a default and bounds in seconds.
    pub fn seconds(&mut self, name: &str, default: Duration, bounds: RangeInclusive<u64>) -> Duration {
        let Some(text) = self.text(name) else { return default };
        let value = u64::from_setting(&text).filter(|value| bounds.contains(value));
        let expected = || format!("a number of seconds from {} to {}", bounds.start(), bounds.end());
        self.checked(name, value, expected).map_or(default, Duration::from_secs)
    }

    /// A list: items separated by commas, trimmed, empty ones left out; in the file an array of strings too. Empty when
    /// the setting is absent.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = match self.settings.get(name) {
            Some(Value { kind: ValueKind::Array(items), .. }) => {
                let items: Option<Vec<_>> = items.into_iter().map(|item| item.into_string().ok()).collect();
                return self.checked(name, items, || "a list of text".to_owned()).unwrap_or_default();
            }
            _ => self.text(name).unwrap_or_default(),
        };
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// A setting with a form of its own; `expected` is the end of "expected …" and must not quote the value.
    pub fn parsed<T>(&mut self, name: &str, expected: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        self.checked(name, parse(&text), || expected.to_owned())
    }

    /// Records a problem that the caller found, for instance two settings that exclude each other.
    pub fn problem(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push(Problem { name: name.to_owned(), message: message.into() });
    }

    /// Records that a setting is not set; `advice` is the end of "is not set, …". Names what was probably meant for it.
    pub fn missing(&mut self, name: &str, advice: &str) {
        let instead = self.settings.lookalike(name).map(|other| format!("; {other} is set: is it misspelt?"));
        self.problem(name, format!("is not set, {advice}{}", instead.unwrap_or_default()));
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every problem, in reading order.
    pub fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError::Invalid(self.problems)) }
    }

    /// Ends reading, and gives out a value that a reading function answered as `None` only with a problem on record. Such
    /// functions are [`Reader::required_value`] and those that are built on it.
    ///
    /// # Errors
    /// As [`Reader::finish`]; and [`ConfigError::Unexplained`] for a `None` without a problem.
    pub fn finish_with<T>(self, value: Option<T>) -> Result<T, ConfigError> {
        self.finish()?;
        value.ok_or(ConfigError::Unexplained)
    }

    /// The trimmed text of a setting; `None` when it is absent, empty, or (recorded) a table or list.
    fn text(&mut self, name: &str) -> Option<String> {
        let value = self.settings.get(name)?;
        let Ok(text) = value.into_string() else {
            self.problem(name, "expected one plain value");
            return None;
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn checked<T>(&mut self, name: &str, value: Option<T>, expected: impl FnOnce() -> String) -> Option<T> {
        if value.is_none() {
            self.problem(name, format!("expected {}", expected()));
        }
        value
    }
}
