use serde_json::{Map, Value, json};

use super::interview::InterviewError;
use super::*;
use crate::notifications::{Message, NotificationType};

fn types() -> Vec<NotificationType> {
    ["Other", "Done"].map(|name| NotificationType { name: name.to_owned(), label: format!("{name} label") }).into()
}

fn record(fields: Value) -> Map<String, Value> {
    fields.as_object().unwrap().clone()
}

fn reference(name: &str) -> Operand {
    Operand::Reference(name.to_owned())
}

fn literal(value: Value) -> Operand {
    Operand::Literal(value)
}

fn test(left: &str, operator: Operator, right: Value) -> Conditions {
    Conditions { any: false, tests: vec![Test { left: reference(left), operator, right: literal(right) }] }
}

fn next(name: &str) -> Option<String> {
    Some(name.to_owned())
}

fn add(variable: &str, value: Operand) -> Assignment {
    Assignment { variable: variable.to_owned(), adds: true, value }
}

/// Looks up the type, adds the user or else the publisher, and sends.
fn flow() -> Flow {
    let recipient = |field: &str| Element::Assignment {
        items: vec![add("Recipients", reference(&format!("$Record.{field}")))],
        next: next("Send"),
    };
    let inputs = [
        ("customNotifTypeId", reference("Find.Id")),
        ("recipientIds", reference("Recipients")),
        ("title", reference("Title")),
        ("body", Operand::Template("{!$Record.Count__c} of {!Find.MasterLabel}{!$Record.Nothing__c}.".to_owned())),
    ];
    let elements = [
        (
            "Find",
            Element::FindType { filter: test("DeveloperName", Operator::EqualTo, json!("Done")), next: next("Decide") },
        ),
        (
            "Decide",
            Element::Decision {
                branches: vec![(test("$Record.UserId__c", Operator::IsBlank, json!(false)), next("User"))],
                otherwise: next("Publisher"),
            },
        ),
        ("User", recipient("UserId__c")),
        ("Publisher", recipient("CreatedById")),
        (
            "Send",
            Element::Notify {
                inputs: inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                next: None,
            },
        ),
    ];
    Flow {
        name: "Notify".to_owned(),
        event: "Done__e".to_owned(),
        start: next("Find"),
        elements: elements.into_iter().map(|(name, element)| (name.to_owned(), element)).collect(),
        resources: HashMap::from([
            ("Title".to_owned(), Operand::Template("Quotes: {!$Record.Status__c}".to_owned())),
            ("Recipients".to_owned(), literal(Value::Null)),
        ]),
        ..Flow::default()
    }
}

#[test]
fn notifies_the_user_who_is_named_or_else_the_publisher() {
    let mut event = json!({"Status__c": "completed", "Count__c": 50.0, "UserId__c": "005A", "CreatedById": "005B"});
    let sent = flow().run(&record(event.clone()), &types()).unwrap();
    let expected = Message {
        notification_type: "Done".to_owned(),
        recipients: vec!["005A".to_owned()],
        title: "Quotes: completed".to_owned(),
        body: "50 of Done label.".to_owned(),
    };
    assert_eq!(sent, [expected]);
    for blank in [json!(null), json!(" ")] {
        event["UserId__c"] = blank;
        assert_eq!(flow().run(&record(event.clone()), &types()).unwrap()[0].recipients, ["005B"]);
    }
}

#[test]
fn a_filter_decides_whether_it_runs() {
    let flow = Flow { filter: test("$Record.Status__c", Operator::NotEqualTo, json!("failed")), ..flow() };
    let run = |status: &str| flow.run(&record(json!({"Status__c": status, "CreatedById": "005B"})), &types()).unwrap();
    assert_eq!((run("failed").len(), run("completed").len()), (0, 1));
}

#[test]
fn what_makes_an_interview_fail() {
    let event = record(json!({"Status__c": "completed", "CreatedById": "005B"}));
    assert_eq!(flow().run(&event, &[]).unwrap_err(), InterviewError::NoInput("customNotifTypeId"));
    let nobody = record(json!({"Status__c": "completed"}));
    let sent = flow().run(&nobody, &types()).unwrap();
    assert_eq!(sent[0].recipients, [""], "the listener leaves out who is no user");
    let lost = Flow { start: next("Nowhere"), ..flow() };
    assert_eq!(lost.run(&event, &types()).unwrap_err(), InterviewError::NoElement("Nowhere".to_owned()));
    let mut round = flow();
    round.elements.insert("Send".to_owned(), Element::Assignment { items: Vec::new(), next: next("Send") });
    assert_eq!(round.run(&event, &types()).unwrap_err(), InterviewError::TooLong);
}

#[test]
fn long_texts_are_cut_off() {
    let event = record(json!({"Status__c": "x".repeat(300), "CreatedById": "005B"}));
    assert_eq!(flow().run(&event, &types()).unwrap()[0].title.len(), 250);
}
