//! In: numbers. Out: a smooth density with a bandwidth chosen by the data, and its modes.

use super::Shape;
use crate::error::StatsError;
use crate::quantile::{Definition, quantiles};
use crate::sample::{Scaled, at_least, sorted, times_power_of_two};
use std::f64::consts::PI;

/// How the bandwidth was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Bandwidth {
    /// Solves the equation of Sheather & Jones (1991).
    SheatherJones,
    /// 0.9 min(sd, IQR/1.34) n^(-1/5) (Silverman 1986): where the data are too coarse for Sheather & Jones.
    Silverman,
}

/// A Gaussian kernel density on an even grid.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Density {
    /// Standard deviation of the kernel, in units of the data.
    pub bandwidth: f64,
    /// How it was chosen.
    pub rule: Bandwidth,
    /// Position of the first grid point.
    pub start: f64,
    /// Distance between grid points.
    pub step: f64,
    /// Density at the grid points, per unit of the data.
    pub values: Vec<f64>,
}

/// One peak of a density.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Mode {
    /// Where the peak is.
    pub at: f64,
    /// Share of the probability between the valleys on either side, in (0, 1].
    pub share: f64,
}

/// Bins for the pairwise distances of the bandwidth.
const BINS: usize = 1000;
/// Grid points at least, and at most where the bandwidth is narrow beside the range.
const GRID: (usize, usize) = (512, 16_384);
/// The kernel is cut off at this many bandwidths, where it is below 1e-8 of its height.
const REACH: f64 = 6.0;

/// A density estimate by a Gaussian kernel, with the bandwidth of Sheather & Jones.
///
/// Assumes independent observations of a continuous distribution. Made for the body of the data: a single bandwidth makes bumps
/// of its own in a long tail. Binned linearly on a grid of at least four points a bandwidth (up to 16,384), so O(n + grid * reach).
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::TooFew`] (4 needed), [`StatsError::NonFinite`], [`StatsError::ZeroVariance`],
/// [`StatsError::Overflow`] where the density itself (spreads below 1e-300) or the grid exceeds the range of `f64`.
///
/// ```
/// use perf_stats::{Rng, describe::density};
/// let mut rng = Rng::new(2);
/// let x: Vec<f64> = (0..400).map(|i| rng.normal() + if i % 4 == 0 { 20.0 } else { 10.0 }).collect();
/// let modes = density(&x)?.modes(0.1);
/// assert_eq!(modes.len(), 2);
/// assert!((modes[0].at - 10.0).abs() < 0.5 && (modes[0].share - 0.75).abs() < 0.02);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn density(x: &[f64]) -> Result<Density, StatsError> {
    at_least(x, 4)?;
    let scaled = Scaled::new(&sorted(x)?);
    let v = &scaled.values;
    let (low, high) = (v[0], v[v.len() - 1]);
    if high <= low {
        return Err(StatsError::ZeroVariance);
    }
    // Measured in units of the range, from the smallest value: no offset, no extreme magnitude is left.
    let unit = high - low;
    let u: Vec<f64> = v.iter().map(|v| (v - low) / unit).collect();
    let (h, rule) = bandwidth(&u)?;
    let h = h.max((1.0 / GRID.1 as f64) * 2.0);
    let start = -3.0 * h;
    let span = 1.0 + 6.0 * h;
    scaled.back(unit * span)?; // the grid's own width must be representable
    let points = ((span / h * 4.0).ceil() as usize).clamp(GRID.0, GRID.1);
    let step = span / (points - 1) as f64;
    let values = smooth(
        &linear_bins(&u, start, step, points),
        h / step,
        step * u.len() as f64,
    );
    let back = |value: f64| times_power_of_two(value * unit, scaled.exponent);
    let values: Vec<f64> = values
        .into_iter()
        .map(|d| times_power_of_two(d / unit, -scaled.exponent))
        .collect();
    if values.iter().any(|d| !d.is_finite()) {
        return Err(StatsError::Overflow);
    }
    Ok(Density {
        bandwidth: back(h),
        rule,
        start: scaled.back(low + unit * start)?,
        step: back(step),
        values,
    })
}

impl Density {
    /// The peaks that stand above the valleys beside them by at least `prominence` (a share of the highest peak's height, in
    /// [0, 1)), in ascending order. At least one.
    ///
    /// A list to look at, no test: see [`crate::describe::dip_test`] for whether one mode is enough.
    pub fn modes(&self, prominence: f64) -> Vec<Mode> {
        let mut peaks = self.peaks();
        let top = self.values.iter().copied().fold(0.0, f64::max);
        loop {
            // Valleys between neighbouring peaks; the least prominent peak of all goes first.
            let valleys: Vec<usize> = peaks.windows(2).map(|p| self.lowest(p[0], p[1])).collect();
            let depth = |k: usize| {
                let beside = [k.checked_sub(1), (k < valleys.len()).then_some(k)];
                let floor = beside
                    .into_iter()
                    .flatten()
                    .map(|i| self.values[valleys[i]]);
                (self.values[peaks[k]] - floor.fold(0.0, f64::max)) / top
            };
            let least = (0..peaks.len()).min_by(|&a, &b| depth(a).total_cmp(&depth(b)));
            match least {
                Some(k) if peaks.len() > 1 && depth(k) < prominence => {
                    peaks.remove(k);
                }
                _ => return self.shares(&peaks, &valleys),
            }
        }
    }

