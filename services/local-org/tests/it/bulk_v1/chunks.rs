use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::{error, member, members};
use crate::bulk::parse;
use crate::support::{TestOrg, until};

async fn chunked(org: &TestOrg, header: &str, soql: &str) -> (String, String) {
    let body = json!({"object": "Account", "operation": "query", "contentType": "CSV"}).to_string();
    let headers = [("Content-Type", "application/json"), ("Sforce-Enable-PKChunking", header)];
    let reply = org.bulk_with(Method::POST, "/job", &headers, &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let job = member(&reply, "id");
    let batch = org.v1_batch(&job, "text/csv", soql).await;
    until(|| async {
        let states = members(&org.v1_get(&format!("/job/{job}/batch")).await.text, "state");
        !states.iter().any(|state| matches!(state.as_str(), "Queued" | "InProgress"))
    })
    .await;
    (job, batch)
}

#[tokio::test]
async fn a_query_is_divided_by_the_ids_of_the_records() {
    let org = TestOrg::start().await;
    let mut expected = BTreeSet::new();
    for number in 0..23 {
        let id = org.account(if number % 2 == 0 { "Even" } else { "Odd" }).await;
        if number % 2 == 0 {
            expected.insert(id);
        }
    }
    let (job, batch) = chunked(&org, "chunkSize=5;", "SELECT Id FROM Account WHERE Name = 'Even' OR Name = null").await;
    assert_eq!(member(&org.v1_get(&format!("/job/{job}/batch/{batch}")).await, "state"), "NotProcessed");
    let list = org.v1_get(&format!("/job/{job}/batch")).await.text;
    let (ids, states) = (members(&list, "id"), members(&list, "state"));
    let chunks: Vec<_> = ids.iter().zip(&states).filter(|(_, state)| *state == "Completed").map(|(id, _)| id).collect();
    assert!(chunks.len() >= 5, "{list}");
    let mut found = BTreeSet::new();
    for chunk in chunks {
        let request = org.v1_get(&format!("/job/{job}/batch/{chunk}/request")).await.text;
        assert!(
            request.starts_with("SELECT Id FROM Account WHERE (Name = 'Even' OR Name = null) AND Id >= '001"),
            "{request}"
        );
        let result = members(&org.v1_get(&format!("/job/{job}/batch/{chunk}/result")).await.text, "result").remove(0);
        let csv = org.v1_get(&format!("/job/{job}/batch/{chunk}/result/{result}")).await.text;
        let rows = parse(&csv);
        assert!(rows.len() <= 6, "{csv}");
        for row in rows.iter().skip(1) {
            assert!(found.insert(row[0].clone()), "{} is found twice", row[0]);
        }
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_cannot_be_divided_is_run_whole() {
    let org = TestOrg::start().await;
    org.account("One").await;
    for (header, soql) in [("true", "SELECT Id FROM Account ORDER BY Id"), ("FALSE", "SELECT Id FROM Account")] {
        let (job, batch) = chunked(&org, header, soql).await;
        assert_eq!(member(&org.v1_get(&format!("/job/{job}/batch/{batch}")).await, "state"), "Completed", "{soql}");
    }
    let body = json!({"object": "Account", "operation": "query", "contentType": "CSV"}).to_string();
    let headers = [("Content-Type", "application/json"), ("Sforce-Enable-PKChunking", "chunkSize=250001")];
    let reply = org.bulk_with(Method::POST, "/job", &headers, &body).await;
    assert_eq!(error(&reply).1, "InvalidJob", "{}", reply.text);
}
