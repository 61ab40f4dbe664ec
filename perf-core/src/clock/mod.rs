//! In: the machine's counters. Out: [`Clock`], ticks for the recording path and their scale; [`ClockInfo`], what a report says of it.

mod counter;
pub(crate) mod cpu;
pub(crate) mod kernel;
mod source;

use source::Source;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Binary digits after the point of `Clock::ns_per_tick_fixed`.
const FIXED_POINT: u32 = 32;

/// Differences taken to find the smallest step of the clock.
const RESOLUTION_READS: usize = if cfg!(miri) { 20 } else { 2_000 };

/// Lengths of the stretches between those readings, in steps of a loop: readings at even distances would look like steps of the clock.
const DITHER: usize = 97;

/// Which clock the times come from, why that one, and how fine it is.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ClockInfo {
    /// `counter` (the CPU's own), `os` (the standard library's monotonic clock) or `none`.
    pub source: String,
    /// Why this source was chosen.
    pub reason: String,
    /// Nanoseconds a tick.
    pub ns_per_tick: f64,
    /// The smallest difference seen between two readings, in nanoseconds.
    pub resolution_ns: f64,
    /// By how much readings usually advance, in nanoseconds: a counter that is read in ticks may move on by many of them at once.
    /// A single time is known to one such step. 0 in files that do not know it.
    #[serde(default)]
    pub step_ns: f64,
}

/// What turns ticks into nanoseconds; small, so that a loop keeps it in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    fixed: u64, // nanoseconds a tick, FIXED_POINT binary digits after the point
    short: u64, // ticks up to this many are converted within 64 bits
}

impl Scale {
    fn new(fixed: u64) -> Self {
        Self {
            fixed,
            short: (u64::MAX - HALF) / fixed.max(1),
        }
    }

    /// A difference of readings in whole nanoseconds, rounded.
    #[inline(always)]
    pub(crate) fn nanoseconds(self, ticks: u64) -> u64 {
        if ticks <= self.short {
            (ticks * self.fixed + HALF) >> FIXED_POINT
        } else {
            self.nanoseconds_of_many(ticks)
        }
    }

    #[cold]
    #[inline(never)]
    fn nanoseconds_of_many(self, ticks: u64) -> u64 {
        let fixed = u128::from(ticks) * u128::from(self.fixed);
        ((fixed + u128::from(HALF)) >> FIXED_POINT) as u64
    }
}

const HALF: u64 = 1 << (FIXED_POINT - 1);

/// The clock of the recording path. Readings of different cores may step back by some ticks: differences saturate at zero.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    source: Source,
    scale: Scale,
}

impl Clock {
    /// The process's clock, chosen and calibrated at the first call (some milliseconds).
    pub(crate) fn global() -> &'static Clock {
        static CLOCK: OnceLock<Clock> = OnceLock::new();
        CLOCK.get_or_init(|| {
            let source = Source::choose();
            let fixed = (source.ns_per_tick() * (1u64 << FIXED_POINT) as f64) as u64;
            Clock {
                source,
                scale: Scale::new(fixed),
            }
        })
    }

    /// A clock that stands still until its word is changed; a tick is a nanosecond.
    #[cfg(test)]
    pub(crate) fn by_hand(now: &'static std::sync::atomic::AtomicU64) -> Self {
        Self {
            source: Source::ByHand(now),
            scale: Scale::new(1 << FIXED_POINT),
        }
    }

    /// The current reading in ticks; 0 for ever where the platform has no clock.
    #[inline(always)]
    pub(crate) fn now(&self) -> u64 {
        self.source.now()
    }

    /// Whether a reading is one instruction, in line.
    #[inline(always)]
    pub(crate) fn is_counter(&self) -> bool {
        matches!(self.source, Source::Counter(..))
    }

    /// Whether there is a clock at all.
    pub(crate) fn exists(&self) -> bool {
        !matches!(self.source, Source::None)
    }

    /// A difference of readings in whole nanoseconds, rounded.
    #[inline(always)]
    pub(crate) fn nanoseconds(&self, ticks: u64) -> u64 {
        self.scale.nanoseconds(ticks)
    }

    /// [`Clock::nanoseconds`] for many differences in a row.
    #[inline(always)]
    pub(crate) fn scale(&self) -> Scale {
        self.scale
    }

    /// A sum of differences in nanoseconds with their fraction.
    pub(crate) fn nanoseconds_f64(&self, ticks: f64) -> f64 {
        ticks * self.scale.fixed as f64 / (1u64 << FIXED_POINT) as f64
    }

    /// Nanoseconds as ticks, rounded down.
    pub(crate) fn ticks(&self, nanoseconds: u64) -> u64 {
        ((u128::from(nanoseconds) << FIXED_POINT) / u128::from(self.scale.fixed.max(1))) as u64
    }

    /// What a report says of the clock; measured once.
    pub(crate) fn info(&self) -> ClockInfo {
        let (resolution_ns, step_ns) = self.steps_ns();
        ClockInfo {
            source: self.source.name().to_owned(),
            reason: self.source.reason().to_owned(),
            ns_per_tick: self.nanoseconds_f64(1.0),
            resolution_ns,
            step_ns,
        }
    }

    /// The step to which a single time is known, in nanoseconds; measured once.
    pub(crate) fn step_ns(&self) -> f64 {
        self.steps_ns().1
    }

    fn steps_ns(&self) -> (f64, f64) {
        static STEPS: OnceLock<(f64, f64)> = OnceLock::new();
        *STEPS.get_or_init(|| {
            let (smallest, usual) = steps(&self.advances());
            let ns = |ticks: u64| self.nanoseconds_f64(ticks as f64);
            (ns(smallest), ns(usual))
        })
    }

    /// By how much the clock had advanced after stretches of different length, in ticks; without those in which it stood still.
    fn advances(&self) -> Vec<u64> {
        let advance = |read: usize| {
            let start = self.now();
            for step in 0..read % DITHER {
                std::hint::black_box(step);
            }
            self.now().saturating_sub(start)
        };
        (0..RESOLUTION_READS)
            .map(advance)
            .filter(|&ticks| ticks > 0)
            .collect()
    }
}

