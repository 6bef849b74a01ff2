//! Heroku's Node.js samples as processes, from checkouts that the user has. Their files stay as they are; a module that is
//! loaded first makes them listen on 127.0.0.1 in place of all addresses.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use test_support::{LocalOrg, Service, ServiceSpec, TestRedis, free_port};

/// Names that a checkout may have: that of the repository now, and its older one.
const NAMES: [&str; 2] = ["heroku-applink-pattern-", "heroku-integration-pattern-"];
/// The package that all of them stand on.
const SDK: &str = "node_modules/@heroku/applink/package.json";
/// Whoever listens on all addresses listens on 127.0.0.1.
const LOOPBACK: &str = "import net from 'node:net';
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (options, ...rest) {
  const all = options !== null && typeof options === 'object' && ['0.0.0.0', '::', undefined].includes(options.host);
  return listen.call(this, all && options.port !== undefined ? { ...options, host: '127.0.0.1' } : options, ...rest);
};
";

/// The samples that do what one of the measurements does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Samples {
    OrgAction,
    OrgJob,
}

/// One of them, ready to be started.
#[derive(Debug)]
pub(crate) struct Peer {
    folder: PathBuf,
    web: &'static str,
    worker: Option<&'static str>,
    loopback: TempDir,
}

/// A second port of a Redis, with TLS: the sample speaks nothing else.
#[derive(Debug)]
pub(crate) struct TlsPort {
    port: u16,
    _certificate: TempDir,
}

impl Samples {
    fn name(self) -> &'static str {
        match self {
            Self::OrgAction => "org-action",
            Self::OrgJob => "org-job",
        }
    }

    /// Programs of the web process and of the worker.
    fn programs(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::OrgAction => ("src/server/app.js", None),
            Self::OrgJob => ("server/index.js", Some("server/worker.js")),
        }
    }
}

/// Refuses `--peer` for what no sample does in the same way.
pub(crate) fn refuse(dir: Option<&Path>, what: &str) -> Result<()> {
    ensure!(dir.is_none(), "--peer: no sample can be measured beside ours with `{what}`");
    Ok(())
}

impl Peer {
    /// The sample in `dir`; `None` without a folder.
    ///
    /// # Errors
    /// With the name of what is missing.
    pub(crate) fn find(dir: Option<&Path>, sample: Samples) -> Result<Option<Self>> {
        let Some(dir) = dir else { return Ok(None) };
        ensure!(dir.is_dir(), "--peer: {} is no folder", dir.display());
        let names = NAMES.map(|start| format!("{start}{}-nodejs", sample.name()));
        let folder = names.iter().map(|name| dir.join(name)).find(|folder| folder.is_dir());
        let folder =
            folder.with_context(|| format!("--peer: {} has neither {}", dir.display(), names.join(" nor ")))?;
        let folder = folder.canonicalize().with_context(|| format!("--peer: cannot open {}", folder.display()))?;
        let (web, worker) = sample.programs();
        for program in [Some(web), worker].into_iter().flatten() {
            ensure!(folder.join(program).is_file(), "--peer: {} has no {program}", folder.display());
        }
        ensure!(
            folder.join(SDK).is_file(),
            "--peer: {} has no {SDK}: run `npm install` there. Before Node.js 22 it needs \"overrides\": \
             {{\"@jsforce/jsforce-node\": \"3.10.14\"}} in its package.json first",
            folder.display()
        );
        let loopback = tempfile::tempdir().context("cannot make a folder")?;
        std::fs::write(loopback.path().join("loopback.mjs"), LOOPBACK).context("cannot write a module for node")?;
        Ok(Some(Self { folder, web, worker, loopback }))
    }

    /// Starts its web process. It answers when this returns.
    ///
    /// # Errors
    /// When it does not start; the message has the end of its log.
    pub(crate) async fn web(&self, org: &LocalOrg, redis: Option<&TlsPort>) -> Result<Service> {
        let port = free_port()?;
        let spec = self.spec("sample's web", self.web, org, redis)?.env("APP_PORT", port).env("PORT", port);
        spec.ready("istening at").start().await
    }

