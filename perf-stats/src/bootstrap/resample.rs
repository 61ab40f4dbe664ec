//! In: a sample and a seed. Out: resamples of it, replicates of a statistic, and its jackknife.

use crate::error::StatsError;
use crate::rng::Rng;

/// Replicates made from one random stream: threads share the work by whole chunks, so that none of them matters.
const CHUNK: usize = 64;

/// Beyond this many observations the jackknife leaves out groups instead of single ones.
const JACKKNIFE_GROUPS: usize = 1000;

/// `count` replicates of a computation that owns a buffer for each chunk.
pub(crate) fn replicate<B, T: Clone + Default + Send>(
    count: usize,
    seed: u64,
    buffer: impl Fn() -> B + Sync,
    one: impl Fn(&mut Rng, &mut B) -> T + Sync,
) -> Vec<T> {
    let chunk = |(number, out): (usize, &mut [T])| {
        let mut rng = Rng::stream(seed, number as u64 + 1);
        let mut scratch = buffer();
        for value in out {
            *value = one(&mut rng, &mut scratch);
        }
    };
    let mut values = vec![T::default(); count];
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        values.par_chunks_mut(CHUNK).enumerate().for_each(chunk);
    }
    #[cfg(not(feature = "parallel"))]
    values.chunks_mut(CHUNK).enumerate().for_each(chunk);
    values
}

/// Draws as many observations as there are, with replacement.
pub(super) fn independent(x: &[f64], rng: &mut Rng, out: &mut Vec<f64>) {
    out.clear();
    out.extend((0..x.len()).map(|_| x[rng.below(x.len())]));
}

/// Draws runs of neighbours (wrapping at the end) whose lengths are geometric with this mean, until n are drawn: the
/// stationary bootstrap of Politis & Romano (1994).
pub(super) fn stationary(x: &[f64], mean_length: f64, rng: &mut Rng, out: &mut Vec<f64>) {
    let n = x.len();
    let restart = 1.0 / mean_length;
    out.clear();
    let mut at = rng.below(n);
    for _ in 0..n {
        out.push(x[at]);
        at = if rng.uniform() < restart {
            rng.below(n)
        } else {
            (at + 1) % n
        };
    }
}

/// Influence values by leaving out single observations, or one of a thousand groups of neighbours: how far the statistic falls
/// without each, times the number of groups less 1.
pub(super) fn jackknife(
    x: &[f64],
    statistic: impl Fn(&mut [f64]) -> f64,
) -> Result<Vec<f64>, StatsError> {
    let n = x.len();
    let groups = n.min(JACKKNIFE_GROUPS);
    let mut part = Vec::with_capacity(n);
    let values: Vec<f64> = (0..groups)
        .map(|g| {
            part.clear();
            part.extend_from_slice(&x[..g * n / groups]);
            part.extend_from_slice(&x[(g + 1) * n / groups..]);
            statistic(&mut part)
        })
        .collect();
    if values.iter().any(|v| !v.is_finite()) {
        return Err(StatsError::Degenerate);
    }
    let mean = values.iter().map(|v| v / groups as f64).sum::<f64>();
    Ok(values
        .iter()
        .map(|v| (mean - v) * (groups as f64 - 1.0))
        .collect())
}

/// The acceleration of `BCa` (Efron 1987) from the influence values of one or more samples: a sixth of the skewness of the
/// statistic's linear part.
pub(super) fn acceleration(samples: &[Vec<f64>]) -> f64 {
    let largest = samples
        .iter()
        .flatten()
        .fold(0.0, |m: f64, v| m.max(v.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return 0.0;
    }
    let (mut cubes, mut squares) = (0.0, 0.0);
    for influence in samples {
        let n = influence.len() as f64;
        for v in influence {
            let share = v / largest / n;
            squares += share * share;
            cubes += share * share * share;
        }
    }
    cubes / (6.0 * squares.powf(1.5))
}
