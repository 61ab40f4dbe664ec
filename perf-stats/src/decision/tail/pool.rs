//! In: calls with their block and arm. Out: log ratios of pooled quantiles under any weights and flips of the blocks.

use crate::rng::Rng;

/// The smallest positive number.
const SMALLEST: f64 = 5e-324;

/// All calls, in blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    calls: Vec<Call>,
    blocks: usize,
    sizes: Vec<[usize; 2]>, // of each block: baseline, candidate
}

#[derive(Clone, Copy, Debug)]
struct Call {
    value: f64,
    block: usize,
    arm: usize, // 0 baseline, 1 candidate
}

impl Pool {
    pub(super) fn push_block(&mut self, baseline: &[f64], candidate: &[f64]) {
        for (arm, calls) in [baseline, candidate].into_iter().enumerate() {
            let block = self.blocks;
            self.calls
                .extend(calls.iter().map(|&value| Call { value, block, arm }));
        }
        self.sizes.push([baseline.len(), candidate.len()]);
        self.blocks += 1;
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Calls beyond quantile `p` on the side that has fewer.
    pub(super) fn beyond(&self, p: f64) -> usize {
        let total = |arm: usize| self.sizes.iter().map(|s| s[arm]).sum::<usize>();
        // A relative slack: 1000 calls at 0.99 are 10 beyond, not 9.999...
        ((total(0).min(total(1)) as f64) * (1.0 - p) * (1.0 + 1e-12) + 1e-9).floor() as usize
    }

    /// The calls in descending order, the candidate's multiplied by `scale`.
    pub(super) fn scaled(&self, scale: f64) -> Sorted<'_> {
        // Kept positive and finite, so that every logarithm is.
        let factor = [1.0, scale];
        let scaled = |c: &Call| Call {
            value: (c.value * factor[c.arm]).clamp(SMALLEST, f64::MAX),
            ..*c
        };
        let mut calls: Vec<Call> = self.calls.iter().map(scaled).collect();
        calls.sort_unstable_by(|a, b| b.value.total_cmp(&a.value));
        Sorted {
            calls,
            sizes: &self.sizes,
        }
    }
}

/// All calls in descending order.
pub(super) struct Sorted<'a> {
    calls: Vec<Call>,
    sizes: &'a [[usize; 2]],
}

/// What is done to the blocks: how often each counts, and whether its arms change names.
struct Blocks<'a> {
    weight: &'a [usize],
    flip: &'a [bool],
}

impl Sorted<'_> {
    /// ln of the ratio of the quantiles as observed.
    pub(super) fn observed(&self, blocks: usize, p: f64) -> f64 {
        self.log_ratio(
            &Blocks {
                weight: &vec![1; blocks],
                flip: &vec![false; blocks],
            },
            p,
        )
    }

    /// Walks down from the largest call until both sides have reached their quantile: a few per cent of the calls for a p99.
    fn log_ratio(&self, blocks: &Blocks, p: f64) -> f64 {
        let mut total = [0usize; 2];
        for ((size, weight), &flip) in self.sizes.iter().zip(blocks.weight).zip(blocks.flip) {
            let swap = usize::from(flip);
            total[swap] += size[0] * weight;
            total[1 - swap] += size[1] * weight;
        }
        let mut sides = total.map(|n| Descent::new(n, p));
        for call in &self.calls {
            let side = &mut sides[call.arm ^ usize::from(blocks.flip[call.block])];
            side.take(call.value, blocks.weight[call.block]);
            if sides[0].done && sides[1].done {
                break;
            }
        }
        sides[1].quantile().ln() - sides[0].quantile().ln()
    }
}

/// A type 7 quantile met while values come in descending order.
struct Descent {
    ranks: [usize; 2], // from the top, counted from 0: the upper and the lower neighbour
    share: f64,        // weight of the upper neighbour
    values: [f64; 2],
    seen: usize,
    done: bool,
}

impl Descent {
    fn new(n: usize, p: f64) -> Self {
        let position = (n.max(1) - 1) as f64 * p;
        let below = position.floor() as usize;
        let lower = (n.max(1) - 1).saturating_sub(below);
        let ranks = [lower.saturating_sub(1), lower];
        let share = position - below as f64;
        Self {
            ranks,
            share,
            values: [1.0; 2],
            seen: 0,
            done: n == 0,
        }
    }

    fn take(&mut self, value: f64, weight: usize) {
        let end = self.seen + weight;
        for (rank, slot) in self.ranks.iter().zip(&mut self.values) {
            if (self.seen..end).contains(rank) {
                *slot = value;
            }
        }
        self.seen = end;
        self.done |= end > self.ranks[1];
    }

    fn quantile(&self) -> f64 {
        self.values[1] + self.share * (self.values[0] - self.values[1])
    }
}