    fn peaks(&self) -> Vec<usize> {
        let v = &self.values;
        let at = |i: usize| v.get(i).copied().unwrap_or(0.0);
        let rising = |i: usize| i == 0 || v[i] > at(i - 1);
        (0..v.len())
            .filter(|&i| v[i] > 0.0 && rising(i) && v[i] >= at(i + 1))
            .collect()
    }

    fn lowest(&self, from: usize, to: usize) -> usize {
        (from..=to)
            .min_by(|&a, &b| self.values[a].total_cmp(&self.values[b]))
            .unwrap_or(from)
    }

    fn shares(&self, peaks: &[usize], valleys: &[usize]) -> Vec<Mode> {
        // In units of the highest value, so that no sum leaves the range.
        let top = self.values.iter().copied().fold(0.0, f64::max);
        let mass = |part: &[f64]| part.iter().map(|v| v / top).sum::<f64>();
        let total = mass(&self.values);
        let edge = |k: usize| valleys.get(k).copied().unwrap_or(self.values.len());
        let mode = |k: usize| {
            let from = if k == 0 { 0 } else { edge(k - 1) };
            let share = mass(&self.values[from..edge(k)]) / total;
            Mode {
                at: self.start + self.step * peaks[k] as f64,
                share,
            }
        };
        (0..peaks.len()).map(mode).collect()
    }
}

/// Each observation shared between the two grid points beside it.
fn linear_bins(u: &[f64], start: f64, step: f64, points: usize) -> Vec<f64> {
    let mut bins = vec![0.0; points];
    for v in u {
        let at = (v - start) / step;
        let left = (at as usize).min(points - 2);
        let share = at - left as f64;
        bins[left] += 1.0 - share;
        bins[left + 1] += share;
    }
    bins
}

/// Gaussian convolution with a kernel of `width` grid steps, divided by `mass`.
fn smooth(bins: &[f64], width: f64, mass: f64) -> Vec<f64> {
    let reach = (REACH * width).ceil() as usize;
    let height = 1.0 / (width * (2.0 * PI).sqrt());
    let kernel: Vec<f64> = (0..=reach)
        .map(|k| height * (-0.5 * (k as f64 / width).powi(2)).exp())
        .collect();
    let mut values = vec![0.0; bins.len()];
    for (i, &weight) in bins.iter().enumerate().filter(|b| *b.1 > 0.0) {
        let (from, to) = (i.saturating_sub(reach), (i + reach).min(bins.len() - 1));
        for (k, value) in values[from..=to].iter_mut().enumerate() {
            *value += weight * kernel[i.abs_diff(from + k)];
        }
    }
    values.iter().map(|v| v / mass).collect()
}

/// The bandwidth for an ascending sample in [0, 1].
fn bandwidth(u: &[f64]) -> Result<(f64, Bandwidth), StatsError> {
    let n = u.len() as f64;
    let weighted: Vec<(f64, f64)> = u.iter().map(|&v| (v, 1.0)).collect();
    let sd = Shape::new(&weighted, 0).sd().unwrap_or(0.0);
    let q = quantiles(u, &[0.25, 0.75], Definition::Linear)?;
    let iqr = q[1] - q[0];
    let robust = |normal: f64| if iqr > 0.0 { sd.min(iqr / normal) } else { sd };
    let silverman = 0.9 * robust(1.34) * n.powf(-0.2);
    let pairs = Pairs::new(u);
    match pairs.sheather_jones(robust(1.349)) {
        Some(h) => Ok((h, Bandwidth::SheatherJones)),
        None => Ok((silverman, Bandwidth::Silverman)),
    }
}

/// How many pairs lie how many bins apart.
struct Pairs {
    n: f64,
    counts: Vec<f64>,
    bin: f64,
}

impl Pairs {
    fn new(u: &[f64]) -> Self {
        let bin = 1.01 / BINS as f64;
        let mut filled = vec![0.0; BINS];
        for v in u {
            filled[((v / bin) as usize).min(BINS - 1)] += 1.0;
        }
        let mut counts = vec![0.0; BINS];
        for (i, &a) in filled.iter().enumerate().filter(|f| *f.1 > 0.0) {
            counts[0] += 0.5 * a * (a - 1.0);
            for (j, &b) in filled[..i].iter().enumerate() {
                counts[i - j] += a * b;
            }
        }
        Self {
            n: u.len() as f64,
            counts,
            bin,
        }
    }

