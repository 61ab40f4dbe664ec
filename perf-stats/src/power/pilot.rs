//! In: a pilot sample. Out: what change a plan of n observations would show, without assuming a law where it can be avoided.

use super::t::TPower;
use crate::contrast::check_two;
use crate::error::StatsError;
use crate::interval::check_open_unit;
use crate::moments::{Moments, Scale};
use crate::resample::replicate;
use crate::rng::Rng;
use crate::sample::at_least;
use crate::tests::{Continuity, MannWhitney};

/// The least asymptotic efficiency of rank tests relative to t-tests, over all laws (Hodges & Lehmann 1956).
const LEAST_EFFICIENCY: f64 = 0.864;

/// A pilot needs this many observations to stand for its law.
const MIN_PILOT: usize = 10;

/// No search by resampling plans more than this a side.
const MAX_PLANNED: usize = 1 << 17;

/// The smallest change a plan can show.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DetectableChange {
    /// In the unit of the pilot.
    pub absolute: f64,
    /// As a fraction of the pilot's mean; none where that is not positive.
    pub relative: Option<f64>,
    /// In standard deviations of the pilot.
    pub standardised: f64,
}

/// A power found by simulation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PowerEstimate {
    /// The share of simulated experiments that rejected.
    pub power: f64,
    /// Its standard error, sqrt(p (1 - p) / simulations).
    pub std_error: f64,
    /// Experiments simulated.
    pub simulations: usize,
    /// The seed they came from.
    pub seed: u64,
}

/// The smallest change of the mean that the test would show, judged from the spread of a pilot of the baseline.
///
/// The detectable effect of [`TPower`] times the pilot's standard deviation (for [`Design::Paired`](super::Design::Paired) give a pilot of *differences*). The
/// pilot's own error is not included: its standard deviation is uncertain by about 1/sqrt(2 n).
///
/// ```
/// use perf_stats::power::{TPower, minimum_detectable_change};
/// let pilot = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8];
/// let r = minimum_detectable_change(&TPower::independent(), &pilot, 20.0, 0.8)?;
/// assert!(r.relative.is_some_and(|c| (0.005..0.007).contains(&c)));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`TPower::detectable_effect`]; [`StatsError::TooFew`] under 2 observations, [`StatsError::ZeroVariance`], [`StatsError::Empty`],
/// [`StatsError::NonFinite`], [`StatsError::Overflow`].
pub fn minimum_detectable_change(
    test: &TPower,
    pilot: &[f64],
    n: f64,
    power: f64,
) -> Result<DetectableChange, StatsError> {
    at_least(pilot, 2)?;
    let scale = Scale::common(&[pilot]);
    let m = Moments::scaled(pilot, scale);
    if m.squares <= 0.0 {
        return Err(StatsError::ZeroVariance);
    }
    let standardised = test.detectable_effect(n, power)?;
    let scaled = standardised * m.variance().sqrt();
    let mean = m.mean.value();
    let change = DetectableChange {
        absolute: scale.restore(scaled),
        relative: (mean > 0.0).then_some(scaled / mean),
        standardised,
    };
    if change.absolute.is_finite() && change.relative.is_none_or(f64::is_finite) {
        Ok(change)
    } else {
        Err(StatsError::Overflow)
    }
}

/// The n a rank test needs at most where a t-test needs `n`: n / 0.864, the least asymptotic efficiency over all laws.
///
/// With heavy tails the rank test needs far fewer; [`power_by_resampling`] finds out. Source: Hodges & Lehmann, *Ann. Math. Stat.* 27 (1956).
///
/// ```
/// assert!((perf_stats::power::n_for_ranks(86.4)? - 100.0).abs() < 1e-9);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] unless n is positive and finite.
pub fn n_for_ranks(n: f64) -> Result<f64, StatsError> {
    if n > 0.0 && n < f64::MAX / 2.0 {
        Ok(n / LEAST_EFFICIENCY)
    } else {
        Err(StatsError::BadParameter {
            name: "n",
            expected: "positive and finite",
        })
    }
}

