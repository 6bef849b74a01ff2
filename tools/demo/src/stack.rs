//! The processes of the demo.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use indicatif::HumanCount;
use test_support::{
    Costs, LocalOrg, LocalOrgOptions, Log, Org, ProcessOptions, RedisOptions, Service, ServiceSpec, Signal, TestRedis,
    User, client_context,
};

use crate::args::Args;
use crate::console::Console;
use crate::environment::Environment;

/// The org that gets the sample records.
pub(crate) const ORG: &str = "my-org";
/// Heroku waits 30 s after `SIGTERM`.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// After how long the processes of the demo take a silent worker's chunks over (`LEASE_SECONDS`); they are given it, so that
/// what the demo says of it is true.
const LEASE_SECONDS: u32 = 20;
/// How often [`Stack::watch`] looks.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Everything that runs. Dropping it kills everything; [`Stack::stop`] is the orderly way.
#[derive(Debug)]
pub(crate) struct Stack {
    // In this order, so that nothing is dropped before those that use it.
    workers: Vec<Worker>,
    web: Service,
    dashboard: Service,
    local_org: LocalOrg,
    redis: TestRedis,
    /// What the web process asks for, where it does.
    password: String,
}

#[derive(Debug)]
struct Worker {
    name: String,
    service: Service,
    /// Its death has been told.
    lost: bool,
}

