//! Tells queries that are quickly done.

use super::ast::{Comparison, Condition, Expression, Item, Query, Test};

/// Ids that a query names at most for this.
const FEW: usize = 10;

/// Whether a query finds a few records by their ids and nothing else, not counting their children.
pub(crate) fn finds_few(query: &Query) -> bool {
    let select = &query.select;
    let plain = |item: &Item| match item {
        Item::Children(child) => child.filter.is_none(),
        _ => true,
    };
    select.filter.as_ref().is_some_and(names_few) && select.items.iter().all(plain)
}

fn names_few(condition: &Condition) -> bool {
    let Condition::Test { operand: Expression::Field(path), test } = condition else { return false };
    let by_id = path.parents.is_empty() && path.name.text.eq_ignore_ascii_case("Id");
    by_id
        && match test {
            Test::Compare(Comparison::Equal, _) => true,
            Test::In { negated: false, values } => values.len() <= FEW,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::finds_few;

    #[test]
    fn only_ids_tell_that_records_are_few() {
        for query in [
            "SELECT Name FROM Account WHERE Id = '001'",
            "select name, (select id from Opportunities) from Account where id in ('001', '002')",
        ] {
            assert!(finds_few(&parse(query).unwrap()), "{query}");
        }
        let many = format!("SELECT Name FROM Account WHERE Id IN ({})", ["'001'"; 11].join(","));
        for query in [
            many.as_str(),
            "SELECT Name FROM Account",
            "SELECT Name FROM Account WHERE Name = 'x'",
            "SELECT Name FROM Contact WHERE Account.Id = '001'",
            "SELECT Name FROM Account WHERE Id != '001'",
            "SELECT Name FROM Account WHERE Id NOT IN ('001')",
            "SELECT Name FROM Account WHERE Id = '001' OR Name = 'x'",
            "SELECT (SELECT Id FROM Opportunities WHERE Id IN (SELECT OpportunityId FROM Quote)) FROM Account WHERE Id = '001'",
        ] {
            assert!(!finds_few(&parse(query).unwrap()), "{query}");
        }
    }
}
