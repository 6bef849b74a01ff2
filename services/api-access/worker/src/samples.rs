//! The Accounts of a load: made up from their numbers, so that every load has the same ones.

use serde::Serialize;
use shared::contracts::api_access as loads;

/// Columns of a load.
pub(crate) const COLUMNS: [&str; 7] =
    [loads::KEY_FIELD, "Name", "BillingStreet", "BillingCity", "BillingState", "BillingPostalCode", "BillingCountry"];

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

/// Streets that could be anywhere.
const STREETS: [&str; 5] = ["Market Street", "Station Road", "Harbour Street", "Mill Lane", "Park Avenue"];

/// Where Accounts are.
#[derive(Clone, Copy)]
struct City {
    name: &'static str,
    /// Only of countries for which Salesforce has a list of states from the start: with its state picklists switched on, an org
    /// refuses a state that is not on the list.
    state: Option<&'static str>,
    postal_code: &'static str,
    country: &'static str,
}

const fn city(
    name: &'static str,
    state: Option<&'static str>,
    postal_code: &'static str,
    country: &'static str,
) -> City {
    City { name, state, postal_code, country }
}

const CITIES: [City; 11] = [
    city("Lyon", None, "69002", "France"),
    city("Zürich", None, "8001", "Switzerland"),
    city("São Paulo", Some("São Paulo"), "01310-100", "Brazil"),
    city("Kraków", None, "31-008", "Poland"),
    city("Austin", Some("Texas"), "78701", "United States"),
    city("Nagoya", None, "460-0008", "Japan"),
    city("Cape Town", None, "8001", "South Africa"),
    city("Malmö", None, "211 34", "Sweden"),
    city("Toronto", Some("Ontario"), "M5H 2N2", "Canada"),
    city("Leeds", None, "LS1 4DY", "United Kingdom"),
    city("Brisbane", Some("Queensland"), "4000", "Australia"),
];

/// One Account as it is loaded.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sample {
    #[serde(rename = "LoadKey__c")]
    key: String,
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "BillingStreet")]
    street: String,
    #[serde(rename = "BillingCity")]
    city: &'static str,
    #[serde(rename = "BillingState", skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(rename = "BillingPostalCode")]
    postal_code: &'static str,
    #[serde(rename = "BillingCountry")]
    country: &'static str,
}

impl Sample {
    /// Account number `number`, from 1.
    pub(crate) fn number(number: u32) -> Self {
        let (word, trade, street) = (pick(&WORDS, number), pick(&TRADES, number), pick(&STREETS, number));
        let City { name: city, state, postal_code, country } = pick(&CITIES, number);
        Self {
            key: loads::key(number),
            name: format!("{word} {trade} {number}"),
            street: format!("{} {street}", number % 200 + 1),
            city,
            state,
            postal_code,
            country,
        }
    }
}

/// The element that is this number's turn.
fn pick<T: Copy, const N: usize>(list: &[T; N], number: u32) -> T {
    const { assert!(N > 0) };
    list[usize::try_from(number).unwrap_or_default() % N]
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
                r#"Text("8 Harbour Street")"#,
                r#"Text("Malmö")"#,
                "Omitted",
                r#"Text("211 34")"#,
                r#"Text("Sweden")"#
            ]
        );
        assert_eq!(Sample::number(4).state, Some("Texas"));
    }

    #[test]
    fn no_two_have_the_same_name_and_all_fit_the_field() {
        let names: HashSet<_> = (1..=5_000).map(|number| Sample::number(number).name).collect();
        assert_eq!(names.len(), 5_000);
        assert!(names.iter().all(|name| name.chars().count() <= 255));
        assert_eq!(Sample::number(1), Sample::number(1));
    }
}
