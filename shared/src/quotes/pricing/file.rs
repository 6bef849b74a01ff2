//! The TOML form of the pricing rules, and what must hold for it.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use serde::Deserialize;

use super::{CreditLines, Decimals, PricingRules, QuantityThreshold, QuoteTerms, Region, is_percentage, lookup_key};

/// Most decimals to which a price can be shortened; a currency field has as many digits in all.
const MAX_DECIMALS: u32 = 18;

/// Most days for which a Quote is valid: a hundred years.
const MAX_VALID_DAYS: u32 = 36_500;

/// Rules that cannot be used. Each message is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The text is not TOML, or not of the rules' form: a key is unknown, missing or of another type.
    #[error("line {line}: {message}")]
    Syntax {
        /// Line of the fault, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A discount below 0 or above 100 percent.
    #[error("{key}: discount must be from 0 to 100 percent, not {percent}")]
    DiscountOutOfRange {
        /// The rule at fault, for example `regions.EU`.
        key: String,
        /// The discount it gives.
        percent: Decimal,
    },
    /// The default region is not among the regions.
    #[error("default_region: there is no region \"{0}\"")]
    UnknownDefaultRegion(String),
    /// A country that two regions list, in whatever case.
    #[error("country \"{country}\" is in two regions: {first} and {second}")]
    CountryInTwoRegions {
        /// The country as the second region writes it.
        country: String,
        /// A region that lists it.
        first: String,
        /// Another region that lists it.
        second: String,
    },
    /// A family that appears twice, in different case.
    #[error("family \"{0}\" is listed twice")]
    FamilyListedTwice(String),
    /// A country or family without a name would stand for records where the field is empty, and those have rules of their own.
    #[error("{0}: a name is empty")]
    EmptyName(String),
    /// More decimals than a price can have.
    #[error("{key}: decimals must be from 0 to {MAX_DECIMALS}, not {decimals}")]
    TooManyDecimals {
        /// The rule at fault, for example `currencies.JPY`.
        key: String,
        /// The decimals it gives.
        decimals: u32,
    },
    /// A Quote that would be valid for longer than anybody means.
    #[error("quote_valid_days: must be from 0 to {MAX_VALID_DAYS} days, not {0}")]
    ValidTooLong(u32),
    /// A currency by something else than its ISO 4217 code.
    #[error("currencies: \"{0}\" is not an ISO code of three letters")]
    NotACurrency(String),
    /// A currency that appears twice, in different case.
    #[error("currency \"{0}\" is listed twice")]
    CurrencyListedTwice(String),
    /// A quantity below zero.
    #[error("quantities: from must not be negative: {0}")]
    NegativeQuantity(Decimal),
    /// A quantity that is not above the one before it.
    #[error("quantities: from must ascend, but {next} follows {previous}")]
    QuantitiesNotAscending {
        /// The quantity before.
        previous: Decimal,
        /// The quantity at fault.
        next: Decimal,
    },
    /// Buying more would cost a discount.
    #[error("quantities: the discount must not fall as the quantity grows, but from {from} it does")]
    DiscountFalls {
        /// The quantity from which it falls.
        from: Decimal,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    default_region: String,
    price_decimals: Option<u32>,
    #[serde(default)]
    credit_lines: CreditLines,
    quote_status: Option<String>,
    quote_valid_days: Option<u32>,
    regions: BTreeMap<String, RegionEntry>,
    #[serde(default)]
    currencies: BTreeMap<String, u32>,
    #[serde(default)]
    families: BTreeMap<String, Decimal>,
    #[serde(default)]
    quantities: Vec<QuantityEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionEntry {
    discount: Decimal,
    countries: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuantityEntry {
    from: Decimal,
    discount: Decimal,
}

impl PricingRules {
    /// Reads rules from the text of a TOML file; [`DEFAULT_RULES`](super::DEFAULT_RULES) shows its form. Overrides start disabled.
    ///
    /// # Errors
    /// [`RulesError`] names the line or the key at fault. Unknown keys are faults, so that a misspelt rule is noticed.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let file: RulesFile = toml::from_str(text).map_err(|error| syntax_error(text, &error))?;
        let default_region = file
            .regions
            .get_key_value(&file.default_region)
            .map(|(name, entry)| region(name, entry))
            .ok_or(RulesError::UnknownDefaultRegion(file.default_region))??;
        Ok(Self {
            default_region,
            regions: regions_by_country(&file.regions)?,
            families: families(file.families)?,
            thresholds: thresholds(&file.quantities)?,
            decimals: decimals(file.price_decimals, file.currencies)?,
            credit_lines: file.credit_lines,
            terms: terms(file.quote_status, file.quote_valid_days)?,
            overrides_enabled: false,
        })
    }
}

fn syntax_error(text: &str, error: &toml::de::Error) -> RulesError {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(start).filter(|&byte| byte == b'\n').count() + 1;
    RulesError::Syntax { line, message: error.message().replace('\n', ", ") }
}

fn region(name: &str, entry: &RegionEntry) -> Result<Region, RulesError> {
    let discount_percent = percentage(|| format!("regions.{name}"), entry.discount)?;
    Ok(Region { name: name.to_owned(), discount_percent })
}

fn regions_by_country(entries: &BTreeMap<String, RegionEntry>) -> Result<HashMap<String, Region>, RulesError> {
    let mut regions = HashMap::new();
    for (name, entry) in entries {
        let region = region(name, entry)?;
        for country in &entry.countries {
            let key = non_empty_key(|| format!("regions.{name}.countries"), country)?;
            let listed_before: Option<Region> = regions.insert(key, region.clone());
            if let Some(first) = listed_before.filter(|first| *first != region) {
                let (country, second) = (country.clone(), name.clone());
                return Err(RulesError::CountryInTwoRegions { country, first: first.name, second });
            }
        }
    }
    Ok(regions)
}

fn families(entries: BTreeMap<String, Decimal>) -> Result<HashMap<String, Decimal>, RulesError> {
    let mut families = HashMap::new();
    for (name, discount) in entries {
        let key = non_empty_key(|| "families".to_owned(), &name)?;
        let percent = percentage(|| format!("families.{name}"), discount)?;
        if families.insert(key, percent).is_some() {
            return Err(RulesError::FamilyListedTwice(name));
        }
    }
    Ok(families)
}

fn thresholds(entries: &[QuantityEntry]) -> Result<Vec<QuantityThreshold>, RulesError> {
    let mut thresholds: Vec<QuantityThreshold> = Vec::with_capacity(entries.len());
    for entry in entries {
        let from = entry.from;
        let discount_percent = percentage(|| format!("quantities from {from}"), entry.discount)?;
        match thresholds.last() {
            _ if from < Decimal::ZERO => return Err(RulesError::NegativeQuantity(from)),
            Some(previous) if from <= previous.from => {
                return Err(RulesError::QuantitiesNotAscending { previous: previous.from, next: from });
            }
            Some(previous) if discount_percent < previous.discount_percent => {
                return Err(RulesError::DiscountFalls { from });
            }
            _ => thresholds.push(QuantityThreshold { from, discount_percent }),
        }
    }
    Ok(thresholds)
}

fn decimals(default: Option<u32>, currencies: BTreeMap<String, u32>) -> Result<Decimals, RulesError> {
    let checked = |key: &dyn Fn() -> String, decimals: u32| {
        if decimals <= MAX_DECIMALS { Ok(decimals) } else { Err(RulesError::TooManyDecimals { key: key(), decimals }) }
    };
    let default = default.map(|decimals| checked(&|| "price_decimals".to_owned(), decimals)).transpose()?;
    let mut by_currency = HashMap::with_capacity(currencies.len());
    for (code, decimals) in currencies {
        if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Err(RulesError::NotACurrency(code));
        }
        let decimals = checked(&|| format!("currencies.{code}"), decimals)?;
        if by_currency.insert(code.to_ascii_uppercase(), decimals).is_some() {
            return Err(RulesError::CurrencyListedTwice(code));
        }
    }
    Ok(Decimals { default, by_currency })
}

fn terms(status: Option<String>, valid_days: Option<u32>) -> Result<QuoteTerms, RulesError> {
    if status.as_deref().is_some_and(|status| status.trim().is_empty()) {
        return Err(RulesError::EmptyName("quote_status".to_owned()));
    }
    if let Some(days) = valid_days.filter(|days| *days > MAX_VALID_DAYS) {
        return Err(RulesError::ValidTooLong(days));
    }
    Ok(QuoteTerms { status, valid_days })
}

fn percentage(key: impl FnOnce() -> String, percent: Decimal) -> Result<Decimal, RulesError> {
    if is_percentage(percent) { Ok(percent) } else { Err(RulesError::DiscountOutOfRange { key: key(), percent }) }
}

fn non_empty_key(place: impl FnOnce() -> String, name: &str) -> Result<String, RulesError> {
    let key = lookup_key(name);
    if key.is_empty() { Err(RulesError::EmptyName(place())) } else { Ok(key) }
}
