//! In: a series. Out: the changes of its distribution, each with a permutation p-value.

use super::energy::Scan;
use crate::error::StatsError;
use crate::interval::check_open_unit;
use crate::rng::Rng;
use crate::sample::at_least;
use crate::series::scale::Scaled;
use std::ops::Range;

/// One change found by [`EDivisive`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EnergyChange {
    /// First observation of the new regime.
    pub index: usize,
    /// (b + 1)/(permutations + 1): never 0.
    pub p: f64,
}

/// Divides a series again and again where its distribution changes most, as long as chance does not explain it.
///
/// Each round takes the best [split](super::energy_split) of any segment and compares it with the best splits after shuffling within the segments: the
/// maximisation over splits is part of the test, unlike a t test at the split found. p = (b + 1)/(m + 1) (Phipson & Smyth 2010).
/// Source: Matteson & James 2014, JASA 109. **Assumes** independent observations (exchangeable within a segment); **broken by** autocorrelation and drift, which give too many
/// changes. O(permutations n^2) a round, stopped early once a round can no longer be significant: 1,000 observations with 199 permutations take 0.2 s where nothing changes, about 1 s with three changes.
///
/// ```
/// use perf_stats::change::EDivisive;
/// let mut rng = perf_stats::Rng::new(3);
/// let y: Vec<f64> = (0..80).map(|i| rng.normal() * if i < 40 { 1.0 } else { 8.0 }).collect();
/// let changes = EDivisive::new().permutations(199).find(&y)?; // the spread changes, not the mean
/// assert_eq!(changes.len(), 1);
/// assert!(changes[0].index.abs_diff(40) <= 4 && changes[0].p <= 0.05);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EDivisive {
    permutations: usize,
    alpha: f64,
    min_size: usize,
    window: usize,
    seed: u64,
}

impl Default for EDivisive {
    fn default() -> Self {
        Self::new()
    }
}

impl EDivisive {
    /// 999 permutations, alpha 0.05, segments of at least 2, no window, [`Rng::DEFAULT_SEED`].
    pub const fn new() -> Self {
        Self {
            permutations: 999,
            alpha: 0.05,
            min_size: 2,
            window: usize::MAX,
            seed: Rng::DEFAULT_SEED,
        }
    }

    /// Shuffles a round.
    #[must_use]
    pub const fn permutations(mut self, permutations: usize) -> Self {
        self.permutations = permutations;
        self
    }

    /// The largest p that counts as a change.
    #[must_use]
    pub const fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// The shortest segment: a change nearer to an end of its segment is put there by nobody's choice and not accepted.
    #[must_use]
    pub const fn min_size(mut self, min_size: usize) -> Self {
        self.min_size = min_size;
        self
    }

    /// The longest stretch after a change that is compared with what lies before: sees short regimes of long series.
    #[must_use]
    pub const fn window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    /// The seed of the shuffles; equal seeds give equal answers.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The changes, ascending by index.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 2 observations; [`StatsError::BadParameter`] for no permutations,
    /// `alpha` outside (0, 1), a `min_size` or `window` of 0.
    pub fn find(&self, y: &[f64]) -> Result<Vec<EnergyChange>, StatsError> {
        check_open_unit(self.alpha, "alpha")?;
        for (value, name) in [
            (self.permutations, "permutations"),
            (self.min_size, "min_size"),
            (self.window, "window"),
        ] {
            if value == 0 {
                return Err(StatsError::BadParameter {
                    name,
                    expected: "at least 1",
                });
            }
        }
        let values = Scaled::new(at_least(y, 2)?).values;
        let mut scan = Scan::new(values.len());
        let mut segments: Vec<Range<usize>> = std::iter::once(0..values.len()).collect();
        let mut found = Vec::new();
        while let Some((which, index, statistic)) = self.best(&values, &segments, &mut scan) {
            let round = found.len() as u64;
            let Some(p) = self.p(&values, &segments, statistic, round, &mut scan) else {
                break;
            };
            found.push(EnergyChange { index, p });
            let old = segments[which].clone();
            segments[which] = old.start..index;
            segments.insert(which + 1, index..old.end);
        }
        found.sort_unstable_by_key(|c| c.index);
        Ok(found)
    }

