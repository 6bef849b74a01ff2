use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// 10 Opportunities, 2 of them without lines, 2 lines each of the others, all quoted.
fn good() -> (Tally, JobView) {
    let counts = |quotes, lines| [("Quote".to_owned(), quotes), ("QuoteLineItem".to_owned(), lines)].into();
    let tally = Tally {
        opportunities: 10,
        skipped: 2,
        failed: 0,
        quotes: 8,
        quote_line_items: 16,
        quoted_lines: 16,
        before: counts(5, 7),
        after: counts(13, 23),
    };
    let job = JobView {
        state: JobState::Completed,
        planned: true,
        planned_records: 10,
        processed: 10,
        succeeded: 8,
        skipped: 2,
        counters: [("quotes".to_owned(), 8), ("quoteLineItems".to_owned(), 16)].into(),
        ..JobView::default()
    };
    (tally, job)
}

#[test]
fn a_good_job_has_no_problems() {
    let (tally, job) = good();
    assert_eq!(tally.problems(&job), Vec::<String>::new());
    assert!(Tally::default().problems(&JobView { state: JobState::Completed, ..JobView::default() }).is_empty());
}

#[test]
fn an_unfinished_job_is_a_problem_even_when_counts_are_right() {
    let (tally, mut job) = good();
    job.state = JobState::Failed;
    job.reason = Some("planning failed".to_owned());
    assert_eq!(tally.problems(&job), ["the job failed: planning failed"]);
}

#[test]
fn a_missing_quote_is_a_problem_even_when_the_job_knows_it() {
    let (tally, job) = good();
    let missing = Tally {
        failed: 1,
        quotes: 7,
        quote_line_items: 14,
        quoted_lines: 14,
        after: [("Quote".to_owned(), 12), ("QuoteLineItem".to_owned(), 21)].into(),
        ..tally
    };
    let knowing =
        JobView { failed: 1, counters: [("quotes".to_owned(), 7), ("quoteLineItems".to_owned(), 14)].into(), ..job };
    assert_eq!(missing.problems(&knowing), ["1 Opportunities with lines have no Quote"]);
}

#[test]
fn every_wrong_count_is_a_problem() {
    type Spoil = fn(&mut Tally, &mut JobView);
    let cases: [(&str, Spoil); 6] = [
        ("a second Quote of one Opportunity", |tally, _| tally.quotes += 1),
        ("a Quote without key", |tally, _| *tally.after.get_mut("Quote").unwrap() += 1),
        ("a Quote without a line", |tally, _| tally.quote_line_items -= 1),
        ("an unplanned Opportunity", |_, job| job.planned_records -= 1),
        ("a wrong count of skipped", |_, job| job.skipped += 1),
        ("a counter counted twice", |_, job| *job.counters.get_mut("quotes").unwrap() += 1),
    ];
    for (name, spoil) in cases {
        let (mut tally, mut job) = good();
        spoil(&mut tally, &mut job);
        assert!(!tally.problems(&job).is_empty(), "{name}");
    }
}

/// A control API that answers every query with the number of queries so far, and `counts` with one Quote.
async fn fake_local_org(queries: Arc<Mutex<Vec<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut buffer = [0; 4096];
                let count = stream.read(&mut buffer).await.unwrap();
                request.extend_from_slice(&buffer[..count]);
            }
            let target = String::from_utf8(request).unwrap().split(' ').nth(1).unwrap().to_owned();
            let body = if target.starts_with("/local/orgs/my-org/query?") {
                let mut queries = queries.lock().unwrap();
                let url = reqwest::Url::parse(&format!("http://local{target}")).unwrap();
                queries.push(url.query_pairs().next().unwrap().1.into_owned());
                format!(r#"{{"totalSize":{},"records":[]}}"#, queries.len())
            } else {
                assert_eq!(target, "/local/orgs/my-org/counts");
                r#"{"Quote":1}"#.to_owned()
            };
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await.unwrap();
        }
    });
    base
}

#[tokio::test]
async fn everything_is_counted_by_query() {
    let queries = Arc::new(Mutex::new(Vec::new()));
    let control = Control::new(fake_local_org(queries.clone()).await).unwrap();
    let tally = Tally::count(&control, "my-org", "Amount > 1 OR Name = 'x'", "0193-ab", BTreeMap::new()).await.unwrap();
    assert_eq!(
        (tally.opportunities, tally.skipped, tally.failed, tally.quotes, tally.quote_line_items, tally.quoted_lines),
        (1, 2, 3, 4, 5, 6)
    );
    assert_eq!(tally.after["Quote"], 1);
    let lines = "SELECT OpportunityId FROM OpportunityLineItem";
    let quotes = "SELECT OpportunityId FROM Quote WHERE QuoteJobKey__c LIKE '0193ab%'";
    let opportunities = "SELECT COUNT() FROM Opportunity WHERE (Amount > 1 OR Name = 'x')";
    assert_eq!(
        *queries.lock().unwrap(),
        [
            opportunities.to_owned(),
            format!("{opportunities} AND Id NOT IN ({lines})"),
            format!("{opportunities} AND Id IN ({lines}) AND Id NOT IN ({quotes})"),
            "SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '0193ab%'".to_owned(),
            "SELECT COUNT() FROM QuoteLineItem WHERE Quote.QuoteJobKey__c LIKE '0193ab%'".to_owned(),
            format!("SELECT COUNT() FROM OpportunityLineItem WHERE OpportunityId IN ({quotes})"),
        ]
    );
}
