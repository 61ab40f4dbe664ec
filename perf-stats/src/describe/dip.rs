//! In: numbers. Out: Hartigan's dip, a test of whether they have more than one mode.

use crate::error::StatsError;
use crate::rng::Rng;
use crate::sample::{Scaled, at_least, sorted};
use std::fmt;

/// The dip statistic and its p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Dip {
    /// Largest distance between the empirical distribution and the nearest unimodal one, from 1/(2n) to 1/4.
    pub dip: f64,
    /// Share of simulated uniform samples with a dip as large, (b + 1)/(m + 1).
    pub p: f64,
    /// Range of values within which the nearest unimodal distribution has its mode.
    pub modal: (f64, f64),
    /// Observations.
    pub n: usize,
    /// Seed of the simulation.
    pub seed: u64,
}

impl fmt::Display for Dip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dip {} (p = {}, n = {})", self.dip, self.p, self.n)
    }
}

/// Uniform samples simulated for the p-value: its smallest value is 1/2000.
const SIMULATIONS: u32 = 1999;

/// Above this size the uniform dip is simulated at this size and scaled by sqrt n, which it follows closely.
const LARGEST_SIMULATED: usize = 2000;

/// Hartigan & Hartigan's dip test (1985): is one mode enough? The null hypothesis is any unimodal distribution, of which
/// the uniform is the least favourable.
///
/// Assumes independent observations of a continuous distribution: coarse clock ticks make modes of their own, and a series that
/// wanders looks bimodal. Statistic by the algorithm of AS 217 in O(n) after sorting; p-value by simulation, 0.2 s at most.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::TooFew`] (4 needed), [`StatsError::NonFinite`].
///
/// ```
/// use perf_stats::describe::dip_test;
/// let one: Vec<f64> = (0..100).map(|i| f64::from(i) / 100.0).collect();
/// let two: Vec<f64> = one.iter().map(|v| if *v < 0.5 { *v } else { v + 5.0 }).collect();
/// assert!(dip_test(&one)?.p > 0.5 && dip_test(&two)?.p < 0.001);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn dip_test(x: &[f64]) -> Result<Dip, StatsError> {
    let n = at_least(x, 4)?.len();
    let order = sorted(x)?;
    let (dip, modal) = dip_of(&Scaled::new(&order).values);
    let size = n.min(LARGEST_SIMULATED);
    let bar = dip * (n as f64 / size as f64).sqrt() * (1.0 - 1e-12);
    let mut sample = vec![0.0; size];
    let mut reached = 0;
    for run in 0..SIMULATIONS {
        uniform_order(
            &mut Rng::stream(Rng::DEFAULT_SEED, u64::from(run)),
            &mut sample,
        );
        reached += u32::from(dip_of(&sample).0 >= bar);
    }
    let p = f64::from(reached + 1) / f64::from(SIMULATIONS + 1);
    Ok(Dip {
        dip,
        p,
        modal: (order[modal.0], order[modal.1]),
        n,
        seed: Rng::DEFAULT_SEED,
    })
}

/// An ascending uniform sample, by exponential gaps.
fn uniform_order(rng: &mut Rng, out: &mut [f64]) {
    let mut at = 0.0;
    for value in out {
        at -= rng.uniform().ln();
        *value = at;
    }
}

/// The dip of an ascending sample and the modal interval's indices.
///
/// Between `low` and `high` the distribution is to be convex, then concave: the greatest convex minorant is followed from the
/// left, the least concave majorant from the right. Where they are farthest apart the interval is narrowed, until the gap is
/// no larger than what has been conceded outside (all in units of 1/n, doubled at the end).
fn dip_of(x: &[f64]) -> (f64, (usize, usize)) {
    let n = x.len();
    let (mut low, mut high) = (0, n - 1);
    let mut dip: f64 = 1.0;
    if x[0] < x[n - 1] {
        let (left, right) = (minorant(x), majorant(x));
        loop {
            let convex = chain(&left, high, low); // from high down to low
            let concave = chain(&right, low, high); // from low up to high
            let (gap, i, j) = widest(x, &convex, &concave);
            if gap < dip {
                break;
            }
            dip = dip
                .max(conceded_left(x, &convex[i..]))
                .max(conceded_right(x, &concave[j..]));
            if (low, high) == (convex[i], concave[j]) {
                break;
            }
            (low, high) = (convex[i], concave[j]);
        }
    }
    (dip / (2.0 * n as f64), (low, high))
}

