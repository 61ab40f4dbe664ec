//! In: the ranks that a fair coin may give either sign. Out: the law of the positive rank sum, and its critical values.

use crate::special::{normal_quantile, normal_sf};

/// Up to this many non-zero differences the law is counted out; beyond, the normal law takes over.
///
/// There the normal tail is still a little heavier than the true one (excess kurtosis `-3.6/n`), so it errs on the safe side.
pub const EXACT_LIMIT: usize = 120;

/// The law of a sum over independent coins of 0 or `r_i`, held as probabilities of the sums 0, 1, 2, ...
///
/// Ranks are doubled where ties made halves of them, so that every sum is a whole number.
#[derive(Clone, Debug)]
pub(crate) struct CoinLaw {
    unit: f64, // what one step of the sum is worth in ranks: 1 or 1/2
    mass: Vec<f64>,
}

impl CoinLaw {
    /// Counts the law out; each rank is a whole or half number. O(n times the sum of ranks).
    pub(crate) fn of_ranks(ranks: &[f64]) -> Self {
        let unit = if ranks.iter().all(|r| r.fract() == 0.0) {
            1.0
        } else {
            0.5
        };
        Self::of_steps(ranks.iter().map(|r| (r / unit).round() as usize), unit)
    }

    /// The law for the ranks 1..=n without ties.
    pub(crate) fn untied(n: usize) -> Self {
        Self::of_steps(1..=n, 1.0)
    }

    fn of_steps(steps: impl Iterator<Item = usize> + Clone, unit: f64) -> Self {
        let mut mass = vec![0.0; steps.clone().sum::<usize>() + 1];
        mass[0] = 1.0;
        let mut top = 0;
        for step in steps {
            // Halving is exact; only the addition rounds, and all terms are positive: tails keep their relative accuracy.
            for m in &mut mass[..=top] {
                *m *= 0.5;
            }
            top += step;
            for s in (step..=top).rev() {
                mass[s] += mass[s - step];
            }
        }
        Self { unit, mass }
    }

    /// P(sum <= w).
    pub(crate) fn at_most(&self, w: f64) -> f64 {
        let last = (w / self.unit).floor();
        if last < 0.0 {
            return 0.0;
        }
        let last = (last as usize).min(self.mass.len() - 1);
        self.mass[..=last].iter().sum::<f64>().min(1.0)
    }
}

/// The largest count `c` with P(W <= c) <= `tail` for the positive rank sum W of `n` untied differences; `None` where even
/// P(W = 0) = 2^-n exceeds it.
///
/// The Walsh averages number `c + 1` from below and from above then bound the centre with at most `tail` error a side.
/// Exact to [`EXACT_LIMIT`], normal beyond. Source: Hollander, Wolfe & Chicken (2014), section 3.3. O(n^3) once.
///
/// ```
/// use perf_stats::signed_rank::lower_critical;
/// assert_eq!(lower_critical(10, 0.0025), Some(1)); // P(W <= 1) = 2/1024
/// assert_eq!(lower_critical(10, 0.0005), None);    // below 1/1024
/// ```
pub fn lower_critical(n: usize, tail: f64) -> Option<u64> {
    if n == 0 || !(tail > 0.0 && tail < 0.5) {
        return None;
    }
    if n > EXACT_LIMIT {
        return normal_critical(n as f64, tail);
    }
    let law = CoinLaw::untied(n);
    let mut sum = 0.0;
    let below = law.mass.iter().take_while(|&&m| {
        sum += m;
        sum <= tail
    });
    (below.count() as u64).checked_sub(1)
}

fn normal_critical(n: f64, tail: f64) -> Option<u64> {
    let mean = n * (n + 1.0) / 4.0;
    let sd = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    let c = mean - 0.5 + sd * normal_quantile(tail);
    (c >= 0.0).then_some(c as u64)
}

/// P(W >= w) by the normal law with mean and variance of the ranks; `correction` is taken from the distance first.
pub(crate) fn normal_upper(distance: f64, sd: f64, correction: f64) -> f64 {
    normal_sf((distance - correction) / sd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_match_published_tables() {
        // Number of subsets of {1, 2, 3, 4} by sum: 1 1 1 2 2 2 2 2 1 1 1.
        let law = CoinLaw::untied(4);
        let counts: Vec<f64> = law.mass.iter().map(|m| m * 16.0).collect();
        assert_eq!(
            counts,
            [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0]
        );
        // One-sided 2.5 % points of Wilcoxon's table: n = 6: 0, n = 10: 8, n = 20: 52, n = 50: 434.
        for (n, c) in [(6, 0), (10, 8), (20, 52), (50, 434)] {
            assert_eq!(lower_critical(n, 0.025), Some(c), "n = {n}");
        }
        assert_eq!(lower_critical(5, 0.025), None);
    }

    #[test]
    fn the_normal_end_is_close_to_the_exact_one_and_safe() {
        let law = CoinLaw::untied(EXACT_LIMIT);
        for tail in [0.025, 0.0025, 0.000_5] {
            let c = normal_critical(EXACT_LIMIT as f64, tail).expect("reachable at this n");
            let p = law.at_most(c as f64);
            assert!(p <= tail && p > 0.8 * tail, "{tail}: {p}");
        }
    }
}
