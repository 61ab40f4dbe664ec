//! In: increments that are symmetric about their centre, one by one. Out: e-values and bounds for the centre.

use super::normal_mixture::NormalMixture;
use crate::error::StatsError;
use crate::interval::{Interval, check_open_unit};

/// Larger increments would overflow when squared.
const LARGEST: f64 = 1e150;

/// The self-normalised mixture: open-ended monitoring of the centre of symmetric noise of any size and any tail.
///
/// For a centre theta, with S = sum (r - theta) and V = sum (r - theta)^2, E(theta) = sqrt(rho/(rho + V)) exp(S^2/(2(V + rho)))
/// is an e-value at every moment. **Assumes** only that each increment is symmetric about theta given the past;
/// log ratios of blocks whose order (ABBA or BAAB) was drawn by a fair coin are, by design, whatever the noise.
/// **Broken by** skewed increments. Source: de la Pena 1999; Howard, Ramdas, McAuliffe & Sekhon 2020, 2021.
///
/// ```
/// use perf_stats::sequential::SelfNormalised;
/// let mut watch = SelfNormalised::new(1e-4)?; // rho: (1 % noise)^2
/// for i in 0..60 {
///     watch.push(0.05 + if i % 2 == 0 { 0.01 } else { -0.01 })?; // log ratios about +5 %
/// }
/// let centre = watch.interval(0.01, (-1.0, 1.0))?;
/// assert!(centre.low > 0.02 && centre.contains(0.05));
/// assert!(watch.log_e(0.0)? > 100f64.ln());
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SelfNormalised {
    mixture: NormalMixture,
    n: u64,
    mean: f64,
    squares: f64, // about the mean
}

impl SelfNormalised {
    /// A process whose boundary is tight when the sum of squares is some ten times `rho` (in squared units of the increments).
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless positive and finite.
    pub fn new(rho: f64) -> Result<Self, StatsError> {
        Ok(Self {
            mixture: NormalMixture::new(rho)?,
            n: 0,
            mean: 0.0,
            squares: 0.0,
        })
    }

    /// Takes the next increment.
    ///
    /// # Errors
    /// [`StatsError::NonFinite`] with the number of increments before it, [`StatsError::Overflow`] beyond 1e150; the
    /// state is then unchanged.
    pub fn push(&mut self, increment: f64) -> Result<(), StatsError> {
        if !increment.is_finite() {
            return Err(StatsError::NonFinite {
                index: self.n as usize,
            });
        }
        if increment.abs() > LARGEST {
            return Err(StatsError::Overflow);
        }
        self.n += 1;
        let d = increment - self.mean;
        self.mean += d / self.n as f64;
        self.squares = (self.squares + d * (increment - self.mean)).min(1e300);
        Ok(())
    }

    /// How many increments were taken.
    pub fn count(&self) -> u64 {
        self.n
    }

    /// The mean of the increments; 0 before the first.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// ln of the e-value against "the centre is `theta`"; 0 before the first increment.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `theta` is within -1e150 and 1e150.
    pub fn log_e(&self, theta: f64) -> Result<f64, StatsError> {
        if theta.is_nan() || theta.abs() > LARGEST {
            return Err(StatsError::BadParameter {
                name: "theta",
                expected: "within -1e150 and 1e150",
            });
        }
        let n = self.n as f64;
        let d = self.mean - theta;
        self.mixture
            .log_e(n * d, (self.squares + n * d * d).min(1e300))
    }

    /// The centres within `range` that are not excluded, as one interval, valid at every moment.
    ///
    /// `range` is what is possible at all, set beforehand. It is needed: seen from far away every set of
    /// increments looks like one jump, so E(theta) falls again beyond about sqrt(rho/n) exp(n/2) alpha, and the first
    /// few increments exclude nothing. Where an end of `range` is not excluded, it is the end of the interval.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `alpha` is in (0, 1) and `range` is ascending, finite, within -1e150 and 1e150.
    pub fn interval(&self, alpha: f64, range: (f64, f64)) -> Result<Interval, StatsError> {
        let limit = -check_open_unit(alpha, "alpha")?.ln();
        let (low, high) = range;
        if !(low < high && low >= -LARGEST && high <= LARGEST) {
            return Err(StatsError::BadParameter {
                name: "range",
                expected: "ascending, within -1e150 and 1e150",
            });
        }
        let centre = self.mean.clamp(low, high);
        let low = self.edge(low, centre, limit)?;
        let high = self.edge(high, centre, limit)?;
        Ok(Interval::new(
            low,
            high,
            1.0 - alpha,
            "self-normalised confidence sequence",
        ))
    }