/// Shares of flips with a ratio at least, and at most, as large as the observed one, the observed included.
pub(super) struct FlipTails {
    pub(super) at_least: f64,
    pub(super) at_most: f64,
}

/// Blocks up to which all flips are tried.
const ALL_FLIPS: usize = 12;

pub(super) fn flip_tails(
    sorted: &Sorted,
    blocks: usize,
    p: f64,
    resamples: usize,
    rng: &mut Rng,
) -> FlipTails {
    let weight = vec![1; blocks];
    let observed = sorted.observed(blocks, p);
    let slack = 1e-12 * observed.abs().max(1.0); // the same ratio by another order of operations is equal
    let (mut up, mut down, mut all) = (0usize, 0usize, 0usize);
    let mut count = |flip: &[bool]| {
        let ratio = sorted.log_ratio(
            &Blocks {
                weight: &weight,
                flip,
            },
            p,
        );
        up += usize::from(ratio >= observed - slack);
        down += usize::from(ratio <= observed + slack);
        all += 1;
    };
    if blocks <= ALL_FLIPS {
        for mask in 0..1usize << blocks {
            let flip: Vec<bool> = (0..blocks).map(|i| mask >> i & 1 == 1).collect();
            count(&flip);
        }
    } else {
        count(&vec![false; blocks]);
        let mut flip = vec![false; blocks];
        for _ in 0..resamples {
            flip.fill_with(|| rng.coin());
            count(&flip);
        }
    }
    FlipTails {
        at_least: up as f64 / all as f64,
        at_most: down as f64 / all as f64,
    }
}

/// Log ratios of resampled sets of blocks, ascending.
pub(super) fn resampled(
    sorted: &Sorted,
    blocks: usize,
    p: f64,
    resamples: usize,
    rng: &mut Rng,
) -> Vec<f64> {
    let flip = vec![false; blocks];
    let mut weight = vec![0; blocks];
    let mut ratios: Vec<f64> = (0..resamples)
        .map(|_| {
            weight.fill(0);
            for _ in 0..blocks {
                weight[rng.below(blocks)] += 1;
            }
            sorted.log_ratio(
                &Blocks {
                    weight: &weight,
                    flip: &flip,
                },
                p,
            )
        })
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    ratios
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_finds_type_7_quantiles() {
        // numpy.quantile([1, 2, 3, 4, 10], 0.9) = 7.6; numpy.quantile([2, 5, 6], 0.9) = 5.8.
        let mut pool = Pool::default();
        pool.push_block(&[1.0, 10.0, 3.0], &[6.0]);
        pool.push_block(&[2.0, 4.0], &[2.0, 5.0]);
        let got = pool.scaled(1.0).observed(2, 0.9);
        assert!((got - (5.8f64 / 7.6).ln()).abs() < 1e-12, "{got}");
        // Flipping both blocks turns the ratio round.
        let sorted = pool.scaled(1.0);
        let flipped = sorted.log_ratio(
            &Blocks {
                weight: &[1, 1],
                flip: &[true, true],
            },
            0.9,
        );
        assert!((got + flipped).abs() < 1e-12);
        // Every block twice: numpy.quantile gives 10 and 6.
        let doubled = sorted.log_ratio(
            &Blocks {
                weight: &[2, 2],
                flip: &[false, false],
            },
            0.9,
        );
        assert!((doubled - 0.6f64.ln()).abs() < 1e-12, "{doubled}");
    }

    #[test]
    fn flips_give_exact_shares_and_monte_carlo_counts_the_observed_one() {
        // Candidate slower in every block: of all flips only the observed one, and none above it, is as large.
        let mut pool = Pool::default();
        for block in 0..3 {
            let base = 1.0 + 0.01 * f64::from(block);
            pool.push_block(&[base, base + 0.001], &[base + 1.0, base + 1.001]);
        }
        let tails = flip_tails(&pool.scaled(1.0), 3, 0.5, 99, &mut Rng::new(1));
        assert_eq!((tails.at_least, tails.at_most), (1.0 / 8.0, 1.0));
        for _ in 3..40 {
            pool.push_block(&[1.0], &[2.0]);
        }
        // At the p99 a single flip already costs some of the ratio.
        let tails = flip_tails(&pool.scaled(1.0), 40, 0.99, 99, &mut Rng::new(1));
        assert_eq!((tails.at_least, tails.at_most), (1.0 / 100.0, 1.0));
    }

    #[test]
    fn ten_calls_beyond_are_ten() {
        let mut pool = Pool::default();
        pool.push_block(&[1.0; 1000], &[1.0; 1000]);
        assert_eq!(
            (pool.beyond(0.99), pool.beyond(0.9), pool.beyond(0.999)),
            (10, 100, 1)
        );
    }
}
