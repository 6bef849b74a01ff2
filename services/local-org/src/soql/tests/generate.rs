//! Random syntax trees.

use chrono::{DateTime, NaiveDate};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select as one_of;

use super::super::ast::{
    Aggregate, Comparison, Condition, DatePart, Expression, FieldSet, Function, Grouping, Item, Literal, Name,
    Ordering, Path, Place, Purpose, Select, Test, Text,
};
use super::super::period::Period;

/// Names that a tree is made of.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) objects: BoxedStrategy<String>,
    pub(crate) parents: BoxedStrategy<String>,
    pub(crate) fields: BoxedStrategy<String>,
    pub(crate) children: BoxedStrategy<String>,
}

impl Words {
    /// Any names that are no keywords.
    pub(crate) fn any() -> Self {
        let word = "[A-Za-z]{1,4}_[A-Za-z0-9_]{0,6}".boxed();
        Self { objects: word.clone(), parents: word.clone(), fields: word.clone(), children: word }
    }

    /// Names of the sample schema.
    pub(crate) fn of_schema() -> Self {
        let words = |words: &'static [&'static str]| one_of(words).prop_map(str::to_owned).boxed();
        Self {
            objects: words(&["Opportunity"]),
            parents: words(&["Account", "Owner"]),
            fields: words(&["Id", "Name", "StageName", "Amount", "CloseDate", "IsClosed", "AccountId", "OwnerId"]),
            children: words(&["OpportunityLineItems", "Quotes"]),
        }
    }
}

fn name(text: String) -> Name {
    Name { text, at: Place::default() }
}

fn plain(words: &BoxedStrategy<String>) -> impl Strategy<Value = Path> + use<> {
    words.clone().prop_map(|text| Path { parents: Vec::new(), name: name(text) })
}

fn path(words: &Words) -> impl Strategy<Value = Path> + use<> {
    let parents = prop_oneof![4 => Just(Vec::new()), 1 => vec(words.parents.clone().prop_map(name), 1..4)];
    (parents, words.fields.clone()).prop_map(|(parents, text)| Path { parents, name: name(text) })
}

fn function() -> impl Strategy<Value = Function> {
    one_of(vec![
        Function::Aggregate(Aggregate::Count),
        Function::Aggregate(Aggregate::CountDistinct),
        Function::Aggregate(Aggregate::Sum),
        Function::Aggregate(Aggregate::Avg),
        Function::Aggregate(Aggregate::Min),
        Function::Aggregate(Aggregate::Max),
        Function::ToLabel,
        Function::DatePart(DatePart::Quarter),
        Function::DatePart(DatePart::DayOnly),
        Function::DatePart(DatePart::FiscalQuarter),
    ])
}

fn expression(words: &Words) -> impl Strategy<Value = Expression> + use<> {
    let call = (function(), path(words));
    prop_oneof![
        6 => path(words).prop_map(Expression::Field),
        1 => call.prop_map(|(function, argument)| Expression::Call { function, argument, at: Place::default() }),
    ]
}

fn text() -> impl Strategy<Value = Text> {
    let piece = prop_oneof![
        8 => any::<char>().prop_filter("a backslash begins an escape", |c| *c != '\\').prop_map(String::from),
        1 => one_of(vec!["\\\\", "\\%", "\\_", "'", "%", "_", "\n"]).prop_map(str::to_owned),
    ];
    vec(piece, 0..12).prop_map(|pieces| Text(pieces.concat()))
}

fn period() -> impl Strategy<Value = Period> {
    let fixed = one_of(vec!["TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS", "THIS_WEEK", "LAST_FISCAL_QUARTER"]);
    let counted = one_of(vec!["LAST_N_DAYS", "NEXT_N_WEEKS", "N_MONTHS_AGO", "LAST_N_QUARTERS", "N_FISCAL_YEARS_AGO"]);
    prop_oneof![
        fixed.prop_map(|name| Period::named(name, None).unwrap()),
        (counted, 1..500).prop_map(|(name, number)| Period::named(name, Some(number)).unwrap()),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    let days = NaiveDate::from_ymd_opt(1700, 1, 1).unwrap();
    let first_second = days.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
    let times = first_second..first_second + 2_300 * 365 * 24 * 3_600 * 1_000;
    prop_oneof![
        1 => Just(Literal::Null),
        1 => any::<bool>().prop_map(Literal::Boolean),
        1 => any::<i64>().prop_map(Literal::Integer),
        1 => any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Literal::Decimal),
        1 => (0_u32..10_000_000).prop_map(|cents| Literal::Currency { code: "USD".to_owned(), amount: f64::from(cents) / 100.0 }),
        3 => text().prop_map(Literal::Text),
        1 => one_of(vec!["006LO0000000001", "001LO0000000001AAA"])
            .prop_map(|id| Literal::Text(Text(id.to_owned()))),
        1 => (0_u64..839_000).prop_map(move |offset| Literal::Date(days + chrono::Days::new(offset))),
        1 => times.prop_map(|time| Literal::DateTime(DateTime::from_timestamp_millis(time).unwrap())),
        1 => period().prop_map(Literal::Period),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let comparison = one_of(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let values = || (any::<bool>(), vec(literal(), 1..4));
    prop_oneof![
        6 => (comparison, literal()).prop_map(|(comparison, literal)| Test::Compare(comparison, literal)),
        2 => literal().prop_map(Test::Like),
        2 => values().prop_map(|(negated, values)| Test::In { negated, values }),
        1 => values().prop_map(|(negated, values)| Test::Includes { negated, values }),
    ]
}

fn condition(operand: BoxedStrategy<Expression>, test: BoxedStrategy<Test>) -> impl Strategy<Value = Condition> {
    combined((operand, test).prop_map(|(operand, test)| Condition::Test { operand, test }))
}

/// Conditions made of such tests.
pub(crate) fn combined(leaf: impl Strategy<Value = Condition> + 'static) -> impl Strategy<Value = Condition> {
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Condition::And),
            vec(inner.clone(), 2..4).prop_map(Condition::Or),
            inner.prop_map(|term| Condition::Not(Box::new(term))),
        ]
    })
}

