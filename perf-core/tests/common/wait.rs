//! In: something that comes true sooner or later. Out: the moment it has, or a failure that names it.

use std::time::{Duration, Instant};

/// Far more than a machine stands still for.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits for it, a test that never ends being worse than one that fails.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < PATIENCE, "not yet: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