    /// Starts its worker. It takes jobs when this returns.
    ///
    /// # Errors
    /// When it does not start; the message has the end of its log.
    pub(crate) async fn worker(&self, org: &LocalOrg, redis: &TlsPort) -> Result<Service> {
        let Some(worker) = self.worker else { bail!("the sample has no worker") };
        self.spec("sample's worker", worker, org, Some(redis))?.ready("Subscribed successfully").start().await
    }

    fn spec(&self, name: &str, program: &str, org: &LocalOrg, redis: Option<&TlsPort>) -> Result<ServiceSpec> {
        let loopback = self.loopback.path().join("loopback.mjs");
        // From its own folder, so that it finds its packages and no settings of somebody else.
        let spec = ServiceSpec::at(name, "/bin/sh").arg("-c").arg("cd -- \"$0\" && exec node --import \"$1\" \"$2\"");
        let spec = spec.arg(self.folder.display()).arg(loopback.display()).arg(program);
        let spec = spec.envs(org.applink_env()?).env("NODE_ENV", "production");
        Ok(match redis {
            Some(tls) => spec.env("REDIS_URL", format!("rediss://127.0.0.1:{}", tls.port)),
            None => spec,
        })
    }
}

impl TlsPort {
    /// Opens it, with a certificate that nobody signed.
    ///
    /// # Errors
    /// When the server was built without TLS.
    pub(crate) async fn open(redis: &TestRedis) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for a certificate")?;
        let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).context("no certificate")?;
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, signed.cert.pem()).context("cannot write a certificate")?;
        std::fs::write(&key, signed.signing_key.serialize_pem()).context("cannot write a key")?;
        let port = free_port()?;
        let (certificate, key, text) = (certificate.display().to_string(), key.display().to_string(), port.to_string());
        redis
            .command(&[
                "CONFIG",
                "SET",
                "tls-cert-file",
                &certificate,
                "tls-key-file",
                &key,
                "tls-auth-clients",
                "no",
                "tls-port",
                &text,
            ])
            .await
            .context("this Redis has no TLS, which the sample's Redis client insists on")?;
        Ok(Self { port, _certificate: folder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(dir: &Path) -> String {
        Peer::find(Some(dir), Samples::OrgJob).unwrap_err().to_string()
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(Peer::find(None, Samples::OrgJob).unwrap().is_none());
        let dir = tempfile::tempdir().unwrap();
        assert!(message(&dir.path().join("samples")).ends_with("samples is no folder"));
        assert!(
            message(dir.path()).contains("has neither heroku-applink-pattern-org-job-nodejs nor heroku-integration")
        );
        let folder = dir.path().join("heroku-integration-pattern-org-job-nodejs");
        std::fs::create_dir_all(folder.join("server")).unwrap();
        std::fs::write(folder.join("server/index.js"), "").unwrap();
        assert!(message(dir.path()).ends_with("has no server/worker.js"));
        std::fs::write(folder.join("server/worker.js"), "").unwrap();
        let missing = message(dir.path());
        assert!(missing.contains("run `npm install` there") && missing.contains("@jsforce/jsforce-node"), "{missing}");
        std::fs::create_dir_all(folder.join("node_modules/@heroku/applink")).unwrap();
        std::fs::write(folder.join(SDK), "{}").unwrap();
        let found = Peer::find(Some(dir.path()), Samples::OrgJob).unwrap().unwrap();
        assert_eq!(found.folder, folder.canonicalize().unwrap());
    }

    #[test]
    fn a_folder_is_refused_where_no_sample_does_the_same() {
        refuse(None, "jobs").unwrap();
        assert!(refuse(Some(Path::new(".")), "jobs").unwrap_err().to_string().contains("`jobs`"));
    }
}
