//! Which requests come from machines that watch the process: they are answered whatever else goes on.

/// Whether the path is asked by machines every few seconds; the routes are those of [`Health`](super::health::Health).
pub(super) fn is_probe(path: &str) -> bool {
    matches!(path, "/health" | "/ready" | "/metrics")
}
