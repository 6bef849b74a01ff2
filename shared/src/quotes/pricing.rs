//! Prices of Quote lines: pure functions over rules that are data.
//!
//! A line's discount is the sum of what its Account's region, its product's family and its quantity give, at most 100 %;
//! where overrides are enabled, a line's own `DiscountOverride__c` replaces all of them. This module reads no file, no
//! environment variable and no org: its caller passes the text of the rules and the values of a line.
//!
//! A price is exact: an org keeps what the API writes, also beyond the decimals that it shows (Salesforce Help 000385689), so
//! the total of a line is quantity × list price × what the discount leaves, to the last digit. Rules may shorten
//! prices (`price_decimals`, `currencies`), and even then a line's total differs from the exact one by half a unit of the
//! currency at most. A negative price or quantity is a credit line, which an org stores like any other: it gets the
//! discount of the same line with positive numbers, so that a line and its reversal cancel out.

mod amount;
mod file;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::Deserialize;

pub use file::RulesError;
pub use terms::QuoteTerms;

/// The rules that hold when no others are configured, as the text that [`PricingRules::parse`] takes.
pub const DEFAULT_RULES: &str = include_str!("pricing.toml");

/// Discounts by region, product family and quantity.
#[derive(Debug, Clone)]
pub struct PricingRules {
    default_region: Region,
    /// By lookup key of the country.
    regions: HashMap<String, Region>,
    /// Percent by lookup key of the family.
    families: HashMap<String, Decimal>,
    /// In ascending order of quantity.
    thresholds: Vec<QuantityThreshold>,
    decimals: Decimals,
    credit_lines: CreditLines,
    terms: QuoteTerms,
    overrides_enabled: bool,
}

/// To how many decimals prices are shortened where a line's total allows it.
#[derive(Debug, Clone, Default)]
struct Decimals {
    /// Where the currency is not listed; `None` for as many as there are.
    default: Option<u32>,
    /// By ISO code in capitals.
    by_currency: HashMap<String, u32>,
}

/// What becomes of lines with a negative price or quantity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CreditLines {
    /// They are priced like others.
    #[default]
    Quote,
    /// They are an error of their Opportunity.
    Refuse,
}

/// A sales region: the countries of one region share one discount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    name: String,
    discount_percent: Decimal,
}

/// From this quantity on, a line gets this discount.
#[derive(Debug, Clone, Copy)]
struct QuantityThreshold {
    from: Decimal,
    discount_percent: Decimal,
}

/// What the price of one Opportunity line depends on, as Salesforce gave it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line<'a> {
    /// Id of the `OpportunityLineItem`, named by errors.
    pub id: &'a str,
    /// `UnitPrice`: the price of one unit before discounts, in the Opportunity's currency; negative for a credit.
    pub unit_price: Option<Decimal>,
    /// `Quantity`, which may have decimals; negative for a return.
    pub quantity: Option<Decimal>,
    /// `CurrencyIsoCode` of the Opportunity; only an org of several currencies has it.
    pub currency: Option<&'a str>,
    /// `Product2.Family`.
    pub product_family: Option<&'a str>,
    /// `DiscountOverride__c` in percent; `Some(0)` is an override that grants no discount.
    pub discount_override: Option<Decimal>,
}

/// A line as the Quote has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricedLine {
    /// Price of one unit after discount, exact unless the rules shorten it.
    pub unit_price: Decimal,
    /// The line's quantity, unchanged.
    pub quantity: Decimal,
    /// The discount already taken off `unit_price`, in percent.
    pub discount_percent: Decimal,
}

/// A line that cannot be priced; an error of its Opportunity alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("OpportunityLineItem {line}: {field} {problem}")]
pub struct PricingError {
    /// Id of the line.
    pub line: String,
    /// API name of the field at fault.
    pub field: &'static str,
    /// What is wrong with the field.
    pub problem: PricingProblem,
}

/// What is wrong with a field of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PricingProblem {
    /// The field is empty.
    Missing,
    /// The field's value is below zero, and the rules refuse that.
    Negative(Decimal),
    /// The field's value is not a percentage from 0 to 100.
    NotAPercentage(Decimal),
}

impl PricingRules {
    /// No discount for anybody: stands in until the rules are read.
    pub(super) fn none() -> Self {
        let default_region = Region { name: "none".to_owned(), discount_percent: Decimal::ZERO };
        Self {
            default_region,
            regions: HashMap::new(),
            families: HashMap::new(),
            thresholds: Vec::new(),
            decimals: Decimals::default(),
            credit_lines: CreditLines::default(),
            terms: QuoteTerms::default(),
            overrides_enabled: false,
        }
    }

