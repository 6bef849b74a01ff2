use serde_json::json;

use crate::test_server::{TestServer, error, reply};
use crate::{ErrorKind, PicklistValue};

#[tokio::test]
async fn fields_are_described() {
    let answer = json!({"name": "Quote", "label": "Quote", "keyPrefix": "0Q0", "urls": {}, "fields": [
        {"name": "Name", "label": "Quote Name", "type": "string", "length": 255, "createable": true, "nillable": false,
         "defaultedOnCreate": false, "referenceTo": [], "picklistValues": []},
        {"name": "Status", "label": "Status", "type": "picklist", "createable": true, "nillable": true,
         "picklistValues": [{"value": "Draft", "label": "Entwurf", "active": true, "defaultValue": false}]},
    ]});
    let server = TestServer::script([reply(200, answer.to_string()), error(404, "NOT_FOUND")]).await;
    let quote = server.client().describe("Quote").await.unwrap();
    assert_eq!(quote.fields.iter().map(|field| field.is_required()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(quote.fields[1].picklist_values, [PicklistValue { value: "Draft".to_owned(), active: true }]);
    assert_eq!(server.calls(), ["GET /services/data/v62.0/sobjects/Quote/describe"]);
    assert_eq!(server.client().describe("Quotes").await.unwrap_err().kind(), ErrorKind::NotFound);
}
