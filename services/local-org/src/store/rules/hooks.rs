//! What an object may add to the general pipeline, and where.

use crate::error::ApiError;
use crate::store::{Record, Tx};

/// The rules of one object. Hooks that come before the write see converted values whose references exist; required
/// fields may still be missing, and are best left to the check that follows.
pub(in crate::store) trait Rules: Sync {
    /// Completes a new record and refuses what does not fit.
    fn before_create<'a>(&self, _tx: &mut Tx<'a>, _record: &mut Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Effects of a new record on others.
    fn after_create<'a>(&self, _tx: &mut Tx<'a>, _record: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Completes changes and refuses, or quietly drops, what does not fit.
    fn before_update<'a>(
        &self,
        _tx: &mut Tx<'a>,
        _old: &Record<'a>,
        _changes: &mut Record<'a>,
    ) -> Result<(), ApiError> {
        Ok(())
    }

    /// Effects of a change on other records.
    fn after_update<'a>(&self, _tx: &mut Tx<'a>, _old: &Record<'a>, _new: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Refuses a delete.
    fn before_delete<'a>(&self, _tx: &mut Tx<'a>, _old: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Effects of a delete on other records, which may be deleted already.
    fn after_delete<'a>(&self, _tx: &mut Tx<'a>, _old: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Effects on other records of one that comes back from the recycle bin by itself, not with its parent.
    fn after_undelete<'a>(&self, _tx: &mut Tx<'a>, _record: &Record<'a>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Whether a deleted record stays, marked as deleted.
    fn has_recycle_bin(&self) -> bool {
        true
    }

    /// Whether a record that is deleted with its parent stays as long as that, and comes back with it.
    fn goes_with_parent(&self) -> bool {
        self.has_recycle_bin()
    }
}
