//! What is refused, with which code, place and message.

use super::fixture::Org;
use crate::error::ApiError;

#[test]
fn unknown_field_as_a_real_org_words_it() {
    let org = Org::sample();
    let message = "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\n\
                   No such column 'Bacon__c' on entity 'Account'. If you are attempting to use a custom field, be sure \
                   to append the '__c' after the custom field name. Please reference your WSDL or the describe call \
                   for the appropriate names.";
    assert_eq!(org.error("SELECT Bacon__c FROM Account LIMIT 2"), ApiError::new(400, "INVALID_FIELD", message));
}

#[test]
fn place_in_a_long_query_of_several_lines() {
    let org = Org::sample();
    let message =
        org.error("SELECT Id\nFROM Account\n  WHERE Name = 'ü' AND Name = 'ü' AND Name = 'ü' AND Bacon = 1").message;
    let (shown, rest) = message.split_once("\nERROR at ").unwrap();
    assert!(rest.starts_with("Row:3:Column:54\n"), "{rest}");
    let lines: Vec<_> = shown.lines().collect();
    let column = lines[2].chars().count() - 1;
    assert_eq!(lines[1].chars().skip(column).take(5).collect::<String>(), "Bacon");
}

/// Code, column and a part of the message of the error that a query gives.
fn check(cases: &[(&str, &str, usize, &str)]) {
    let org = Org::sample();
    for &(soql, code, column, part) in cases {
        let error = org.error(soql);
        assert_eq!((error.status, error.code.as_str()), (400, code), "{soql}: {error}");
        assert!(error.message.contains(part), "{soql}: {error}");
        let place = format!("ERROR at Row:1:Column:{column}\n");
        assert!(error.message.contains(&place) || column == 0, "{soql}: {error}");
    }
}

