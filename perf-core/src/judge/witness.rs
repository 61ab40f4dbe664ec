//! In: a fixed piece of work, timed between the arms. Out: [`Witness`], what the machine itself did while they ran.
//!
//! Interleaving keeps the machine's moods out of the ratio; the witness says how strong they were, and whether they favoured a side.

use super::comparison::Witnessed;
use crate::clock::Clock;
use perf_stats::decision::Arm as Side;
use perf_stats::describe::median;
use perf_stats::tests::mann_whitney;
use std::hint::black_box;

/// Dependent multiplications of the kernel: some 3 µs, in registers only, so that no arm's memory touches it.
const STEPS: u64 = 2_000;
/// The witness may take this share of the time.
const SHARE: f64 = 0.02;
/// Slots kept; beyond them every second one is dropped and the distance doubles.
const MOST: usize = 4_096;
/// Slots of either side below which nothing is said about a shift.
const FEWEST: usize = 20;
/// The machine favours a side only where chance is out of the question.
const ALPHA: f64 = 0.001;

/// Times a piece of work that knows the machine and not the code.
pub(super) struct Witness {
    work: Option<Box<dyn FnMut() -> f64>>,
    slots: [Vec<f64>; 2], // beside the baseline, beside the candidate
    stride: usize,
    is_kernel: bool, // ours, and kept to its share of the time
    units: usize,
}

impl Witness {
    pub(super) fn off() -> Self {
        Self {
            work: None,
            slots: [Vec::new(), Vec::new()],
            stride: 1,
            is_kernel: false,
            units: 0,
        }
    }

    /// A piece of work that says itself how long it took, in nanoseconds; it is asked in every unit.
    pub(super) fn of(work: Box<dyn FnMut() -> f64>) -> Self {
        Self {
            work: Some(work),
            ..Self::off()
        }
    }

    /// The kernel on this machine's clock; off where there is none.
    pub(super) fn kernel() -> Self {
        let clock = Clock::global();
        if !clock.exists() {
            return Self::off();
        }
        let mut kernel = Self::of(Box::new(move || {
            let start = clock.now();
            let mut x = black_box(1u64);
            for _ in 0..STEPS {
                x = x.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            }
            black_box(x);
            clock.nanoseconds(clock.now().saturating_sub(start)) as f64
        }));
        kernel.is_kernel = true;
        kernel
    }

    /// How many units lie between slots, so that the witness keeps to its share of a unit of this length.
    pub(super) fn spread_over(&mut self, unit_ns: f64) {
        if let Some(work) = self.work.as_mut().filter(|_| self.is_kernel) {
            let cost = 4.0 * (0..3).map(|_| work()).fold(f64::INFINITY, f64::min);
            self.stride = (cost / (SHARE * unit_ns.max(1.0))).ceil().clamp(1.0, 1e6) as usize;
        }
    }

    /// Whether this unit has a slot beside either arm.
    pub(super) fn is_due(&mut self) -> bool {
        self.units += 1;
        self.work.is_some() && self.units.is_multiple_of(self.stride)
    }

    pub(super) fn look(&mut self, side: Side) {
        let at = usize::from(side == Side::Candidate);
        if let Some(work) = &mut self.work {
            work(); // its own code is cold after an arm, and colder after a larger one
            let slot = work();
            self.slots[at].push(slot);
        }
        if self.slots[at].len() > MOST {
            self.slots.iter_mut().for_each(every_second);
            self.stride = self.stride.saturating_mul(2);
        }
    }

    pub(super) fn answer(&self) -> Option<Witnessed> {
        let [baseline, candidate] = &self.slots;
        let mut all: Vec<f64> = baseline.iter().chain(candidate).copied().collect();
        let middle = median(&all).ok()?;
        all.sort_unstable_by(f64::total_cmp);
        let undisturbed = all[all.len() / 10];
        let whole: f64 = all.iter().sum();
        let shift = match (median(candidate), median(baseline)) {
            (Ok(c), Ok(b)) if b > 0.0 => c / b - 1.0,
            _ => 0.0,
        };
        Some(Witnessed {
            slots: all.len(),
            median_ns: middle,
            disturbed: (1.0 - undisturbed * all.len() as f64 / whole.max(f64::MIN_POSITIVE))
                .clamp(0.0, 1.0),
            shift,
        })
    }

    /// How far the machine itself differed between the sides, where chance cannot explain it.
    pub(super) fn certain_shift(&self) -> Option<f64> {
        let [baseline, candidate] = &self.slots;
        if baseline.len().min(candidate.len()) < FEWEST {
            return None;
        }
        let p = mann_whitney(candidate, baseline).ok()?.p.two_sided;
        (p < ALPHA)
            .then(|| self.answer().map(|answer| answer.shift))
            .flatten()
    }
}

fn every_second(slots: &mut Vec<f64>) {
    let mut at = 0;
    slots.retain(|_| {
        at += 1;
        at % 2 == 1
    });
}
