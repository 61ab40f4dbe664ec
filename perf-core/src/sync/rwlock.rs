//! In: data. Out: [`RwLock`], the data behind `parking_lot`'s lock, with its waits recorded.

use super::lock_site::{Hold, LockSite};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A lock of `parking_lot` for many readers or one writer, whose waits are a row of the report.
///
/// ```
/// use perf_core::sync::RwLock;
/// static PRICES: RwLock<Vec<u32>> = RwLock::named("prices", Vec::new());
/// PRICES.write().push(3);
/// assert_eq!(PRICES.read().len(), 1);
/// ```
pub struct RwLock<T: ?Sized> {
    site: LockSite,
    inner: parking_lot::RwLock<T>,
}

/// Shared access to what a [`RwLock`] guards, until it is dropped.
#[must_use = "the lock is released where this is dropped"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    inner: parking_lot::RwLockReadGuard<'a, T>, // first: released before the hold is recorded
    _hold: Hold<'a>,
}

/// Access to what a [`RwLock`] guards, until it is dropped.
#[must_use = "the lock is released where this is dropped"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    inner: parking_lot::RwLockWriteGuard<'a, T>, // first: released before the hold is recorded
    _hold: Hold<'a>,
}

impl<T> RwLock<T> {
    /// A lock whose row is named by this place: `lock src/queue.rs:12 (wait)`.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self {
            site: LockSite::new(None),
            inner: parking_lot::RwLock::new(value),
        }
    }

    /// A lock whose row is `NAME (wait)`; locks of one name share it.
    #[track_caller]
    pub const fn named(name: &'static str, value: T) -> Self {
        Self {
            site: LockSite::new(Some(name)),
            inner: parking_lot::RwLock::new(value),
        }
    }

    /// The same lock, which records the time it was held too: two clock reads more each time it is taken while somebody looks.
    ///
    /// ```
    /// use perf_core::sync::RwLock;
    /// let _on = perf_core::enable();
    /// let cache = RwLock::named("rates", 1).timing_holds();
    /// *cache.write() += 1;
    /// assert_eq!(perf_core::snapshot().site("rates (held)").map(|row| row.calls), Some(1));
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

impl<T: ?Sized> RwLock<T> {
    /// Takes the lock to read, and waits for it where a writer has it.
    #[inline]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        let taken = self.inner.try_read();
        RwLockReadGuard {
            inner: taken.unwrap_or_else(|| self.site.wait(|| self.inner.read())),
            _hold: self.site.hold(),
        }
    }

    /// Takes the lock to write, and waits for it where anybody has it.
    #[inline]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        let taken = self.inner.try_write();
        RwLockWriteGuard {
            inner: taken.unwrap_or_else(|| self.site.wait(|| self.inner.write())),
            _hold: self.site.hold(),
        }
    }

    /// Takes the lock to read if no writer has it.
    #[inline]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        self.inner.try_read().map(|inner| RwLockReadGuard {
            inner,
            _hold: self.site.hold(),
        })
    }

    /// Takes the lock to write if nobody has it.
    #[inline]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        self.inner.try_write().map(|inner| RwLockWriteGuard {
            inner,
            _hold: self.site.hold(),
        })
    }

    /// The value, which nobody else can reach.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
