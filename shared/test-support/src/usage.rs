//! What a process uses, from Linux's `/proc` (manual pages proc_pid_status and proc_pid_stat).

use std::time::Duration;

/// Clock ticks of `/proc/PID/stat` in a second: `USER_HZ`, 100 on all architectures that Rust services run on.
const TICKS_PER_SECOND: u64 = 100;

/// Resident memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Now (`VmRSS`).
    pub resident: u64,
    /// The most since its start (`VmHWM`).
    pub peak: u64,
}

impl Memory {
    /// The memory of a process; `None` when it has ended, and on systems without `/proc`.
    pub fn of(pid: u32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
    }

    fn parse(status: &str) -> Option<Self> {
        let bytes = |field: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(field))?;
            let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(kibibytes * 1024)
        };
        Some(Self { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
    }
}

/// CPU time that a process has used since its start, in user mode and in the kernel, to 10 ms; `None` as for [`Memory::of`].
pub fn cpu_time(pid: u32) -> Option<Duration> {
    parse_cpu(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_cpu(stat: &str) -> Option<Duration> {
    // The name, in parentheses, may hold anything; state is the first field after it, utime and stime are 12 and 13.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let total = ticks()? + ticks()?;
    Some(Duration::from_millis(total * 1000 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_resident_and_peak() {
        let status = "Name:\tdemo\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t3\n";
        assert_eq!(Memory::parse(status), Some(Memory { resident: 1024 * 1024, peak: 2048 * 1024 }));
    }

    #[test]
    fn a_zombie_has_none() {
        assert_eq!(Memory::parse("Name:\tdemo\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn reads_user_and_system_time_behind_any_name() {
        let stat = "4711 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 75 0 0 20 0 5 0 1 2 3";
        assert_eq!(parse_cpu(stat), Some(Duration::from_millis(3_250)));
        assert_eq!(parse_cpu("4711 (a) S 1 2"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_some() {
        let memory = Memory::of(std::process::id()).unwrap();
        assert!(memory.resident > 0 && memory.peak >= memory.resident);
        assert!(cpu_time(std::process::id()).is_some());
    }
}