    /// Sum over all pairs (i, j) of phi^(order)((x(i) - x(j)) / h), as an estimate of the integral of f f^(order).
    fn functional(&self, h: f64, order: i32) -> f64 {
        let polynomial = |d: f64| match order {
            4 => d * d - 6.0 * d + 3.0,
            _ => d * d * d - 15.0 * d * d + 45.0 * d - 15.0,
        };
        let term = |(k, count): (usize, &f64)| {
            let d = (k as f64 * self.bin / h).powi(2);
            if d < 1000.0 {
                (-0.5 * d).exp() * polynomial(d) * count
            } else {
                0.0
            }
        };
        let sum: f64 = self.counts.iter().enumerate().map(term).sum();
        let whole = 2.0 * sum + self.n * polynomial(0.0);
        whole / (self.n * (self.n - 1.0) * h.powi(order + 1) * (2.0 * PI).sqrt())
    }

    /// The h that equals the best bandwidth for the roughness estimated with it; none where the data are too coarse.
    fn sheather_jones(&self, scale: f64) -> Option<f64> {
        let n = self.n;
        let fourth = self.functional(1.24 * scale * n.powf(-1.0 / 7.0), 4);
        let sixth = -self.functional(1.23 * scale * n.powf(-1.0 / 9.0), 6);
        let pilot = 1.357 * (fourth / sixth).powf(1.0 / 7.0);
        if !(pilot.is_finite() && pilot > 0.0) {
            return None;
        }
        let goal = 1.0 / (2.0 * PI.sqrt() * n);
        let excess = |h: f64| (goal / self.functional(pilot * h.powf(5.0 / 7.0), 4)).powf(0.2) - h;
        let widest = 1.144 * scale * n.powf(-0.2);
        let (mut low, mut high) = (0.1 * widest, widest);
        for _ in 0..20 {
            if excess(low) > 0.0 && excess(high) < 0.0 {
                break;
            }
            (low, high) = (0.7 * low, 1.3 * high);
        }
        if !(excess(low) > 0.0 && excess(high) < 0.0) {
            return None;
        }
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if excess(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(f64::midpoint(low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// R's `precip`: `density(precip, bw = "SJ")` prints a bandwidth of 3.938.
    const PRECIP: [f64; 70] = [
        67.0, 54.7, 7.0, 48.5, 14.0, 17.2, 20.7, 13.0, 43.4, 40.2, 38.9, 54.5, 59.8, 48.3, 22.9,
        11.5, 34.4, 35.1, 38.7, 30.8, 30.6, 43.1, 56.8, 40.8, 41.8, 42.5, 31.0, 31.7, 30.2, 25.9,
        49.2, 37.0, 35.9, 15.0, 30.2, 7.2, 36.2, 45.5, 7.8, 33.4, 36.1, 40.2, 42.7, 42.5, 16.2,
        39.0, 35.0, 37.0, 31.4, 37.6, 39.9, 36.2, 42.8, 46.4, 24.7, 49.1, 46.0, 35.9, 7.8, 48.2,
        15.2, 32.5, 44.7, 42.6, 38.8, 17.4, 40.8, 29.1, 14.6, 59.2,
    ];

    #[test]
    fn bandwidth_of_a_known_sample() {
        let d = density(&PRECIP).unwrap();
        assert_eq!(d.rule, Bandwidth::SheatherJones);
        assert!((d.bandwidth / 3.938 - 1.0).abs() < 0.01, "{}", d.bandwidth);
    }

    #[test]
    fn a_normal_density_is_found_again() {
        let mut rng = Rng::new(12);
        let x: Vec<f64> = (0..20_000).map(|_| 5.0 + 2.0 * rng.normal()).collect();
        let d = density(&x).unwrap();
        assert!((d.values.iter().sum::<f64>() * d.step - 1.0).abs() < 2e-3);
        for (i, value) in d.values.iter().enumerate() {
            let z = (d.start + d.step * i as f64 - 5.0) / 2.0;
            let want = (-0.5 * z * z).exp() / (2.0 * (2.0 * PI).sqrt());
            assert!((value - want).abs() < 0.01, "{z}: {value} {want}");
        }
        assert_eq!(d.modes(0.1).len(), 1);
    }

    #[test]
    fn hard_samples() {
        assert_eq!(density(&[1.0; 9]), Err(StatsError::ZeroVariance));
        for x in [
            vec![1.0, 1.0, 1.0, 1.0, 2.0],
            vec![-1e307, 1e307, 0.0, 1e306, 5.0],
            vec![1e15, 1e15 + 0.5, 1e15 + 1.0, 1e15 + 3.0],
            (0..50)
                .map(|i| if i < 49 { f64::from(i) } else { 1e12 })
                .collect(),
        ] {
            let d = density(&x).unwrap();
            assert!(d.bandwidth > 0.0 && d.step > 0.0 && d.values.iter().all(|v| v.is_finite()));
            assert!(!d.modes(0.05).is_empty());
            assert!((d.modes(0.05).iter().map(|m| m.share).sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
