//! The stages in which an Opportunity must be to get a Quote.

use shared::salesforce::soql;

/// Longest condition. A query's WHERE clause has 4,000 characters, and ids must find room beside it.
const MAX_CONDITION_CHARS: usize = 2_000;

/// Condition on the stage of an Opportunity; the default is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stages {
    condition: Option<String>,
}

/// The stages are too many for one query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the names of the stages have together more than {MAX_CONDITION_CHARS} characters")]
pub(crate) struct TooManyStages;

impl Stages {
    /// Only Opportunities in one of these, or all when there are none.
    pub(crate) fn of(names: &[String]) -> Result<Self, TooManyStages> {
        if names.is_empty() {
            return Ok(Self::default());
        }
        let condition = format!("StageName IN {}", soql::list(names));
        if condition.chars().count() > MAX_CONDITION_CHARS {
            return Err(TooManyStages);
        }
        Ok(Self { condition: Some(condition) })
    }

    /// `condition` and this one.
    pub(crate) fn and(&self, condition: &str) -> String {
        match &self.condition {
            Some(stages) => format!("{condition} AND {stages}"),
            None => condition.to_owned(),
        }
    }

    /// Characters that [`and`](Self::and) adds.
    pub(crate) fn chars(&self) -> usize {
        self.and("").chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_become_one_condition_with_escaped_names() {
        assert_eq!(Stages::of(&[]).unwrap().and("Id = 'x'"), "Id = 'x'");
        let stages = Stages::of(&["Closed Won".to_owned(), "It's on".to_owned()]).unwrap();
        assert_eq!(stages.and("Id = 'x'"), r"Id = 'x' AND StageName IN ('Closed Won','It\'s on')");
        assert_eq!(stages.chars(), r" AND StageName IN ('Closed Won','It\'s on')".len());
    }

    #[test]
    fn more_than_a_query_holds_is_refused() {
        assert_eq!(Stages::of(&vec!["x".repeat(40); 60]), Err(TooManyStages));
    }
}
