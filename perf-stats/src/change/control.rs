//! In: a baseline, then observations one by one. Out: control charts that raise an alarm when the level has moved.

use crate::error::StatsError;
use crate::sample::at_least;
use crate::series::scale::{Scaled, noise_sd, times_power};

/// What "normal" is: the level and the noise about it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Baseline {
    target: f64,
    sd: f64, // > 0
}

impl Baseline {
    /// A known level and standard deviation.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `target` is finite and `sd` positive and finite.
    pub fn new(target: f64, sd: f64) -> Result<Self, StatsError> {
        if !target.is_finite() {
            return Err(StatsError::BadParameter {
                name: "target",
                expected: "finite",
            });
        }
        if !(sd > 0.0 && sd.is_finite()) {
            return Err(StatsError::BadParameter {
                name: "sd",
                expected: "positive and finite",
            });
        }
        Ok(Self { target, sd })
    }

    /// Level and noise of a past that may hold outliers and slow drift: the median, and 1.4826/sqrt 2 times the median absolute first difference.
    ///
    /// ```
    /// use perf_stats::change::Baseline;
    /// let mut rng = perf_stats::Rng::new(1);
    /// let mut past: Vec<f64> = (0..500).map(|_| 100.0 + 2.0 * rng.normal()).collect();
    /// past[7] = 1e6;
    /// let baseline = Baseline::robust(&past)?;
    /// assert!((baseline.target() - 100.0).abs() < 0.5 && (baseline.sd() - 2.0).abs() < 0.3);
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 3 observations, [`StatsError::ZeroVariance`], [`StatsError::Overflow`].
    pub fn robust(past: &[f64]) -> Result<Self, StatsError> {
        let mut ordered = at_least(past, 3)?.to_vec();
        ordered.sort_unstable_by(f64::total_cmp);
        let n = ordered.len();
        let target = 0.5 * ordered[(n - 1) / 2] + 0.5 * ordered[n / 2];
        let scaled = Scaled::new(past);
        let sd = noise_sd(&scaled.values);
        if sd == 0.0 {
            return Err(StatsError::ZeroVariance);
        }
        let sd = times_power(sd, scaled.exponent);
        if sd.is_finite() {
            Self::new(target, sd.max(f64::from_bits(1)))
        } else {
            Err(StatsError::Overflow)
        }
    }

    /// The level.
    pub const fn target(&self) -> f64 {
        self.target
    }

    /// The standard deviation of the noise.
    pub const fn sd(&self) -> f64 {
        self.sd
    }
}

/// In which direction the level has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Side {
    /// Above the baseline.
    Above,
    /// Below it.
    Below,
}

/// The tabular cumulative sum (Page 1954, Biometrika 41): finds small lasting shifts.
///
/// C+ = max(0, C+ + y - target - k sd), C- likewise downwards; an alarm while either exceeds h sd. With k = 0.5, h = 5 it finds a shift of one sd in about 10
/// observations and errs about once in 465 (normal noise). **Assumes** independent noise of the baseline's sd; **broken by**
/// autocorrelation and heavy tails (more false alarms). It does not reset itself: see [`Cusum::reset`]. O(1) an observation.
///
/// ```
/// use perf_stats::change::{Baseline, Cusum, Side};
/// let mut chart = Cusum::new(Baseline::new(100.0, 2.0)?);
/// let alarm = (0..20).find_map(|i| chart.push(103.0).ok().flatten().map(|side| (i, side)));
/// assert_eq!(alarm, Some((5, Side::Above))); // grows by 3 - 1 each time, alarm beyond 10
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cusum {
    baseline: Baseline,
    slack: f64,
    threshold: f64,
    high: f64,
    low: f64,
}

impl Cusum {
    /// A chart with slack 0.5 and threshold 5 (in standard deviations).
    pub const fn new(baseline: Baseline) -> Self {
        Self {
            baseline,
            slack: 0.5,
            threshold: 5.0,
            high: 0.0,
            low: 0.0,
        }
    }

    /// Other slack k and threshold h, in standard deviations; k is half the shift to be found.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless both are finite, k not negative and h positive.
    pub fn with(mut self, slack: f64, threshold: f64) -> Result<Self, StatsError> {
        if !(slack >= 0.0 && slack.is_finite()) {
            return Err(StatsError::BadParameter {
                name: "slack",
                expected: "finite, not negative",
            });
        }
        if !(threshold > 0.0 && threshold.is_finite()) {
            return Err(StatsError::BadParameter {
                name: "threshold",
                expected: "finite, positive",
            });
        }
        (self.slack, self.threshold) = (slack, threshold);
        Ok(self)
    }

    /// Takes the next observation; says whether the chart now stands at alarm.
    ///
    /// # Errors
    /// [`StatsError::NonFinite`] (index 0), [`StatsError::Overflow`]; the state is then unchanged.
    pub fn push(&mut self, y: f64) -> Result<Option<Side>, StatsError> {
        if !y.is_finite() {
            return Err(StatsError::NonFinite { index: 0 });
        }
        let d = y - self.baseline.target;
        let slack = self.slack * self.baseline.sd;
        let high = (self.high + d - slack).max(0.0);
        let low = (self.low - d - slack).max(0.0);
        if !(d.is_finite() && high.is_finite() && low.is_finite()) {
            return Err(StatsError::Overflow);
        }
        (self.high, self.low) = (high, low);
        let limit = self.threshold * self.baseline.sd;
        Ok(if high > limit {
            Some(Side::Above)
        } else if low > limit {
            Some(Side::Below)
        } else {
            None
        })
    }

