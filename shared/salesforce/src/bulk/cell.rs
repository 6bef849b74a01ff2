//! Rows as the caller gives them: cells under named columns.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use super::super::path::api_name;
use super::super::{Error, SalesforceId};

/// What Salesforce reads as null ("Prepare CSV Files"). An empty cell means that the field is left as it is.
pub(super) const NULL: &str = "#N/A";

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// The field is left out: an update does not touch it, a new record gets its default.
    #[default]
    Omitted,
    /// The field is cleared.
    Null,
    /// A value as text. Salesforce does not tell empty text from null, so empty text clears the field, too.
    Text(String),
}

/// The values of one record, in the order of the [`Columns`].
pub type Row = Vec<Cell>;

impl Cell {
    /// The cell as it stands in CSV, before quoting. `None` for text that would be read as null.
    pub(super) fn as_csv(&self) -> Option<&str> {
        match self {
            Self::Omitted => Some(""),
            Self::Null => Some(NULL),
            Self::Text(text) if text.is_empty() => Some(NULL),
            Self::Text(text) if text == NULL => None,
            Self::Text(text) => Some(text),
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<DateTime<Utc>> for Cell {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Text(time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Values whose usual text is what Salesforce expects.
macro_rules! as_text {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Cell {
            fn from(value: $kind) -> Self {
                Self::Text(value.to_string())
            }
        })*
    };
}

as_text!(bool, i32, i64, u32, u64, usize, Decimal, SalesforceId, NaiveDate);

/// The columns of a load, in order. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Arc<[String]>);

impl Columns {
    /// Columns by API names. A related record is named by an external id of its own, with the relationship's name
    /// before it: `Quote.QuoteJobKey__c`, or `Lead:Who.Email` where it may be of several objects ("Relationship Fields
    /// in a Header Row").
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when there is none, a name is not an API name, or one stands twice.
    pub fn new<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Result<Self, Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.is_empty() {
            return Err(Error::invalid_request("a load needs at least one column"));
        }
        for (index, name) in names.iter().enumerate() {
            let path = match name.split_once(':') {
                Some((object, path)) => api_name(object, false).map(|_| path)?,
                None => name,
            };
            api_name(path, true)?;
            if names.iter().take(index).any(|earlier| earlier.eq_ignore_ascii_case(name)) {
                return Err(Error::invalid_request(format!("the column `{name}` stands twice")));
            }
        }
        Ok(Self(names.into()))
    }

    /// The names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never; there is always at least one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a column stands. Case does not matter to Salesforce.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    /// A row out of a record that serializes like the body of a REST call: fields by API name, null clears, a field
    /// left out is left alone, a related record is an object with its external id. Numbers keep all their digits.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when the record is no object, or has a field that is no column.
    pub fn row(&self, record: &impl Serialize) -> Result<Row, Error> {
        let text = serde_json::to_string(record)
            .map_err(|error| Error::invalid_request(format!("the record is not JSON: {error}")))?;
        let mut row = vec![Cell::Omitted; self.len()];
        self.fill(&mut row, "", &text)?;
        Ok(row)
    }

    fn fill(&self, row: &mut Row, prefix: &str, object: &str) -> Result<(), Error> {
        let fields: HashMap<String, &RawValue> = serde_json::from_str(object)
            .map_err(|_| Error::invalid_request("the record is not an object of fields"))?;
        for (name, value) in fields {
            let (name, value) = (format!("{prefix}{name}"), value.get());
            if value.starts_with('{') && prefix.is_empty() {
                self.fill(row, &format!("{name}."), value)?;
                continue;
            }
            let cell = cell(value)
                .ok_or_else(|| Error::invalid_request(format!("the field `{name}` does not fit into a cell")))?;
            let slot = self.position(&name).and_then(|position| row.get_mut(position));
            *slot.ok_or_else(|| Error::invalid_request(format!("the field `{name}` has no column")))? = cell;
        }
        Ok(())
    }
}

/// A cell out of a JSON value that is neither a list nor an object.
fn cell(json: &str) -> Option<Cell> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str(json).ok().map(Cell::Text),
        b'n' => Some(Cell::Null),
        b'[' | b'{' => None,
        _ => Some(Cell::Text(json.to_owned())),
    }
}
