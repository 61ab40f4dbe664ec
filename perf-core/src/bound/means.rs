//! In: a limit on a mean, and batches' means as they come. Out: a verdict as soon as they tell.

use crate::bound::confirm::ALPHA_CONFIRM;
use crate::bound::outcome::Outcome;
use crate::bound::verdict::{Reason, Verdict};
use crate::units;
use perf_stats::decision::{ALPHA_BROKEN, ALPHA_HOLDS};
use perf_stats::describe::describe;
use perf_stats::sequential::NormalMixture;
use perf_stats::series::autocorrelation_time;

/// Batches before anything is claimed: their mean is then near enough to normal.
const FEWEST: usize = 50;
/// Batches kept: of more, neighbours are joined.
const MOST: usize = 8_192;
/// Looks come at counts this factor apart.
const LOOK_GROWTH: f64 = 1.05;

/// A bound on a mean while its batches come in.
///
/// Evidence is the normal mixture on the batches' means, whose standard deviation and dependence are estimated from them: the error rates
/// are asymptotic, as near as the mean of [`FEWEST`] batches is to normal. A mean that rests on one call in many thousands is not
/// seen before that call.
pub(super) struct Means {
    limits: [f64; 2], // what it is at least and at most
    own: f64,         // nanoseconds a call that are the clock's
    alpha: f64,       // error rate of `Broken`
    means: Vec<f64>,
    joined: usize, // batches that one of `means` stands for
    open: (f64, usize),
    next_look: usize,
    tau: f64,
    suspected: bool, // broken but for what the machine did
}

impl Means {
    pub(super) fn new(limits: [f64; 2], own: f64) -> Self {
        Self {
            limits,
            own,
            alpha: ALPHA_BROKEN,
            means: Vec::new(),
            joined: 1,
            open: (0.0, 0),
            next_look: FEWEST,
            tau: 1.0,
            suspected: false,
        }
    }

    /// For the fresh batches that confirm a `Broken`.
    pub(super) fn fresh(limits: [f64; 2], own: f64) -> Self {
        Self {
            alpha: ALPHA_CONFIRM,
            ..Self::new(limits, own)
        }
    }

    /// Nanoseconds a call that are the clock's.
    pub(super) fn own(&self) -> f64 {
        self.own
    }

    /// Batches so far.
    pub(super) fn batches(&self) -> u64 {
        (self.means.len() * self.joined + self.open.1) as u64
    }

    /// Takes a batch; true where a look is due.
    pub(super) fn push(&mut self, value: f64) -> bool {
        self.open = (self.open.0 + value, self.open.1 + 1);
        if self.open.1 < self.joined {
            return false;
        }
        self.means.push(self.open.0 / self.joined as f64);
        self.open = (0.0, 0);
        if self.means.len() == MOST {
            self.means = self
                .means
                .chunks(2)
                .map(|two| two.iter().sum::<f64>() / 2.0)
                .collect();
            self.joined *= 2;
            self.next_look = self.means.len();
        }
        self.means.len() >= self.next_look
    }

    /// The verdict now; `disturbed` is the share of the time that the machine took.
    pub(super) fn look(&mut self, disturbed: f64) -> Option<Verdict> {
        self.next_look = (self.means.len() as f64 * LOOK_GROWTH).ceil() as usize;
        let [least, limit] = self.limits;
        if self.shown(least - self.mean(), ALPHA_HOLDS) {
            return Some(Verdict::Holds);
        }
        let beyond = |mean: f64| mean - limit;
        if !self.shown(beyond(self.mean()), self.alpha) {
            return None;
        }
        self.suspected = true;
        let undisturbed = self.mean() * (1.0 - disturbed) - self.own;
        self.shown(beyond(undisturbed), self.alpha)
            .then_some(Verdict::Broken)
    }

    pub(super) fn give_up(&self) -> Verdict {
        Verdict::Inconclusive(if self.suspected {
            Reason::BusyMachine {
                what: "it looked broken, but not beyond what the machine took of the time"
                    .to_owned(),
            }
        } else {
            Reason::Undecided
        })
    }

    pub(super) fn mean(&self) -> f64 {
        self.means.iter().sum::<f64>() / self.means.len().max(1) as f64
    }

