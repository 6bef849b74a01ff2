//! Memory of this process, as Linux reports it in `/proc/self/status`.

/// Resident memory of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessMemory {
    /// Resident now (`VmRSS`), in bytes.
    pub resident_bytes: u64,
    /// The most that was ever resident (`VmHWM`), in bytes.
    pub peak_bytes: u64,
}

impl ProcessMemory {
    /// Memory now; `None` where the system has no such file.
    pub fn now() -> Option<Self> {
        Self::from_status(&std::fs::read_to_string("/proc/self/status").ok()?)
    }

    /// Reads the lines `VmRSS: 1234 kB` and `VmHWM: 1234 kB`; the kernel's "kB" is 1024 bytes (man page proc_pid_status).
    pub(super) fn from_status(status: &str) -> Option<Self> {
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            kibibytes.checked_mul(1024)
        };
        Some(Self { resident_bytes: bytes("VmRSS")?, peak_bytes: bytes("VmHWM")? })
    }

    /// Sets the gauges.
    pub(super) fn record(self) {
        let set = |name: &'static str, bytes: u64| metrics::gauge!(name).set(as_f64(bytes));
        set("process_resident_memory_bytes", self.resident_bytes);
        set("process_peak_resident_memory_bytes", self.peak_bytes);
    }
}

/// Prometheus has only floating point; exact up to 2^53 bytes.
fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}
