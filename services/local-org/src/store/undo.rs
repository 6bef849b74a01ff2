//! How a transaction undoes a part of itself that failed.

/// What becomes of a part, a unit or what is in a savepoint, that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undo {
    /// It is rolled back to a savepoint of SQLite, which keeps a copy of each page that the part touches.
    Part,
    /// Parts have no savepoints, and none has failed yet.
    Whole,
    /// Parts have no savepoints, and one failed: nothing of the transaction can stay.
    Failed,
}
