//! In: values within known limits, in the order in which they came. Out: an interval for their mean, valid at every moment.

use crate::error::StatsError;
use crate::interval::{Interval, check_open_unit};
use crate::sample::finite;

/// No bet risks more than this share of the capital.
const LARGEST_STAKE: f64 = 0.5;

/// The confidence sequence of a bounded mean by betting: candidates against which a gambler would have grown rich are excluded.
///
/// For a candidate m the capital grows by 1 + lambda (x - m) a step, with bets that look only at earlier values; hedged half on "larger" and half
/// on "smaller". **Assumes** values within `range` whose conditional mean given the past is the same number; nothing else: no variance, no shape. **Broken by**
/// values outside `range` (refused). Far tighter than Hoeffding's bound where the variance is small. O(n) a candidate, about 60 candidates.
/// Source: Waudby-Smith & Ramdas 2024, JRSS B 86 (hedged capital with predictable plug-in bets).
///
/// ```
/// use perf_stats::sequential::betting_interval;
/// let mut rng = perf_stats::Rng::new(3);
/// let hit_rates: Vec<f64> = (0..1_000).map(|_| 0.90 + 0.04 * rng.uniform()).collect();
/// let mean = betting_interval(&hit_rates, (0.0, 1.0), 0.05)?;
/// assert!(mean.contains(0.92) && mean.width() < 0.04, "{mean}");
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for a value outside `range`, a `range` that is not ascending and
/// finite, or `alpha` outside (0, 1).
pub fn betting_interval(x: &[f64], range: (f64, f64), alpha: f64) -> Result<Interval, StatsError> {
    check_open_unit(alpha, "alpha")?;
    let (low, high) = range;
    let width = high - low;
    if !(width > 0.0 && width.is_finite() && low.is_finite()) {
        return Err(StatsError::BadParameter {
            name: "range",
            expected: "ascending and finite",
        });
    }
    if finite(x)?.iter().any(|v| !(low..=high).contains(v)) {
        return Err(StatsError::BadParameter {
            name: "range",
            expected: "wide enough for every value",
        });
    }
    let steps = bets(x.iter().map(|v| ((v - low) / width).clamp(0.0, 1.0)), alpha);
    let limit = (2.0 / alpha).ln(); // half the capital on each side
    let above = |m: f64| log_capital(&steps, m) >= limit;
    let mirrored: Vec<Step> = steps.iter().map(|s| Step { x: 1.0 - s.x, ..*s }).collect();
    let below = |m: f64| log_capital(&mirrored, m) >= limit;
    let bottom = last_excluded(above);
    let top = 1.0 - last_excluded(below);
    Ok(Interval::new(
        low + width * bottom,
        low + width * top,
        1.0 - alpha,
        "betting confidence sequence",
    ))
}

/// One value, scaled to [0, 1], and the bet placed before it was seen.
#[derive(Clone, Copy)]
struct Step {
    x: f64,
    bet: f64, // >= 0, before it is capped
}

/// lambda(t) = sqrt(2 ln(2/alpha) / (variance so far * t * ln(1 + t))).
fn bets(x: impl Iterator<Item = f64>, alpha: f64) -> Vec<Step> {
    let (mut sum, mut squares) = (0.5, 0.25); // one pseudo-observation of mean 1/2 and variance 1/4
    let mut steps = Vec::new();
    for (i, x) in x.enumerate() {
        let t = i as f64 + 1.0;
        let variance = squares / t;
        let bet = (2.0 * (2.0 / alpha).ln() / (variance * t * t.ln_1p())).sqrt();
        steps.push(Step { x, bet });
        sum += x;
        let mean = sum / (t + 1.0);
        squares += (x - mean) * (x - mean);
    }
    steps
}

/// ln of the capital of the gambler who bets that the mean is above `m`; it falls as `m` grows.
fn log_capital(steps: &[Step], m: f64) -> f64 {
    let cap = LARGEST_STAKE / m;
    steps
        .iter()
        .map(|s| (s.bet.min(cap) * (s.x - m)).ln_1p())
        .sum()
}

/// The upper end of the excluded candidates, which begin at 0; 0 if there are none.
fn last_excluded(excluded: impl Fn(f64) -> bool) -> f64 {
    if !excluded(f64::MIN_POSITIVE) {
        return 0.0;
    }
    let (mut out, mut within) = (f64::MIN_POSITIVE, 1.0);
    while within - out > 1e-12 {
        let mid = 0.5 * (out + within);
        if excluded(mid) {
            out = mid;
        } else {
            within = mid;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn every_look_covers_the_mean() {
        // Skewed values: 1 with probability 0.1, else uniform below 0.2: mean 0.19.
        let missed = (0..300u64)
            .filter(|&run| {
                let mut rng = Rng::stream(41, run);
                let x: Vec<f64> = (0..400)
                    .map(|_| {
                        if rng.uniform() < 0.1 {
                            1.0
                        } else {
                            0.2 * rng.uniform()
                        }
                    })
                    .collect();
                // The bets depend on the past only, so one pass gives the capital at every moment.
                let steps = bets(x.iter().copied(), 0.1);
                let wealth = |steps: &[Step], m: f64| {
                    let mut log = 0.0;
                    steps.iter().any(|s| {
                        log += (s.bet.min(LARGEST_STAKE / m) * (s.x - m)).ln_1p();
                        log >= 20f64.ln()
                    })
                };
                let mirrored: Vec<Step> =
                    steps.iter().map(|s| Step { x: 1.0 - s.x, ..*s }).collect();
                wealth(&steps, 0.19) || wealth(&mirrored, 0.81)
            })
            .count();
        assert!((1..=45).contains(&missed), "{missed} of 300 at alpha 0.1");
    }

    #[test]
    fn the_interval_shrinks_and_scales() {
        let mut rng = Rng::new(8);
        let x: Vec<f64> = (0..2_000).map(|_| rng.uniform()).collect();
        let few = betting_interval(&x[..50], (0.0, 1.0), 0.05).unwrap();
        let many = betting_interval(&x, (0.0, 1.0), 0.05).unwrap();
        assert!(many.width() < 0.12 && many.width() < few.width() / 2.0 && many.contains(0.5));
        let scaled: Vec<f64> = x.iter().map(|v| 300.0 * v - 100.0).collect();
        let wide = betting_interval(&scaled, (-100.0, 200.0), 0.05).unwrap();
        assert!((wide.low - (300.0 * many.low - 100.0)).abs() < 1e-6);
    }

    #[test]
    fn edges_and_bad_arguments() {
        let i = betting_interval(&[1.0; 100], (0.0, 1.0), 0.05).unwrap();
        assert!(i.high == 1.0 && i.low > 0.8, "{i}");
        let one = betting_interval(&[0.5], (0.0, 1.0), 0.05).unwrap();
        assert_eq!((one.low, one.high), (0.0, 1.0));
        assert_eq!(
            betting_interval(&[], (0.0, 1.0), 0.05),
            Err(StatsError::Empty)
        );
        assert!(betting_interval(&[2.0], (0.0, 1.0), 0.05).is_err());
        assert!(betting_interval(&[0.0], (0.0, f64::INFINITY), 0.05).is_err());
        assert!(betting_interval(&[0.0], (-1e308, 1e308), 0.05).is_err());
    }
}
