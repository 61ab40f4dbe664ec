//! In: sessions, `enable()`, the environment. Out: whether spans record, and whether they keep their calling context.

use crate::clock::Clock;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Recording is compiled in: the feature `record`, unless `--cfg perf_off` turns the whole tree off.
pub(crate) const COMPILED_IN: bool = cfg!(all(feature = "record", not(perf_off)));

/// Nobody looks: a span does nothing.
pub(crate) const OFF: u8 = 0;
/// Spans record.
pub(crate) const ON: u8 = 1;
/// Spans record under their callers.
pub(crate) const PATHS: u8 = 2;
/// The environment has not been asked yet.
const UNASKED: u8 = 3;

static MODE: AtomicU8 = AtomicU8::new(UNASKED);
static HOLDS: Mutex<Holds> = Mutex::new(Holds { plain: 0, paths: 0 });

struct Holds {
    plain: u32, // who wants recording
    paths: u32, // who wants calling context too
}

/// The mode as a span sees it: one relaxed load.
#[inline(always)]
pub(crate) fn mode() -> u8 {
    MODE.load(Relaxed)
}

/// The mode after the environment was asked (`PERF=1`, `PERF_PATHS=1`).
#[cold]
pub(crate) fn settled_mode() -> u8 {
    if mode() == UNASKED {
        let mut holds = HOLDS.lock();
        if mode() == UNASKED {
            holds.plain += u32::from(asked("PERF"));
            holds.settle();
        }
    }
    mode()
}

/// Recording stays on at least as long as this lives.
#[derive(Debug)]
pub(crate) struct Hold {
    paths: bool,
}

impl Hold {
    /// Turns recording on; `paths` keeps calling context too, as does `PERF_PATHS=1`.
    pub(crate) fn new(paths: bool) -> Self {
        settled_mode();
        let mut holds = HOLDS.lock();
        holds.plain += 1;
        holds.paths += u32::from(paths);
        holds.settle();
        Self { paths }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut holds = HOLDS.lock();
        holds.plain -= 1;
        holds.paths -= u32::from(self.paths);
        holds.settle();
    }
}

impl Holds {
    fn settle(&self) {
        let possible = COMPILED_IN && !crate::record::budget::get().is_off();
        let mode = if self.plain == 0 || !possible || !Clock::global().exists() {
            OFF
        } else if self.paths > 0 || asked("PERF_PATHS") {
            PATHS
        } else {
            ON
        };
        MODE.store(mode, Relaxed);
    }
}

/// Whether an environment variable says yes.
fn asked(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}
