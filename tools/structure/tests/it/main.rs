//! What the crate reads out of sources, and the borders of this workspace.

#![expect(clippy::expect_used, reason = "a test may panic")]

mod borders;
mod documents;
mod imports;
mod linked;
mod workspace;
