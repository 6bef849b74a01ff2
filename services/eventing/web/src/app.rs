//! What the handlers share.

use crate::buffer::Buffer;
use crate::filter::Filter;
use crate::org::CurrentOrg;
use shared::jobs::Jobs;

/// What the handlers share.
pub(crate) struct App {
    pub(crate) jobs: Jobs,
    pub(crate) buffer: Buffer,
    pub(crate) filter: Filter,
    pub(crate) authorization: String,
    pub(crate) org: CurrentOrg,
    pub(crate) topic: String,
    pub(crate) subscribes: bool,
}
