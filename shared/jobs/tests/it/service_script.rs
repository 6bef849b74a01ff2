//! Scripts of a service's own.

use jobs::{Effect, JobsError, ServiceScript};
use redis::AsyncCommands as _;

use crate::server::RedisServer;
use crate::support::Bed;

const NO_PERSISTENCE: [&str; 4] = ["--save", "", "--appendonly", "no"];

fn add(effect: Effect) -> ServiceScript {
    ServiceScript::new(effect, &["local key = ARGV[1] .. 'own'\n", "return {key, redis.call('INCRBY', key, ARGV[2])}"])
}

#[tokio::test]
async fn a_script_gets_the_prefix_and_its_arguments_and_is_loaded_when_it_must() {
    let mut bed = Bed::new().await;
    let script = add(Effect::Grows);
    for sum in [3, 6] {
        let answer: (String, u64) = bed.jobs.run_script(&script, &["3".to_owned()]).await.unwrap();
        assert_eq!(answer, (format!("{}own", bed.prefix), sum));
        let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut bed.redis).await.unwrap();
    }
    let refused = bed.jobs.run_script::<u64>(&script, &["three".to_owned()]).await;
    assert!(matches!(refused, Err(JobsError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn while_redis_is_full_only_scripts_run_that_take_no_memory() {
    let server = RedisServer::start(&NO_PERSISTENCE);
    let mut bed = Bed::on(&server, |_| {}).await;
    let _: () = redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("1mb").query_async(&mut bed.redis).await.unwrap();
    let arguments = ["1".to_owned()];
    let refused = bed.jobs.run_script::<(String, u64)>(&add(Effect::Grows), &arguments).await;
    assert!(matches!(refused, Err(JobsError::OutOfMemory(_))), "{refused:?}");
    let _: (String, u64) = bed.jobs.run_script(&add(Effect::Drains), &arguments).await.unwrap();
    let sum: u64 = bed.redis.get(format!("{}own", bed.prefix)).await.unwrap();
    assert_eq!(sum, 1);
    let writes = bed.jobs.run_script::<(String, u64)>(&add(Effect::Reads), &arguments).await;
    assert!(matches!(writes, Err(JobsError::Refused(_))), "{writes:?}");
}
