//! The Accounts of a load: made up from their numbers, so that every load has the same ones.

use serde::Serialize;
use shared::loads;

/// Columns of a load.
pub(crate) const COLUMNS: [&str; 4] = [loads::KEY_FIELD, "Name", "BillingCity", "BillingCountry"];

/// First words of names. Some need care in CSV.
const WORDS: [&str; 24] = [
    "Alder",
    "Birch & Sons",
    "Cobalt",
    "Dune",
    "Ember",
    "Fjord",
    "Granite",
    "Harbour, Stone & Co",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Meadow",
    "Nimbus",
    "Orchard",
    "Pinnacle",
    "Quarry",
    "Riverside",
    "Sólstafir",
    "Tidal",
    "Umbra",
    "Vale",
    "Willow",
    "Zenith",
];

/// What they do. As many as have no divisor in common with [`WORDS`], so that all combinations occur.
const TRADES: [&str; 7] = ["Logistics", "Foods", "Robotics", "Energy", "Textiles", "Media", "Instruments"];

const CITIES: [(&str, &str); 11] = [
    ("Lyon", "France"),
    ("Zürich", "Switzerland"),
    ("São Paulo", "Brazil"),
    ("Kraków", "Poland"),
    ("Austin", "United States"),
    ("Nagoya", "Japan"),
    ("Cape Town", "South Africa"),
    ("Malmö", "Sweden"),
    ("Toronto", "Canada"),
    ("Leeds", "United Kingdom"),
    ("Brisbane", "Australia"),
];

/// One Account as it is loaded.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sample {
    #[serde(rename = "LoadKey__c")]
    key: String,
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "BillingCity")]
    city: &'static str,
    #[serde(rename = "BillingCountry")]
    country: &'static str,
}

impl Sample {
    /// Account number `number`, from 1.
    pub(crate) fn number(number: u32) -> Self {
        let word = pick(&WORDS, number).unwrap_or_default();
        let trade = pick(&TRADES, number).unwrap_or_default();
        let (city, country) = pick(&CITIES, number).unwrap_or_default();
        Self { key: loads::key(number), name: format!("{word} {trade} {number}"), city, country }
    }
}

fn pick<T: Copy>(list: &[T], number: u32) -> Option<T> {
    let index = usize::try_from(number).ok()?.checked_rem(list.len())?;
    list.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::salesforce::bulk::Columns;
    use std::collections::HashSet;

    #[test]
    fn a_sample_is_a_row_of_the_columns() {
        let row = Columns::new(COLUMNS).unwrap().row(&Sample::number(7)).unwrap();
        let row: Vec<_> = row.iter().map(|cell| format!("{cell:?}")).collect();
        assert_eq!(
            row,
            [
                r#"Text("api-access-load:000007")"#,
                r#"Text("Harbour, Stone & Co Logistics 7")"#,
                r#"Text("Malmö")"#,
                r#"Text("Sweden")"#
            ]
        );
    }

    #[test]
    fn no_two_have_the_same_name_and_all_fit_the_field() {
        let names: HashSet<_> = (1..=5_000).map(|number| Sample::number(number).name).collect();
        assert_eq!(names.len(), 5_000);
        assert!(names.iter().all(|name| name.chars().count() <= 255));
        assert_eq!(Sample::number(1), Sample::number(1));
    }
}
