//! The columns of a query for records.

use serde_json::Value;

use super::super::columns::{field, group};
use super::{Member, Plan, Shape};

impl Plan<'_> {
    /// The columns in the order of the query, those of parents and children within theirs.
    pub(in super::super) fn columns(&self) -> Vec<Value> {
        self.columns_of(&self.shape)
    }

    fn columns_of(&self, shape: &Shape) -> Vec<Value> {
        let object = self.context.schema.object(&shape.object);
        let column = |(name, member): &(String, Member)| match member {
            Member::Field { kind, .. } => field(name, *kind, object.and_then(|object| object.field(name))),
            Member::Parent(parent) => group(name, false, self.columns_of(parent)),
            Member::Children(number) => group(
                name,
                true,
                self.children.get(*number).map(|children| children.plan.columns()).unwrap_or_default(),
            ),
        };
        shape.members.iter().map(column).collect()
    }
}
