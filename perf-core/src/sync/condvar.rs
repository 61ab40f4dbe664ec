//! In: threads that wait until something has happened. Out: [`Condvar`] of `parking_lot`, with its waits recorded.

use super::lock_site::LockSite;
use super::mutex::MutexGuard;
use std::fmt;
use std::time::{Duration, Instant};

pub use parking_lot::WaitTimeoutResult;

/// A condition variable of `parking_lot` for a [`Mutex`](super::Mutex), whose waits are a row of the report.
///
/// A wait lasts from giving the lock up to having it again. It is taken off the self time of whatever waited, and is no part of the
/// time the lock was held.
///
/// ```
/// use perf_core::sync::{Condvar, Mutex};
/// static JOBS: Mutex<Vec<u32>> = Mutex::named("jobs", Vec::new());
/// static FILLED: Condvar = Condvar::named("jobs: filled");
///
/// let _on = perf_core::enable();
/// let worker = std::thread::spawn(|| {
///     let mut jobs = JOBS.lock();
///     FILLED.wait_while(&mut jobs, |jobs| jobs.is_empty());
///     jobs.pop()
/// });
/// JOBS.lock().push(7);
/// FILLED.notify_one();
/// assert_eq!(worker.join().unwrap(), Some(7));
/// ```
pub struct Condvar {
    site: LockSite,
    inner: parking_lot::Condvar,
}

impl Condvar {
    /// A condition whose row is named by this place: `condition src/queue.rs:12 (wait)`.
    #[track_caller]
    pub const fn new() -> Self {
        Self {
            site: LockSite::new(None).condition(),
            inner: parking_lot::Condvar::new(),
        }
    }

    /// A condition whose row is `NAME (wait)`; conditions and locks of one name share it.
    #[track_caller]
    pub const fn named(name: &'static str) -> Self {
        Self {
            site: LockSite::new(Some(name)).condition(),
            inner: parking_lot::Condvar::new(),
        }
    }

    /// Gives the lock up until somebody notifies, then takes it again. It may also return for no reason: look whether what was waited
    /// for has happened, or use [`Condvar::wait_while`].
    ///
    /// # Panics
    /// If threads wait here with different mutexes, as `parking_lot` does.
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.unheld(|guard| self.site.wait(|| self.inner.wait(&mut guard.inner)));
    }

    /// The same, until then at most.
    ///
    /// # Panics
    /// As [`Condvar::wait`].
    pub fn wait_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        latest: Instant,
    ) -> WaitTimeoutResult {
        guard.unheld(|guard| {
            self.site
                .wait(|| self.inner.wait_until(&mut guard.inner, latest))
        })
    }

    /// The same, for so long at most.
    ///
    /// ```
    /// use perf_core::sync::{Condvar, Mutex};
    /// use std::time::Duration;
    /// let (never, lock) = (Condvar::new(), Mutex::new(()));
    /// assert!(never.wait_for(&mut lock.lock(), Duration::from_millis(1)).timed_out());
    /// ```
    ///
    /// # Panics
    /// As [`Condvar::wait`].
    pub fn wait_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        longest: Duration,
    ) -> WaitTimeoutResult {
        guard.unheld(|guard| {
            self.site
                .wait(|| self.inner.wait_for(&mut guard.inner, longest))
        })
    }

    /// Waits as long as the condition holds, asked before the first wait and after each; every wait is a call of the row.
    ///
    /// # Panics
    /// As [`Condvar::wait`].
    pub fn wait_while<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) {
        while condition(guard) {
            self.wait(guard);
        }
    }

    /// Wakes one of those who wait; whether there was one.
    pub fn notify_one(&self) -> bool {
        self.inner.notify_one()
    }

    /// Wakes all who wait; how many those were.
    pub fn notify_all(&self) -> usize {
        self.inner.notify_all()
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
