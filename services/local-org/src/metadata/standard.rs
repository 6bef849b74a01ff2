//! The standard objects of an org, as tables of fields.
//!
//! Only objects and fields that integrations of this workspace's kind use; names, types, lengths and picklist values
//! are those of the Object Reference and the Field Reference.

mod builder;
mod customers;
mod platform;
mod products;
mod quotes;
mod sales;
pub(crate) mod stages;

use self::builder::{ObjectExt, object};
use crate::schema::{FieldDef, ObjectDef, Schema};

/// A custom object with the fields that each has. Those of its own are added behind them.
pub(super) fn custom(name: &str, has_owner: bool, name_field: FieldDef) -> ObjectDef {
    let object = object(name, "", Vec::new());
    let mut object = if has_owner { object.owned() } else { object };
    object.fields.push(name_field);
    object.audited()
}

/// The schema of an org before anything is deployed to it.
pub fn standard() -> Schema {
    let mut schema = Schema::default();
    for object in [platform::objects(), customers::objects(), products::objects(), sales::objects(), quotes::objects()]
        .into_iter()
        .flatten()
    {
        schema.insert(object);
    }
    schema
}
