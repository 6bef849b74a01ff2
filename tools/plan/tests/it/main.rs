//! The model against the product: calls that local-org counts, and the outputs that docs/scale.md shows.

mod calls;
mod document;