impl Stack {
    /// Starts all processes, seeds the org and waits until all are ready.
    pub(crate) async fn start(
        args: &Args,
        console: &Console,
        logs: &Path,
        opportunities: Option<u32>,
        environment: fn(&LocalOrg, &str) -> Result<Environment>,
    ) -> Result<Self> {
        // Their own process groups: Ctrl-C is for the demo alone, which then stops its children in order.
        let process =
            |name: &str| ProcessOptions { log: Some(Log::at(logs.join(format!("{name}.log")))), own_group: true };

        let mut redis = TestRedis::start_with(RedisOptions {
            append_only: true,
            password: Some(hex(rand::random::<[u8; 16]>())),
            // As in production; synchronising every write would measure the disk.
            config: vec!["appendfsync everysec".to_owned()],
            process: process("redis"),
        })
        .await?;
        let (redis_url, job_secret_key) = (redis.url(), hex(rand::random::<[u8; 32]>()));
        #[expect(clippy::disallowed_methods, reason = "handed on to the services")]
        let log_level = std::env::var("LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
        // On this machine, so it needs no login.
        let dashboard = ServiceSpec::new("dashboard-web")?
            .named("dashboard-web")
            .process(process("dashboard-web"))
            .env("LOG_LEVEL", &log_level)
            .env("REDIS_URL", &redis_url)
            .env("JOB_SECRET_KEY", &job_secret_key)
            .env("AUTH", "none")
            .env("PORT", 0)
            .env("BIND_ADDRESS", "127.0.0.1")
            .ready("listening on http://")
            .start()
            .await?;
        console.say(&format!("dashboard      {} (pid {}): the jobs as they run", dashboard.url()?, dashboard.pid()));
        console.say(&format!("Redis          127.0.0.1:{} (pid {})", redis.port(), redis.process().pid()));

        let costs = Costs { call_ms: args.call_ms, row_us: args.row_us, ..Costs::default() };
        let options = LocalOrgOptions {
            costs,
            dashboard: Some(dashboard.url()?),
            process: process("local-org"),
            ..LocalOrgOptions::default()
        };
        let mut local_org = LocalOrg::start_with(options).await?;
        let seeded = match opportunities {
            Some(opportunities) => seed(&local_org, opportunities, args.lines).await?,
            None => String::new(),
        };
        console.say(&format!("local-org      {} (pid {}){seeded}", local_org.url()?, local_org.service().pid()));

        let pricing_rules = args.pricing_rules.as_deref().map(pricing_rules).transpose()?.flatten();
        let password = hex(rand::random::<[u8; 12]>());
        let environment = environment(&local_org, &password)?;
        let service = |binary: &str, name: &str| -> Result<ServiceSpec> {
            Ok(ServiceSpec::new(binary)?
                .named(name)
                .process(process(name))
                .env("LOG_LEVEL", &log_level)
                .env("LOG_FORMAT", "text")
                .env("REDIS_URL", &redis_url)
                .env("JOB_SECRET_KEY", &job_secret_key)
                .env("LEASE_SECONDS", LEASE_SECONDS)
                .env("ALLOWED_ORG_HOSTS", &environment.hosts)
                .envs(pricing_rules.iter().map(|path| ("PRICING_RULES", path)))
                .envs(environment.all.iter().cloned()))
        };

        let name = format!("{}-web", args.pattern.name());
        let web = service(&name, &name)?
            .env("PORT", 0)
            .env("BIND_ADDRESS", "127.0.0.1")
            .envs(environment.web.iter().cloned())
            .ready("listening on http://")
            .start()
            .await?;
        console.say(&format!("{name:<14} {} (pid {})", web.url()?, web.pid()));

        let mut workers = Vec::new();
        for number in 1..=args.workers {
            let name = format!("worker-{number}");
            let service = service(&format!("{}-worker", args.pattern.name()), &name)?
                .env("WORKER_NAME", &name)
                .env("WORKER_CONCURRENCY", args.concurrency)
                .ready("worker ready")
                .start()
                .await?;
            workers.push(Worker { name, service, lost: false });
        }
        let pids: Vec<String> = workers.iter().map(|worker| worker.service.pid().to_string()).collect();
        console.say(&format!(
            "workers        {} with {} chunks in flight each (pids {})",
            args.workers,
            args.concurrency,
            pids.join(" "),
        ));
        Ok(Self { workers, web, dashboard, local_org, redis, password })
    }

    /// Stops what was started with `SIGTERM`, those first that use others: workers, web, dashboard, local-org,
    /// Redis.
    pub(crate) async fn stop(self, console: &Console) {
        let Self { mut workers, mut web, mut dashboard, mut local_org, mut redis, .. } = self;
        let mut results = Vec::new();
        for worker in &mut workers {
            results.push(worker.service.process().signal(Signal::SIGTERM));
        }
        for worker in &mut workers {
            results.push(worker.service.process().wait(STOP_LIMIT).await.map(drop));
        }
        results.push(web.terminate(STOP_LIMIT).await.map(drop));
        results.push(dashboard.terminate(STOP_LIMIT).await.map(drop));
        results.push(local_org.service().terminate(STOP_LIMIT).await.map(drop));
        results.push(redis.process().terminate(STOP_LIMIT).await.map(drop));
        for error in results.into_iter().filter_map(Result::err) {
            console.error(&format!("{error:#}; it is killed"));
        }
    }

    /// Looks after all processes. The job survives the death of a worker, so this is only told, once, with the end of its
    /// log, through `tell`. Any other death, and that of the last worker, is an error.
    pub(crate) fn check(&mut self, mut tell: impl FnMut(&str)) -> Result<()> {
        self.redis.process().ensure_running()?;
        self.local_org.service().process().ensure_running()?;
        self.web.process().ensure_running()?;
        self.dashboard.process().ensure_running()?;
        for worker in self.workers.iter_mut().filter(|worker| !worker.lost) {
            if let Err(death) = worker.service.process().ensure_running() {
                worker.lost = true;
                tell(&lost(&worker.name, &death));
            }
        }
        ensure!(self.workers.iter().any(|worker| !worker.lost), "no worker is left");
        Ok(())
    }

    /// Looks after all processes until one that is needed ends.
    pub(crate) async fn watch(&mut self, console: &Console) -> Result<()> {
        loop {
            self.check(|death| console.error(death))?;
            tokio::time::sleep(WATCH_INTERVAL).await;
        }
    }

    /// As long as one look at the processes is from the next.
    pub(crate) fn watch_interval() -> Duration {
        WATCH_INTERVAL
    }

    /// local-org with its control client.
    pub(crate) fn local_org(&self) -> &LocalOrg {
        &self.local_org
    }

    /// The org of the job and its administrator.
    pub(crate) async fn org(&self) -> Result<(Org, User)> {
        self.local_org.org(ORG).await
    }

    /// Redis, to be counted in.
    pub(crate) fn redis(&self) -> &TestRedis {
        &self.redis
    }

    /// What to log in with, where there is a login.
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Address of the web process.
    pub(crate) fn web_url(&self) -> Result<String> {
        self.web.url()
    }

    /// Process id of the web process.
    pub(crate) fn web_pid(&self) -> u32 {
        self.web.pid()
    }

    /// Names and process ids of the workers.
    pub(crate) fn worker_pids(&self) -> impl Iterator<Item = (&str, u32)> {
        self.workers.iter().map(|worker| (worker.name.as_str(), worker.service.pid()))
    }

    /// A client context for the administrator of the org.
    pub(crate) async fn context(&self) -> Result<String> {
        let (org, user) = self.org().await?;
        Ok(client_context(&org, &user))
    }
}

/// What is said of a worker that has ended.
fn lost(name: &str, death: &anyhow::Error) -> String {
    format!(
        "{name} has ended. The other workers take over what it was doing when its leases run out, {LEASE_SECONDS} s after \
         its last sign of life; nothing is lost or done twice. What it left behind: {death:#}"
    )
}

/// The path as the services can use it, wherever they run. What they take for none, or for the rules themselves, is left to
/// them.
fn pricing_rules(path: &Path) -> Result<Option<String>> {
    match path.to_str() {
        Some("") => return Ok(None),
        Some(text) if text.contains('=') && text.contains('\n') => return Ok(Some(text.to_owned())),
        _ => {}
    }
    let read = path.canonicalize();
    let path = read.with_context(|| format!("--pricing-rules (or PRICING_RULES): cannot read {}", path.display()))?;
    let text = path.into_os_string().into_string().ok();
    text.map(Some).context("--pricing-rules (or PRICING_RULES): the path is no Unicode text")
}

/// Makes the sample records, and tells what there is.
async fn seed(local_org: &LocalOrg, opportunities: u32, lines: u32) -> Result<String> {
    let started = Instant::now();
    local_org.seed(ORG, opportunities, lines).await?;
    Ok(format!(
        ", {} Opportunities with {} lines each, made in {:.1} s",
        HumanCount(opportunities.into()),
        lines,
        started.elapsed().as_secs_f64(),
    ))
}

/// Lower-case hexadecimal digits.
fn hex<const N: usize>(bytes: [u8; N]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_is_explained() {
        let text = lost("worker-2", &anyhow::anyhow!("signal 9"));
        for part in ["worker-2 has ended", "20 s after its last sign of life", "signal 9"] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn a_file_of_rules_that_is_not_there_is_named() {
        let error = pricing_rules(Path::new("/no/such/rules.toml")).unwrap_err();
        assert!(
            format!("{error:#}")
                .starts_with("--pricing-rules (or PRICING_RULES): cannot read /no/such/rules.toml: No such file")
        );
        let given = tempfile::NamedTempFile::new().unwrap();
        let path = given.path().canonicalize().unwrap();
        assert_eq!(pricing_rules(given.path()).unwrap().as_deref(), path.to_str());
        assert_eq!(pricing_rules(Path::new("")).unwrap(), None);
        let text = "[regions]\nUS = 5\n";
        assert_eq!(pricing_rules(Path::new(text)).unwrap().as_deref(), Some(text));
    }
}