    /// The best split of any segment: (segment, index, statistic); none where nothing varies or fits.
    fn best(
        &self,
        y: &[f64],
        segments: &[Range<usize>],
        scan: &mut Scan,
    ) -> Option<(usize, usize, f64)> {
        let mut best = None;
        for (i, segment) in segments.iter().enumerate() {
            match self.split(&y[segment.clone()], scan) {
                Some((tau, q)) if best.is_none_or(|b: (usize, usize, f64)| q > b.2) => {
                    best = Some((i, segment.start + tau, q));
                }
                _ => {}
            }
        }
        best
    }

    fn split(&self, y: &[f64], scan: &mut Scan) -> Option<(usize, f64)> {
        if y.len() < 2 * self.min_size.max(1) {
            return None;
        }
        let split = scan.run(y, self.window);
        let fits = split.tau >= self.min_size && y.len() - split.tau >= self.min_size;
        (split.statistic > 0.0 && fits).then_some((split.tau, split.statistic))
    }

    /// The p-value of the statistic, or none as soon as it must exceed alpha.
    fn p(
        &self,
        y: &[f64],
        segments: &[Range<usize>],
        statistic: f64,
        round: u64,
        scan: &mut Scan,
    ) -> Option<f64> {
        let all = self.permutations as f64 + 1.0;
        let mut at_least = 0.0;
        let mut shuffled = y.to_vec();
        for i in 0..self.permutations {
            let mut rng = Rng::stream(self.seed, round << 32 | i as u64);
            let reached = segments.iter().any(|segment| {
                let part = &mut shuffled[segment.clone()];
                rng.shuffle(part);
                part.len() >= 2
                    && scan.run(part, self.window).statistic >= statistic * (1.0 - 1e-12)
            });
            at_least += f64::from(u8::from(reached));
            if (at_least + 1.0) / all > self.alpha {
                return None;
            }
        }
        Some((at_least + 1.0) / all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(n: usize, every: usize, height: f64, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        (0..n)
            .map(|i| height * (i / every) as f64 + rng.normal())
            .collect()
    }

    #[test]
    fn finds_every_level() {
        let found = EDivisive::new()
            .permutations(199)
            .find(&levels(120, 40, 3.0, 4))
            .unwrap();
        let at: Vec<usize> = found.iter().map(|c| c.index).collect();
        assert_eq!(at.len(), 2, "{found:?}");
        assert!(
            at[0].abs_diff(40) <= 2 && at[1].abs_diff(80) <= 2,
            "{found:?}"
        );
        assert!(found.iter().all(|c| c.p >= 0.005));
    }

    #[test]
    fn noise_is_divided_as_seldom_as_stated() {
        let runs = 300;
        let hits = (0..runs)
            .filter(|&s| {
                let test = EDivisive::new().permutations(99).alpha(0.1).seed(s);
                !test
                    .find(&levels(30, 30, 0.0, 1_000 + s))
                    .unwrap()
                    .is_empty()
            })
            .count();
        assert!((12..=46).contains(&hits), "{hits} of {runs} at alpha 0.1");
    }

    #[test]
    fn seeds_decide_and_parameters_are_checked() {
        let y = levels(60, 30, 1.0, 6);
        let test = EDivisive::new().permutations(99);
        assert_eq!(test.find(&y), test.find(&y));
        assert!(test.find(&[5.0; 20]).unwrap().is_empty());
        assert!(test.permutations(0).find(&y).is_err() && test.alpha(0.0).find(&y).is_err());
        assert!(test.min_size(0).find(&y).is_err() && test.window(0).find(&y).is_err());
        assert_eq!(
            test.find(&[1.0]),
            Err(StatsError::TooFew { need: 2, got: 1 })
        );
    }
}
