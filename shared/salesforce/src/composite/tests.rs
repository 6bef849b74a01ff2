use serde_json::{Value, json};

use super::CompositeRequest;
use crate::test_server::{TestServer, reply};
use crate::{Error, ErrorKind, QueryPage};

#[tokio::test]
async fn subrequests_and_their_answers() {
    let answer = json!({"compositeResponse": [
        {"body": {"id": "001000000000001AAA", "success": true, "errors": []}, "httpHeaders": {"Location": "/x"},
         "httpStatusCode": 201, "referenceId": "ref0"},
        {"body": {"totalSize": 0, "done": true, "records": []}, "httpHeaders": {}, "httpStatusCode": 200,
         "referenceId": "ref1"},
        {"body": null, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "ref2"},
        {"body": [{"errorCode": "PROCESSING_HALTED", "message": "m"}], "httpHeaders": {}, "httpStatusCode": 400,
         "referenceId": "ref3"},
    ]});
    let server = TestServer::script([reply(200, answer.to_string())]).await;
    let id = "003000000000001AAA".parse().unwrap();
    let mut request = CompositeRequest::new(false);
    let account = request.create("Account", &json!({"Name": "x"})).unwrap();
    request.query("SELECT Id FROM Account WHERE Name = 'x'");
    request.update("Contact", &id, &json!({"AccountId": account})).unwrap();
    request.upsert("Contact", "Key__c", "a b", &json!({})).unwrap();
    let parts = server.client().composite(&request).await.unwrap();

    assert_eq!(parts[0].json::<Value>().unwrap()["id"], "001000000000001AAA");
    assert!(parts[1].json::<QueryPage<Value>>().unwrap().records.is_empty());
    parts[2].json::<()>().unwrap();
    assert_eq!(parts[3].errors()[0].error_code, "PROCESSING_HALTED");
    assert_eq!(parts[3].json::<Value>().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!((parts[3].status(), parts[0].errors().len()), (400, 0));

    let body: Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    assert_eq!(
        body,
        json!({"allOrNone": false, "compositeRequest": [
            {"method": "POST", "url": "/services/data/v62.0/sobjects/Account", "referenceId": "ref0",
             "body": {"Name": "x"}},
            {"method": "GET", "referenceId": "ref1",
             "url": "/services/data/v62.0/query?q=SELECT%20Id%20FROM%20Account%20WHERE%20Name%20%3D%20%27x%27"},
            {"method": "PATCH", "url": "/services/data/v62.0/sobjects/Contact/003000000000001AAA",
             "referenceId": "ref2", "body": {"AccountId": "@{ref0.id}"}},
            {"method": "PATCH", "url": "/services/data/v62.0/sobjects/Contact/Key__c/a%20b", "referenceId": "ref3",
             "body": {}},
        ]})
    );
}

#[tokio::test]
async fn size_and_answer_are_checked() {
    let server = TestServer::script([reply(200, r#"{"compositeResponse":[]}"#)]).await;
    let client = server.client();
    assert!(client.composite(&CompositeRequest::new(true)).await.unwrap().is_empty());
    let mut request = CompositeRequest::new(true);
    for _ in 0..25 {
        request.create("A", &json!({})).unwrap();
    }
    let error = client.composite(&request).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Malformed, true));
    request.create("A", &json!({})).unwrap();
    assert!(matches!(client.composite(&request).await.unwrap_err(), Error::InvalidRequest { .. }));
    assert!(request.create("A", &[1]).is_err());
    assert_eq!(server.calls().len(), 1);
}