    /// Whether a distance above 0 of the mean from the limit is shown at this error rate, at all looks together.
    fn shown(&mut self, distance: f64, alpha: f64) -> bool {
        if distance <= 0.0 {
            return false;
        }
        let Ok(spread) = describe(&self.means) else {
            return false;
        };
        let n = self.means.len() as f64;
        let Some(deviation) = spread.sd.filter(|sd| *sd > 0.0) else {
            return true; // all equal
        };
        self.tau = autocorrelation_time(&self.means).unwrap_or(1.0);
        let effective = n / self.tau;
        let sum = distance * effective / deviation;
        let mixture = NormalMixture::tuned(4.0 * FEWEST as f64, alpha);
        mixture
            .and_then(|mixture| mixture.log_e(sum, effective))
            .is_ok_and(|log_e| log_e >= -alpha.ln())
    }

    pub(super) fn tell(&self, outcome: &mut Outcome, calls: u32) {
        let batches = self.batches();
        outcome.calls = batches * u64::from(calls);
        if self.means.is_empty() {
            return;
        }
        let mean = self.mean();
        outcome.observed = Some(mean);
        let interval = perf_stats::mean_interval::mean_interval(&self.means, 0.95);
        let range = interval.map_or("unknown".to_owned(), |i| {
            let half = i.width() / 2.0 * self.tau.sqrt();
            units::duration_range((mean - half).max(0.0), mean + half)
        });
        let times = units::times(mean / self.limits[0]);
        outcome.tell(
            "observed",
            format!(
                "mean {} (95 %: {range}), {times} times the limit",
                units::duration(mean)
            ),
        );
        outcome.tell(
            "calls",
            format!(
                "{} in {} batches of {calls}; {:.1} batches count as one independent one",
                units::count(outcome.calls),
                units::count(batches),
                self.tau * self.joined as f64
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_stats::Rng;

    fn decide(
        limit: f64,
        cap: usize,
        disturbed: f64,
        mut batch: impl FnMut() -> f64,
    ) -> (Verdict, usize) {
        let mut trial = Means::new([limit; 2], 0.0);
        for n in 1..=cap {
            if trial.push(batch())
                && let Some(verdict) = trial.look(disturbed)
            {
                return (verdict, n);
            }
        }
        (trial.give_up(), cap)
    }

    fn lognormal(mean: f64, rng: &mut Rng) -> f64 {
        mean * (0.3 * rng.normal() - 0.045).exp()
    }

    #[test]
    fn a_mean_well_apart_from_its_limit_is_decided_soon() {
        let mut rng = Rng::new(1);
        let (verdict, n) = decide(10.0, 5_000, 0.0, || lognormal(8.0, &mut rng));
        assert!(verdict == Verdict::Holds && n < 200, "{verdict} {n}");
        let (verdict, n) = decide(10.0, 5_000, 0.0, || lognormal(13.0, &mut rng));
        assert!(verdict == Verdict::Broken && n < 200, "{verdict} {n}");
    }

    #[test]
    fn at_its_limit_a_mean_is_rarely_decided_however_long_one_looks() {
        let (mut held, mut broken) = (0, 0);
        for run in 0..400 {
            let mut rng = Rng::stream(7, run);
            match decide(10.0, 3_000, 0.0, || lognormal(10.0, &mut rng)).0 {
                Verdict::Holds => held += 1,
                Verdict::Broken => broken += 1,
                Verdict::Inconclusive(_) => {}
            }
        }
        assert!(broken == 0 && held <= 24, "{held} {broken}"); // 5 % are 20
    }

    #[test]
    fn what_the_machine_took_excuses() {
        let mut rng = Rng::new(3);
        let (verdict, _) = decide(10.0, 1_000, 0.5, || lognormal(13.0, &mut rng));
        assert!(
            matches!(verdict, Verdict::Inconclusive(Reason::BusyMachine { .. })),
            "{verdict}"
        );
    }

    #[test]
    fn memory_is_bounded_and_the_mean_is_kept() {
        let mut trial = Means::new([1.0; 2], 0.0);
        for i in 0..100_000_u32 {
            trial.push(f64::from(i % 10));
        }
        assert!(trial.means.len() < MOST && trial.joined > 1);
        assert!((trial.mean() - 4.5).abs() < 0.01, "{}", trial.mean());
    }
}
