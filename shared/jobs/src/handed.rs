//! What a plan hands on to its first chunk.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What a plan hands on. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Handed(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl Handed {
    pub(super) fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn put(&self, value: Box<dyn Any + Send>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// The value, if it is one of this type.
    pub(super) fn take<T: 'static>(&self) -> Option<T> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = place.take_if(|value| value.is::<T>())?;
        value.downcast().ok().map(|value| *value)
    }
}

impl fmt::Debug for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handed").field(&self.is_there()).finish()
    }
}
