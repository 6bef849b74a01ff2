//! Events on the wire.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use super::super::sse::{Event, wire};

fn event(data: &str) -> Event {
    Event { data: data.to_owned(), ..Event::default() }
}

/// The whole text of a finite stream.
async fn text(events: Vec<Event>) -> String {
    let parts: Vec<_> =
        wire(stream::iter(events).boxed(), CancellationToken::new(), Duration::from_secs(60)).collect().await;
    String::from_utf8(parts.concat()).unwrap()
}

#[tokio::test]
async fn fields_and_lines() {
    let full = Event { id: Some("7-0".to_owned()), event: Some("progress".to_owned()), data: "{\"a\":1}".to_owned() };
    assert_eq!(text(vec![full, event("")]).await, "id: 7-0\nevent: progress\ndata: {\"a\":1}\n\ndata: \n\n");
    assert_eq!(text(vec![event("a\nb\r\nc\rd")]).await, "data: a\ndata: b\ndata: c\ndata: d\n\n");
}

#[tokio::test]
async fn silence_is_filled_with_comments_until_the_shutdown() {
    let shutdown = CancellationToken::new();
    let mut parts = Box::pin(wire(stream::pending().boxed(), shutdown.clone(), Duration::from_millis(1)));
    assert_eq!(parts.next().await.unwrap(), ": keep-alive\n\n");
    assert_eq!(parts.next().await.unwrap(), ": keep-alive\n\n");
    shutdown.cancel();
    assert_eq!(parts.next().await, None);
}

proptest! {
    #[test]
    fn an_event_never_becomes_two(id in "\\PC*|[\\r\\n\\x00a]*", name in "[\\r\\n:a]*", data in "[\\r\\n: a]*") {
        let event = Event { id: Some(id), event: Some(name), data };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let text = runtime.block_on(text(vec![event]));
        prop_assert_eq!(text.matches("\n\n").count(), 1);
        prop_assert!(text.ends_with("\n\n"));
        prop_assert!(!text.contains('\r'));
        let known = |line: &str| line.is_empty() || ["id: ", "event: ", "data: "].iter().any(|field| line.starts_with(field));
        prop_assert!(text.lines().all(known), "{}", text);
    }
}
