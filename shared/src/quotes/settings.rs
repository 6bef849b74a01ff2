//! The settings that decide what a Quote costs, for every process that makes Quotes.

use super::GeneratorSettings;
use super::opportunity::OptionalFields;
use super::pricing::{DEFAULT_RULES, PricingRules};
use crate::config::Reader;
use std::sync::Arc;

/// How Quotes are priced and written. Cheap to clone.
#[derive(Debug, Clone)]
pub struct QuoteSettings {
    /// Discounts.
    pub rules: Arc<PricingRules>,
    /// How Quotes are written, and whether `DiscountOverride__c` is read.
    pub generator: GeneratorSettings,
}

impl QuoteSettings {
    /// Fields that are read only where they count.
    pub(super) fn optional_fields(&self) -> OptionalFields {
        let (discount_override, currency) = (self.generator.discount_overrides, self.rules.name_currencies());
        OptionalFields { discount_override, currency }
    }

    /// Reads the settings.
    ///
    /// | variable | default | meaning |
    /// |---|---|---|
    /// | `ENABLE_DISCOUNT_OVERRIDES` | false | whether `DiscountOverride__c` replaces the computed discount |
    /// | `PRICING_RULES` | built in | pricing rules: the path of a TOML file, or its text |
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let discount_overrides = reader.optional("ENABLE_DISCOUNT_OVERRIDES", false);
        // The stand-in is never used: the reader has a problem on record.
        let rules = pricing_rules(reader).unwrap_or_else(PricingRules::none).with_overrides(discount_overrides);
        let generator = GeneratorSettings { discount_overrides, ..GeneratorSettings::default() };
        Self { rules: Arc::new(rules), generator }
    }
}

/// A path as it goes into a message: whoever gave a text by mistake finds its beginning.
fn shown(path: &str) -> String {
    const MOST: usize = 200;
    path.lines().next().unwrap_or_default().chars().take(MOST).collect()
}

/// `None` when the reader has a problem on record.
fn pricing_rules(reader: &mut Reader<'_>) -> Option<PricingRules> {
    let text = match reader.optional_value::<String>("PRICING_RULES") {
        None => Ok(DEFAULT_RULES.to_owned()),
        // No path has an equals sign and a line break, and no rules go without.
        Some(text) if text.contains('=') && text.contains('\n') => Ok(text),
        Some(path) => std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", shown(&path))),
    };
    match text.and_then(|text| PricingRules::parse(&text).map_err(|error| error.to_string())) {
        Ok(rules) => Some(rules),
        Err(error) => {
            reader.problem("PRICING_RULES", format!("cannot be used: {error}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    /// Whether overrides are on, or the line that stops the start.
    fn overrides(value: &str) -> Result<bool, String> {
        let settings = Settings::from_map([("ENABLE_DISCOUNT_OVERRIDES", value)]).unwrap();
        let mut reader = settings.reader();
        let read = QuoteSettings::read(&mut reader);
        reader.finish().map_err(|error| error.to_string())?;
        Ok(read.generator.discount_overrides)
    }

    #[test]
    fn overrides_take_every_common_spelling_and_nothing_else() {
        for on in ["true", "True", "TRUE", "1", "yes"] {
            assert_eq!(overrides(on), Ok(true), "{on}");
        }
        for off in ["false", "False", "FALSE", "0", "no", ""] {
            assert_eq!(overrides(off), Ok(false), "{off}");
        }
        for wrong in ["on", "tru", "2", "yes please"] {
            let line = overrides(wrong).unwrap_err();
            assert!(line.contains("ENABLE_DISCOUNT_OVERRIDES"), "{line}");
        }
    }

    #[test]
    fn rules_come_from_text_or_a_file_and_a_wrong_one_is_named() {
        for (value, right) in [(DEFAULT_RULES, true), ("/no/such/file", false), ("no_such_key = 1\n", false)] {
            let settings = Settings::from_map([("PRICING_RULES", value)]).unwrap();
            let mut reader = settings.reader();
            QuoteSettings::read(&mut reader);
            let result = reader.finish().map_err(|error| error.to_string());
            assert_eq!(result.is_ok(), right, "{result:?}");
            assert!(result.err().is_none_or(|line| line.starts_with("PRICING_RULES")));
        }
    }
}
