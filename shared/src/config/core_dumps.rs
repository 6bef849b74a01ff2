//! A core dump would hold the secrets of the process in clear.

use std::io;

use nix::sys::resource::{Resource, setrlimit};

/// Turns core dumps of this process off for good. On Linux also those that go to a program (`core_pattern` with a bar),
/// which no limit stops; then other processes of the same user may not look into its memory either (`ptrace`,
/// `/proc/PID/mem`, man page PR_SET_DUMPABLE).
pub(super) fn turn_off() -> io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_dumpable(false)?;
    Ok(())
}
