//! In: nothing. Out: the CPU's time-stamp counter, read in line. The one unsafe line of the clock.
//!
//! Invariant 1: `_rdtsc` is an instruction of every x86-64 processor; it reads a register and touches no memory. The operating
//! system may forbid it (`CR4.TSD`), in which case the first use, quanta's calibration, would already have failed.

#![allow(unsafe_code)]

/// The counter, not ordered with the instructions around it.
#[inline(always)]
#[cfg(all(target_arch = "x86_64", not(miri)))]
pub(crate) fn read(_: &quanta::Clock) -> u64 {
    // SAFETY: invariant 1.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// The counter through quanta, where a call costs little beside the read.
#[inline(always)]
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
pub(crate) fn read(clock: &quanta::Clock) -> u64 {
    clock.raw()
}