    /// The upward sum, in the unit of the observations.
    pub const fn high(&self) -> f64 {
        self.high
    }

    /// The downward sum.
    pub const fn low(&self) -> f64 {
        self.low
    }

    /// Both sums back to zero, after an alarm was dealt with.
    pub const fn reset(&mut self) {
        (self.high, self.low) = (0.0, 0.0);
    }
}

/// The exponentially weighted moving average (Roberts 1959, Technometrics 1) with limits that are exact from the first observation.
///
/// z = w y + (1 - w) z, from the target; an alarm while |z - target| exceeds L sd sqrt(w/(2 - w) (1 - (1 - w)^(2i))). Assumptions as for [`Cusum`]; with weight 0.2 and width 2.7 it errs about once in 240. O(1).
///
/// ```
/// use perf_stats::change::{Baseline, Ewma, Side};
/// let mut chart = Ewma::new(Baseline::new(100.0, 2.0)?);
/// assert_eq!(chart.push(100.5)?, None);
/// assert_eq!(chart.value(), 100.1);
/// assert_eq!(chart.push(115.0)?, Some(Side::Above));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ewma {
    baseline: Baseline,
    weight: f64,    // (0, 1]
    width: f64,     // > 0
    deviation: f64, // of the average from the target
    seen: u64,
}

impl Ewma {
    /// A chart with weight 0.2 and limits of 2.7 standard deviations.
    pub const fn new(baseline: Baseline) -> Self {
        Self {
            baseline,
            weight: 0.2,
            width: 2.7,
            deviation: 0.0,
            seen: 0,
        }
    }

    /// Another weight of the newest observation and width of the limits in standard deviations of the average.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless the weight is within (0, 1] and the width positive and finite.
    pub fn with(mut self, weight: f64, width: f64) -> Result<Self, StatsError> {
        if !(weight > 0.0 && weight <= 1.0) {
            return Err(StatsError::BadParameter {
                name: "weight",
                expected: "within (0, 1]",
            });
        }
        if !(width > 0.0 && width.is_finite()) {
            return Err(StatsError::BadParameter {
                name: "width",
                expected: "finite, positive",
            });
        }
        (self.weight, self.width) = (weight, width);
        Ok(self)
    }

    /// Takes the next observation; says whether the chart now stands at alarm.
    ///
    /// # Errors
    /// As [`Cusum::push`].
    pub fn push(&mut self, y: f64) -> Result<Option<Side>, StatsError> {
        if !y.is_finite() {
            return Err(StatsError::NonFinite { index: 0 });
        }
        let next = self.weight * (y - self.baseline.target) + (1.0 - self.weight) * self.deviation;
        if !(next.is_finite() && (self.baseline.target + next).is_finite()) {
            return Err(StatsError::Overflow);
        }
        self.deviation = next;
        self.seen += 1;
        let limit = self.limit();
        Ok(if next > limit {
            Some(Side::Above)
        } else if next < -limit {
            Some(Side::Below)
        } else {
            None
        })
    }

    /// The average; the target before the first observation.
    pub fn value(&self) -> f64 {
        self.baseline.target + self.deviation
    }

    /// How far from the target the average may be at present.
    pub fn limit(&self) -> f64 {
        let forgotten = (2.0 * self.seen as f64 * (-self.weight).ln_1p()).exp_m1();
        let share =
            self.weight / (2.0 - self.weight) * if self.seen == 0 { 0.0 } else { -forgotten };
        self.width * (self.baseline.sd * share.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn false_alarms_are_as_rare_as_tabulated() {
        let mut rng = Rng::new(91);
        let (mut cusum, mut ewma) = (0u32, 0u32);
        let baseline = Baseline::new(5.0, 2.0).unwrap();
        for _ in 0..300 {
            let mut c = Cusum::new(baseline);
            while c.push(5.0 + 2.0 * rng.normal()).unwrap().is_none() {
                cusum += 1;
            }
            let mut e = Ewma::new(baseline);
            while e.push(5.0 + 2.0 * rng.normal()).unwrap().is_none() {
                ewma += 1;
            }
        }
        // Mean run lengths 465 (k 0.5, h 5) and about 240 (0.2, 2.7); three standard errors of 300 runs are 17 %.
        assert!((385..=560).contains(&(cusum / 300)), "{}", cusum / 300);
        assert!((195..=285).contains(&(ewma / 300)), "{}", ewma / 300);
    }

    #[test]
    fn bad_values_leave_the_state() {
        let mut c = Cusum::new(Baseline::new(0.0, 1.0).unwrap());
        c.push(3.0).unwrap();
        let before = c.clone();
        assert!(c.push(f64::NAN).is_err());
        assert_eq!(c, before);
        let mut e = Ewma::new(Baseline::new(-1e308, 1.0).unwrap());
        assert_eq!(e.push(1e308), Err(StatsError::Overflow));
        assert_eq!(e.value(), -1e308);
        assert!(Baseline::new(0.0, 0.0).is_err() && Baseline::robust(&[2.0; 9]).is_err());
        assert!(Baseline::robust(&[5e-324, 0.0, 5e-324, 0.0]).unwrap().sd() > 0.0);
    }
}
