//! Platform events, channels and Flows.

use super::*;

const EVENT: &str = "<CustomObject><label>Done</label><pluralLabel>Done</pluralLabel><eventType>HighVolume</eventType>
    <publishBehavior>PublishAfterCommit</publishBehavior></CustomObject>";
const EVENT_PATH: &str = "objects/done__e/done__e.object-meta.xml";
const FLOW_PATH: &str = "flows/Notify.flow-meta.xml";

fn member(channel: &str, entity: &str, rest: &str) -> String {
    format!(
        "<PlatformEventChannelMember><eventChannel>{channel}</eventChannel>
         <selectedEntity>{entity}</selectedEntity>{rest}</PlatformEventChannelMember>"
    )
}

fn flow(event: &str, status: &str, rest: &str) -> String {
    format!(
        "<Flow><apiVersion>62.0</apiVersion><label>Notify</label><processType>AutoLaunchedFlow</processType>
         <start><connector><targetReference>Send</targetReference></connector><object>{event}</object>
         <triggerType>PlatformEvent</triggerType></start><status>{status}</status>
         <actionCalls><name>Send</name><label>Send</label><actionType>customNotificationAction</actionType>
         <inputParameters><name>title</name><value><stringValue>Done: {{!$Record.Status__c}}</stringValue></value>
         </inputParameters></actionCalls>{rest}</Flow>"
    )
}

#[test]
fn a_platform_event_with_its_fields() {
    let now = EVENT.replace("<publishBehavior>PublishAfterCommit</publishBehavior>", "");
    let project = Project::new(&[
        // In the order of paths, the fields of an event with a lower-case name come before it.
        ("objects/done__e/fields/Status__c.field-meta.xml", &field("Status__c", "<type>Text</type><length>9</length>")),
        (EVENT_PATH, EVENT),
        ("objects/Now__e/Now__e.object-meta.xml", &now),
    ]);
    let (schema, deployed) = project.load().unwrap();
    assert_eq!(deployed.platform_events, ["Now__e", "done__e"]);
    assert_eq!(deployed.custom_fields, ["done__e.Status__c"]);
    assert_eq!(deployed.ignored, [""; 0]);
    let event = schema.object("done__e").unwrap();
    assert_eq!((event.publish, event.key_prefix.as_str()), (Some(Publish::AfterCommit), "e01"));
    assert_eq!(event.field("Status__c").unwrap().length, 9);
    assert!(!event.field("CreatedById").unwrap().createable);
    assert_eq!(schema.object("Now__e").unwrap().publish, Some(Publish::Immediately));
    let project = Project::new(&[(EVENT_PATH, &EVENT.replace("AfterCommit", "Sometimes"))]);
    assert!(project.problem().ends_with("publishBehavior cannot be \"PublishSometimes\""));
}

#[test]
fn members_of_channels() {
    let path = |name: &str| format!("platformEventChannelMembers/{name}.platformEventChannelMember-meta.xml");
    let channel = "<PlatformEventChannel><channelType>event</channelType><label>All</label></PlatformEventChannel>";
    let files = [
        (EVENT_PATH.to_owned(), EVENT.to_owned()),
        ("platformEventChannels/All__chn.platformEventChannel-meta.xml".to_owned(), channel.to_owned()),
        (path("a"), member("ChangeEvents", "OpportunityChangeEvent", "")),
        (path("b"), member("ChangeEvents", "CaseChangeEvent", "")),
        (path("c"), member("ChangeEvents", "AccountChangeEvent", "<filterExpression>Name != null</filterExpression>")),
        (path("d"), member("All__chn", "done__e", "")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (schema, deployed) = Project::new(&files).load().unwrap();
    let channels: Vec<_> = schema.channels().map(|channel| (channel.name.as_str(), channel.members.clone())).collect();
    assert_eq!(
        channels,
        [("All__chn", vec!["done__e".to_owned()]), ("ChangeEvents", vec!["OpportunityChangeEvent".to_owned()]),]
    );
    let ignored: Vec<_> = deployed.ignored.iter().map(|path| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        ignored,
        ["b.platformEventChannelMember-meta.xml", "c.platformEventChannelMember-meta.xml"],
        "an unknown object, a filter"
    );
    let path = path("a");
    let project = Project::new(&[(path.as_str(), &member("Nothing__chn", "AccountChangeEvent", ""))]);
    assert!(project.problem().ends_with("no PlatformEventChannel named Nothing__chn found"));
}

#[test]
fn flows_that_can_be_run() {
    let load =
        |text: &str| Project::new(&[(EVENT_PATH, EVENT), (FLOW_PATH, text)]).load().map(|(_, deployed)| deployed);
    let deployed = load(&flow("done__e", "Active", "")).unwrap();
    assert_eq!((deployed.flows[0].name.as_str(), deployed.flows[0].event.as_str()), ("Notify", "done__e"));
    assert_eq!(deployed.ignored, [""; 0]);
    for other in [
        flow("done__e", "Draft", ""),
        flow("done__e", "Active", "<recordCreates><name>Make</name></recordCreates>"),
        flow("done__e", "Active", "").replace("PlatformEvent", "RecordAfterSave"),
        flow("done__e", "Active", "").replace("customNotificationAction", "emailSimple"),
    ] {
        let deployed = load(&other).unwrap();
        assert_eq!((deployed.flows.len(), deployed.ignored.len()), (0, 1), "{other}");
    }
    let error = load(&flow("Other__e", "Active", "")).unwrap_err().to_string();
    assert!(error.ends_with("Notify.flow-meta.xml: no platform event named Other__e found"), "{error}");
}

/// The project of this workspace, whose Flow notifies about quotes.
#[test]
fn the_project_of_this_workspace() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../salesforce");
    let mut schema = standard();
    let deployed = load(&dir, &mut schema).unwrap();
    assert!(deployed.platform_events.contains(&"QuoteGenerationComplete__e".to_owned()));
    assert_eq!(deployed.notification_types[0].name, "QuoteGenerationComplete");
    let flow = deployed.flows.iter().find(|flow| flow.event == "QuoteGenerationComplete__e").unwrap();
    let event = serde_json::json!({
        "Status__c": "completed", "UserId__c": "005LO0000000001AAE", "CreatedById": "005LO0000000002AAE",
        "Quotes__c": 50.0, "Skipped__c": 0.0, "Failed__c": 1.0, "Message__c": "Well done.",
    });
    let sent = flow.run(event.as_object().unwrap(), &deployed.notification_types).unwrap();
    assert_eq!(sent[0].recipients, ["005LO0000000001AAE"]);
    assert!(sent[0].body.contains("50") && sent[0].body.contains("Well done."), "{}", sent[0].body);
    assert!(schema.channels().any(|channel| channel.members.contains(&"OpportunityChangeEvent".to_owned())));
}
