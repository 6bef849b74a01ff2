//! Jobs of the version before: what it has left in Redis, and what its processes do while they still run.

use jobs::{Acked, JobId, JobState, Task};
use redis::AsyncCommands as _;

use crate::support::{Bed, ORG, all_well};

/// Makes a job what the version before would have left: parameters in its hash, a place in the one list of all orgs, no
/// mention of ended jobs to keep.
async fn older(bed: &Bed, id: &JobId) {
    let mut redis = bed.redis.clone();
    let (job, id) = (bed.key("job", id), id.to_string());
    let params: String = redis.get_del(bed.key("params", &id)).await.unwrap();
    let _: () = redis.hset_multiple(&job, &[("params", params.as_str()), ("listed", "1")]).await.unwrap();
    let _: () = redis.hdel(&job, "keep").await.unwrap();
    let _: () = redis.zrem(bed.key("active", ORG), &id).await.unwrap();
    let _: () = redis.zrem(format!("{}orgs", bed.prefix), ORG).await.unwrap();
    let _: () = redis.rpush(format!("{}active", bed.prefix), &id).await.unwrap();
}

#[tokio::test]
async fn a_waiting_job_of_the_version_before_is_run_to_its_end() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    older(&bed, &id).await;
    assert_eq!(bed.view(&id).await.params["where"], "Amount > 0");
    let (plan, job) = bed.claim_with_job().await;
    assert_eq!(job.params["where"], "Amount > 0");
    bed.push(&plan.lease, &[1, 2], true).await;
    for chunk in bed.claim(10).await {
        bed.ack(&chunk).await;
    }
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.processed), (JobState::Completed, 3));
    assert_eq!(view.params["where"], "Amount > 0");
}

#[tokio::test]
async fn a_lease_of_the_version_before_is_honoured_counted_and_taken_over() {
    let bed = Bed::with(|config| config.org_limit = 2).await;
    let id = bed.planned(&[1, 2, 3]).await;
    let chunk = bed.claim(1).await.remove(0);
    // Its leases have no random part, and are not in the index of the org.
    let mut redis = bed.redis.clone();
    let leases = bed.key("leases", id);
    let text = chunk.lease.as_str().rsplit_once('|').unwrap().0.to_owned();
    let _: () = redis.zrem(&leases, chunk.lease.as_str()).await.unwrap();
    let _: () = redis.zadd(&leases, &text, 1).await.unwrap();
    let _: () = redis.srem(bed.key("running", ORG), id.to_string()).await.unwrap();
    older(&bed, &id).await;
    let others = bed.claim(10).await;
    assert_eq!(others.len(), 1, "the limit counts it");
    let _: () = redis.zadd(format!("{}expiries", bed.prefix), id.to_string(), 1).await.unwrap();
    bed.reclaim().await;
    let again = bed.claim(10).await;
    assert_eq!((again.len(), again[0].lease.task(), again[0].delivery), (1, chunk.lease.task(), 2));
    assert_eq!(bed.tasks.ack(&again[0].lease, &all_well(1)).await.unwrap(), Acked::Counted);
}

#[tokio::test]
async fn a_lease_that_a_process_of_the_version_before_has_ended_gives_its_place_back() {
    let bed = Bed::with(|config| config.org_limit = 1).await;
    let id = bed.planned(&[1, 2]).await;
    let chunk = bed.claim(1).await.remove(0);
    assert!(bed.claim(1).await.is_empty(), "the org is at its limit");
    // It ends the lease, lists the job in the place it knows, and nothing else.
    let mut redis = bed.redis.clone();
    let _: () = redis.del(bed.key("leases", id)).await.unwrap();
    let _: () = redis.rpush(bed.key("ready", id), chunk.lease.task().to_string()).await.unwrap();
    let _: () = redis.rpush(format!("{}active", bed.prefix), id.to_string()).await.unwrap();
    crate::support::until("the org goes on", async || !bed.claim(1).await.is_empty()).await;
    assert_eq!(bed.view(&id).await.running_chunks, 1);
    assert!(matches!(chunk.lease.task(), Task::Chunk(_)));
}
