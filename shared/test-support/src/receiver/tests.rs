use super::*;
use crate::http_client;
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn records_requests_and_answers_in_sequence() {
    let receiver = Receiver::start().await.unwrap();
    receiver.reply([Reply::Status(503), Reply::Status(404)]);
    let http = http_client().unwrap();
    let mut statuses = Vec::new();
    for number in 0..3 {
        let request = http.post(receiver.url("/callback?x=1")).bearer_auth("token").json(&json!({ "number": number }));
        statuses.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [503, 404, 200]);
    let received = receiver.wait_for(3, LIMIT).await.unwrap();
    assert_eq!((received[0].method.as_str(), received[0].target.as_str()), ("POST", "/callback?x=1"));
    assert_eq!(received[0].header("authorization"), Some("Bearer token"));
    assert_eq!(received[2].json().unwrap(), json!({ "number": 2 }));
}

#[tokio::test]
async fn a_request_that_hangs_is_recorded_and_others_go_on() {
    let receiver = Receiver::start().await.unwrap();
    receiver.reply([Reply::Hang]);
    let http = http_client().unwrap();
    let first = http.get(receiver.url("/first")).timeout(Duration::from_millis(300)).send().await;
    assert!(first.unwrap_err().is_timeout());
    assert!(http.get(receiver.url("/second")).send().await.unwrap().status().is_success());
    let received = receiver.wait_for(2, LIMIT).await.unwrap();
    assert_eq!(received.iter().map(|request| request.target.as_str()).collect::<Vec<_>>(), ["/first", "/second"]);
}

#[tokio::test]
async fn in_front_of_an_org_it_passes_calls_of_the_api_on() {
    let org = LocalOrg::start().await.unwrap();
    let front = Receiver::in_front_of(&org).await.unwrap();
    let http = http_client().unwrap();
    for _ in 0..2 {
        let versions = http.get(front.url("/services/data")).send().await.unwrap();
        assert!(versions.status().is_success() && versions.text().await.unwrap().contains("/services/data/v62.0"));
        assert!(http.post(front.url("/callback")).send().await.unwrap().status().is_success());
    }
    assert_eq!(front.received().len(), 2);
}

#[tokio::test]
async fn waiting_in_vain_says_how_many_came() {
    let receiver = Receiver::start().await.unwrap();
    let error = receiver.wait_for(1, Duration::from_millis(50)).await.unwrap_err().to_string();
    assert!(error.ends_with("waiting for 1 requests at the receiver: 0 have come"), "{error}");
}

#[test]
fn a_request_is_complete_with_the_last_byte_of_its_body() {
    let whole = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
    for end in 0..whole.len() {
        assert_eq!(parse(&whole[..end]).unwrap(), None, "{end}");
    }
    assert_eq!(parse(whole).unwrap().unwrap().body, "{}");
}
