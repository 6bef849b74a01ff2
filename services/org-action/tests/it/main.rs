//! org-action end to end on real processes: Redis, local-org, web, workers, and a receiver of callbacks. One binary, so
//! that it links once.

mod amounts;
mod callbacks;
mod crashes;
mod deadline;
mod happy;
mod https;
mod permissions;
mod repeats;
mod security;
mod silent;
mod support;
mod traces;
