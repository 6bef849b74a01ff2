//! Amounts of Quotes as an org keeps them.

use crate::support::{Line, ORG, Stack};
use anyhow::{Context, Result};
use serde_json::Value;

/// Net prices and totals of a Quote's lines, in the order of the list, and the Quote's total.
async fn amounts(stack: &Stack, lines: &[Line]) -> Result<(Vec<(f64, f64)>, f64)> {
    let opportunity = stack.opportunity_of(lines).await?;
    let quote = stack.quote(&opportunity).await?;
    let soql = format!("SELECT UnitPrice, TotalPrice FROM QuoteLineItem WHERE QuoteId = '{quote}' ORDER BY LineNumber");
    let found = stack.org.query(ORG, &soql).await?;
    let number = |record: &Value, field: &str| record[field].as_f64().with_context(|| format!("{field} of {record}"));
    let lines = found.records.iter().map(|line| Ok((number(line, "UnitPrice")?, number(line, "TotalPrice")?)));
    Ok((lines.collect::<Result<_>>()?, stack.total(&quote).await?.context("no total")?))
}

#[tokio::test]
async fn a_price_below_a_cent_is_quoted_as_it_is() -> Result<()> {
    let stack = Stack::start(0).await?;
    let tiny = Line { price: 0.0045, quantity: 100_000.0, discount: Some(10.0) };
    assert_eq!(amounts(&stack, &[tiny]).await?, (vec![(0.00405, 405.0)], 405.0));
    // Three thirds of a price with three decimals, and one of many.
    let odd = Line { price: 33.333, quantity: 3.0, discount: Some(12.5) };
    assert_eq!(amounts(&stack, &[odd]).await?, (vec![(29.166375, 87.499125)], 87.499125));
    Ok(())
}

#[tokio::test]
async fn credit_lines_are_quoted_with_their_sign() -> Result<()> {
    let stack = Stack::start(0).await?;
    let sold = Line { price: 100.0, quantity: 10.0, discount: None };
    let returned = Line { quantity: -10.0, ..sold };
    // 10 % for the US and 2 % for ten or more, on the line as on its return.
    assert_eq!(amounts(&stack, &[sold, returned]).await?, (vec![(88.0, 880.0), (88.0, -880.0)], 0.0));
    let credit = Line { price: -5.0, quantity: 1.0, discount: Some(0.0) };
    assert_eq!(amounts(&stack, &[sold, credit]).await?, (vec![(88.0, 880.0), (-5.0, -5.0)], 875.0));
    Ok(())
}
