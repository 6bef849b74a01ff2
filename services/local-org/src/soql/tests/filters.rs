//! Which records a condition finds.

use super::fixture::{Org, id};

#[test]
fn equality_and_null() {
    let org = Org::sample();
    for (condition, expected) in [
        ("Name = 'ALPHA'", vec![1]),
        ("Name != 'alpha'", vec![2, 3, 4, 5]),
        ("Name <> 'alpha'", vec![2, 3, 4, 5]),
        ("Name = null", vec![4]),
        ("Name = ''", vec![4]),
        ("Name != NULL", vec![1, 2, 3, 5]),
        ("Name != ''", vec![1, 2, 3, 5]),
        ("Amount = 250.5", vec![2]),
        ("Amount = 1.8e2", vec![4]),
        ("Amount != 180", vec![1, 2, 3, 5]),
        ("Amount = null", vec![3]),
        ("IsClosed = TRUE", vec![3, 4, 5]),
        ("IsClosed != true", vec![1, 2]),
        ("IsClosed = null", vec![]),
        ("CloseDate = 2025-06-16", vec![3]),
        ("CloseDate != 2025-06-16", vec![1, 2, 4, 5]),
        ("CreatedDate = 2025-06-15T00:00:00Z", vec![3]),
        ("CreatedDate = 2025-06-15T02:00:00.000+02:00", vec![3]),
        ("CreatedDate = 2025-06-14T16:00:00-0800", vec![3]),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
}

#[test]
fn order_comparisons_leave_out_null() {
    let org = Org::sample();
    for (condition, expected) in [
        ("Amount < 100", vec![5]),
        ("Amount <= 100", vec![1, 5]),
        ("Amount > -1.5", vec![1, 2, 4]),
        ("Amount >= -1.5", vec![1, 2, 4, 5]),
        ("Amount > null", vec![]),
        ("Name < 'BETA'", vec![1]),
        ("Name <= 'BETA'", vec![1, 2]),
        ("Name > 'gamma'", vec![5]),
        ("Name >= 'Émile'", vec![5]),
        ("Name > ''", vec![1, 2, 3, 5]),
        ("CloseDate > 2025-06-14", vec![2, 3]),
        ("CreatedDate < 2025-06-14T23:59:59.999Z", vec![1, 5]),
        ("CreatedDate <= 2025-06-14T23:59:59.999Z", vec![1, 2, 5]),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
}

#[test]
fn logic_has_two_values() {
    let org = Org::sample();
    for (condition, expected) in [
        ("NOT Amount > 100", vec![1, 3, 5]),
        ("NOT (Amount > 100)", vec![1, 3, 5]),
        ("NOT NOT Amount > 100", vec![2, 4]),
        ("NOT Name LIKE '%a'", vec![4, 5]),
        ("NOT Name IN ('Alpha')", vec![2, 3, 4, 5]),
        ("NOT (Amount > 100 AND IsClosed = true)", vec![1, 2, 3, 5]),
        ("NOT (Amount > 100 OR Name = null)", vec![1, 3, 5]),
        ("IsClosed = true AND NOT Amount > 100", vec![3, 5]),
        ("IsClosed = false AND (Amount = 100 OR Name = 'beta')", vec![1, 2]),
        ("(IsClosed = false AND Amount = 100) OR Name = null", vec![1, 4]),
        ("((Name = 'Alpha'))", vec![1]),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
}

#[test]
fn membership() {
    let org = Org::sample();
    for (condition, expected) in [
        ("Name IN ('alpha', 'GAMMA', 'none')", vec![1, 3]),
        ("Name IN ('alpha')", vec![1]),
        ("Name IN ('alpha', 'ÉMILE')", vec![1, 5]),
        ("Name NOT IN ('alpha', 'gamma')", vec![2, 4, 5]),
        ("Name NOT IN ('alpha')", vec![2, 3, 4, 5]),
        ("Name IN ('alpha', null)", vec![1, 4]),
        ("Name IN ('alpha', '')", vec![1, 4]),
        ("Name NOT IN ('alpha', null)", vec![2, 3, 5]),
        ("Name IN (null)", vec![4]),
        ("Name NOT IN (null)", vec![1, 2, 3, 5]),
        ("Amount IN (100, 180.0, 7)", vec![1, 4]),
        ("IsClosed IN (true, false)", vec![1, 2, 3, 4, 5]),
        ("CloseDate IN (2025-06-14, 2024-12-31)", vec![1, 4]),
        ("CloseDate IN (TODAY, TOMORROW)", vec![2, 3]),
        ("CloseDate NOT IN (TODAY, TOMORROW)", vec![1, 4, 5]),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
}

#[test]
fn quotes_and_wildcards() {
    let org = Org::sample();
    for (condition, expected) in [
        (r#"Name = 'o\'neill "& sons\" 100%_\\'"#, vec![3]),
        (r"Name = 'O\u0027Neill \u0022& Sons\u0022 100\u0025\u005f\u005c'", vec![3]),
        (r"Name LIKE '%\%%'", vec![3]),
        (r"Name LIKE '%\_%'", vec![3]),
        (r"Name LIKE '%\\'", vec![3]),
        (r"Name LIKE '%\u0025%'", vec![3]),
        ("Name LIKE 'A__e'", vec![1]),
        ("Name LIKE 'a%'", vec![1]),
        ("Name LIKE 'acme'", vec![1]),
        ("Name LIKE '%'", vec![1, 2, 3]),
        ("Name LIKE 'ZÜRICH%'", vec![2]),
        ("Name LIKE 'z_rich%'", vec![2]),
        (r"Name = 'Z\u00FCRICH Straße'", vec![2]),
        ("Name LIKE ''", vec![]),
        ("Industry LIKE 'bank%'", vec![2]),
        ("Key__c = 'abc'", vec![1]),
        ("Key__c = 'ABC'", vec![2]),
        ("Key__c IN ('abc', 'Abc')", vec![1]),
        ("Key__c LIKE 'A%'", vec![2]),
        ("Key__c LIKE '_*y'", vec![3]),
        ("Key__c LIKE '*%'", vec![]),
    ] {
        assert_eq!(org.numbers_of("Account", condition), expected, "{condition}");
    }
}

#[test]
fn statements_in_literals_are_text() {
    let org = Org::sample();
    for text in [r"\'; DROP TABLE Account; --", r#"\" OR 1=1"#, "?1", r"Robert\') --"] {
        let condition = format!("Name = '{text}' OR Name LIKE '{text}' OR Name IN ('{text}', 'x')");
        assert_eq!(org.numbers_of("Account", &condition), Vec::<u32>::new(), "{text}");
    }
    assert_eq!(org.query("SELECT COUNT() FROM Account").total_size, 3);
}

#[test]
fn ids_in_both_forms() {
    let org = Org::sample();
    let (first, second, account) = (id("006", 1), id("006", 2), id("001", 1));
    let short = &first[..15];
    for (condition, expected) in [
        (format!("Id = '{first}'"), vec![1]),
        (format!("Id = '{short}'"), vec![1]),
        // Only the first 15 characters count, and their case does.
        (format!("Id = '{short}XXX'"), vec![1]),
        (format!("Id = '{}'", short.replace("LO", "lo")), vec![]),
        (format!("Id != '{short}'"), vec![2, 3, 4, 5]),
        (format!("Id IN ('{short}', '{second}')"), vec![1, 2]),
        (format!("Id NOT IN ('{short}', '{second}')"), vec![3, 4, 5]),
        (format!("Id > '{second}'"), vec![3, 4, 5]),
        (format!("Id > '{}'", &second[..15]), vec![3, 4, 5]),
        ("Id > ''".to_owned(), vec![1, 2, 3, 4, 5]),
        ("Id > '000000000000000'".to_owned(), vec![1, 2, 3, 4, 5]),
        ("Id = ''".to_owned(), vec![]),
        (format!("AccountId = '{}'", &account[..15]), vec![1, 2]),
        (format!("AccountId != '{account}'"), vec![3, 4, 5]),
        ("AccountId = null".to_owned(), vec![4]),
        ("AccountId = ''".to_owned(), vec![4]),
        (format!("Account.Id = '{account}'"), vec![1, 2]),
    ] {
        assert_eq!(org.numbers(&condition), expected, "{condition}");
    }
}

#[test]
fn parents_in_conditions() {
    let org = Org::sample();
    for (condition, expected) in [
        ("Account.Name = 'acme'", vec![1, 2]),
        ("Account.Owner.Name = 'Linus'", vec![3]),
        ("Account.Parent.Parent.Name = 'Acme'", vec![5]),
        ("Account.Name = null", vec![4]),
        ("Account.Owner.IsActive = true", vec![1, 2]),
        ("opportunity.account.name LIKE 'A%' AND Opportunity.Amount > 100", vec![2]),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
    let quotes = org.numbers_of("Quote", "Reviewer__r.Name = 'Grace'");
    assert_eq!(quotes, [1]);
}

#[test]
fn semi_joins_and_anti_joins() {
    let org = Org::sample();
    for (condition, expected) in [
        ("Id IN (SELECT OpportunityId FROM OpportunityLineItem)", vec![1, 2]),
        ("Id IN (SELECT OpportunityId FROM OpportunityLineItem WHERE Product2.Name = 'Lamp')", vec![1]),
        ("Id NOT IN (SELECT OpportunityId FROM OpportunityLineItem)", vec![3, 4, 5]),
        ("NOT Id IN (SELECT OpportunityId FROM OpportunityLineItem)", vec![3, 4, 5]),
        // A Quote without Opportunity must not empty the result.
        ("Id NOT IN (SELECT OpportunityId FROM Quote)", vec![1, 3, 4, 5]),
        ("AccountId IN (SELECT Id FROM Account WHERE Industry = 'Banking')", vec![3]),
        ("AccountId NOT IN (SELECT Id FROM Account WHERE Industry = 'Banking')", vec![1, 2, 4, 5]),
        (
            "Id IN (SELECT OpportunityId FROM OpportunityLineItem) AND Id NOT IN (SELECT OpportunityId FROM Quote)",
            vec![1],
        ),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
}

#[test]
fn functions_of_dates() {
    let org = Org::sample();
    for (function, year, value, expected) in [
        ("CALENDAR_YEAR", 2025, 2025, vec![1, 2, 3]),
        ("FISCAL_YEAR", 2025, 2025, vec![1, 2, 3]),
        ("FISCAL_QUARTER", 2025, 2, vec![1, 2, 3]),
        ("FISCAL_MONTH", 2025, 6, vec![1, 2, 3]),
        ("WEEK_IN_YEAR", 2024, 53, vec![4]),
        // June 14 and 15, 2025 are days 165 and 166; day 168 is the last of week 24.
        ("WEEK_IN_YEAR", 2025, 24, vec![1, 2, 3]),
        ("DAY_IN_MONTH", 2025, 15, vec![2]),
    ] {
        let condition = format!("{function}(CloseDate) = {value} AND CALENDAR_YEAR(CloseDate) = {year}");
        assert_eq!(org.numbers(&condition), expected, "{condition}");
    }
    for (condition, expected) in [
        ("DAY_ONLY(CreatedDate) = 2025-06-14", vec![2]),
        ("DAY_ONLY(convertTimezone(CreatedDate)) = 2025-06-14", vec![2]),
        ("hour_in_day(CONVERTTIMEZONE(CreatedDate)) IN (23)", vec![2]),
        ("toLabel(StageName) = 'none'", vec![]),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
}

#[test]
fn amounts_of_a_currency() {
    let org = Org::sample();
    for (condition, expected) in [
        ("Amount = USD250.5", vec![2]),
        ("Amount > usd99.99", vec![1, 2, 4]),
        ("Amount IN (USD100, USD180.00)", vec![1, 4]),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
    for (condition, message) in [
        ("Amount > EUR5", "EUR is not an active currency"),
        ("Probability > USD5", "must be of type double"),
        ("Name = USD5", "must be of type string"),
        ("Amount > USD", "unexpected token: 'USD'"),
    ] {
        let error = org.error(&format!("SELECT Id FROM Opportunity WHERE {condition}"));
        assert!(error.message.contains(message), "{condition}: {error}");
    }
}

#[test]
fn date_literals() {
    let org = Org::sample();
    for (condition, expected) in [
        ("CloseDate = TODAY", vec![2]),
        ("CloseDate = yesterday", vec![1]),
        ("CloseDate != TODAY", vec![1, 3, 4, 5]),
        ("CloseDate < TODAY", vec![1, 4]),
        ("CloseDate <= TODAY", vec![1, 2, 4]),
        ("CloseDate > TODAY", vec![3]),
        ("CloseDate >= TODAY", vec![2, 3]),
        ("CloseDate = LAST_N_DAYS:1", vec![1, 2]),
        ("CloseDate = NEXT_N_DAYS:1", vec![3]),
        ("CloseDate = N_DAYS_AGO:1", vec![1]),
        ("CloseDate = THIS_WEEK", vec![2, 3]),
        ("CloseDate = LAST_WEEK", vec![1]),
        ("CloseDate = THIS_FISCAL_YEAR", vec![1, 2, 3]),
        ("CloseDate = LAST_YEAR", vec![4]),
        ("CreatedDate = TODAY", vec![3, 4]),
        ("CreatedDate = YESTERDAY", vec![2]),
        ("CreatedDate < THIS_MONTH", vec![5]),
        ("CreatedDate = LAST_N_YEARS:1", vec![5]),
        ("NOT CloseDate = THIS_YEAR", vec![4, 5]),
    ] {
        assert_eq!(org.numbers(condition), expected, "{condition}");
    }
}
