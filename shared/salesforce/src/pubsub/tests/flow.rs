//! Flow control and order.

use super::*;

#[tokio::test]
async fn never_more_than_a_hundred_events_are_out_however_they_are_finished() {
    let fake = Fake::start().await;
    fake.add(600);
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    let (mut numbers, mut held) = (Vec::new(), Vec::new());
    while numbers.len() < 600 {
        let received = event(&mut subscription).await;
        numbers.push(number(&received.event));
        held.push(received);
        // Some at a time, oldest and newest mixed.
        if held.len() >= 60 || numbers.len() == 600 {
            for index in (0..held.len().min(45)).rev().step_by(2) {
                fake.finishing(1);
                held.remove(index).finish();
            }
        }
    }
    assert_eq!(numbers, (1..=600).collect::<Vec<u64>>());
    let book = fake.book();
    assert!(book.highest <= 100, "{} events were out", book.highest);
    assert_eq!(book.openings.len(), 1);
    assert_eq!(book.openings[0].requested, 100);
    assert!(book.top_ups.iter().all(|requested| *requested <= 100));
}

#[tokio::test]
async fn more_is_asked_for_when_events_are_finished_not_when_they_arrive() {
    let fake = Fake::start().await;
    fake.add(150);
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(event(&mut subscription).await);
    }
    // All have arrived and none is finished: nothing more may come.
    assert!(tokio::time::timeout(Duration::from_millis(200), subscription.next()).await.is_err());
    assert!(fake.book().top_ups.is_empty());
    assert_eq!(fake.book().pending, 0);
    fake.finishing(30);
    held.drain(..30).for_each(Received::finish);
    for expected in 101..=130 {
        assert_eq!(number(&event(&mut subscription).await.into_parts().0), expected);
        fake.finishing(1);
    }
    assert!(fake.book().highest <= 100);
}

#[tokio::test]
async fn a_smaller_limit_is_kept() {
    let fake = Fake::start().await;
    fake.add(50);
    let place = Arc::default();
    let settings = SubscribeSettings { max_outstanding: 3, ..from_start() };
    let mut subscription = subscribe(&pubsub(&fake), settings, &place);
    assert_eq!(take(&mut subscription, &fake, &place, 50).await, (1..=50).collect::<Vec<_>>());
    assert!(fake.book().highest <= 3);
}

#[tokio::test]
async fn an_event_finishes_when_it_is_dropped() {
    let fake = Fake::start().await;
    fake.add(10);
    let place = Arc::default();
    let settings = SubscribeSettings { max_outstanding: 1, ..from_start() };
    let mut subscription = subscribe(&pubsub(&fake), settings, &place);
    for expected in 1..=10 {
        let (event, finish) = event(&mut subscription).await.into_parts();
        assert_eq!(number(&event), expected);
        assert_eq!(fake.book().pending, 0);
        fake.finishing(1);
        drop(finish);
    }
}

#[tokio::test]
async fn a_quiet_topic_moves_the_place_on() {
    let fake = Fake::start().await;
    fake.add(3);
    fake.book().keepalive = Some(Duration::from_millis(20));
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), SubscribeSettings::default(), &place);
    match soon("a sign of life", subscription.next()).await {
        Some(Ok(Delivery::Idle(latest))) => assert_eq!(latest, fake::id(3)),
        other => panic!("{other:?}"),
    }
    // The stream ends before any event came: it goes on behind what the sign of life said.
    fake.cut();
    eventually("another stream", || fake.openings().len() == 2).await;
    assert_eq!(fake.openings()[1].replay_id, fake::replay_id(3));
    fake.add(1);
    assert_eq!(take(&mut subscription, &fake, &place, 1).await, [4]);
}

#[tokio::test]
async fn the_subscription_ends_when_it_is_told_to() {
    let fake = Fake::start().await;
    fake.add(1);
    let stop = CancellationToken::new();
    let mut subscription = pubsub(&fake).subscribe(TOPIC, from_start(), Arc::<Place>::default(), &stop);
    event(&mut subscription).await.finish();
    stop.cancel();
    assert!(next(&mut subscription).await.is_none());
    // Dropping it ends it, too: the server sees the stream close.
    let place = Arc::default();
    let mut dropped = subscribe(&pubsub(&fake), from_start(), &place);
    event(&mut dropped).await.finish();
    drop(dropped);
    let before = fake.openings().len();
    fake.cut();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(fake.openings().len(), before);
}
