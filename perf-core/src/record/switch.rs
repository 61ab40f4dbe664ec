//! In: sessions, `enable()`, the environment. Out: whether spans record, and whether they keep their calling context.

use crate::alloc;
use crate::clock::Clock;
use parking_lot::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

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
static PATHS_ERA: AtomicU32 = AtomicU32::new(0);
static ON_SINCE: OnceLock<u64> = OnceLock::new();
static PATHS_ASKED: OnceLock<bool> = OnceLock::new();
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
        alloc::apart(|| {
            let mut holds = HOLDS.lock();
            if mode() == UNASKED {
                holds.plain += u32::from(asked("PERF"));
                holds.settle();
            }
        });
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
        alloc::apart(|| {
            let mut holds = HOLDS.lock();
            holds.plain += 1;
            holds.paths += u32::from(paths);
            holds.settle();
        });
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
        } else if self.paths > 0 || *PATHS_ASKED.get_or_init(|| asked("PERF_PATHS")) {
            PATHS
        } else {
            ON
        };
        if mode != OFF {
            crate::record::cost::measure();
            ON_SINCE.get_or_init(|| Clock::global().now());
        }
        if mode == PATHS && MODE.load(Relaxed) != PATHS {
            PATHS_ERA.fetch_add(1, Relaxed);
        }
        MODE.store(mode, Relaxed);
    }
}

/// How often recording with calling context has begun. A context of an earlier era is none: what opened it may never have ended.
pub(crate) fn paths_era() -> u32 {
    PATHS_ERA.load(Relaxed)
}

/// Ticks at which recording was first turned on.
pub(crate) fn on_since() -> Option<u64> {
    ON_SINCE.get().copied()
}

/// Applies a changed budget: `off` stops recording, anything else lets it go on.
pub(crate) fn budget_changed() {
    settled_mode();
    alloc::apart(|| HOLDS.lock().settle());
}

/// Whether an environment variable says yes. What is neither yes nor no is reported and taken for no.
fn asked(name: &str) -> bool {
    let value = std::env::var_os(name).unwrap_or_default();
    match value.to_string_lossy().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => true,
        "" | "0" | "false" | "no" | "off" => false,
        _ => {
            crate::error::warn(&format_args!(
                "{name}: {value:?} is neither 1 nor 0; taken for 0"
            ));
            false
        }
    }
}

/// Recording stays on while this lives; see [`enable`].
#[derive(Debug)]
#[must_use = "recording stops when this is dropped: bind it with `let _on = ...`"]
pub struct Enabled(#[expect(dead_code, reason = "held for its destructor")] Hold);

/// Turns recording on, until the answer is dropped.
///
/// The first call chooses and calibrates the clock, some milliseconds.
///
/// ```
/// let on = perf_core::enable();
/// { let _span = perf_core::span!("counted"); }
/// drop(on);
/// { let _span = perf_core::span!("counted"); } // nobody looks
/// assert_eq!(perf_core::snapshot().site("counted").map(|row| row.calls), Some(1));
/// ```
pub fn enable() -> Enabled {
    Enabled(Hold::new(false))
}

/// Turns recording on with calling context: the snapshot then holds the call tree. A span costs some nanoseconds more.
///
/// ```
/// let _on = perf_core::enable_paths();
/// perf_core::measure_block!("outer", { perf_core::measure_block!("inner", {}) });
/// let tree = perf_core::snapshot().contexts;
/// assert!(tree.iter().any(|node| node.path == ["outer", "inner"]));
/// ```
pub fn enable_paths() -> Enabled {
    Enabled(Hold::new(true))
}