    /// The excluded value nearest to `inside` on the way to `end`, or `end` itself where that is not excluded.
    fn edge(&self, end: f64, inside: f64, limit: f64) -> Result<f64, StatsError> {
        if self.log_e(end)? < limit {
            return Ok(end);
        }
        let (mut out, mut within) = (end, inside);
        for _ in 0..2_000 {
            let mid = within + 0.5 * (out - within);
            if mid == out || mid == within {
                break;
            }
            if self.log_e(mid)? >= limit {
                out = mid;
            } else {
                within = mid;
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn agrees_with_the_definition() {
        let r = [0.3, -1.2, 2.0, 0.7, 0.1];
        let mut s = SelfNormalised::new(0.5).unwrap();
        for v in r {
            s.push(v).unwrap();
        }
        for theta in [-1.0, 0.0, 0.4, 3.0] {
            let sum: f64 = r.iter().map(|v| v - theta).sum();
            let v: f64 = r.iter().map(|v| (v - theta) * (v - theta)).sum();
            let want = 0.5 * (0.5 / (0.5 + v)).ln() + sum * sum / (2.0 * (v + 0.5));
            assert!((s.log_e(theta).unwrap() - want).abs() < 1e-12);
        }
    }

    /// Cauchy increments have no variance and no mean; the centre is still covered at every look, as with normal ones.
    #[test]
    fn heavy_tails_do_not_break_it() {
        let cauchy = |rng: &mut Rng| (std::f64::consts::PI * (rng.uniform() - 0.5)).tan();
        let missed = |noise: &dyn Fn(&mut Rng) -> f64, seed: u64| {
            let misses = |run: u64| {
                let mut rng = Rng::stream(seed, run);
                let mut s = SelfNormalised::new(4.0).unwrap();
                (0..300).any(|_| {
                    s.push(7.0 + noise(&mut rng)).unwrap();
                    s.log_e(7.0).unwrap() >= 20f64.ln()
                })
            };
            (0..1_500).filter(|&run| misses(run)).count()
        };
        let (heavy, light) = (missed(&cauchy, 31), missed(&Rng::normal, 32));
        assert!(
            heavy <= 100 && (1..=100).contains(&light),
            "{heavy}, {light} of 1,500 at 0.05"
        );
    }

    #[test]
    fn few_increments_exclude_nothing_and_many_do() {
        let mut s = SelfNormalised::new(1e-4).unwrap();
        assert_eq!(s.log_e(0.3).unwrap(), 0.0);
        let all = s.interval(0.01, (-1.0, 2.0)).unwrap();
        assert_eq!((all.low, all.high), (-1.0, 2.0));
        for i in 0..200 {
            s.push(if i % 2 == 0 { 0.01 } else { -0.01 }).unwrap();
        }
        let i = s.interval(0.01, (-1.0, 2.0)).unwrap();
        assert!(i.low > -0.01 && i.high < 0.01 && i.contains(0.0), "{i}");
        assert!((s.log_e(i.high).unwrap() - 100f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn extreme_increments_are_refused_or_survived() {
        let mut s = SelfNormalised::new(1.0).unwrap();
        assert_eq!(s.push(f64::NAN), Err(StatsError::NonFinite { index: 0 }));
        assert_eq!(s.push(1e308), Err(StatsError::Overflow));
        for v in [1e150, -1e150, 5e-324, 0.0] {
            s.push(v).unwrap();
            assert!(!s.log_e(0.0).unwrap().is_nan() && !s.log_e(1e150).unwrap().is_nan());
        }
        assert!(s.interval(0.05, (1.0, 1.0)).is_err());
    }
}
