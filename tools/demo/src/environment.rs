//! What the processes of a pattern need to know beside that which all need.

/// Variables by name.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// Variables of a pattern's processes.
#[derive(Debug)]
pub(crate) struct Environment {
    /// For web and workers.
    pub(crate) all: Variables,
    /// For web alone.
    pub(crate) web: Variables,
    /// Hosts that may be called.
    pub(crate) hosts: String,
}
