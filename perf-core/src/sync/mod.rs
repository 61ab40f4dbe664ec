//! In: data shared by threads. Out: [`Mutex`], [`RwLock`] and [`Condvar`] of `parking_lot`, which tell how long they were waited for.
//!
//! A lock that is free is taken as `parking_lot` takes it. One that is not is waited for in a span of its own: a row
//! `NAME (wait)` with the number of contended acquisitions, the distribution of the waits, and the wait taken off the self time of
//! whatever waited. On request the time it was held is a row `NAME (held)`, which is part of nobody's self time.

mod condvar;
mod lock_site;
mod mutex;
mod rwlock;

pub use condvar::{Condvar, WaitTimeoutResult};
pub(crate) use lock_site::waited_here_ns;
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
