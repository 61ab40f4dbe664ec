//! In: a thread that has a slot. Out: the slot, given back when the thread ends.
//!
//! A POSIX key, and not a thread-local with a destructor: registering one of those may allocate, and they are over before the last
//! of a thread's allocations. Keys are looked at when all destructors of thread-locals have run. The C library keeps the values of the
//! first 32 keys in the thread itself, those of later ones in memory of its own `calloc`.
//!
//! Invariant 1: `pthread_key_create` writes a key to the address given, and may be called by several threads at once.
//! Invariant 2: a key that is in `KEY` is never deleted, and its destructor is `gone`, which does not unwind.
//! Invariant 3: the value is a slot's place in the table + 1, never an address.

#![cfg_attr(unix, allow(unsafe_code))]

use crate::alloc::slot::Slot;

/// Gives the slot back when this thread ends. Where keys have run out it stays taken.
#[cfg(unix)]
pub(super) fn watch(slot: &'static Slot) {
    let Some(key) = key() else { return };
    let value = std::ptr::without_provenance::<libc::c_void>(super::slot::number(slot) + 1);
    // SAFETY: invariants 2 and 3.
    let _ = unsafe { libc::pthread_setspecific(key, value) };
}

/// Slots are not given back on this platform: threads beyond the table's length in the process's life share a counter.
#[cfg(not(unix))]
pub(super) fn watch(_: &'static Slot) {}

/// The one key of the process, made by the first thread.
#[cfg(unix)]
fn key() -> Option<libc::pthread_key_t> {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    /// The key + 1, 0 before it is made.
    static KEY: AtomicU64 = AtomicU64::new(0);
    if let Some(known) = KEY.load(Relaxed).checked_sub(1) {
        return Some(known as libc::pthread_key_t);
    }
    let mut made: libc::pthread_key_t = 0;
    // SAFETY: invariant 1.
    let failed = unsafe { libc::pthread_key_create(&raw mut made, Some(gone)) } != 0;
    if failed {
        return None;
    }
    match KEY.compare_exchange(0, u64::from(made) + 1, Relaxed, Relaxed) {
        Ok(_) => Some(made),
        Err(first) => {
            // SAFETY: this key never was in `KEY`; no thread has a value for it.
            let _ = unsafe { libc::pthread_key_delete(made) };
            Some((first - 1) as libc::pthread_key_t)
        }
    }
}

#[cfg(unix)]
extern "C" fn gone(value: *mut libc::c_void) {
    super::here::ended();
    if let Some(slot) = value.addr().checked_sub(1).and_then(super::slot::numbered) {
        super::slot::release(slot);
    }
}
