//! Flow control: how many events a subscriber is ready to take.

use tonic::Code;

use super::failure::Failure;

/// Events that one request asks for at most; what is asked beyond that is not granted (Pub/Sub API Developer Guide,
/// "Pub/Sub API Allocations").
pub(super) const MAX_REQUESTED: u32 = 100;

/// Events that may be pending. The guide knows an error for clients that ask for more and more, but not its limit.
const MAX_PENDING: u32 = 1_000;

/// Events that a subscriber asked for and did not get yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Credit(u32);

impl Credit {
    /// How many.
    pub(super) fn pending(self) -> u32 {
        self.0
    }

    /// Adds what a request asks for.
    ///
    /// # Errors
    /// When the client asked for too many in all.
    pub(super) fn add(&mut self, requested: u32) -> Result<(), Failure> {
        self.0 += requested.min(MAX_REQUESTED);
        if self.0 <= MAX_PENDING {
            return Ok(());
        }
        let message = "The client requested more events than it processed. Process events before requesting more.";
        Err(Failure::new(Code::ResourceExhausted, "subscription.fetch.overflow", message))
    }

    /// Takes away what was delivered.
    pub(super) fn spend(&mut self, events: u32) {
        self.0 = self.0.saturating_sub(events);
    }
}

/// What a request of `Subscribe` asks for, which must be more than nothing.
pub(super) fn requested(number: i32) -> Result<u32, Failure> {
    u32::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
        let message = "The requested number of events in a fetch request must be greater than zero";
        Failure::new(Code::InvalidArgument, "subscription.fetch.requested.events.invalid", message)
    })
}

#[cfg(test)]
mod tests {
    use super::{Credit, requested};

    #[test]
    fn a_request_gives_a_hundred_at_most() {
        let mut credit = Credit::default();
        credit.add(requested(250).unwrap()).unwrap();
        assert_eq!(credit.pending(), 100);
        credit.spend(30);
        credit.add(requested(5).unwrap()).unwrap();
        assert_eq!(credit.pending(), 75);
        for nothing in [0, -1, i32::MIN] {
            assert_eq!(requested(nothing).unwrap_err().error_code, "subscription.fetch.requested.events.invalid");
        }
        let overflow = (0..10).find_map(|_| credit.add(100).err()).unwrap();
        assert_eq!(overflow.error_code, "subscription.fetch.overflow");
    }
}