    /// What a new Quote says beside its prices.
    #[must_use]
    pub fn terms(&self) -> &QuoteTerms {
        &self.terms
    }

    /// Says whether a line's `DiscountOverride__c` counts.
    #[must_use]
    pub fn with_overrides(self, enabled: bool) -> Self {
        Self { overrides_enabled: enabled, ..self }
    }

    /// The region of an Account by its `BillingCountry`, a name or an ISO code; the default region where no region lists it.
    pub fn region(&self, billing_country: Option<&str>) -> &Region {
        billing_country.and_then(|country| self.regions.get(&lookup_key(country))).unwrap_or(&self.default_region)
    }

    /// Whether prices depend on the currency, so that [`Line::currency`] has to be known.
    #[must_use]
    pub fn name_currencies(&self) -> bool {
        !self.decimals.by_currency.is_empty()
    }

    /// Prices one line. Zero quantities, free items, credits and discounts of 100 % are fine.
    ///
    /// # Errors
    /// The line has no price or quantity, an override outside 0–100 where overrides are enabled, or a negative price or
    /// quantity where the rules refuse credit lines.
    pub fn price(&self, region: &Region, line: &Line<'_>) -> Result<PricedLine, PricingError> {
        let list_price = self.amount(line, "UnitPrice", line.unit_price)?;
        let quantity = self.amount(line, "Quantity", line.quantity)?;
        let discount_percent = match line.discount_override.filter(|_| self.overrides_enabled) {
            None => self.discount(region, line.product_family, quantity),
            Some(percent) if is_percentage(percent) => percent,
            Some(percent) => return Err(line.error("DiscountOverride__c", PricingProblem::NotAPercentage(percent))),
        };
        let exact = amount::discounted(list_price, discount_percent);
        let unit_price = match self.decimals.of(line.currency) {
            Some(decimals) => amount::rounded(exact, quantity, decimals),
            None => amount::fitting(exact),
        };
        Ok(PricedLine { unit_price, quantity, discount_percent })
    }

    /// A value that must be present, and not negative where credit lines are refused.
    fn amount(&self, line: &Line<'_>, field: &'static str, value: Option<Decimal>) -> Result<Decimal, PricingError> {
        match value {
            None => Err(line.error(field, PricingProblem::Missing)),
            Some(value) if self.credit_lines == CreditLines::Refuse && value < Decimal::ZERO => {
                Err(line.error(field, PricingProblem::Negative(value)))
            }
            Some(value) => Ok(value),
        }
    }

    /// The sum of all discounts by rule, in percent, at most 100.
    fn discount(&self, region: &Region, family: Option<&str>, quantity: Decimal) -> Decimal {
        let by_family = family.and_then(|family| self.families.get(&lookup_key(family)).copied());
        let by_quantity = self.thresholds.iter().rev().find(|threshold| threshold.from <= quantity.abs());
        let sum = region.discount_percent
            + by_family.unwrap_or_default()
            + by_quantity.map_or(Decimal::ZERO, |threshold| threshold.discount_percent);
        sum.min(Decimal::ONE_HUNDRED)
    }
}

impl Decimals {
    fn of(&self, currency: Option<&str>) -> Option<u32> {
        currency.and_then(|code| self.by_currency.get(code).copied()).or(self.default)
    }
}

impl Region {
    /// The region's name in the rules, for example `EU`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The discount that all lines of the region get, in percent.
    pub fn discount_percent(&self) -> Decimal {
        self.discount_percent
    }
}

impl Line<'_> {
    fn error(&self, field: &'static str, problem: PricingProblem) -> PricingError {
        PricingError { line: self.id.to_owned(), field, problem }
    }
}

impl PricingError {
    /// The error code that Salesforce itself gives in such a case (SOAP API Developer Guide, "StatusCode").
    pub fn code(&self) -> &'static str {
        match self.problem {
            PricingProblem::Missing => "REQUIRED_FIELD_MISSING",
            PricingProblem::Negative(_) | PricingProblem::NotAPercentage(_) => "NUMBER_OUTSIDE_VALID_RANGE",
        }
    }
}

impl fmt::Display for PricingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "is empty"),
            Self::Negative(value) => write!(f, "is negative: {value}"),
            Self::NotAPercentage(value) => write!(f, "is not a percentage from 0 to 100: {value}"),
        }
    }
}

fn is_percentage(value: Decimal) -> bool {
    (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&value)
}

/// The form of a name under which it is stored and looked up: people write `germany`, `GERMANY` and `Germany `.
fn lookup_key(name: &str) -> String {
    name.trim().to_lowercase()
}
