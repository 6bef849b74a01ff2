//! Apps that were published to the orgs, and the calls of their operations: what External Services remember.
//!
//! [`spec`] reads an API specification and refuses what External Services refuse; it is code of its own, so that an error
//! in the services' exporter shows. [`Apps`] and [`Invocations`] live as long as the process. Who publishes, calls and
//! delivers callbacks stands in `crate::external_services`.

mod invocations;
mod published;
pub(crate) mod spec;

pub(crate) use self::invocations::{
    Answered, CallOverview, Deliveries, Delivery, Expected, Invocation, Invocations, Outcome, Session, State, Taking,
    time,
};
pub(crate) use self::published::{App, AppOverview, Apps, Publisher};
