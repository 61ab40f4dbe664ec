//! In: spans that have closed. Out: an event for those slower than almost all others of their site, so that a tail leads to a trace.

use crate::clock::Clock;
use crate::record::table::Table;
use crate::record::thread;
use crate::site::{self, Site};
use crate::snapshot;
use crate::tracing::spans::Closed;
use crate::units::duration;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tracing::span::Id;

/// The target of the events that tell outliers.
pub const OUTLIER: &str = "perf_core::outlier";

/// How long a threshold is used before it is estimated again.
const REFRESH: Duration = Duration::from_secs(1);

/// Which spans are told as events of their own: those above a quantile of their site, a few at a time.
///
/// The event has the target [`OUTLIER`] and the level `WARN`, and stands within the span: whoever prints or ships it does so
/// with the span's fields and its trace. Its own fields are `site`, `duration_ns` and `threshold_ns`. Nothing is told of a site until
/// its calls suffice to know the quantile.
///
/// ```
/// use perf_core::tracing::Outliers;
/// use std::time::Duration;
/// let layer = perf_core::tracing::layer()
///     .outliers(Outliers::default().above(0.99).at_most_every(Duration::from_millis(100)));
/// # drop(layer);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outliers {
    quantile: f64, // between 0 and 1
    pause: Duration,
}

impl Default for Outliers {
    /// Above p99.9 of the site, one event a second and site.
    fn default() -> Self {
        Self {
            quantile: 0.999,
            pause: Duration::from_secs(1),
        }
    }
}

impl Outliers {
    /// Another quantile, between 0 and 1; what lies outside is cut to it.
    #[must_use]
    pub fn above(self, quantile: f64) -> Self {
        let quantile = if quantile.is_nan() {
            self.quantile
        } else {
            quantile.clamp(0.0, 1.0)
        };
        Self { quantile, ..self }
    }

    /// The shortest time between two events of a site.
    #[must_use]
    pub fn at_most_every(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }
}

/// What is known of one site, in ticks.
#[derive(Debug)]
struct Known {
    threshold: AtomicU64, // u64::MAX = not known
    estimate_at: AtomicU64,
    silent_until: AtomicU64,
}

/// Finds the outliers among a layer's spans.
#[derive(Debug)]
pub(super) struct Watch {
    wanted: Outliers,
    sites: Table<Known>,
}

impl Watch {
    pub(super) fn new(wanted: Outliers) -> Self {
        Self {
            wanted,
            sites: Table::new(),
        }
    }

    /// A span that was timed has closed, and is still known to the subscriber.
    #[inline]
    pub(super) fn see(&self, id: &Id, closed: Closed) {
        let Some(known) = self.known(closed.site) else {
            return;
        };
        let clock = Clock::global();
        if closed.now >= known.estimate_at.load(Relaxed) {
            self.estimate(known, closed);
        }
        let threshold = known.threshold.load(Relaxed);
        if closed.wall <= threshold {
            return;
        }
        let silent = known.silent_until.load(Relaxed);
        let until = closed
            .now
            .saturating_add(clock.ticks(self.wanted.pause.as_nanos() as u64));
        if closed.now < silent
            || known
                .silent_until
                .compare_exchange(silent, until, Relaxed, Relaxed)
                .is_err()
        {
            return;
        }
        tell(id, closed, threshold);
    }

    fn known(&self, site: u32) -> Option<&'static Known> {
        if let Some(known) = self.sites.get(site) {
            return Some(known);
        }
        thread::quietly(|| {
            let known = Box::leak(Box::new(Known {
                threshold: AtomicU64::new(u64::MAX),
                estimate_at: AtomicU64::new(0),
                silent_until: AtomicU64::new(0),
            }));
            self.sites.set(site, known);
        });
        self.sites.get(site)
    }

    /// Estimates the threshold anew, on this thread, while others go on with the old one.
    #[cold]
    fn estimate(&self, known: &Known, closed: Closed) {
        let clock = Clock::global();
        let due = known.estimate_at.load(Relaxed);
        let next = closed.now + clock.ticks(REFRESH.as_nanos() as u64);
        if known
            .estimate_at
            .compare_exchange(due, next, Relaxed, Relaxed)
            .is_err()
        {
            return;
        }
        let estimate = thread::quietly(|| {
            let site = site::numbered(closed.site)?;
            snapshot::row_of(site)?.quantile(self.wanted.quantile)
        });
        let threshold = estimate.map_or(u64::MAX, |estimate| clock.ticks(estimate.value as u64));
        known.threshold.store(threshold, Relaxed);
    }
}

#[cold]
fn tell(id: &Id, closed: Closed, threshold: u64) {
    let clock = Clock::global();
    let name = site::numbered(closed.site).map_or_else(Default::default, Site::id);
    let (took, usual) = (clock.nanoseconds(closed.wall), clock.nanoseconds(threshold));
    tracing::warn!(
        target: OUTLIER,
        parent: id.clone(),
        site = %name,
        duration_ns = took,
        threshold_ns = usual,
        "slow: {} where almost all calls take less than {}",
        duration(took as f64),
        duration(usual as f64),
    );
}
