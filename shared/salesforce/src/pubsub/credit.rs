//! How many events to ask for. Pure.

/// Counts what a subscription has asked for and what the caller has not finished; together never more than the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credit {
    limit: u32,
    /// Asked for on the present stream and not received.
    requested: u32,
    /// Received, on this stream or an earlier one, and not finished.
    unfinished: u32,
}

impl Credit {
    pub(super) fn new(limit: u32) -> Self {
        Self { limit: limit.clamp(1, super::MAX_REQUESTED), requested: 0, unfinished: 0 }
    }

    /// How many events to ask for in the first request of a new stream; what the last one owed is void. `None` while
    /// the caller has its hands full: a request for nothing is refused.
    pub(super) fn open(&mut self) -> Option<u32> {
        self.requested = 0;
        self.grant()
    }

    /// An event came and goes to the caller.
    pub(super) fn received(&mut self) {
        self.requested = self.requested.saturating_sub(1);
        self.unfinished = self.unfinished.saturating_add(1);
    }

    /// The caller is done with an event.
    pub(super) fn finished(&mut self) {
        self.unfinished = self.unfinished.saturating_sub(1);
    }

    /// How many more events to ask for now.
    ///
    /// Asking for every single one would double the messages, so it waits for a quarter of the limit, except when
    /// nothing is owed any more: Salesforce ends a stream that asks for nothing for 60 seconds.
    pub(super) fn top_up(&mut self) -> Option<u32> {
        let enough = self.free() >= (self.limit / 4).max(1) || self.requested == 0;
        if enough { self.grant() } else { None }
    }

    /// Whether Salesforce owes events, and so a sign of life.
    pub(super) fn is_owed(&self) -> bool {
        self.requested > 0
    }

    fn free(&self) -> u32 {
        self.limit.saturating_sub(self.requested).saturating_sub(self.unfinished)
    }

    fn grant(&mut self) -> Option<u32> {
        let grant = self.free();
        self.requested += grant;
        (grant > 0).then_some(grant)
    }
}

#[cfg(test)]
mod tests;
