//! In: platform and kernel facts. Out: [`Source`], the counter that is read, with the reason for the choice.

use crate::clock::counter;
use std::time::Instant;

/// A difference by which the counter's scale is asked for: large, so that rounding does not matter.
const SCALE_TICKS: u64 = 1 << 40;

/// Where the kernel names the clock it trusts itself.
#[cfg(target_os = "linux")]
const KERNEL_CLOCKSOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// What is read for the time.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The CPU's own counter.
    Counter(quanta::Clock, &'static str),
    /// The standard library's monotonic clock, in nanoseconds since `Instant`.
    Os(Instant, &'static str),
    /// No clock on this platform: nothing is recorded.
    None,
    /// A word that a test sets.
    #[cfg(test)]
    ByHand(&'static std::sync::atomic::AtomicU64),
}

impl Source {
    /// The cheapest clock that can be trusted here.
    pub(crate) fn choose() -> Self {
        if cfg!(all(target_arch = "wasm32", target_os = "unknown")) {
            return Self::None;
        }
        if cfg!(miri) {
            return Self::Os(Instant::now(), "the interpreter has no counter");
        }
        if let Err(reason) = kernel_trusts_counter() {
            return Self::Os(Instant::now(), reason);
        }
        let clock = quanta::Clock::new();
        if clock.delta_as_nanos(0, SCALE_TICKS) == SCALE_TICKS {
            return Self::Os(Instant::now(), "the CPU has no counter of constant rate");
        }
        Self::Counter(
            clock,
            "the CPU's counter runs at a constant rate and the kernel keeps time by it",
        )
    }

    #[inline(always)]
    pub(crate) fn now(&self) -> u64 {
        match self {
            Self::Counter(clock, _) => counter::read(clock),
            _ => self.now_slowly(),
        }
    }

    #[inline(never)]
    fn now_slowly(&self) -> u64 {
        match self {
            Self::Os(base, _) => base.elapsed().as_nanos() as u64,
            Self::Counter(..) | Self::None => 0,
            #[cfg(test)]
            Self::ByHand(now) => now.load(std::sync::atomic::Ordering::Relaxed),
        }
    }

    pub(crate) fn ns_per_tick(&self) -> f64 {
        match self {
            Self::Counter(clock, _) => {
                clock.delta_as_nanos(0, SCALE_TICKS) as f64 / SCALE_TICKS as f64
            }
            _ => 1.0,
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Counter(..) => "counter",
            Self::Os(..) => "os",
            Self::None => "none",
            #[cfg(test)]
            Self::ByHand(_) => "hand",
        }
    }

    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Counter(_, reason) | Self::Os(_, reason) => reason,
            Self::None => "this platform has no clock in the standard library",
            #[cfg(test)]
            Self::ByHand(_) => "moved by hand",
        }
    }
}

/// On Linux, whether the kernel keeps its own time by the CPU's counter; elsewhere the CPU's word is taken.
#[cfg(target_os = "linux")]
fn kernel_trusts_counter() -> Result<(), &'static str> {
    match std::fs::read_to_string(KERNEL_CLOCKSOURCE) {
        Ok(name) if matches!(name.trim(), "tsc" | "arch_sys_counter") => Ok(()),
        Ok(_) => Err("the kernel does not keep time by the CPU's counter"),
        Err(_) => Err("the kernel's clock source cannot be read"),
    }
}

#[cfg(not(target_os = "linux"))]
fn kernel_trusts_counter() -> Result<(), &'static str> {
    Ok(())
}
