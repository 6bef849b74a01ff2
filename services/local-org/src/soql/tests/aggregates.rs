//! Groups and totals.

use serde_json::json;

use super::fixture::Org;

#[test]
fn count_of_rows() {
    let org = Org::sample();
    let result = org.query("SELECT COUNT() FROM Opportunity WHERE IsClosed = true");
    assert_eq!((result.total_size, result.records.len()), (3, 0));
    assert_eq!(org.query("SELECT count() FROM Opportunity LIMIT 2").total_size, 2);
    assert_eq!(org.query("SELECT count() FROM Opportunity WHERE Account.Name = 'Acme'").total_size, 2);
}

#[test]
fn totals() {
    let org = Org::sample();
    let soql = "SELECT COUNT(Id), COUNT(Name) names, COUNT_DISTINCT(StageName), SUM(Amount), AVG(Amount) mean, \
                MIN(CloseDate), MAX(Name) FROM Opportunity";
    let result = org.query(soql);
    assert!(result.aggregate);
    let expected = json!([{
        "attributes": { "type": "AggregateResult" },
        "expr0": 5,
        "names": 4,
        "expr1": 3,
        "expr2": 529.0,
        "mean": 132.25,
        "expr3": "2024-12-31",
        "expr4": "émile",
    }]);
    assert_eq!(json!(result.records).to_string(), expected.to_string());
    let nothing = org.plain("SELECT SUM(Amount), COUNT(Id) FROM Opportunity WHERE Name = 'none'");
    assert_eq!(nothing, json!([{ "expr0": null, "expr1": 0 }]));
}

#[test]
fn groups() {
    let org = Org::sample();
    let soql = "SELECT StageName, COUNT(Id) FROM Opportunity GROUP BY stagename ORDER BY COUNT(Id) DESC, StageName";
    let expected = json!([
        { "StageName": "Closed Won", "expr0": 2 },
        { "StageName": "Prospecting", "expr0": 2 },
        { "StageName": "Closed Lost", "expr0": 1 },
    ]);
    assert_eq!(org.plain(soql), expected);

    let soql = "SELECT Account.Name a, IsClosed, MAX(Amount) m FROM Opportunity GROUP BY Account.Name, IsClosed \
                ORDER BY Account.Name NULLS LAST LIMIT 2";
    let expected = json!([
        { "a": "Acme", "IsClosed": false, "m": 250.5 },
        { "a": "O'Neill \"& Sons\" 100%_\\", "IsClosed": true, "m": -1.5 },
    ]);
    assert_eq!(org.plain(soql), expected);
}

#[test]
fn groups_without_aggregates() {
    let org = Org::sample();
    let soql = "SELECT Account.Industry FROM Opportunity GROUP BY Account.Industry ORDER BY Account.Industry";
    let expected = json!([{ "Industry": null }, { "Industry": "Banking" }, { "Industry": "Energy" }]);
    assert_eq!(org.plain(soql), expected);
}

#[test]
fn having() {
    let org = Org::sample();
    let soql = "SELECT StageName FROM Opportunity GROUP BY StageName \
                HAVING COUNT(Id) > 1 AND (SUM(Amount) > 200 OR StageName LIKE 'X%')";
    assert_eq!(org.plain(soql), json!([{ "StageName": "Prospecting" }]));
}

#[test]
fn parts_of_dates() {
    let org = Org::sample();
    let soql = "SELECT CALENDAR_YEAR(CloseDate) y, COUNT(Id) n FROM Opportunity WHERE CloseDate != null \
                GROUP BY CALENDAR_YEAR(CloseDate) ORDER BY CALENDAR_YEAR(CloseDate) DESC";
    assert_eq!(org.plain(soql), json!([{ "y": 2025, "n": 3 }, { "y": 2024, "n": 1 }]));

    let part = |function: &str| {
        let soql = format!("SELECT {function} v FROM Opportunity WHERE Name = 'beta' GROUP BY {function}");
        org.plain(&soql)[0]["v"].clone()
    };
    // 2025-06-14 23:59:59.999, a Saturday.
    assert_eq!(part("CALENDAR_QUARTER(CreatedDate)"), 2);
    assert_eq!(part("CALENDAR_MONTH(CreatedDate)"), 6);
    assert_eq!(part("DAY_IN_MONTH(CreatedDate)"), 14);
    assert_eq!(part("DAY_IN_WEEK(CreatedDate)"), 7);
    assert_eq!(part("DAY_IN_YEAR(CreatedDate)"), 165);
    assert_eq!(part("DAY_ONLY(CreatedDate)"), "2025-06-14");
    assert_eq!(part("HOUR_IN_DAY(CreatedDate)"), 23);
    assert_eq!(part("WEEK_IN_MONTH(CreatedDate)"), 2);
    assert_eq!(org.numbers("CALENDAR_MONTH(CloseDate) = 12"), [4]);
    assert_eq!(org.numbers("DAY_ONLY(CreatedDate) = 2025-06-15"), [3, 4]);
}
