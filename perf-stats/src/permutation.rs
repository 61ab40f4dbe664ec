//! In: samples or paired differences, and a statistic. Out: its permutation test, complete where few arrangements exist, else by chance.

use crate::arrangement::sign_patterns;
pub use crate::arrangement::{Enumeration, MAX_ARRANGEMENTS, MonteCarlo, PermutationResult};
use crate::error::StatsError;
use crate::resample::replicate;
use crate::rng::Rng;
use crate::sample::finite;

/// Permutation test of any two-sample statistic: is the division into `x` and `y` exchangeable?
///
/// Every division of the pooled observations into groups of the two sizes is compared with the observed one; all of them where
/// there are at most 50,000, else random ones with p = (b + 1) / (m + 1), which keeps the error rate exactly (Phipson & Smyth, *Stat.
/// Appl. Genet. Mol. Biol.* 9 (2010)). Two-sided p counts |statistic|, so let the statistic be 0 where there is no difference. Values
/// within 1e-12 of the largest statistic count as ties.
///
/// Assumes exchangeable observations under the null hypothesis: independent, of *one* law (a mean difference with unequal spreads is
/// not a test of means). Cost O(arrangements x N), on all cores with the feature `parallel`, with the same answer.
///
/// ```
/// use perf_stats::permutation::{MonteCarlo, permutation_test};
/// let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
/// let x = [12.0, 15.0, 11.0, 18.0, 14.0];
/// let y = [10.0, 9.0, 13.0, 11.0, 8.0];
/// let r = permutation_test(&x, &y, |x, y| mean(x) - mean(y), MonteCarlo::default())?;
/// assert_eq!((r.arrangements, r.as_extreme), (252, 12));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::Degenerate`] if the statistic of an arrangement is not finite,
/// [`StatsError::BadParameter`] for 0 random arrangements.
pub fn permutation_test(
    x: &[f64],
    y: &[f64],
    statistic: impl Fn(&[f64], &[f64]) -> f64 + Sync,
    monte_carlo: MonteCarlo,
) -> Result<PermutationResult, StatsError> {
    finite(x)?;
    finite(y)?;
    let n = x.len();
    let pooled = [x, y].concat();
    let observed = statistic(x, y);
    if let Some(total) = combinations(pooled.len(), n) {
        let drawn = enumerate_divisions(&pooled, n, total, &statistic);
        return PermutationResult::new(observed, &drawn, Enumeration::Complete);
    }
    let drawn = replicate(
        monte_carlo.checked()?,
        monte_carlo.seed,
        || pooled.clone(),
        |rng, items| {
            choose(rng, items, n);
            statistic(&items[..n], &items[n..])
        },
    );
    PermutationResult::new(observed, &drawn, monte_carlo.enumeration())
}

/// Sign-flip test of paired differences: are they symmetric about zero?
///
/// Every difference keeps its size and takes either sign; all 2^n sign patterns are compared up to n = 15, random ones beyond. The
/// statistic sees the differences with their signs, and should be 0 where they balance (the mean, the median, a trimmed mean).
/// Assumes independent differences that are symmetric under the null hypothesis; a randomised order within pairs makes them so by design. Ties and p
/// as in [`permutation_test`]. Source: Fisher, *The Design of Experiments* (1935), section 21. Cost O(arrangements x n).
///
/// ```
/// use perf_stats::permutation::{MonteCarlo, sign_flip_test};
/// let d = [3.0, -1.0, 4.0, 1.0, 5.0, -2.0, 2.0, 6.0];
/// let r = sign_flip_test(&d, |d| d.iter().sum::<f64>() / d.len() as f64, MonteCarlo::default())?;
/// assert_eq!((r.arrangements, r.at_least, r.as_extreme), (256, 11, 22));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`permutation_test`]; [`StatsError::AllDifferencesZero`].
pub fn sign_flip_test(
    differences: &[f64],
    statistic: impl Fn(&[f64]) -> f64 + Sync,
    monte_carlo: MonteCarlo,
) -> Result<PermutationResult, StatsError> {
    finite(differences)?;
    if differences.iter().all(|&d| d == 0.0) {
        return Err(StatsError::AllDifferencesZero);
    }
    let observed = statistic(differences);
    let flip = |signs: &mut dyn FnMut() -> bool, items: &mut [f64]| {
        for (to, from) in items.iter_mut().zip(differences) {
            *to = if signs() { -from } else { *from };
        }
    };
    if let Some(total) = sign_patterns(differences.len()) {
        let mut items = differences.to_vec();
        let mut drawn = Vec::with_capacity(total);
        for pattern in 0..total {
            let mut bits = pattern;
            flip(
                &mut || {
                    let bit = bits & 1 == 1;
                    bits >>= 1;
                    bit
                },
                &mut items,
            );
            drawn.push(statistic(&items));
        }
        return PermutationResult::new(observed, &drawn, Enumeration::Complete);
    }
    let m = monte_carlo.checked()?;
    let drawn = replicate(
        m,
        monte_carlo.seed,
        || differences.to_vec(),
        |rng, items| {
            flip(&mut || rng.coin(), items);
            statistic(items)
        },
    );
    PermutationResult::new(observed, &drawn, monte_carlo.enumeration())
}