#[test]
fn names() {
    check(&[
        ("SELECT Id FROM Nothing", "INVALID_TYPE", 16, "sObject type 'Nothing' is not supported."),
        ("SELECT Id FROM Account.Owner", "INVALID_TYPE", 16, "'Account.Owner'"),
        ("SELECT Id, Secret__c FROM Opportunity", "INVALID_FIELD", 12, "'Secret__c' on entity 'Opportunity'"),
        ("SELECT Id FROM Opportunity WHERE Secret__c = 's'", "INVALID_FIELD", 34, "'Secret__c'"),
        ("SELECT Id FROM Opportunity ORDER BY Secret__c", "INVALID_FIELD", 37, "'Secret__c'"),
        ("SELECT Account.Bacon FROM Opportunity", "INVALID_FIELD", 8, "'Bacon' on entity 'Account'"),
        ("SELECT Parent.Name FROM Opportunity", "INVALID_FIELD", 8, "relationship 'Parent' in field path"),
        ("SELECT AccountId.Name FROM Opportunity", "INVALID_FIELD", 8, "relationship 'AccountId'"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "INVALID_TYPE", 28, "'Contacts' in FROM part"),
        ("SELECT Id, (SELECT Id FROM x.Opportunities) FROM Account a", "INVALID_TYPE", 28, "'x.Opportunities'"),
        ("SELECT Id, (SELECT Bacon FROM Opportunities) FROM Account", "INVALID_FIELD", 20, "on entity 'Opportunity'"),
        ("SELECT Id, Name, ID FROM Account", "INVALID_FIELD", 0, "duplicate field selected: Id"),
        ("SELECT Id, FIELDS(ALL) FROM Account LIMIT 200", "INVALID_FIELD", 0, "duplicate field selected: Id"),
        ("SELECT Owner.Name, owner.name FROM Account", "INVALID_FIELD", 0, "duplicate field selected: Name"),
        ("SELECT Name n FROM Account", "MALFORMED_QUERY", 13, "only aggregate expressions use field aliasing"),
        (
            "SELECT FIELDS(ALL) FROM Account",
            "MALFORMED_QUERY",
            0,
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        ("SELECT FIELDS(CUSTOM) FROM Account LIMIT 201", "MALFORMED_QUERY", 0, "LIMIT of at most 200"),
        (
            "SELECT Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Account",
            "MALFORMED_QUERY",
            8,
            "at most 5 relationships",
        ),
    ]);
}

#[test]
fn types_of_literals() {
    let wrong = "INVALID_FIELD";
    let operator = "INVALID_QUERY_FILTER_OPERATOR";
    let wanted =
        |field: &str, rest: &str| format!("value of filter criterion for field '{field}' must be of type {rest}");
    for (condition, field, rest) in [
        ("Name = 5", "Name", "string and should be enclosed in quotes"),
        ("Name = TODAY", "Name", "string and should be enclosed in quotes"),
        ("Name LIKE 5", "Name", "string and should be enclosed in quotes"),
        ("Amount = '5'", "Amount", "double and should not be enclosed in quotes"),
        ("Amount IN (1, '5')", "Amount", "double and should not be enclosed in quotes"),
        ("CloseDate = '2025-06-15'", "CloseDate", "date and should not be enclosed in quotes"),
        ("CloseDate > 2025-06-15T00:00:00Z", "CloseDate", "date and should not be enclosed in quotes"),
        ("CloseDate = 5", "CloseDate", "date and should not be enclosed in quotes"),
        ("CloseDate = ''", "CloseDate", "date and should not be enclosed in quotes"),
        ("CreatedDate = 2025-06-15", "CreatedDate", "dateTime and should not be enclosed in quotes"),
        ("IsClosed = 'true'", "IsClosed", "boolean and should not be enclosed in quotes"),
        ("IsClosed = 1", "IsClosed", "boolean and should not be enclosed in quotes"),
        ("Id = 5", "Id", "ID and should be enclosed in quotes"),
    ] {
        check(&[(&format!("SELECT Id FROM Opportunity WHERE {condition}"), wrong, 34, &wanted(field, rest))]);
    }
    check(&[
        ("SELECT Id FROM Opportunity WHERE Id = 'x'", operator, 34, "invalid ID field: x"),
        ("SELECT Id FROM Opportunity WHERE Id IN ('x', 'y')", operator, 34, "invalid ID field: x"),
        ("SELECT Id FROM Opportunity WHERE AccountId > 'x y'", operator, 34, "invalid ID field: x y"),
        ("SELECT Id FROM Opportunity WHERE Id LIKE '006%'", operator, 34, "invalid operator on id field"),
        ("SELECT Id FROM Opportunity WHERE Amount LIKE '1%'", operator, 34, "invalid operator on double field"),
        ("SELECT Id FROM Opportunity WHERE IsClosed > true", operator, 34, "invalid operator on boolean field"),
        ("SELECT Id FROM Opportunity WHERE StageName INCLUDES ('a;b')", operator, 34, "multipicklist"),
        ("SELECT Id FROM Opportunity WHERE StageName EXCLUDES ('a', 'b')", operator, 34, "multipicklist"),
        ("SELECT Id FROM Account WHERE Description = 'x'", wrong, 30, "'Description' can not be filtered"),
        ("SELECT Id FROM Account ORDER BY Description", wrong, 33, "'Description' can not be sorted"),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = LAST_N_YEARS:5000",
            "NUMBER_OUTSIDE_VALID_RANGE",
            34,
            "outside the calendar",
        ),
    ]);
}

