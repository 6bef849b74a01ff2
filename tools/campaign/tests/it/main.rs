//! Some cells of the campaigns, in CI.

mod answers;
mod campaigns;