/// The smallest advance, and the step of which nearly all advances are multiples, a tick more or less; the smallest again where
/// there is no such step.
fn steps(advances: &[u64]) -> (u64, u64) {
    let Some(&smallest) = advances.iter().min() else {
        return (0, 0);
    };
    let mut counts = BTreeMap::new();
    for advance in advances {
        *counts.entry(*advance).or_insert(0usize) += 1;
    }
    let share = |part: f64| (part * advances.len() as f64).ceil() as usize;
    let usual = counts
        .iter()
        .find(|(ticks, seen)| **ticks > 2 && **seen >= share(0.05))
        .map_or(smallest, |(ticks, _)| *ticks);
    let off = |advance: &u64| (advance % usual).min(usual - advance % usual);
    let multiples = advances
        .iter()
        .filter(|one| off(one) <= 1 + *one / usual / 8);
    if multiples.count() >= share(0.9) {
        (smallest, usual)
    } else {
        (smallest, smallest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_leaps_is_told_from_one_that_is_slow_to_read() {
        let leaping: Vec<u64> = (0..1_000).map(|i| 26 * (1 + i % 7) + i % 2).collect();
        assert_eq!(steps(&leaping), (26, 26));
        let with_strays: Vec<u64> = (0..1_000)
            .map(|i| if i % 50 == 0 { 1 } else { 26 * (1 + i % 7) })
            .collect();
        assert_eq!(steps(&with_strays), (1, 26));
        let fine: Vec<u64> = (0..1_000).map(|i| 20 + i * 7 % 97).collect();
        assert_eq!(steps(&fine), (20, 20));
        let even: Vec<u64> = (0..1_000).map(|i| 18 + 2 * (i * 7 % 47)).collect();
        assert_eq!(steps(&even), (18, 18));
        assert_eq!(steps(&[]), (0, 0));
        assert!(Clock::global().info().step_ns >= Clock::global().info().resolution_ns);
    }

    #[test]
    fn ticks_and_nanoseconds_are_inverse() {
        let clock = Clock::global();
        for ns in [0, 1, 1_000, 1_000_000_007, 3_600_000_000_000] {
            let back = clock.nanoseconds(clock.ticks(ns));
            assert!(back.abs_diff(ns) <= 1, "{ns} ns came back as {back}");
        }
        let scale = clock.scale();
        for ticks in [0, 1, 12_345, scale.short] {
            let wide = scale.nanoseconds_of_many(ticks);
            assert_eq!(scale.nanoseconds(ticks), wide, "{ticks}");
        }
        // One tick further the product no longer fits 64 bits: the wide way must have been taken.
        assert!(scale.nanoseconds(scale.short + 1) >= scale.nanoseconds(scale.short));
        assert!(clock.info().ns_per_tick > 0.0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "the interpreter's time is not the clock's")]
    fn a_slept_stretch_agrees_with_std() {
        let clock = Clock::global();
        // Ours is read before and after std's: the machine may stand still between any two.
        let both = || (clock.now(), std::time::Instant::now(), clock.now());
        let start = both();
        std::thread::sleep(std::time::Duration::from_millis(50));
        let end = both();
        let ours = |from: u64, to: u64| clock.nanoseconds(to.saturating_sub(from)) as f64;
        let (least, most) = (ours(start.2, end.0), ours(start.0, end.2));
        let std = end.1.duration_since(start.1).as_nanos() as f64;
        assert!(
            0.99 * least <= std && std <= 1.01 * most,
            "{least} to {most} ns against {std} ns"
        );
    }
}
