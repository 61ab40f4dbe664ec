//! In: data. Out: [`Mutex`], the data behind `parking_lot`'s lock, with its waits recorded.

use super::lock_site::{Hold, LockSite};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A mutual exclusion of `parking_lot` whose waits are a row of the report.
///
/// ```
/// use perf_core::sync::Mutex;
/// static QUEUE: Mutex<Vec<u32>> = Mutex::named("queue", Vec::new());
/// QUEUE.lock().push(1);
/// assert_eq!(QUEUE.lock().len(), 1);
/// ```
pub struct Mutex<T: ?Sized> {
    site: LockSite,
    inner: parking_lot::Mutex<T>,
}

/// Access to what a [`Mutex`] guards, until it is dropped.
#[must_use = "the lock is released where this is dropped"]
pub struct MutexGuard<'a, T: ?Sized> {
    pub(super) inner: parking_lot::MutexGuard<'a, T>, // first: released before the hold is recorded
    hold: Hold<'a>,
}

impl<T> Mutex<T> {
    /// A mutex whose row is named by this place: `lock src/queue.rs:12 (wait)`.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self {
            site: LockSite::new(None),
            inner: parking_lot::Mutex::new(value),
        }
    }

    /// A mutex whose row is `NAME (wait)`; locks of one name share it.
    #[track_caller]
    pub const fn named(name: &'static str, value: T) -> Self {
        Self {
            site: LockSite::new(Some(name)),
            inner: parking_lot::Mutex::new(value),
        }
    }

    /// The same mutex, which records the time it was held too: two clock reads more each time it is taken while somebody looks.
    ///
    /// ```
    /// use perf_core::sync::Mutex;
    /// let _on = perf_core::enable();
    /// let cache = Mutex::named("cache", 1).timing_holds();
    /// *cache.lock() += 1;
    /// assert_eq!(perf_core::snapshot().site("cache (held)").map(|row| row.calls), Some(1));
    /// ```
    #[must_use]
    pub const fn timing_holds(mut self) -> Self {
        self.site.holds = true;
        self
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the lock, and waits for it where somebody else has it.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let taken = self.inner.try_lock();
        self.guard(taken.unwrap_or_else(|| self.site.wait(|| self.inner.lock())))
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.inner.try_lock().map(|inner| self.guard(inner))
    }

    /// Whether somebody has the lock now.
    pub fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }

    /// The value, which nobody else can reach.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }

    #[inline(always)]
    fn guard<'a>(&'a self, inner: parking_lot::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard {
            inner,
            hold: self.site.hold(),
        }
    }
}

impl<T: ?Sized> MutexGuard<'_, T> {
    /// Gives the lock up for what `wait` does, which takes it again: nobody holds it meanwhile.
    pub(super) fn unheld<R>(&mut self, wait: impl FnOnce(&mut Self) -> R) -> R {
        self.hold.end();
        let result = wait(self);
        self.hold.begin();
        result
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