fn simple_filter(words: &Words) -> impl Strategy<Value = Condition> + use<> {
    condition(path(words).prop_map(Expression::Field).boxed(), test().boxed())
}

fn semi_join(words: &Words) -> impl Strategy<Value = Test> + use<> {
    let parts = (any::<bool>(), plain(&words.fields), plain(&words.objects), option::of(simple_filter(words)));
    parts.prop_map(|(negated, field, from, filter)| {
        let items = vec![Item::Expression { expression: Expression::Field(field), alias: None }];
        Test::InSelect { negated, select: Box::new(Select { filter, ..empty(items, from) }) }
    })
}

fn empty(items: Vec<Item>, from: Path) -> Select {
    Select {
        items,
        from,
        alias: None,
        scope: None,
        filter: None,
        group_by: Vec::new(),
        grouping: Grouping::Plain,
        having: None,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        purposes: Vec::new(),
    }
}

fn ordering(words: &Words) -> impl Strategy<Value = Ordering> + use<> {
    (expression(words), any::<bool>(), any::<bool>()).prop_map(|(expression, descending, nulls_last)| Ordering {
        expression,
        descending,
        nulls_last,
    })
}

fn child(words: &Words) -> impl Strategy<Value = Item> + use<> {
    let fields =
        vec(path(words).prop_map(|path| Item::Expression { expression: Expression::Field(path), alias: None }), 1..3);
    let order = vec(ordering(words), 0..2);
    let parts = (fields, plain(&words.children), option::of(simple_filter(words)), order, option::of(0..9_u32));
    parts.prop_map(|(items, from, filter, order_by, limit)| {
        Item::Children(Box::new(Select { filter, order_by, limit, ..empty(items, from) }))
    })
}

fn item(words: &Words) -> impl Strategy<Value = Item> + use<> {
    let alias = option::weighted(0.1, "[a-z]{1,3}_[a-z]{0,3}".prop_map(name));
    let sets = one_of(vec![FieldSet::All, FieldSet::Custom, FieldSet::Standard]);
    prop_oneof![
        12 => (expression(words), alias).prop_map(|(expression, alias)| Item::Expression { expression, alias }),
        1 => Just(Item::CountRows(Place::default())),
        1 => sets.prop_map(|set| Item::Fields(set, Place::default())),
        2 => child(words),
    ]
}

/// Any `SELECT` that the grammar allows.
pub(crate) fn select(words: &Words) -> impl Strategy<Value = Select> + use<> {
    let tests = prop_oneof![8 => test(), 1 => semi_join(words)].boxed();
    let head = (vec(item(words), 1..4), plain(&words.objects), option::of("[a-z]{1,3}_".prop_map(name)));
    let filter = option::of(condition(expression(words).boxed(), tests));
    let groups = prop_oneof![3 => Just(Vec::new()), 1 => vec(expression(words), 1..3)];
    let having = option::weighted(0.1, condition(expression(words).boxed(), test().boxed()));
    let tail = (vec(ordering(words), 0..3), option::of(any::<u32>()), option::of(0..=2_000_u32));
    let purposes = vec(one_of(vec![Purpose::View, Purpose::Reference, Purpose::Update]), 0..2);
    (head, filter, groups, having, tail, purposes).prop_map(
        |((items, from, alias), filter, group_by, having, (order_by, limit, offset), purposes)| Select {
            items,
            from,
            alias,
            scope: None,
            filter,
            group_by,
            grouping: Grouping::Plain,
            having,
            order_by,
            limit,
            offset,
            purposes,
        },
    )
}
