//! The model against the product: calls that local-org counts, and the outputs that docs/scale.md shows.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod calls;
mod document;
