//! The condition of a `WHERE` clause as a tree, and its normal spelling.

use std::fmt;

/// One boolean expression, parsed by [`parse_where`](super::parse_where).
///
/// `Display` writes it in a normal form, which means the same and parses to the same tree. To combine it with another
/// condition, put it in parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhereClause(pub(super) Expr);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// Two or more.
    And(Vec<Expr>),
    /// Two or more.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        field: String,
        operator: Operator,
        value: Literal,
    },
    /// `IN`, `NOT IN`, `INCLUDES`, `EXCLUDES`, with one or more values.
    Member {
        field: String,
        operator: SetOperator,
        values: Vec<Literal>,
    },
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
    /// Number, date, date-time, date literal, `TRUE`, `FALSE`, `NULL`.
    Bare(String),
}

impl fmt::Display for WhereClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
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
            Self::Compare { field, operator, value } => write!(f, "{field} {operator} {value}"),
            Self::Member { field, operator, values } => {
                write!(f, "{field} {operator} (")?;
                for (index, value) in values.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    write!(f, "{value}")?;
                }
                f.write_str(")")
            }
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

impl Expr {
    /// Within another expression. `NOT` gets parentheses, too: Salesforce does not take `AND NOT`.
    fn fmt_operand(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare { .. } | Self::Member { .. } => fmt::Display::fmt(self, f),
            Self::And(_) | Self::Or(_) | Self::Not(_) => write!(f, "({self})"),
        }
    }
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