/// For each index the previous corner of the greatest convex minorant that ends there.
fn minorant(x: &[f64]) -> Vec<usize> {
    let mut previous = vec![0; x.len()];
    for j in 1..x.len() {
        let mut k = j - 1;
        while k != 0 && run(x, k, j) * rise(previous[k], k) >= run(x, previous[k], k) * rise(k, j) {
            k = previous[k];
        }
        previous[j] = k;
    }
    previous
}

/// For each index the next corner of the least concave majorant that starts there.
fn majorant(x: &[f64]) -> Vec<usize> {
    let last = x.len() - 1;
    let mut next = vec![last; x.len()];
    for j in (0..last).rev() {
        let mut k = j + 1;
        while k != last && run(x, j, k) * rise(k, next[k]) >= run(x, k, next[k]) * rise(j, k) {
            k = next[k];
        }
        next[j] = k;
    }
    next
}

fn run(x: &[f64], from: usize, to: usize) -> f64 {
    x[to] - x[from]
}

fn rise(from: usize, to: usize) -> f64 {
    (to - from) as f64
}

/// The corners from one index to another.
fn chain(links: &[usize], from: usize, to: usize) -> Vec<usize> {
    let mut corners = vec![from];
    let mut at = from;
    while at != to {
        at = links[at];
        corners.push(at);
    }
    corners
}

/// The largest vertical distance between both curves over all corners, and the corners (positions in the chains) between
/// which it occurs. A distance of 1 is the step of the empirical distribution itself.
fn widest(x: &[f64], convex: &[usize], concave: &[usize]) -> (f64, usize, usize) {
    let (mut gap, mut at) = (0.0, (convex.len() - 1, concave.len() - 1));
    if convex.len() == 2 && concave.len() == 2 {
        return (1.0, at.0, at.1);
    }
    let (mut i, mut j) = (convex.len() - 2, 1);
    loop {
        let (lower, upper) = (convex[i], concave[j]);
        if lower > upper {
            // A corner of the majorant, over the minorant's piece around it.
            let from = convex[i + 1];
            let below = run(x, from, upper) * rise(from, lower) / run(x, from, lower);
            let distance = rise(from, upper) + 1.0 - below;
            j += 1;
            if distance >= gap {
                (gap, at) = (distance, (i + 1, j - 1));
            }
        } else {
            // A corner of the minorant, under the majorant's piece around it.
            let from = concave[j - 1];
            let above = run(x, from, lower) * rise(from, upper) / run(x, from, upper);
            let distance = above - (rise(from, lower) - 1.0);
            if distance >= gap {
                (gap, at) = (distance, (i, j));
            }
            i = i.saturating_sub(1);
        }
        j = j.min(concave.len() - 1);
        if convex[i] == concave[j] {
            return (gap, at.0, at.1);
        }
    }
}

/// How far the empirical distribution rises above the minorant's pieces to the left of the modal interval.
fn conceded_left(x: &[f64], corners: &[usize]) -> f64 {
    let pieces = corners
        .windows(2)
        .map(|c| excess(x, c[1], c[0], |step, line| step + 1.0 - line));
    pieces.fold(0.0, f64::max)
}