/// The power of a two-sided Mann-Whitney test of `n` v `n` against a relative `change`, by experiments drawn from the pilot itself.
///
/// The baseline of an experiment is drawn from the pilot with replacement, the candidate likewise and multiplied by 1 + `change`. No law is
/// assumed, but the pilot must hold what matters of it (a tail it has not seen cannot show), and observations are independent. Cost
/// O(simulations x n log n), on all cores with the feature `parallel`, with the same answer.
///
/// ```
/// use perf_stats::{Rng, power::power_by_resampling};
/// let mut rng = Rng::new(1);
/// let pilot: Vec<f64> = (0..60).map(|_| 100.0 + rng.normal()).collect();
/// let two_percent = power_by_resampling(&pilot, 0.02, 20, 0.05, 500, 7)?;
/// let nothing = power_by_resampling(&pilot, 0.0, 20, 0.05, 500, 7)?;
/// assert!(two_percent.power > 0.99 && nothing.power < 0.1);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::TooFew`] for a pilot of under 10, [`StatsError::ZeroVariance`], [`StatsError::Empty`], [`StatsError::NonFinite`],
/// [`StatsError::BadParameter`], [`StatsError::Overflow`] if the changed pilot leaves the range of `f64`.
pub fn power_by_resampling(
    pilot: &[f64],
    change: f64,
    n: usize,
    alpha: f64,
    simulations: usize,
    seed: u64,
) -> Result<PowerEstimate, StatsError> {
    check_open_unit(alpha, "alpha")?;
    at_least(pilot, MIN_PILOT)?;
    if n == 0 || simulations == 0 {
        return Err(StatsError::BadParameter {
            name: "n, simulations",
            expected: "at least 1",
        });
    }
    if !(change > -1.0 && change.is_finite()) {
        return Err(StatsError::BadParameter {
            name: "change",
            expected: "above -1 and finite",
        });
    }
    if pilot.iter().all(|&v| v == pilot[0]) {
        return Err(StatsError::ZeroVariance);
    }
    let candidate: Vec<f64> = pilot.iter().map(|v| v * (1.0 + change)).collect();
    check_two(pilot, &candidate, MIN_PILOT).map_err(|_| StatsError::Overflow)?;
    let rejected = replicate(
        simulations,
        seed,
        || (vec![0.0; n], vec![0.0; n]),
        |rng: &mut Rng, (x, y)| {
            x.fill_with(|| candidate[rng.below(pilot.len())]);
            y.fill_with(|| pilot[rng.below(pilot.len())]);
            MannWhitney::new(x, y)
                .and_then(|t| t.asymptotic(Continuity::Corrected))
                .is_ok_and(|r| r.p.two_sided <= alpha)
        },
    );
    let power = rejected.iter().filter(|&&r| r).count() as f64 / simulations as f64;
    Ok(PowerEstimate {
        power,
        std_error: (power * (1.0 - power) / simulations as f64).sqrt(),
        simulations,
        seed,
    })
}

/// The smallest n a side, to about 3 %, at which [`power_by_resampling`] reaches the power, with the estimate there.
///
/// ```
/// use perf_stats::{Rng, power::n_by_resampling};
/// let mut rng = Rng::new(1);
/// let pilot: Vec<f64> = (0..60).map(|_| 100.0 + rng.normal()).collect();
/// let (n, found) = n_by_resampling(&pilot, 0.01, 0.8, 0.05, 400, 7)?;
/// assert!((12..40).contains(&n) && found.power >= 0.8); // a t-test needs 17 at one standard deviation
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`power_by_resampling`]; [`StatsError::Unreachable`] if 131,072 a side do not suffice.
pub fn n_by_resampling(
    pilot: &[f64],
    change: f64,
    power: f64,
    alpha: f64,
    simulations: usize,
    seed: u64,
) -> Result<(usize, PowerEstimate), StatsError> {
    check_open_unit(power, "power")?;
    let at = |n| power_by_resampling(pilot, change, n, alpha, simulations, seed);
    let (mut low, mut high) = (1, 4);
    let mut found = at(high)?;
    if change == 0.0 {
        return Err(StatsError::Unreachable);
    }
    while found.power < power {
        if high >= MAX_PLANNED {
            return Err(StatsError::Unreachable);
        }
        (low, high) = (high, high * 2);
        found = at(high)?;
    }
    while high - low > 1 + high / 32 {
        let middle = usize::midpoint(low, high);
        let there = at(middle)?;
        if there.power < power {
            low = middle;
        } else {
            (high, found) = (middle, there);
        }
    }
    Ok((high, found))
}
