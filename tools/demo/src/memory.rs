//! How much memory a process uses, from Linux's `/proc/PID/status` (manual page proc_pid_status).

/// Resident memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Now (`VmRSS`).
    pub(crate) resident: u64,
    /// The most since its start (`VmHWM`).
    pub(crate) peak: u64,
}

/// The memory of a process; `None` when it has ended, and on systems without `/proc`.
pub(crate) fn read(pid: u32) -> Option<Memory> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn parse(status: &str) -> Option<Memory> {
    let bytes = |field: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(field))?;
        let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    };
    Some(Memory { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_resident_and_peak() {
        let status = "Name:\tdemo\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t3\n";
        assert_eq!(parse(status), Some(Memory { resident: 1024 * 1024, peak: 2048 * 1024 }));
    }

    #[test]
    fn a_zombie_has_none() {
        assert_eq!(parse("Name:\tdemo\nState:\tZ (zombie)\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_some() {
        let memory = read(std::process::id()).unwrap();
        assert!(memory.resident > 0 && memory.peak >= memory.resident);
    }
}
