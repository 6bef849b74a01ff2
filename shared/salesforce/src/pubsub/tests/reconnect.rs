//! Lost connections, silence, and where a subscription goes on.

use pubsub_proto::ReplayPreset;
use tonic::{Code, Status};

use super::fake::{Opening, Script, id, replay_id, status};
use super::*;

#[tokio::test]
async fn a_cut_connection_loses_and_repeats_nothing() {
    let fake = Fake::start().await;
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    let mut numbers = Vec::new();
    for round in 1..=10 {
        fake.add(40);
        numbers.extend(take(&mut subscription, &fake, &place, 15 + round).await);
        fake.cut();
        fake.add(3);
        eventually("another stream", || fake.openings().len() > round).await;
    }
    let rest = 430 - numbers.len();
    numbers.extend(take(&mut subscription, &fake, &place, rest).await);
    assert_eq!(numbers, (1..=430).collect::<Vec<u64>>());
}

#[tokio::test]
async fn nor_does_one_that_is_cut_at_any_moment() {
    let fake = Fake::start().await;
    fake.add(6_000);
    let place = Arc::default();
    let settings = SubscribeSettings { max_outstanding: 20, ..from_start() };
    let mut subscription = subscribe(&pubsub(&fake), settings, &place);
    let cutter = tokio::spawn({
        let fake = fake.clone();
        async move {
            loop {
                tokio::time::sleep(Duration::from_millis(rand::random_range(1..30))).await;
                fake.cut();
            }
        }
    });
    let numbers = take(&mut subscription, &fake, &place, 6_000).await;
    cutter.abort();
    assert_eq!(numbers, (1..=6_000).collect::<Vec<u64>>());
    assert!(fake.openings().len() > 5, "it was cut");
}

#[tokio::test]
async fn a_stream_goes_on_behind_the_last_finished_event() {
    let fake = Fake::start().await;
    fake.add(5);
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    for (rounds, ending) in [
        status(Code::Unavailable, "service.unavailable"),
        status(Code::Internal, "service.unavailable"),
        Status::internal("RST_STREAM closed stream. HTTP/2 error code: INTERNAL_ERROR"),
        Status::cancelled("h2 protocol error"),
        Status::unknown("?"),
    ]
    .into_iter()
    .enumerate()
    {
        take(&mut subscription, &fake, &place, 5).await;
        let last = 5 * (rounds as u64 + 1);
        fake.end_streams(ending);
        eventually("another stream", || fake.openings().len() == rounds + 2).await;
        let expected = Opening {
            preset: ReplayPreset::Custom,
            replay_id: replay_id(last),
            requested: 100,
            token: "token-0".to_owned(),
        };
        assert_eq!(fake.openings().last(), Some(&expected));
        fake.add(5);
    }
}

#[tokio::test]
async fn events_in_hand_are_not_sent_again_and_still_count() {
    let fake = Fake::start().await;
    fake.add(100);
    let place = Arc::default();
    let mut subscription = subscribe(&pubsub(&fake), from_start(), &place);
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(event(&mut subscription).await);
    }
    // Salesforce ends a stream that asks for nothing for a minute. There is no room for another event yet.
    fake.end_streams(Status::cancelled("nothing was asked for"));
    fake.add(20);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(fake.openings().len(), 1);
    fake.finishing(10);
    held.drain(..10).for_each(Received::finish);
    assert_eq!(number(&event(&mut subscription).await.event), 101);
    let openings = fake.openings();
    assert_eq!((openings.len(), openings[1].replay_id.clone()), (2, replay_id(100)));
    assert!((1..=10).contains(&openings[1].requested));
    assert!(fake.book().highest <= 100);
}

#[tokio::test]
async fn a_new_subscription_starts_behind_the_stored_place() {
    let fake = Fake::start().await;
    fake.add(9);
    let place = Place::at(id(6));
    // A store that is down is waited for: to start elsewhere would lose events.
    place.failures.store(3, Ordering::SeqCst);
    let mut subscription = subscribe(&pubsub(&fake), SubscribeSettings::default(), &place);
    assert_eq!(take(&mut subscription, &fake, &place, 3).await, [7, 8, 9]);
    assert_eq!(fake.openings().len(), 1);
}

