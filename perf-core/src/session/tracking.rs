//! In: what the program and `PERF_LEAKS` ask for. Out: [`Tracking`], a session's hold on the tracking of what stays allocated.

use crate::alloc::{self, retained};
use crate::record::thread;
use parking_lot::Mutex;

/// None where it was not asked for, where allocations are not counted, or once the session has ended.
#[derive(Debug)]
pub(super) struct Tracking {
    asked: bool,
    hold: Mutex<Option<retained::Tracking>>,
}

impl Tracking {
    pub(super) fn start(asked: bool) -> Self {
        let possible = asked && alloc::installed();
        let start = || retained::Tracking::start(thread::open_site);
        Self {
            asked,
            hold: Mutex::new(possible.then(start)),
        }
    }

    pub(super) fn stop(&self) {
        *self.hold.lock() = None;
    }

    /// Why nothing is tracked that was asked for.
    pub(super) fn note(&self) -> Option<String> {
        let in_vain = self.asked && !alloc::installed();
        in_vain.then(|| format!("leaks are not tracked by site: {}", alloc::NOT_INSTALLED))
    }
}

/// What the environment says. What is neither yes nor no is one warning line, and taken for no.
pub(super) fn asked() -> bool {
    let value = std::env::var_os("PERF_LEAKS").unwrap_or_default();
    match value.to_string_lossy().trim() {
        "1" | "true" | "yes" | "on" => true,
        "" | "0" | "false" | "no" | "off" => false,
        _ => {
            crate::error::warn(&format_args!(
                "PERF_LEAKS: {value:?} is neither 1 nor 0; taken for 0"
            ));
            false
        }
    }
}
