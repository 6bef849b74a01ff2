//! Every call that the services make × every kind of odd answer, one at a time: nothing hangs, and nothing says that it
//! succeeded, or failed, when the org says otherwise.
//!
//! A cell is one run of a pattern with one fault of local-org ([`call`] names the call, [`odd`] the answer). What the
//! pattern says afterwards is compared with what the org has ([`patterns`]).

mod call;
mod odd;
mod patterns;
mod report;

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Result, ensure};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use self::call::{Call, Group};
use self::odd::Odd;
use self::patterns::Pattern;
pub use self::report::{Cell, Table, Verdict};

/// Options of `campaign answers`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Times that every cell is run
    #[arg(long, default_value_t = 1)]
    pub rounds: u32,
    /// Order of the cells; another one each time when absent
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only this many answers of each call in a round, drawn by the seed; all when absent
    #[arg(long)]
    pub sample: Option<usize>,
    /// Only calls with this text in their name; may be repeated
    #[arg(long, value_name = "CALL")]
    pub only: Vec<String>,
    /// Only answers with this text in their name; may be repeated
    #[arg(long, value_name = "ANSWER")]
    pub answer: Vec<String>,
    /// Print the table as Markdown
    #[arg(long)]
    pub markdown: bool,
}

/// Runs the cells and gives what happened in each.
///
/// # Errors
/// When a process does not start, or no cell is meant. What goes wrong in a cell is in the table.
pub async fn run(options: Options) -> Result<Table> {
    let meant = |name: &str, texts: &[String]| texts.is_empty() || texts.iter().any(|text| name.contains(text));
    let calls: Vec<_> = call::all().into_iter().filter(|call| meant(call.name, &options.only)).collect();
    let answers: Vec<_> = odd::all().into_iter().filter(|odd| meant(&odd.name, &options.answer)).collect();
    ensure!(
        !calls.is_empty(),
        "no call has that name: {:?}",
        call::all().iter().map(|call| call.name).collect::<Vec<_>>()
    );
    ensure!(!answers.is_empty(), "no answer has that name");
    let seed = options.seed.unwrap_or_else(rand::random);
    let mut order = StdRng::seed_from_u64(seed);
    let mut table = Table::new(seed);
    let groups: BTreeSet<Group> = calls.iter().map(|call| call.flow.group()).collect();
    for _ in 0..options.rounds {
        for group in &groups {
            let mut cells = Vec::new();
            for call in calls.iter().filter(|call| call.flow.group() == *group) {
                let mut taken: Vec<_> = answers.iter().filter(|odd| call.takes(odd)).collect();
                taken.shuffle(&mut order);
                taken.truncate(options.sample.unwrap_or(usize::MAX));
                cells.extend(taken.into_iter().map(|odd| (call, odd)));
            }
            cells.shuffle(&mut order);
            let mut pattern = Pattern::start(*group).await?;
            for (call, odd) in cells {
                let started = Instant::now();
                let verdict = cell(&mut pattern, call, odd).await;
                let verdict = verdict.unwrap_or_else(|error| Verdict::Wrong(format!("{error:#}")));
                eprintln!("{}: {}: {verdict} ({:.1} s)", call.name, odd.name, started.elapsed().as_secs_f64());
                // What such a cell has left behind is no part of the next one.
                if verdict != Verdict::Done {
                    pattern = Pattern::start(*group).await?;
                }
                table.cells.push(Cell { call: call.name, answer: odd.name.clone(), verdict });
            }
        }
    }
    Ok(table)
}

async fn cell(pattern: &mut Pattern, call: &Call, odd: &Odd) -> Result<Verdict> {
    pattern.prepare(call.flow).await?;
    for fault in call.before() {
        pattern.org().add_fault(&fault).await?;
    }
    let fault = match call.fault(&odd.action) {
        Some(fault) => Some(pattern.org().add_fault(&fault).await?),
        None => {
            pattern.answer_callback(&odd.action)?;
            None
        }
    };
    let verdict = pattern.run(call.flow).await?;
    let hits = match fault {
        Some(fault) => pattern.org().fault_hits(fault).await?,
        None => 1,
    };
    pattern.org().clear_faults().await?;
    Ok(if hits == 0 { Verdict::Wrong("the call was not made".to_owned()) } else { verdict })
}
