//! In: a seed, a count and what to do once. Out: that many replicates, the same on any number of threads.

use crate::rng::Rng;

/// Replicates that share one random stream; streams, not threads, decide the numbers.
const CHUNK: usize = 64;

/// `count` replicates in a fixed order. `scratch` makes the working memory of one stream; `one` computes a replicate.
pub(crate) fn replicate<S, T: Send>(
    count: usize,
    seed: u64,
    scratch: impl Fn() -> S + Sync,
    one: impl Fn(&mut Rng, &mut S) -> T + Sync,
) -> Vec<T> {
    let chunk = |c: usize| {
        let mut rng = Rng::stream(seed, 1 + c as u64);
        let mut memory = scratch();
        let size = CHUNK.min(count - c * CHUNK);
        (0..size)
            .map(|_| one(&mut rng, &mut memory))
            .collect::<Vec<T>>()
    };
    in_order(count.div_ceil(CHUNK), chunk)
}

/// A gamma deviate of shape at least 1 and scale 1 (Marsaglia & Tsang 2000).
pub(crate) fn gamma(rng: &mut Rng, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = rng.normal();
        let v = (1.0 + c * z).powi(3);
        if v > 0.0 && rng.uniform().ln() < 0.5 * z * z + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

#[cfg(feature = "parallel")]
fn in_order<T: Send>(chunks: usize, chunk: impl Fn(usize) -> Vec<T> + Sync) -> Vec<T> {
    use rayon::prelude::*;
    let parts: Vec<Vec<T>> = (0..chunks).into_par_iter().map(&chunk).collect();
    parts.into_iter().flatten().collect()
}

#[cfg(not(feature = "parallel"))]
fn in_order<T: Send>(chunks: usize, chunk: impl Fn(usize) -> Vec<T> + Sync) -> Vec<T> {
    (0..chunks).flat_map(chunk).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_has_its_mean_and_variance() {
        let mut rng = Rng::new(9);
        for shape in [1.0, 3.5, 400.0] {
            let n = 40_000.0;
            let draws: Vec<f64> = (0..40_000).map(|_| gamma(&mut rng, shape)).collect();
            let mean = draws.iter().sum::<f64>() / n;
            let variance = draws.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
            assert!(
                (mean / shape - 1.0).abs() < 5.0 / (n * shape).sqrt(),
                "{shape} {mean}"
            );
            assert!((variance / shape - 1.0).abs() < 0.1, "{shape} {variance}");
        }
    }

    #[test]
    fn replicates_are_fixed_by_the_seed_alone() {
        let draw = |count, seed| replicate(count, seed, || (), |rng, ()| rng.next_u64());
        let all = draw(1_000, 5);
        assert_eq!(all.len(), 1_000);
        assert_eq!(all[..100], draw(100, 5));
        assert_ne!(all, draw(1_000, 6));
        // The same with and without threads.
        let recorded = (6_021_457_053_080_626_811, 9_747_189_728_511_000_400);
        assert_eq!((all[0], all[999]), recorded);
    }
}
