//! All that differs from pattern to pattern.

use std::pin::Pin;

use anyhow::Result;
use test_support::LocalOrg;

use crate::args::Args;
use crate::console::Console;
use crate::environment::Environment;
use crate::shown::Shown;
use crate::stack::Stack;

/// Ends when a process that is needed has ended.
pub(crate) type Watching<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// The result of a play, once it is over.
pub(crate) type Playing<'a> = Pin<Box<dyn Future<Output = Result<Shown>> + 'a>>;

/// How one pattern is shown.
pub(crate) struct Scene {
    /// The variables of its processes, which work with this local org; the text is the password that the web process asks
    /// for, where it does.
    pub(crate) environment: fn(&LocalOrg, &str) -> Result<Environment>,
    /// The Opportunities that the org is given before; `None` when the pattern needs none.
    pub(crate) seed: fn(&Args) -> Option<u32>,
    /// Plays it on running processes.
    pub(crate) play: for<'a> fn(&'a Args, &'a Console, &'a mut Stack) -> Playing<'a>,
    /// Looks after the processes after the play, while the user goes on by hand.
    pub(crate) watch: for<'a> fn(&'a Console, &'a mut Stack) -> Watching<'a>,
}
