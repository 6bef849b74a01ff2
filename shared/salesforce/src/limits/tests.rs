use super::ApiUsage;
use crate::test_server::{TestServer, reply};

#[test]
fn usage_is_read_from_the_header() {
    let usage = Some(ApiUsage { used: 18, limit: 5000 });
    assert_eq!(ApiUsage::parse("api-usage=18/5000"), usage);
    assert_eq!(ApiUsage::parse("api-usage=18/5000; per-app-api-usage=17/250(appName=sample)"), usage);
    assert_eq!(ApiUsage::parse("per-app-api-usage=17/250(appName=sample)"), None);
    for odd in ["", "api-usage=", "api-usage=x/y", "api-usage=1"] {
        assert_eq!(ApiUsage::parse(odd), None);
    }
}

#[tokio::test]
async fn limits_are_read() {
    let server =
        TestServer::script([reply(200, r#"{"DailyApiRequests":{"Max":15000,"Remaining":-2,"App":{}}}"#)]).await;
    let limits = server.client().limits().await.unwrap();
    assert_eq!((limits["DailyApiRequests"].max, limits["DailyApiRequests"].remaining), (15000, -2));
    assert_eq!(server.calls(), ["GET /services/data/v62.0/limits"]);
}
