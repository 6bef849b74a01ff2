//! However many pages are open, Redis is asked once for what they all show.

use crate::support::{Stack, page_of};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use test_support::{eventually, http_client};

const LIMIT: Duration = Duration::from_secs(60);
const CLIENTS: usize = 50;

/// Calls of scripts and of commands that read, by name, since the server started.
fn calls(stack: &Stack) -> Result<BTreeMap<String, u64>> {
    let mut redis = TcpStream::connect(("127.0.0.1", stack.redis.port()))?;
    redis.write_all(b"INFO commandstats\r\nQUIT\r\n")?;
    let mut info = String::new();
    redis.read_to_string(&mut info)?;
    let read = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    };
    Ok(info.lines().filter_map(read).collect())
}

#[tokio::test]
async fn fifty_open_pages_cost_redis_no_more_than_one() -> Result<()> {
    let stack = Stack::start().await?;
    let id = stack.free(&["wait", "ok"]).await?;
    let _worker = stack.work();
    let browser = stack.logged_in().await?;
    let cookie = browser.cookie().context("a cookie")?;
    let (http, url) = (http_client()?, stack.web.url()?);
    let mut streams = Vec::new();
    for _ in 0..CLIENTS {
        streams.push(http.get(format!("{url}/live")).header("cookie", &cookie).send().await?);
    }
    eventually(LIMIT, "the job runs", async || {
        ensure!(stack.view(&id).await?.running_chunks == 1, "not yet");
        Ok(())
    })
    .await?;
    // Each asks for its page when it is told to.
    let paths = ["/".to_owned(), "/jobs?which=open".to_owned(), page_of(&id), "/workers".to_owned()];
    let mut rounds = 0;
    let before = calls(&stack)?;
    let began = std::time::Instant::now();
    while rounds < 3 {
        let told = streams.iter_mut().map(|stream| async { tokio::time::timeout(LIMIT, stream.chunk()).await });
        for told in futures_util::future::join_all(told).await {
            told??.context("the stream has ended")?;
        }
        let pages = (0..CLIENTS).flat_map(|_| paths.iter()).map(|path| async { browser.open(path).await });
        futures_util::future::try_join_all(pages).await?;
        rounds += 1;
    }
    let seconds = began.elapsed().as_secs() + 2;
    let after = calls(&stack)?;
    let more = |name: &str| after.get(name).unwrap_or(&0) - before.get(name).unwrap_or(&0);
    // A second of anybody's looks: four overviews with the two lists of what operators did, four tables, the job's page with
    // its parts; twice each where a look falls on the end of a second. The worker's own calls are scripts, too.
    let (lists, scripts) = (more("lrange"), more("evalsha"));
    let pages = u64::try_from(rounds * CLIENTS * paths.len())?;
    let lists_bound = 2 * seconds * (4 * 2 + 2) + 20;
    assert!(lists <= lists_bound, "{lists} lists were read in {seconds} s for {pages} pages, at most {lists_bound}");
    assert!(more("getrange") <= 2 * seconds + 2, "{} courses in {seconds} s", more("getrange"));
    // Without anything shared it would be 4 overviews a page at least.
    assert!(scripts < pages * 4, "{scripts} scripts for {pages} pages in {seconds} s");
    Ok(())
}
