//! The SOAP APIs, with bodies as jsforce, simple-salesforce and the Web Service Connector send them.

use crate::support::{Reply, TestOrg, read};

pub(crate) async fn call(org: &TestOrg, path: &str, body: String) -> Reply {
    let request = org.http.post(format!("{}{path}", org.base)).header("SOAPAction", "\"\"");
    let request = request.header("Content-Type", "text/xml; charset=UTF-8").body(body);
    read(request.send().await.expect("an answer")).await.expect("a body")
}

pub(crate) fn envelope(session: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Header xmlns=\"urn:partner.soap.sforce.com\">\
         <SessionHeader><sessionId>{session}</sessionId></SessionHeader></soapenv:Header>\
         <soapenv:Body xmlns=\"urn:partner.soap.sforce.com\">{body}</soapenv:Body></soapenv:Envelope>"
    )
}

fn login(username: &str, password: &str) -> String {
    format!(
        "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\"><se:Header/><se:Body>\
         <login xmlns=\"urn:partner.soap.sforce.com\"><username>{username}</username><password>{password}</password></login>\
         </se:Body></se:Envelope>"
    )
}

pub(crate) fn text_of(reply: &Reply, name: &str) -> String {
    let document = roxmltree::Document::parse(&reply.text).expect("XML");
    let node = document.descendants().find(|node| node.tag_name().name() == name);
    node.unwrap_or_else(|| panic!("{name} in {}", reply.text)).text().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_login_gives_a_session_for_all_apis() {
    let org = TestOrg::start().await;
    for (api, version) in [("u", "50.0"), ("c", "62.0")] {
        let path = format!("/services/Soap/{api}/{version}");
        let reply = call(&org, &path, login("admin@my-org.local", "any")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("content-type"), Some("text/xml; charset=utf-8"));
        let session = text_of(&reply, "sessionId");
        let server = text_of(&reply, "serverUrl");
        assert_eq!(server, format!("{}{path}/00DLO0000000001", org.base));
        assert_eq!(text_of(&reply, "organizationId").len(), 18);
        let path = server.strip_prefix(&org.base).expect("this server");
        let info = call(&org, path, envelope(&session, "<getUserInfo/>")).await;
        assert_eq!((info.status, text_of(&info, "userName").as_str()), (200, "admin@my-org.local"));
        assert!(text_of(&info, "profileId").starts_with("00e"));
    }
}

#[tokio::test]
async fn a_wrong_login_and_an_ended_session_are_faults() {
    let org = TestOrg::start().await;
    for (username, password) in [("nobody@my-org.local", "any"), ("admin@my-org.local", "")] {
        let reply = call(&org, "/services/Soap/u/62.0", login(username, password)).await;
        assert_eq!((reply.status, text_of(&reply, "faultcode").as_str()), (500, "sf:INVALID_LOGIN"));
        assert_eq!(text_of(&reply, "exceptionCode"), "INVALID_LOGIN");
    }
    let session =
        text_of(&call(&org, "/services/Soap/u/62.0", login("sales.user@my-org.local", "x")).await, "sessionId");
    let path = "/services/Soap/u/62.0/00DLO0000000001";
    assert_eq!(call(&org, path, envelope(&session, "<logout/>")).await.status, 200);
    let ended = call(&org, path, envelope(&session, "<getUserInfo/>")).await;
    assert_eq!(text_of(&ended, "faultcode"), "sf:INVALID_SESSION_ID");
}

#[tokio::test]
async fn other_calls_say_what_to_use() {
    let org = TestOrg::start().await;
    let query = envelope(&org.token, "<query><queryString>SELECT Id FROM Account</queryString></query>");
    let reply = call(&org, "/services/Soap/u/62.0", query).await;
    assert_eq!(reply.status, 500);
    assert!(text_of(&reply, "faultstring").contains("/services/data/v62.0"), "{}", reply.text);
    let apex = call(&org, "/services/Soap/s/62.0/00D", envelope(&org.token, "<executeAnonymous/>")).await;
    assert!(text_of(&apex, "faultstring").contains("runs no Apex"), "{}", apex.text);
    let version = call(&org, "/services/Soap/u/12.0", login("admin@my-org.local", "any")).await;
    assert_eq!(text_of(&version, "faultcode"), "sf:UNSUPPORTED_API_VERSION");
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_nothing_expands() {
    let org = TestOrg::start().await;
    let deep = format!("{}{}", "<a>".repeat(3_000), "</a>".repeat(3_000));
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><x>&b;</x>".to_owned();
    for body in [String::new(), "{}".to_owned(), "<x/>".to_owned(), entities, envelope("", ""), envelope("", &deep)] {
        let reply = call(&org, "/services/Soap/u/62.0", body).await;
        assert_eq!((reply.status, text_of(&reply, "faultcode").as_str()), (500, "soapenv:Client"));
    }
}
