//! api-access end to end on real processes: Redis, local-org, web and workers. One binary, so that it links once.

mod crashes;
mod faults;
mod loads;
mod moved;
mod support;
mod traces;
