//! The condition of a `WHERE` clause as a tree, and its normal spelling.

use std::fmt;

use super::FieldUse;

/// One boolean expression, parsed by [`parse_where`](super::parse_where).
///
/// `Display` writes it in a normal form, which means the same and parses to the same tree. To combine it with another
/// condition, use [`WhereClause::term`].
#[derive(Debug, Clone)]
pub struct WhereClause {
    pub(super) expr: Expr,
    /// What it names, with places in the text that it was parsed from.
    pub(super) fields: Vec<FieldUse>,
}

/// Two are the same when they mean the same, wherever their fields stand.
impl PartialEq for WhereClause {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl Eq for WhereClause {}

impl WhereClause {
    /// The fields that it names, those of subqueries too, with their places in the text that was parsed.
    #[must_use]
    pub fn fields(&self) -> &[FieldUse] {
        &self.fields
    }

    /// The condition as one of several that stand side by side with `AND` between them.
    ///
    /// What is joined by `AND` itself gets no parentheses: an org takes subqueries only at the top level of a `WHERE`
    /// clause ("Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE
    /// expressions").
    pub fn term(&self) -> impl fmt::Display + '_ {
        Term(&self.expr)
    }

    /// Whether a subquery of the condition is on this object. No query may have one on its own object.
    #[must_use]
    pub fn has_subquery_on(&self, object: &str) -> bool {
        self.expr.has_subquery_on(object)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// Two or more, none of them an `And`.
    And(Vec<Expr>),
    /// Two or more, none of them an `Or`.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        left: Operand,
        operator: Operator,
        value: Literal,
    },
    /// `IN`, `NOT IN`, `INCLUDES`, `EXCLUDES`, with one or more values.
    Member {
        left: Operand,
        operator: SetOperator,
        values: Vec<Literal>,
    },
    /// `IN (SELECT …)`, or `NOT IN (SELECT …)` when negated.
    SemiJoin {
        field: String,
        negated: bool,
        select: Select,
    },
}

/// Left side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    /// A field, perhaps of a parent.
    Field(String),
    /// `FUNCTION(field)`, or with `in_user_zone` `FUNCTION(convertTimezone(field))`.
    Call {
        /// As the reference spells it.
        function: &'static str,
        field: String,
        in_user_zone: bool,
    },
}

/// The subquery of a semi-join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Select {
    pub(super) field: String,
    pub(super) object: String,
    /// Without semi-joins.
    pub(super) filter: Option<Box<Expr>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetOperator {
    In,
    NotIn,
    Includes,
    Excludes,
}

/// A value, spelled as it goes into the query. Strings keep their escape sequences, which mean more than the characters
/// they stand for: `\%` is not a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    /// Number, amount of a currency, date, date-time, date literal, `TRUE`, `FALSE`, `NULL`.
    Bare(String),
}

impl Expr {
    /// All of `parts`, at least one. `(a AND b) AND c` is the same as `a AND b AND c`.
    pub(super) fn and(parts: Vec<Self>) -> Self {
        Self::joined(parts, Self::And, |part| match part {
            Self::And(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// Any of `parts`, at least one.
    pub(super) fn or(parts: Vec<Self>) -> Self {
        Self::joined(parts, Self::Or, |part| match part {
            Self::Or(inner) => Ok(inner),
            other => Err(other),
        })
    }

    fn joined(parts: Vec<Self>, join: fn(Vec<Self>) -> Self, open: fn(Self) -> Result<Vec<Self>, Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match open(part) {
                Ok(inner) => flat.extend(inner),
                Err(other) => flat.push(other),
            }
        }
        match flat.pop() {
            Some(only) if flat.is_empty() => only,
            last => {
                flat.extend(last);
                join(flat)
            }
        }
    }

    fn has_subquery_on(&self, object: &str) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.has_subquery_on(object)),
            Self::Not(inner) => inner.has_subquery_on(object),
            Self::Compare { .. } | Self::Member { .. } => false,
            Self::SemiJoin { select, .. } => select.object.eq_ignore_ascii_case(object),
        }
    }

    /// Within another expression. `NOT` gets parentheses, too: Salesforce does not take `AND NOT`.
    fn fmt_operand(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare { .. } | Self::Member { .. } | Self::SemiJoin { .. } => fmt::Display::fmt(self, f),
            Self::And(_) | Self::Or(_) | Self::Not(_) => write!(f, "({self})"),
        }
    }
}

struct Term<'a>(&'a Expr);

impl fmt::Display for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::And(_) => fmt::Display::fmt(self.0, f),
            other => other.fmt_operand(f),
        }
    }
}

impl fmt::Display for WhereClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => write_joined(f, parts, " AND "),
            Self::Or(parts) => write_joined(f, parts, " OR "),
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                inner.fmt_operand(f)
            }
            Self::Compare { left, operator, value } => write!(f, "{left} {operator} {value}"),
            Self::Member { left, operator, values } => {
                write!(f, "{left} {operator} (")?;
                for (index, value) in values.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    write!(f, "{value}")?;
                }
                f.write_str(")")
            }
            Self::SemiJoin { field, negated, select } => {
                write!(f, "{field} {} ({select})", if *negated { SetOperator::NotIn } else { SetOperator::In })
            }
        }
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SELECT {} FROM {}", self.field, self.object)?;
        self.filter.as_ref().map_or(Ok(()), |filter| write!(f, " WHERE {filter}"))
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field),
            Self::Call { function, field, in_user_zone: false } => write!(f, "{function}({field})"),
            Self::Call { function, field, in_user_zone: true } => write!(f, "{function}(convertTimezone({field}))"),
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], separator: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { separator })?;
        part.fmt_operand(f)?;
    }
    Ok(())
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Like => "LIKE",
        })
    }
}

impl fmt::Display for SetOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "IN",
            Self::NotIn => "NOT IN",
            Self::Includes => "INCLUDES",
            Self::Excludes => "EXCLUDES",
        })
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Bare(text) => f.write_str(text),
        }
    }
}
