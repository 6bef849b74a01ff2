//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Runs an integration pattern on this machine: Redis, a local Salesforce org, a web process and workers, all on free
/// ports of 127.0.0.1 and stopped at the end. No account is needed.
#[derive(Debug, Clone, Parser)]
#[command(name = "bin/demo", version)]
pub struct Args {
    /// Which integration pattern to show
    #[arg(long, value_enum, default_value = "org-job")]
    pub pattern: Pattern,
    /// Sample Opportunities in the org (org-job)
    #[arg(long, value_name = "N", default_value_t = 5000)]
    pub opportunities: u32,
    /// Line items of each Opportunity
    #[arg(long, value_name = "M", default_value_t = 2)]
    pub lines: u32,
    /// Worker processes
    #[arg(long, value_name = "W", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub workers: u32,
    /// Chunks that each worker has in flight
    #[arg(long, value_name = "C", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub concurrency: u32,
    /// Milliseconds that each Salesforce API call takes
    #[arg(long, value_name = "L", default_value_t = 100)]
    pub call_ms: u64,
    /// Microseconds more for each row that a call reads or writes
    #[arg(long, value_name = "US", default_value_t = 0)]
    pub row_us: u64,
    /// TOML file with pricing rules in place of the built-in ones
    #[arg(long, value_name = "FILE", env = "PRICING_RULES")]
    pub pricing_rules: Option<PathBuf>,
    /// Which Opportunities the job takes, as in a SOQL WHERE clause
    #[arg(long = "where", value_name = "CLAUSE", default_value = "Name LIKE 'Sample Opportunity%'")]
    pub where_clause: String,
    /// Exit with the result instead of staying up
    #[arg(long)]
    pub once: bool,
    /// Print the result as one JSON object on standard output, everything else on standard error
    #[arg(long, requires = "once")]
    pub json: bool,
    /// Keep the logs of all processes and say where they are
    #[arg(long)]
    pub keep_logs: bool,
}

/// An integration pattern that has a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pattern {
    /// Scaling batch jobs: a SOQL filter becomes a job that all workers share.
    OrgJob,
    /// Extending Apex, Flow and Agentforce: Salesforce calls, at once and with a callback.
    OrgAction,
    /// Salesforce API access: the Accounts of all connected orgs, and a bulk load into one of them.
    ApiAccess,
    /// Eventing: change events start a job, and a notification ends it.
    Eventing,
}

impl Pattern {
    /// As in `PATTERN` and in the names of its binaries.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OrgJob => "org-job",
            Self::OrgAction => "org-action",
            Self::ApiAccess => "api-access",
            Self::Eventing => "eventing",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(words: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from(std::iter::once(&"demo").chain(words))
    }

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn defaults_are_those_of_the_readme() {
        let args = parse(&[]).unwrap();
        assert_eq!(args.pattern, Pattern::OrgJob);
        assert_eq!((args.opportunities, args.lines, args.workers, args.concurrency), (5000, 2, 4, 4));
        assert_eq!((args.call_ms, args.row_us), (100, 0));
        assert_eq!(args.where_clause, "Name LIKE 'Sample Opportunity%'");
        assert!(!args.once && !args.json && !args.keep_logs);
    }

    #[test]
    fn all_flags_are_read() {
        let line = "--pattern org-job --opportunities 300 --lines 3 --workers 2 --concurrency 8 --call-ms 0 --row-us 5 \
                    --once --json --keep-logs --where Amount>100 --pricing-rules my.toml";
        let args = parse(&line.split_whitespace().collect::<Vec<_>>()).unwrap();
        assert_eq!((args.opportunities, args.lines, args.workers, args.concurrency), (300, 3, 2, 8));
        assert_eq!((args.call_ms, args.row_us, args.where_clause.as_str()), (0, 5, "Amount>100"));
        assert!(args.once && args.json && args.keep_logs);
        assert_eq!(args.pricing_rules, Some(PathBuf::from("my.toml")));
    }

    #[test]
    fn wrong_values_are_refused() {
        for line in ["--workers 0", "--concurrency 0", "--pattern events", "--json", "--opportunities -1"] {
            assert!(parse(&line.split(' ').collect::<Vec<_>>()).is_err(), "{line}");
        }
    }
}
