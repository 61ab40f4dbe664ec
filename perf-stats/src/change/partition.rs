//! In: the cost of any stretch of a series. Out: the cheapest cut into stretches, by dynamic programming with pruning.

/// The change points of lowest total cost plus `penalty` each, over stretches of at least `min_size` (>= 1) of `n` observations.
///
/// PELT (Killick, Fearnhead & Eckley 2012): a beginning that is already dearer than a fresh cut can be dropped, where cutting never
/// raises the cost. O(n) to O(n^2) evaluations. `cost(i, j)` is of observations i to j - 1.
pub(super) fn cheapest_cuts(
    n: usize,
    min_size: usize,
    penalty: f64,
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<usize> {
    let mut best = vec![f64::INFINITY; n + 1];
    best[0] = -penalty;
    let mut starts = vec![0; n + 1];
    // (beginning, end from which it is out of the race: a cut made now becomes usable `min_size` later only)
    let mut running: Vec<(usize, usize)> = Vec::new();
    let mut values: Vec<f64> = Vec::new();
    for end in min_size..=n {
        running.push((end - min_size, usize::MAX));
        running.retain(|r| end < r.1);
        values.clear();
        values.extend(
            running
                .iter()
                .map(|&(start, _)| best[start] + cost(start, end)),
        );
        for (&(start, _), value) in running.iter().zip(&values) {
            if value + penalty < best[end] {
                best[end] = value + penalty;
                starts[end] = start;
            }
        }
        for ((_, out), value) in running.iter_mut().zip(&values) {
            if *value >= best[end] && *out == usize::MAX {
                *out = end + min_size;
            }
        }
    }
    super::pelt::backtrack(&starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn pruning_loses_nothing() {
        for (seed, min_size) in [(1, 1), (2, 2), (3, 5)] {
            let mut rng = Rng::new(seed);
            let y: Vec<f64> = (0..80)
                .map(|i| rng.normal() + 2.0 * f64::from(i / 20 % 2))
                .collect();
            let cost = |i: usize, j: usize| {
                let mean = y[i..j].iter().sum::<f64>() / (j - i) as f64;
                y[i..j].iter().map(|v| (v - mean).powi(2)).sum::<f64>()
            };
            let got = cheapest_cuts(y.len(), min_size, 3.0, cost);
            let exact = super::super::Pelt::l2()
                .penalty(3.0)
                .min_size(min_size)
                .segment(&y)
                .unwrap();
            assert_eq!(got, exact.change_points);
            assert!(!got.is_empty());
        }
        assert!(cheapest_cuts(3, 5, 1.0, |_, _| 0.0).is_empty());
    }
}
