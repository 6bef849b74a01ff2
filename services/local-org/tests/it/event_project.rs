//! Metadata of events in the orgs of tests: captured objects, a platform event, and a Flow that notifies.

pub(crate) const FILES: [(&str, &str); 7] = [
    (
        "platformEventChannelMembers/Opportunity.platformEventChannelMember-meta.xml",
        "<PlatformEventChannelMember><eventChannel>ChangeEvents</eventChannel>
         <selectedEntity>OpportunityChangeEvent</selectedEntity></PlatformEventChannelMember>",
    ),
    (
        "platformEventChannelMembers/Contact.platformEventChannelMember-meta.xml",
        "<PlatformEventChannelMember><eventChannel>ChangeEvents</eventChannel>
         <selectedEntity>ContactChangeEvent</selectedEntity></PlatformEventChannelMember>",
    ),
    (
        "objects/Done__e/Done__e.object-meta.xml",
        "<CustomObject><deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>
         <label>Done</label><pluralLabel>Done</pluralLabel><publishBehavior>PublishAfterCommit</publishBehavior>
         </CustomObject>",
    ),
    (
        "objects/Done__e/fields/Status__c.field-meta.xml",
        "<CustomField><fullName>Status__c</fullName><label>Status</label><type>Text</type><length>20</length>
         <required>true</required></CustomField>",
    ),
    (
        "objects/Done__e/fields/UserId__c.field-meta.xml",
        "<CustomField><fullName>UserId__c</fullName><label>User Id</label><type>Text</type><length>18</length>
         </CustomField>",
    ),
    (
        "notificationtypes/Done.notiftype-meta.xml",
        "<CustomNotificationType><customNotifTypeName>Done</customNotifTypeName><masterLabel>Done</masterLabel>
         </CustomNotificationType>",
    ),
    (
        "flows/Notify.flow-meta.xml",
        "<Flow><label>Notify</label><processType>AutoLaunchedFlow</processType><status>Active</status>
         <start><object>Done__e</object><triggerType>PlatformEvent</triggerType>
         <connector><targetReference>Find</targetReference></connector></start>
         <recordLookups><name>Find</name><object>CustomNotificationType</object><filterLogic>and</filterLogic>
         <filters><field>DeveloperName</field><operator>EqualTo</operator>
         <value><stringValue>Done</stringValue></value></filters>
         <connector><targetReference>Who</targetReference></connector></recordLookups>
         <decisions><name>Who</name><defaultConnector><targetReference>Publisher</targetReference></defaultConnector>
         <rules><name>Named</name><conditionLogic>and</conditionLogic><conditions>
         <leftValueReference>$Record.UserId__c</leftValueReference><operator>IsNull</operator>
         <rightValue><booleanValue>false</booleanValue></rightValue></conditions>
         <connector><targetReference>User</targetReference></connector></rules></decisions>
         <assignments><name>User</name><assignmentItems><assignToReference>Recipients</assignToReference>
         <operator>Add</operator><value><elementReference>$Record.UserId__c</elementReference></value>
         </assignmentItems><connector><targetReference>Send</targetReference></connector></assignments>
         <assignments><name>Publisher</name><assignmentItems><assignToReference>Recipients</assignToReference>
         <operator>Add</operator><value><elementReference>$Record.CreatedById</elementReference></value>
         </assignmentItems><connector><targetReference>Send</targetReference></connector></assignments>
         <actionCalls><name>Send</name><actionType>customNotificationAction</actionType>
         <inputParameters><name>customNotifTypeId</name><value><elementReference>Find.Id</elementReference></value>
         </inputParameters><inputParameters><name>recipientIds</name>
         <value><elementReference>Recipients</elementReference></value></inputParameters>
         <inputParameters><name>title</name><value><stringValue>Job: {!$Record.Status__c}</stringValue></value>
         </inputParameters><inputParameters><name>body</name><value><stringValue>It has ended.</stringValue></value>
         </inputParameters></actionCalls>
         <variables><name>Recipients</name><dataType>String</dataType><isCollection>true</isCollection></variables>
         </Flow>",
    ),
];