#[test]
fn grouping() {
    let code = "MALFORMED_QUERY";
    check(&[
        ("SELECT Name, COUNT(Id) FROM Account", code, 8, "Field must be grouped or aggregated: Name"),
        ("SELECT Id FROM Account GROUP BY Name", code, 8, "Field must be grouped or aggregated: Id"),
        (
            "SELECT COUNT(Id) FROM Account GROUP BY Name ORDER BY Industry",
            code,
            54,
            "Ordered field must be grouped or aggregated: Industry",
        ),
        ("SELECT Id FROM Account ORDER BY COUNT(Id)", code, 33, "Ordered field must be grouped"),
        ("SELECT Name FROM Account GROUP BY Name HAVING Industry = 'x'", code, 47, "must be grouped or aggregated"),
        ("SELECT COUNT(Id) FROM Account HAVING COUNT(Id) > 1", code, 23, "HAVING requires GROUP BY"),
        ("SELECT COUNT(Id) FROM Account WHERE COUNT(Id) > 1", code, 37, "only allowed in HAVING"),
        ("SELECT COUNT(Id) FROM Account GROUP BY MAX(Name)", code, 40, "not allowed in GROUP BY"),
        ("SELECT COUNT(Id) FROM Account LIMIT 1", code, 23, "cannot also use LIMIT"),
        ("SELECT COUNT(Id), COUNT() FROM Account", code, 19, "only element"),
        ("SELECT COUNT() FROM Account GROUP BY Name", code, 8, "without GROUP BY"),
        ("SELECT COUNT() FROM Account ORDER BY Name", code, 8, "ORDER BY"),
        ("SELECT (SELECT COUNT() FROM Opportunities) FROM Account", code, 29, "not allowed in child subqueries"),
        ("SELECT Name, (SELECT Id FROM Opportunities) FROM Account GROUP BY Name", code, 30, "can be grouped"),
        ("SELECT SUM(Name) FROM Account", code, 8, "field Name does not support aggregate operator SUM"),
        ("SELECT COUNT(IsClosed) FROM Opportunity", code, 8, "does not support aggregate operator COUNT"),
        ("SELECT COUNT(Id) Name, Name FROM Account GROUP BY Name", code, 24, "duplicate alias: Name"),
        ("SELECT Name, Owner.Name FROM Account GROUP BY Name, Owner.Name", code, 14, "duplicate alias: Name"),
        (
            "SELECT HOUR_IN_DAY(CloseDate) FROM Opportunity GROUP BY HOUR_IN_DAY(CloseDate)",
            code,
            57,
            "does not support",
        ),
        ("SELECT COUNT(Id) FROM Opportunity GROUP BY Amount", "INVALID_FIELD", 44, "'Amount' can not be grouped"),
        ("SELECT CALENDAR_YEAR(CloseDate) FROM Opportunity", code, 8, "calendar_year(CloseDate)"),
    ]);
}

#[test]
fn semi_joins() {
    let code = "MALFORMED_QUERY";
    let check_condition = |condition: &str, part: &str| {
        check(&[(&format!("SELECT Id FROM Opportunity WHERE {condition}"), code, 34, part)]);
    };
    let lines = "Id IN (SELECT OpportunityId FROM OpportunityLineItem)";
    check_condition("Name IN (SELECT OpportunityId FROM OpportunityLineItem)", "left operand");
    check_condition("Account.Id IN (SELECT AccountId FROM Quote)", "left operand");
    check_condition("Id IN (SELECT Id FROM Opportunity)", "should not be on the same object type");
    check_condition("Id IN (SELECT Name FROM Quote)", "can only query id fields, cannot use: 'Name'");
    check_condition("Id IN (SELECT Id, OpportunityId FROM Quote)", "exactly one field");
    check_condition("Id IN (SELECT COUNT() FROM Quote)", "exactly one field");
    check_condition("Id IN (SELECT Product2Id FROM OpportunityLineItem)", "should point to the same object type");
    check_condition("Id IN (SELECT OpportunityId FROM Quote LIMIT 1)", "only have a WHERE clause");
    check_condition("Id IN (SELECT OpportunityId FROM Quote ORDER BY Id)", "only have a WHERE clause");
    check_condition("Id IN (SELECT OpportunityId FROM Quote FOR UPDATE)", "only have a WHERE clause");
    check(&[
        (
            &format!("SELECT Id FROM Opportunity WHERE Name = 'x' OR {lines}"),
            code,
            48,
            "not allowed with the 'OR' operator",
        ),
        (
            &format!("SELECT Id FROM Opportunity WHERE {lines} AND {lines} AND {lines}"),
            code,
            150,
            "Maximum 2 semi join sub-selects are allowed",
        ),
        (
            &format!("SELECT Id FROM Quote WHERE OpportunityId IN (SELECT Id FROM Opportunity WHERE {lines})"),
            code,
            79,
            "Nesting of semi join sub-selects is not supported",
        ),
        (
            "SELECT Id FROM Quote GROUP BY Id HAVING Id IN (SELECT Id FROM Opportunity)",
            code,
            41,
            "not supported in HAVING",
        ),
    ]);
}
