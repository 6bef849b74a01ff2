//! A tree without the places of its parts, to compare what two trees mean.

use super::super::ast::{Condition, Expression, Item, Name, Path, Place, Select, Test};

/// The tree with all offsets 0.
pub(super) fn forgotten(mut select: Select) -> Select {
    forget_select(&mut select);
    select
}

fn forget_select(select: &mut Select) {
    let Select {
        items,
        from,
        alias,
        scope: _,
        filter,
        group_by,
        grouping: _,
        having,
        order_by,
        limit: _,
        offset: _,
        purposes: _,
    } = select;
    items.iter_mut().for_each(forget_item);
    forget_path(from);
    alias.iter_mut().for_each(forget_name);
    filter.iter_mut().chain(having).for_each(forget_condition);
    group_by.iter_mut().chain(order_by.iter_mut().map(|order| &mut order.expression)).for_each(forget_expression);
}

fn forget_item(item: &mut Item) {
    match item {
        Item::Expression { expression, alias } => {
            forget_expression(expression);
            alias.iter_mut().for_each(forget_name);
        }
        Item::CountRows(at) | Item::Fields(_, at) => *at = Place::default(),
        Item::Children(select) => forget_select(select),
    }
}

fn forget_expression(expression: &mut Expression) {
    match expression {
        Expression::Field(path) => forget_path(path),
        Expression::Call { function: _, argument, at } => {
            forget_path(argument);
            *at = Place::default();
        }
    }
}

fn forget_condition(condition: &mut Condition) {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter_mut().for_each(forget_condition),
        Condition::Not(inner) => forget_condition(inner),
        Condition::Test { operand, test } => {
            forget_expression(operand);
            if let Test::InSelect { negated: _, select } = test {
                forget_select(select);
            }
        }
    }
}

fn forget_path(path: &mut Path) {
    path.parents.iter_mut().for_each(forget_name);
    forget_name(&mut path.name);
}

fn forget_name(name: &mut Name) {
    name.at = Place::default();
}
