use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;

const SCHEMA: &str = r#"{"type":"record","name":"E","fields":[]}"#;

fn parsed(id: &str) -> Parsed {
    EventSchema::parse(id, SCHEMA).map(Arc::new)
}

#[tokio::test]
async fn those_who_ask_together_share_one_answer() {
    let (cache, fetched) = (SchemaCache::new(3), AtomicUsize::new(0));
    let ask = || {
        cache.get("a", async || {
            fetched.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, ()>(parsed("a"))
        })
    };
    let answers = futures_util::future::join_all((0..20).map(|_| ask())).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Ok(schema)) if schema.id() == "a")));
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let cache = SchemaCache::new(3);
    assert!(matches!(cache.get("a", async || Err("down")).await, Err("down")));
    assert!(matches!(cache.get("a", async || Ok::<_, &str>(parsed("a"))).await, Ok(Ok(_))));
    let broken = cache.get("b", async || Ok::<_, ()>(EventSchema::parse("b", "{").map(Arc::new))).await;
    assert!(matches!(broken, Ok(Err(DecodeError::Schema(_)))));
    assert!(matches!(cache.get("b", async || Err("not asked")).await, Ok(Err(_))), "what is broken stays so");
}

#[tokio::test]
async fn the_schema_used_longest_ago_makes_room() {
    let cache = SchemaCache::new(2);
    for id in ["a", "b", "a", "c"] {
        let _ = cache.get(id, async || Ok::<_, ()>(parsed(id))).await;
    }
    assert!(cache.get("a", async || Err(())).await.is_ok());
    assert!(cache.get("c", async || Err(())).await.is_ok());
    assert!(cache.get("b", async || Err(())).await.is_err());
}