/// How far it falls below the majorant's pieces to the right.
fn conceded_right(x: &[f64], corners: &[usize]) -> f64 {
    let pieces = corners
        .windows(2)
        .map(|c| excess(x, c[0], c[1], |step, line| line - (step - 1.0)));
    pieces.fold(0.0, f64::max)
}

fn excess(x: &[f64], from: usize, to: usize, distance: impl Fn(f64, f64) -> f64) -> f64 {
    if to - from <= 1 || x[to] <= x[from] {
        return 1.0;
    }
    // No slope by itself: over a run of denormals it would be infinite.
    let line = |k: usize| rise(from, to) * (run(x, from, k) / run(x, from, to));
    (from..=to)
        .map(|k| distance(rise(from, k), line(k)))
        .fold(1.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // Python diptest 0.12.0 (a port of R's diptest)
        assert!(
            (dip_test(&[
                0.45, 0.27, 0.78, 1.52, 3.11, 1.12, 0.58, 0.46, 2.11, 5.13, 1.31, 0.29
            ])
            .unwrap()
            .dip - 0.074_074_074_074_074_08)
                .abs()
                < 1e-12
        );
        assert!(
            (dip_test(&[
                -2.0, 3.0, 0.5, -3.5, -0.0, -2.5, -1.5, -1.0, -1.5, 1.0, -0.0, -1.0, 1.0, 1.5, -3.5
            ])
            .unwrap()
            .dip - 0.083_333_333_333_333_33)
                .abs()
                < 1e-12
        );
        assert!(
            (dip_test(&[
                0.696, 1.188, 0.042, 1.773, 0.001, 2.148, 0.929, 0.305, 0.696
            ])
            .unwrap()
            .dip - 0.101_278_976_818_545_17)
                .abs()
                < 1e-12
        );
        assert!(
            (dip_test(&[1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 9.0, 11.0, 0.5])
                .unwrap()
                .dip
                - 0.083_333_333_333_333_33)
                .abs()
                < 1e-12
        );
        assert!(
            (dip_test(&[
                -1.09, -1.36, 0.22, -1.11, 1.17, 0.72, -2.0, 0.27, -1.1, 0.03, 0.04, -1.99, -0.23,
                -0.26, 0.96, -1.18, 0.74, -1.1, -0.33, -0.84, 5.45, 4.57, 6.43, 4.64, 4.84, 4.84,
                3.39, 3.93, 5.35, 3.6, 4.19, 3.98, 4.61, 3.64
            ])
            .unwrap()
            .dip - 0.099_161_627_267_729_52)
                .abs()
                < 1e-12
        );
        assert!(
            (dip_test(&[0.0, 0.0, 0.0, 1.0, 5.0, 5.0, 5.0, 6.0, 9.0, 9.0, 2.0, 2.0])
                .unwrap()
                .dip
                - 0.125)
                .abs()
                < 1e-12
        );
    }

    #[test]
    fn the_test_keeps_its_level_and_has_power() {
        let mut rng = Rng::new(6);
        let (mut uniform, mut split) = (0, 0);
        for _ in 0..60 {
            let x: Vec<f64> = (0..80).map(|_| rng.uniform()).collect();
            uniform += u32::from(dip_test(&x).unwrap().p <= 0.1);
            let y: Vec<f64> = (0..80)
                .map(|i| rng.normal() + if i % 3 == 0 { 5.0 } else { 0.0 })
                .collect();
            split += u32::from(dip_test(&y).unwrap().p <= 0.1);
        }
        assert!(uniform <= 14 && split >= 40, "{uniform} {split}"); // 6 expected, sd 2.3
    }

    #[test]
    fn ties_and_constants() {
        assert_eq!(dip_test(&[2.0; 10]).unwrap().dip, 0.05);
        assert_eq!(dip_test(&[2.0; 10]).unwrap().p, 1.0);
        assert_eq!(dip_test(&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]).unwrap().dip, 0.25);
        assert!(dip_test(&[1.0, 2.0, 3.0]).is_err());
    }
}
