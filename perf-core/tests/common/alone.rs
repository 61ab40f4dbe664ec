//! In: the wish to measure undisturbed. Out: the one turn that tests of a process have at its recording, every call recorded.

use perf_core::Overhead;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits for the turn: mode, budget and memory are properties of the whole process.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    perf_core::set_overhead(Overhead::FULL);
    turn
}
