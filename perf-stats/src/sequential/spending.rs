//! In: an error rate and the planned moments of looking. Out: how much of it, and which boundary, each look gets.

use crate::error::StatsError;
use crate::interval::check_open_unit;
use crate::special::{normal_quantile, normal_sf};

/// The nearest that two looks may be, as a share of all information.
const SMALLEST_STEP: f64 = 0.001;

/// How a one-sided error rate is divided over planned looks.
///
/// ```
/// use perf_stats::sequential::Spending;
/// // Five equally spaced looks, one-sided 0.025: the table of Lan & DeMets.
/// let looks = [0.2, 0.4, 0.6, 0.8, 1.0];
/// let z = Spending::OBrienFleming.boundaries(0.025, &looks)?;
/// for (got, want) in z.iter().zip([4.877, 3.357, 2.680, 2.290, 2.031]) {
///     assert!((got - want).abs() < 1e-3, "{z:?}");
/// }
/// // Under any dependence between looks, the shares themselves:
/// assert_eq!(Spending::Equal.shares(0.01, &[0.125, 0.25, 0.5, 1.0])?, [0.0025; 4]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Spending {
    /// The same share at each look: needs no information fractions, decides early.
    #[default]
    Equal,
    /// Nearly nothing early, nearly everything at the last look (Lan & DeMets 1983, after O'Brien & Fleming 1979).
    OBrienFleming,
    /// About the same boundary at every look (Lan & DeMets 1983, after Pocock 1977).
    Pocock,
}

impl Spending {
    /// The error rate to be spent at each look; they sum to `alpha` when the last fraction is 1.
    ///
    /// A test at each look with its share keeps `alpha` by the union bound, whatever the dependence between the looks. `fractions` are the
    /// shares of the final information (blocks, samples) at each look. O'Brien-Fleming spends 2 - 2 Phi(z(1 - alpha/2)/sqrt t) up to t, Pocock alpha ln(1 + (e - 1) t).
    ///
    /// # Errors
    /// [`StatsError::Empty`] without looks; [`StatsError::BadParameter`] unless `alpha` is in (0, 1) and the fractions ascend within (0, 1].
    pub fn shares(self, alpha: f64, fractions: &[f64]) -> Result<Vec<f64>, StatsError> {
        check_open_unit(alpha, "alpha")?;
        check_fractions(fractions, f64::MIN_POSITIVE)?;
        if self == Self::Equal {
            return Ok(vec![alpha / fractions.len() as f64; fractions.len()]);
        }
        let mut before = 0.0;
        let spend = fractions.iter().map(|&t| {
            let spent = self.spent(alpha, t);
            let share = (spent - before).max(0.0);
            before = spent;
            share
        });
        Ok(spend.collect())
    }

    /// The boundaries for a standard normal statistic with independent increments: the joint error rate is exactly the spent one.
    ///
    /// Less strict than [`Spending::shares`], because they use the correlation of the looks; **assumes** that the statistic at fraction t
    /// behaves like a Brownian motion at t over sqrt t (means and rank sums of many independent observations do). By numerical
    /// integration (Armitage, McPherson & Rowe 1969), to about 1e-6. An unreachable boundary is infinite.
    ///
    /// # Errors
    /// As [`Spending::shares`]; looks must be at least 0.001 apart.
    pub fn boundaries(self, alpha: f64, fractions: &[f64]) -> Result<Vec<f64>, StatsError> {
        let shares = self.shares(alpha, fractions)?;
        check_fractions(fractions, SMALLEST_STEP)?;
        let mut walk = Walk::start();
        Ok(fractions
            .iter()
            .zip(shares)
            .map(|(&t, share)| walk.look(t, share))
            .collect())
    }

    fn spent(self, alpha: f64, t: f64) -> f64 {
        match self {
            Self::Equal => alpha * t,
            Self::OBrienFleming => 2.0 * normal_sf(-normal_quantile(alpha / 2.0) / t.sqrt()),
            Self::Pocock => alpha * ((std::f64::consts::E - 1.0) * t).ln_1p(),
        }
    }
}

fn check_fractions(fractions: &[f64], smallest_step: f64) -> Result<(), StatsError> {
    if fractions.is_empty() {
        return Err(StatsError::Empty);
    }
    let mut before = 0.0;
    for &t in fractions {
        if !(t - before >= smallest_step && t <= 1.0) {
            return Err(StatsError::BadParameter {
                name: "fractions",
                expected: "ascending within (0, 1], at least 0.001 apart for boundaries",
            });
        }
        before = t;
    }
    Ok(())
}

/// The walk's density over the values at which it has not yet crossed a boundary.
struct Walk {
    t: f64,
    points: Vec<(f64, f64)>, // (value, density times integration weight)
}

