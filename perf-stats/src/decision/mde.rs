//! In: how wide an interval came out, or the spread of a pilot. Out: the smallest change that such an experiment would find.

use super::answer::LogInterval;
use super::margin::Margin;
use crate::error::StatsError;
use crate::interval::check_open_unit;
use crate::special::normal_quantile;

/// The power that "would find" means.
pub const POWER: f64 = 0.8;

/// Asymptotic relative efficiency of the signed-rank test on normal noise, 3 / pi.
const EFFICIENCY: f64 = 3.0 / std::f64::consts::PI;

/// From the half width `h` of the look's own interval: the standard error is `h / z(alpha)`, whatever the noise.
pub(crate) fn at_look(interval: &LogInterval, alpha: f64, margin: Margin) -> Option<f64> {
    let half = (interval.high - interval.low) / 2.0;
    if !half.is_finite() {
        return None;
    }
    let log = margin.log() + half * (1.0 + normal_quantile(POWER) / -normal_quantile(alpha));
    Some(log.exp_m1()).filter(|v| v.is_finite())
}

/// The smallest true slowdown (a fraction) that `blocks` blocks call regressed with probability 0.8, for planning.
///
/// `spread` is the standard deviation of the block log ratios, from a pilot; `alpha` the one-sided error rate of the look.
/// Formula: `exp(ln(1 + margin) + (z(1 - alpha) + z(0.8)) spread / sqrt(3/pi blocks)) - 1`. Assumes roughly normal block
/// ratios; heavy tails do better than it says.
///
/// ```
/// use perf_stats::decision::{minimum_detectable_effect, Margin};
/// let mde = minimum_detectable_effect(0.01, 20, 0.0025, Margin::relative(0.02)?)?;
/// assert!(mde > 0.028 && mde < 0.030);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] for a negative spread or an alpha outside (0, 1); [`StatsError::TooFew`] where even blocks that
/// all agree could not decide (2^-blocks > alpha); [`StatsError::Overflow`].
pub fn minimum_detectable_effect(
    spread: f64,
    blocks: usize,
    alpha: f64,
    margin: Margin,
) -> Result<f64, StatsError> {
    check_open_unit(alpha, "alpha")?;
    if !(spread >= 0.0 && spread.is_finite()) {
        return Err(StatsError::BadParameter {
            name: "spread",
            expected: "finite and not negative",
        });
    }
    let need = (-alpha.log2()).ceil().max(1.0) as usize;
    if blocks < need {
        return Err(StatsError::TooFew { need, got: blocks });
    }
    let standard_error = spread / (EFFICIENCY * blocks as f64).sqrt();
    let z = normal_quantile(POWER) - normal_quantile(alpha);
    let change = (margin.log() + z * standard_error).exp_m1();
    if change.is_finite() {
        Ok(change)
    } else {
        Err(StatsError::Overflow)
    }
}