#[tokio::test]
async fn without_a_place_it_starts_as_configured() {
    let fake = Fake::start().await;
    fake.add(2);
    let place = Arc::default();
    let mut latest = subscribe(&pubsub(&fake), SubscribeSettings::default(), &place);
    eventually("the stream", || fake.openings().len() == 1).await;
    assert_eq!(fake.openings()[0].preset, ReplayPreset::Latest);
    fake.add(1);
    assert_eq!(number(&event(&mut latest).await.event), 3);
}

/// Nothing has told a place before the first event or sign of life, so a stream that breaks by then may have missed some.
#[tokio::test]
async fn a_first_stream_that_breaks_before_it_told_a_place_leaves_nothing_out() {
    for (unplaced, expected) in [(ReplayStart::Earliest, 1), (ReplayStart::Latest, 4)] {
        let fake = Fake::start().await;
        fake.add(2);
        let place = Arc::default();
        let settings = SubscribeSettings { unplaced, ..SubscribeSettings::default() };
        let mut subscription = subscribe(&pubsub(&fake), settings, &place);
        eventually("the stream", || fake.openings().len() == 1).await;
        assert_eq!(fake.openings()[0].preset, ReplayPreset::Latest);
        fake.cut();
        fake.add(1);
        eventually("another stream", || fake.openings().len() == 2).await;
        fake.add(1);
        assert_eq!(number(&event(&mut subscription).await.event), expected);
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left() {
    let fake = Fake::start().await;
    fake.add(3);
    // One never says a word, not even that the stream is open.
    fake.script(Script::Mute);
    let place = Arc::default();
    let config = PubSubConfig { watchdog: Duration::from_millis(300), ..config(&fake.url()) };
    let mut subscription = subscribe(&pubsub_of(config, &Arc::default()), from_start(), &place);
    assert_eq!(take(&mut subscription, &fake, &place, 3).await, [1, 2, 3]);
    let before = fake.openings().len();
    assert!(before >= 2);
    // One goes dead after a while, on a connection that looks open.
    fake.go_dead();
    fake.add(2);
    assert_eq!(take(&mut subscription, &fake, &place, 2).await, [4, 5]);
    assert!(fake.openings().len() > before);
}

#[tokio::test]
async fn signs_of_life_keep_a_stream() {
    let fake = Fake::start().await;
    fake.add(1);
    fake.book().keepalive = Some(Duration::from_millis(50));
    let place = Arc::default();
    let config = PubSubConfig { watchdog: Duration::from_secs(3), ..config(&fake.url()) };
    let mut subscription = subscribe(&pubsub_of(config, &Arc::default()), from_start(), &place);
    take(&mut subscription, &fake, &place, 1).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(fake.openings().len(), 1);
}

#[tokio::test]
async fn a_place_that_is_lost_falls_back_as_configured() {
    for (fallback, expected) in [(ReplayStart::Earliest, 1), (ReplayStart::Latest, 4)] {
        let fake = Fake::start().await;
        fake.add(3);
        let place = Place::at(id(77));
        let settings = SubscribeSettings { fallback, ..SubscribeSettings::default() };
        let mut subscription = subscribe(&pubsub(&fake), settings, &place);
        match next(&mut subscription).await {
            Some(Ok(Delivery::PositionLost { lost, resumed })) => assert_eq!((lost, resumed), (id(77), fallback)),
            other => panic!("{other:?}"),
        }
        eventually("another stream", || fake.openings().len() == 2).await;
        fake.add(1);
        assert_eq!(number(&event(&mut subscription).await.event), expected);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for() {
    let place = Arc::default();
    let address = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let pubsub = pubsub_of(config(&format!("http://{address}")), &Arc::default());
    let mut subscription = subscribe(&pubsub, from_start(), &place);
    assert!(tokio::time::timeout(Duration::from_millis(200), subscription.next()).await.is_err());
}
