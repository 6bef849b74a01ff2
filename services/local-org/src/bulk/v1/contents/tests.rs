use std::io::Write;
use std::sync::Arc;

use super::{ContentType, as_csv};
use crate::bulk::spool::Spool;

fn csv(kind: ContentType, contents: &str) -> Result<String, String> {
    let mut file = Spool::create();
    file.write_all(contents.as_bytes()).unwrap();
    let spool = as_csv(&Arc::new(file.finish()), kind)?;
    Ok(String::from_utf8(spool.read(0, usize::MAX).unwrap()).unwrap())
}

#[test]
fn json_keeps_what_is_not_said_apart_from_null() {
    let json = r#"[{"attributes":{"type":"Account"},"Name":"a \"b\", c","NumberOfEmployees":7,"Active__c":true},
        {"name":"d","Phone":null,"Site":""},
        {"Name":"e","Owner":{"attributes":{"type":"User"},"Username":"u"},"Parent":{"Key__c":"k"}}]"#;
    let expected = "\"Name\",\"NumberOfEmployees\",\"Active__c\",\"Phone\",\"Site\",\"User:Owner.Username\",\"Parent.Key__c\"\n\
                    \"a \"\"b\"\", c\",\"7\",\"true\",\"\",\"\",\"\",\"\"\n\
                    \"d\",\"\",\"\",\"#N/A\",\"#N/A\",\"\",\"\"\n\
                    \"e\",\"\",\"\",\"\",\"\",\"u\",\"k\"\n";
    assert_eq!(csv(ContentType::Json, json).as_deref(), Ok(expected));
}

#[test]
fn xml_is_read_likewise() {
    let xml = "<?xml version=\"1.0\"?><sObjects xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\" \
               xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n <sObject><Name>a &amp; b</Name><Phone xsi:nil=\"true\"/>\
               </sObject><sObject><Name><![CDATA[<c>]]> d</Name><Parent><sObject><Key__c>k</Key__c></sObject></Parent>\
               <Owner><sObject><type>User</type><Username>u</Username></sObject></Owner></sObject></sObjects>";
    let expected = "\"Name\",\"Phone\",\"Parent.Key__c\",\"User:Owner.Username\"\n\"a & b\",\"#N/A\",\"\",\"\"\n\
                    \"<c> d\",\"\",\"k\",\"u\"\n";
    assert_eq!(csv(ContentType::Xml, xml).as_deref(), Ok(expected));
}

#[test]
fn what_is_no_batch_is_refused() {
    let cases = [
        (ContentType::Json, "{}", "Failed to parse JSON"),
        (ContentType::Json, "[1]", "Failed to parse JSON"),
        (ContentType::Json, "[{\"a\":[1]}]", "Value of a is not simple"),
        (ContentType::Json, "[{\"a\":1,\"A\":2}]", "Field name given twice : a"),
        (ContentType::Json, "[{\"a\":{\"b\":{}}}]", "Value of a.b is not simple"),
        (ContentType::Xml, "", "Failed to parse XML"),
        (ContentType::Xml, "<a/>", "the root element is not sObjects"),
        (ContentType::Xml, "<sObjects><a/></sObjects>", "a in place of sObject"),
        (ContentType::Xml, "<!DOCTYPE a [<!ENTITY b 'c'>]><sObjects/>", "Failed to parse XML"),
    ];
    for (kind, contents, expected) in cases {
        let failure = csv(kind, contents).expect_err(contents);
        assert!(failure.starts_with("InvalidBatch : ") && failure.contains(expected), "{contents}: {failure}");
    }
}

#[test]
fn a_batch_has_ten_thousand_records() {
    let rows = |count: usize| format!("Name\n{}", "a\n".repeat(count));
    assert_eq!(csv(ContentType::Csv, &rows(10_000)), Ok(rows(10_000)));
    let json = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    assert!(csv(ContentType::Json, &json(10_000)).is_ok());
    let xml = |count: usize| format!("<sObjects>{}</sObjects>", "<sObject/>".repeat(count));
    let expected =
        "InvalidBatch : Exceeded number of records: 10002. Number of records should be less than or equal to 10001";
    for (kind, contents) in
        [(ContentType::Csv, rows(10_001)), (ContentType::Json, json(10_001)), (ContentType::Xml, xml(10_001))]
    {
        assert_eq!(csv(kind, &contents), Err(expected.to_owned()), "{kind:?}");
    }
}

#[test]
fn a_batch_has_ten_million_characters() {
    // Two bytes each.
    let text = |count: usize| format!("Name\n{}", "é".repeat(count - 5));
    assert!(csv(ContentType::Csv, &text(10_000_000)).is_ok());
    let expected = "InvalidBatch : Exceeded max size limit of 10000000";
    assert_eq!(csv(ContentType::Csv, &text(10_000_001)), Err(expected.to_owned()));
}
