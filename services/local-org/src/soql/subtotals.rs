//! `GROUP BY` with subtotals (`ROLLUP`, `CUBE`), which SQLite does not know: one statement for each set of fields that is
//! grouped by, put together with `UNION ALL`.

use super::ast::{Expression, Function, Grouping, Ordering};
use super::fragment::Fragment;
use super::operand::{Operand, Use};
use super::scope::Scope;
use crate::error::ApiError;

/// What a query groups by.
pub(super) struct Groups<'g> {
    /// The SQL of the fields.
    pub(super) fields: &'g [String],
    pub(super) grouping: Grouping,
}

/// A column of the result.
pub(super) enum Column {
    /// The same in each group: an aggregate.
    Total(String),
    /// The field of that number, which is null in its subtotals.
    Field(usize),
    /// Whether the field of that number is one of a subtotal.
    IsSubtotal(usize),
}

/// The parts of a statement.
pub(super) struct Statement<'s, 'a> {
    pub(super) from: String,
    pub(super) condition: Fragment,
    pub(super) having: Option<Fragment>,
    pub(super) columns: &'s [Column],
    pub(super) order: &'s [(Operand<'a>, Column, &'s Ordering)],
}

impl Groups<'_> {
    /// An operand that is aggregated or grouped by, and its column.
    pub(super) fn resolve<'a>(
        &self,
        scope: &mut Scope<'a>,
        expression: &Expression,
        purpose: Use,
        what: &str,
    ) -> Result<(Operand<'a>, Column), ApiError> {
        let operand = Operand::resolve(scope, expression, purpose)?;
        let place = self.fields.iter().position(|field| *field == operand.sql);
        if let Expression::Call { function: Function::Grouping, .. } = expression {
            return match place.filter(|_| self.grouping != Grouping::Plain) {
                Some(place) => Ok((operand, Column::IsSubtotal(place))),
                None => {
                    let message = format!("GROUPING() needs a field of GROUP BY ROLLUP or CUBE: {expression}");
                    Err(scope.context.malformed(operand.at, message))
                }
            };
        }
        match place {
            _ if expression.is_aggregate() => {
                let sql = operand.sql.clone();
                Ok((operand, Column::Total(sql)))
            }
            Some(place) => Ok((operand, Column::Field(place))),
            None => {
                let message = format!("{what} must be grouped or aggregated: {expression}");
                Err(scope.context.malformed(operand.at, message))
            }
        }
    }

    /// The sets of fields that are grouped by, the largest first: by place, whether the field is one of the set.
    fn sets(&self) -> Vec<Vec<bool>> {
        let count = self.fields.len();
        match self.grouping {
            Grouping::Plain => vec![vec![true; count]],
            Grouping::Rollup => (0..=count).rev().map(|kept| (0..count).map(|place| place < kept).collect()).collect(),
            Grouping::Cube => {
                let mut sets: Vec<Vec<bool>> = (0..1_usize << count)
                    .map(|bits| (0..count).map(|place| (bits >> place) & 1 == 0).collect())
                    .collect();
                sets.sort_by_key(|set| std::cmp::Reverse(set.iter().filter(|kept| **kept).count()));
                sets
            }
        }
    }

    fn sql(&self, column: &Column, set: &[bool]) -> String {
        let kept = |place: usize| set.get(place).copied().unwrap_or_default();
        match column {
            Column::Total(sql) => sql.clone(),
            Column::Field(place) if kept(*place) => self.fields.get(*place).cloned().unwrap_or_default(),
            Column::Field(_) => "NULL".to_owned(),
            Column::IsSubtotal(place) => u8::from(!kept(*place)).to_string(),
        }
    }
}

impl Statement<'_, '_> {
    /// Without subtotals.
    pub(super) fn plain(self, grouped: &[String]) -> Fragment {
        let groups = Groups { fields: grouped, grouping: Grouping::Plain };
        let all = vec![true; grouped.len()];
        let columns: Vec<String> = self.columns.iter().map(|column| groups.sql(column, &all)).collect();
        let order: Vec<String> = self
            .order
            .iter()
            .map(|(operand, _, ordering)| operand.order_sql(ordering.descending, ordering.nulls_last))
            .collect();
        let mut sql = self.grouped(&columns, grouped);
        if !order.is_empty() {
            sql.push(&format!(" ORDER BY {}", order.join(", ")));
        }
        sql
    }

    /// With subtotals, which have null in the fields that they are not grouped by.
    pub(super) fn with_subtotals(self, groups: &Groups<'_>) -> Fragment {
        let mut sql = Fragment::new("SELECT * FROM (", []);
        for (index, set) in groups.sets().iter().enumerate() {
            if index > 0 {
                sql.push(" UNION ALL ");
            }
            let shown = self.columns.iter().map(|column| groups.sql(column, set));
            let sorted = self.order.iter().map(|(operand, column, _)| {
                let column = groups.sql(column, set);
                if operand.folds_case() { format!("soql_upper({column})") } else { column }
            });
            let columns: Vec<String> =
                shown.chain(sorted).enumerate().map(|(n, sql)| format!("{sql} AS c{n}")).collect();
            let kept = groups.fields.iter().zip(set).filter(|(_, kept)| **kept);
            let fields: Vec<String> = kept.map(|(field, _)| field.clone()).collect();
            let by = if fields.is_empty() { vec!["NULL".to_owned()] } else { fields };
            sql.append(self.grouped(&columns, &by));
        }
        sql.push(")");
        let order: Vec<String> = self
            .order
            .iter()
            .enumerate()
            .map(|(index, (_, _, ordering))| {
                let direction = if ordering.descending { "DESC" } else { "ASC" };
                let nulls = if ordering.nulls_last { "LAST" } else { "FIRST" };
                format!("c{} {direction} NULLS {nulls}", self.columns.len() + index)
            })
            .collect();
        if !order.is_empty() {
            sql.push(&format!(" ORDER BY {}", order.join(", ")));
        }
        sql
    }

    fn grouped(&self, columns: &[String], by: &[String]) -> Fragment {
        let mut sql = Fragment::new(format!("SELECT {}{}", columns.join(", "), self.from), []);
        sql.append(self.condition.clone());
        if !by.is_empty() {
            sql.push(&format!(" GROUP BY {}", by.join(", ")));
        }
        if let Some(having) = &self.having {
            sql.push(" HAVING ");
            sql.append(having.clone());
        }
        sql
    }
}
