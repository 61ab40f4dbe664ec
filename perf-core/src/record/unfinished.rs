//! In: those who keep spans open beyond a thread's stack. Out: how many spans of which site are open, and what such a span costs more.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::{OnceLock, Weak};

/// Keeps spans that are open.
pub(crate) trait Keeper: Send + Sync {
    /// Names the site's number of each open span.
    fn each_open(&self, tell: &mut dyn FnMut(u32));
}

static KEEPERS: Mutex<Vec<Weak<dyn Keeper>>> = Mutex::new(Vec::new());

/// From now on the keeper is asked at each snapshot, as long as it lives.
#[cfg(feature = "tracing")]
pub(crate) fn ask(keeper: Weak<dyn Keeper>) {
    let mut keepers = KEEPERS.lock();
    keepers.retain(|known| known.strong_count() > 0);
    keepers.push(keeper);
}

/// Open spans by their site's number.
pub(crate) fn all() -> BTreeMap<u32, u64> {
    let keepers: Vec<_> = KEEPERS.lock().iter().filter_map(Weak::upgrade).collect();
    let mut open = BTreeMap::new();
    for keeper in keepers {
        keeper.each_open(&mut |site| *open.entry(site).or_insert(0) += 1);
    }
    open
}

/// What a kept span takes beyond a span on the stack, in ticks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SpanCost {
    pub(crate) recorded_ticks: f64,
    pub(crate) skipped_ticks: f64,
}

static SPAN_COST: OnceLock<SpanCost> = OnceLock::new();

/// Measures the cost, once.
#[cfg(feature = "tracing")]
pub(crate) fn calibrate(measure: impl FnOnce() -> SpanCost) {
    SPAN_COST.get_or_init(measure);
}

/// The cost; nothing before the first keeper has measured it.
pub(crate) fn span_cost() -> SpanCost {
    SPAN_COST.get().copied().unwrap_or_default()
}
