//! In: whether each call exceeded its limit, one by one. Out: an alarm when the rate has risen, false ones as rare as stated whatever the distribution.

use crate::error::StatsError;
use crate::interval::check_open_unit;

/// Alternatives watched for: the rate times these.
const FACTORS: [f64; 6] = [1.25, 1.5, 2.0, 4.0, 8.0, 16.0];

/// An e-detector for a rate: raises an alarm when values within [0, 1] come to have a larger mean than `rate`.
///
/// For each alternative it keeps M = (M + 1) e, with e a fair bet on "more than `rate`"; an alarm once the average of all M reaches `run_length`. While the conditional mean
/// stays at or below `rate` the mean time to a false alarm is at least `run_length`: a guarantee, not an approximation
/// (Shin, Ramdas & Rinaldo 2024, e-detectors, Shiryaev-Roberts form). **Assumes** that each value's mean, given the past, is at most `rate`
/// before the change; **broken by** bursts of exceedances in a healthy system (feed one value a burst or a second). O(1) a value.
///
/// ```
/// use perf_stats::change::RateDetector;
/// let mut detector = RateDetector::new(0.01, 1e6)?; // one false alarm a million calls
/// // Healthy: every 200th call is slow. Then every 20th.
/// let healthy = (1..=20_000).any(|i| detector.push(f64::from(u8::from(i % 200 == 0))).unwrap());
/// let delay = (1..=20_000).find(|i| detector.push(f64::from(u8::from(i % 20 == 0))).unwrap());
/// assert!(!healthy && delay.is_some_and(|d| d < 800), "{delay:?}");
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RateDetector {
    rate: f64,       // (0, 1)
    run_length: f64, // > 1
    bets: [f64; FACTORS.len()],
    evidence: [f64; FACTORS.len()],
}

impl RateDetector {
    /// A detector of rates above `rate`, with a mean time to a false alarm of at least `run_length` values.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `rate` is in (0, 1) and `run_length` within 1 and 1e15.
    pub fn new(rate: f64, run_length: f64) -> Result<Self, StatsError> {
        check_open_unit(rate, "rate")?;
        if !(1.0..=1e15).contains(&run_length) {
            return Err(StatsError::BadParameter {
                name: "run_length",
                expected: "within 1 and 1e15",
            });
        }
        // The likelihood ratio of an alternative a is 1 + bet (x - rate) with bet = (a - rate)/(rate (1 - rate)).
        let bets = FACTORS.map(|f| {
            let alternative = (f * rate).min(0.5 * (1.0 + rate));
            (alternative / rate - 1.0) / (1.0 - rate)
        });
        Ok(Self {
            rate,
            run_length,
            bets,
            evidence: [0.0; FACTORS.len()],
        })
    }

    /// Takes the next value; says whether the detector now stands at alarm.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] for a value outside [0, 1]; the state is then unchanged.
    pub fn push(&mut self, value: f64) -> Result<bool, StatsError> {
        if !(0.0..=1.0).contains(&value) {
            return Err(StatsError::BadParameter {
                name: "value",
                expected: "within 0 and 1",
            });
        }
        for (m, bet) in self.evidence.iter_mut().zip(self.bets) {
            *m = ((*m + 1.0) * (1.0 + bet * (value - self.rate))).min(1e200);
        }
        Ok(self.level() >= self.run_length)
    }

    /// The present evidence for a change; an alarm stands while it is at least the run length.
    pub fn level(&self) -> f64 {
        self.evidence.iter().sum::<f64>() / FACTORS.len() as f64
    }

    /// Forgets everything, after an alarm was dealt with.
    pub const fn reset(&mut self) {
        self.evidence = [0.0; FACTORS.len()];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn false_alarms_are_rarer_than_stated_and_changes_are_found() {
        let (stated, rate, runs) = (300.0, 0.1, 150u32);
        let (mut healthy, mut delay) = (0u32, 0u32);
        for run in 0..runs {
            let mut rng = Rng::stream(95, u64::from(run));
            let mut draw = |rate: f64| f64::from(u8::from(rng.uniform() < rate));
            let mut d = RateDetector::new(rate, stated).unwrap();
            while !d.push(draw(rate)).unwrap() {
                healthy += 1;
            }
            d.reset();
            while !d.push(draw(4.0 * rate)).unwrap() {
                delay += 1;
            }
        }
        assert!(
            f64::from(healthy / runs) > 0.85 * stated,
            "{}",
            healthy / runs
        );
        assert!(delay / runs < 30, "{}", delay / runs);
    }

    #[test]
    fn bad_arguments_are_refused() {
        assert!(RateDetector::new(0.0, 10.0).is_err() && RateDetector::new(0.5, 0.5).is_err());
        let mut d = RateDetector::new(0.9, 10.0).unwrap();
        assert!(d.push(f64::NAN).is_err() && d.push(1.5).is_err());
        assert_eq!(d.level(), 0.0);
        for _ in 0..10_000 {
            d.push(1.0).unwrap();
        }
        assert!(d.level().is_finite());
    }
}