impl Walk {
    fn start() -> Self {
        Self {
            t: 0.0,
            points: vec![(0.0, 1.0)],
        }
    }

    /// The boundary (as a z-value) at `t` that is first crossed there with probability `share`; moves the walk on.
    fn look(&mut self, t: f64, share: f64) -> f64 {
        let step = (t - self.t).sqrt();
        let crossing = |edge: f64| -> f64 {
            self.points
                .iter()
                .map(|&(u, w)| w * normal_sf((edge - u) / step))
                .sum()
        };
        let (mut low, mut high) = (-10.0 * t.sqrt(), 40.0 * t.sqrt());
        for _ in 0..80 {
            let mid = 0.5 * (low + high);
            if crossing(mid) > share {
                low = mid;
            } else {
                high = mid;
            }
        }
        let edge = high;
        self.advance(t, step, edge);
        if share > 0.0 {
            edge / t.sqrt()
        } else {
            f64::INFINITY
        }
    }

    /// The density at `t` below `edge`, on a grid of Simpson's rule fine enough for the narrower of the two steps.
    fn advance(&mut self, t: f64, step: f64, edge: f64) {
        let bottom = -8.0 * t.sqrt();
        let top = edge.min(8.0 * t.sqrt());
        let spacing = (SMALLEST_STEP.sqrt() / 4.0).max(step.min(0.4) / 24.0);
        let cells = (2 * ((top - bottom) / (2.0 * spacing)).ceil() as usize).max(2);
        let h = (top - bottom) / cells as f64;
        let norm = 1.0 / (step * (2.0 * std::f64::consts::PI).sqrt());
        let density = |v: f64| -> f64 {
            let kernel = |u: f64| (-0.5 * ((v - u) / step).powi(2)).exp();
            norm * self.points.iter().map(|&(u, w)| w * kernel(u)).sum::<f64>()
        };
        let points = (0..=cells)
            .map(|i| {
                let v = bottom + h * i as f64;
                let weight = match i {
                    0 => 1.0,
                    _ if i == cells => 1.0,
                    _ if i % 2 == 1 => 4.0,
                    _ => 2.0,
                };
                (v, density(v) * weight * h / 3.0)
            })
            .collect();
        self.points = points;
        self.t = t;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn agrees_with_the_published_tables() {
        // Lan & DeMets boundaries for five equal looks, one-sided 0.025 (Jennison & Turnbull 2000; gsDesign).
        let looks = [0.2, 0.4, 0.6, 0.8, 1.0];
        let z = Spending::Pocock.boundaries(0.025, &looks).unwrap();
        for (got, want) in z.iter().zip([2.438, 2.427, 2.410, 2.397, 2.386]) {
            assert!((got - want).abs() < 1e-3, "{z:?}");
        }
        let one = Spending::OBrienFleming.boundaries(0.05, &[1.0]).unwrap();
        assert!((one[0] - 1.644_853_6).abs() < 1e-6);
    }

    #[test]
    fn boundaries_spend_what_they_say() {
        let looks = [0.05, 0.3, 0.31, 1.0];
        let (alpha, runs) = (0.1, 40_000u64);
        for kind in [Spending::Equal, Spending::OBrienFleming, Spending::Pocock] {
            let z = kind.boundaries(alpha, &looks).unwrap();
            let mut rng = Rng::new(61);
            let crossed = (0..runs)
                .filter(|_| {
                    let (mut t, mut b) = (0.0f64, 0.0);
                    let mut hit = false;
                    for (&next, &z) in looks.iter().zip(&z) {
                        b += rng.normal() * (next - t).sqrt();
                        t = next;
                        hit |= b >= z * t.sqrt();
                    }
                    hit
                })
                .count();
            let share = crossed as f64 / runs as f64;
            assert!((share - alpha).abs() < 0.005, "{kind:?}: {share}");
        }
    }

    #[test]
    fn shares_sum_to_the_whole() {
        for kind in [Spending::Equal, Spending::OBrienFleming, Spending::Pocock] {
            let s = kind.shares(0.02, &[0.1, 0.5, 0.7, 1.0]).unwrap();
            assert!((s.iter().sum::<f64>() - 0.02).abs() < 1e-12, "{s:?}");
        }
        assert_eq!(Spending::Pocock.shares(0.1, &[]), Err(StatsError::Empty));
        for bad in [&[0.5, 0.4][..], &[0.0], &[1.1], &[f64::NAN]] {
            assert!(Spending::Pocock.shares(0.1, bad).is_err());
        }
        assert!(Spending::Pocock.boundaries(0.1, &[0.5, 0.500_01]).is_err());
    }
}
