//! `bin/plan`: how long a quote job takes, what it asks of the org, and how many workers it wants, before anything runs.
//!
//! [`model`] is the model of docs/scale.md: pure functions of what is asked and of constants, which are the product's own
//! ([`Product`]) or were measured ([`model::constants`]). Tests run jobs against local-org and compare its count of calls.

pub mod args;
pub mod model;
mod product;
mod text;

pub use args::Args;
pub use product::Product;

use anyhow::Result;
use model::Answer;

/// The answer as text, or as JSON with `--json`.
///
/// # Errors
/// When the product's own settings cannot be read, which they can.
pub fn answer(args: &Args) -> Result<String> {
    let question = args.question(&Product::defaults()?);
    let answer = Answer::to(&question);
    match args.json {
        true => Ok(serde_json::to_string_pretty(&answer)?),
        false => Ok(text::of(&question, &answer)),
    }
}