/// C(total, n) where it is at most [`MAX_ARRANGEMENTS`].
fn combinations(total: usize, n: usize) -> Option<usize> {
    let k = n.min(total - n);
    let mut c = 1usize;
    for i in 0..k {
        c = c.checked_mul(total - i)? / (i + 1);
        if c > MAX_ARRANGEMENTS {
            return None;
        }
    }
    Some(c)
}

/// A random `n` of the items to the front (a partial Fisher-Yates shuffle).
fn choose(rng: &mut Rng, items: &mut [f64], n: usize) {
    let total = items.len();
    if 2 * n <= total {
        for i in 0..n {
            items.swap(i, i + rng.below(total - i));
        }
    } else {
        for i in (n..total).rev() {
            items.swap(i, rng.below(i + 1));
        }
    }
}

/// The statistic of every division, in lexicographic order of the chosen indices.
fn enumerate_divisions(
    pooled: &[f64],
    n: usize,
    total: usize,
    statistic: &impl Fn(&[f64], &[f64]) -> f64,
) -> Vec<f64> {
    let size = pooled.len();
    let mut chosen: Vec<usize> = (0..n).collect();
    let mut drawn = Vec::with_capacity(total);
    let (mut x, mut y) = (Vec::with_capacity(n), Vec::with_capacity(size - n));
    loop {
        x.clear();
        y.clear();
        let mut next = chosen.iter().peekable();
        for (i, &v) in pooled.iter().enumerate() {
            if next.peek() == Some(&&i) {
                next.next();
                x.push(v);
            } else {
                y.push(v);
            }
        }
        drawn.push(statistic(&x, &y));
        // The last index that can still move up.
        let Some(at) = (0..n).rev().find(|&i| chosen[i] < size - n + i) else {
            return drawn;
        };
        let first = chosen[at] + 1;
        for (step, c) in chosen[at..].iter_mut().enumerate() {
            *c = first + step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(v: &[f64]) -> f64 {
        v.iter().sum::<f64>() / v.len() as f64
    }

    #[test]
    fn random_arrangements_approach_the_complete_count() {
        let (mut x, mut y) = (vec![], vec![]);
        let mut rng = Rng::new(3);
        for _ in 0..9 {
            x.push(rng.normal() + 0.8);
            y.push(rng.normal());
        }
        let diff = |a: &[f64], b: &[f64]| mean(a) - mean(b);
        let all = permutation_test(&x, &y, diff, MonteCarlo::default()).unwrap();
        assert_eq!(all.enumeration, Enumeration::Complete);
        assert_eq!(all.arrangements, 48_620);
        let drawn = replicate(
            20_000,
            1,
            || [&x[..], &y].concat(),
            |rng, v| {
                choose(rng, v, 9);
                diff(&v[..9], &v[9..])
            },
        );
        let r =
            PermutationResult::new(all.observed, &drawn, Enumeration::Random { seed: 1 }).unwrap();
        let sd = (all.p.two_sided * (1.0 - all.p.two_sided) / 20_000.0).sqrt();
        assert!(
            (r.p.two_sided - all.p.two_sided).abs() < 4.0 * sd + 1e-4,
            "{r} {all}"
        );
    }

    #[test]
    fn random_p_is_never_zero_and_counts_the_observed() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let y: Vec<f64> = (100..120).map(f64::from).collect();
        let few = MonteCarlo {
            arrangements: 99,
            seed: 1,
        };
        let r = permutation_test(&x, &y, |a, b| mean(a) - mean(b), few).unwrap();
        assert_eq!((r.at_most, r.p.less), (0, 0.01));
        let none = MonteCarlo {
            arrangements: 0,
            seed: 1,
        };
        assert!(permutation_test(&x, &y, |_, _| 0.0, none).is_err());
    }

    #[test]
    fn equal_statistics_are_ties_whatever_the_order_of_summation() {
        let d = [0.1, 0.2, 0.3, -0.6];
        let r = sign_flip_test(&d, mean, MonteCarlo::default()).unwrap();
        // Patterns with sum 0: the observed one and its mirror.
        assert_eq!(r.at_least + r.at_most - r.arrangements, 2);
        assert_eq!(r.p.two_sided, 1.0);
    }

    #[test]
    fn a_statistic_that_is_not_finite_is_refused() {
        let r = permutation_test(&[1.0], &[2.0], |_, _| f64::NAN, MonteCarlo::default());
        assert_eq!(r, Err(StatsError::Degenerate));
    }
}
