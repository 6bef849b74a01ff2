use crate::test_server::{TestServer, reply};

#[tokio::test]
async fn limits_are_read() {
    let server =
        TestServer::script([reply(200, r#"{"DailyApiRequests":{"Max":15000,"Remaining":-2,"App":{}}}"#)]).await;
    let limits = server.client().limits().await.unwrap();
    assert_eq!((limits["DailyApiRequests"].max, limits["DailyApiRequests"].remaining), (15000, -2));
    assert_eq!(server.calls(), ["GET /services/data/v62.0/limits"]);
}
