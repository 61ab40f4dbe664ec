//! In: a limit on what a call waits for locks. Out: the [`Bound`], and who was waited for.

use crate::bound::Bound;
use crate::bound::subject::{Latency, Statistic};
use crate::record::switch::{Enabled, enable};
use crate::site::Kind;
use crate::snapshot::{Row, Snapshot, snapshot};
use crate::units;

/// Of the locks that were waited for, so many are named.
const NAMED: usize = 3;

impl Bound {
    /// The share `p` of the calls: what they wait for locks of [`sync`](crate::sync), on the thread that makes the calls.
    ///
    /// Waits at a `Condvar` do not count. Other locks are not seen, and neither are threads that the closure starts: for those bound the lock's own row,
    /// `Bound::p99().below(..).on_site("queue (wait)")`. Who holds a lock may itself wait for a CPU, so `Broken` is not said where
    /// threads of the machine that were kept from one explain the waits. Recording is on meanwhile.
    ///
    /// ```
    /// use perf_core::bound::{Bound, millis};
    /// use perf_core::sync::Mutex;
    /// static QUEUE: Mutex<Vec<u32>> = Mutex::named("queue", Vec::new());
    /// Bound::lock_wait(0.99).below(millis(500)).check(|| QUEUE.lock().len());
    /// ```
    pub const fn lock_wait(p: f64) -> Latency {
        Latency::of(Statistic::LockWait(p))
    }
}

/// Waits are recorded while this lives.
pub(super) struct Waits {
    before: Snapshot,
    #[expect(dead_code, reason = "held for its destructor")]
    on: Enabled,
}

impl Waits {
    pub(super) fn begin() -> Self {
        Self {
            on: enable(),
            before: snapshot(),
        }
    }

    /// Who was waited for since, by time.
    pub(super) fn told(self) -> Option<String> {
        let since = snapshot().since(&self.before).ok()?;
        let waits = |row: &&Row| row.kind == Kind::Wait && row.calls > 0;
        let mut rows: Vec<&Row> = since.rows.iter().filter(waits).collect();
        rows.sort_by(|a, b| b.total_ns.total_cmp(&a.total_ns));
        let named = rows.iter().take(NAMED).map(|row| {
            let (total, waits) = (units::duration(row.total_ns), units::count(row.calls));
            format!("{} {total} in {waits} waits", row.id)
        });
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| format!("{}; of all threads", named.join(", ")))
    }
}
