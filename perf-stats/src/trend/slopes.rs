//! In: points (t, y). Out: chosen ranks among the slopes of all pairs, without forming all of them.
//!
//! Points ordered by y - s t change places, as s grows from a to b, exactly in the pairs whose slope lies in (a, b]. Sampling
//! such pairs narrows (a, b] until few remain (after Matousek 1991; Dillencourt, Mount & Netanyahu 1992).
//! The samples are random, the answer is not: bounds are verified by exact counts.

use super::inversions::{count_inversions, for_each_inversion};
use crate::error::StatsError;
use crate::rng::Rng;
use crate::series::scale::{exponent_of, times_power};
use std::cmp::Ordering;

/// With at most this many pairs all slopes are formed at once.
const ALL_AT_ONCE: u64 = 500_000;
/// Slopes sampled to narrow the interval.
const SAMPLES: usize = 20_000;
/// Slopes (in scaled units) beyond this are not told apart.
const STEEPEST: f64 = 1e300;
/// Slopes (in scaled units) nearer to 0 than this are not told apart from 0: their products with times would be denormal.
const FLATTEST: f64 = 1e-250;

/// Points with their times in ascending order, both scaled to about 1 by powers of two.
pub(super) struct Slopes {
    points: Vec<(f64, f64)>,
    exponent: i32, // of a slope
    total: u64,    // pairs with different times
}

/// The points in the order of `y - slope t`, just above a slope, and how many slopes are up to it.
struct Order {
    slope: f64,
    points: Vec<u32>,
    up_to: u64,
}

impl Slopes {
    /// Of finite points, as many times as values.
    ///
    /// # Errors
    /// [`StatsError::Degenerate`] where all times are equal.
    pub(super) fn new(t: &[f64], y: &[f64]) -> Result<Self, StatsError> {
        let exponent = |v: &[f64]| exponent_of(v.iter().fold(0.0f64, |m, v| m.max(v.abs())));
        let (of_t, of_y) = (exponent(t), exponent(y));
        let scaled = |(t, y): (&f64, &f64)| (times_power(*t, -of_t), times_power(*y, -of_y));
        let mut points: Vec<(f64, f64)> = t.iter().zip(y).map(scaled).collect();
        points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let pairs = |n: u64| n * n.saturating_sub(1) / 2;
        let same = points
            .chunk_by(|a, b| a.0 == b.0)
            .map(|c| pairs(c.len() as u64));
        let total = pairs(points.len() as u64) - same.sum::<u64>();
        if total == 0 {
            return Err(StatsError::Degenerate);
        }
        Ok(Self {
            points,
            exponent: of_y - of_t,
            total,
        })
    }

    /// How many slopes there are: pairs with different times.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// The slopes of these ranks (counted from 0, ascending, below the total).
    pub(super) fn at(&self, ranks: &[u64]) -> Result<Vec<f64>, StatsError> {
        let mut known: (u64, Vec<f64>) = (0, Vec::new()); // ascending slopes from that rank on
        let mut out = Vec::with_capacity(ranks.len());
        for &rank in ranks {
            if rank < known.0 || rank - known.0 >= known.1.len() as u64 {
                known = self.around(rank)?;
            }
            let slope = times_power(known.1[(rank - known.0) as usize], self.exponent);
            if !slope.is_finite() {
                return Err(StatsError::Overflow);
            }
            out.push(slope);
        }
        Ok(out)
    }

    /// A stretch of the ascending slopes that holds `rank`: its first rank, and the slopes.
    fn around(&self, rank: u64) -> Result<(u64, Vec<f64>), StatsError> {
        let mut low = self.order(f64::NEG_INFINITY);
        let mut high = self.order(f64::INFINITY);
        let most = ALL_AT_ONCE.max(4 * self.points.len() as u64);
        for round in 0..200 {
            if high.up_to - low.up_to <= most {
                let mut slopes = Vec::new();
                Self::visit(&low, &high, |all, other| {
                    slopes.extend(all.iter().map(|&i| self.slope(&high, i, other)));
                });
                slopes.sort_unstable_by(f64::total_cmp);
                return Ok((low.up_to, slopes));
            }
            let (a, b) = self.guess(&low, &high, rank, round);
            let (below, above) = (self.order(just_below(a)), self.order(-just_below(-b)));
            if below.up_to <= rank && rank < above.up_to {
                if a == b {
                    return Ok((rank, vec![a])); // so many pairs share this slope
                }
                if (below.slope, above.slope) == (low.slope, high.slope) {
                    let middle = self.order(a / 2.0 + b / 2.0);
                    if middle.up_to > rank {
                        high = middle;
                    } else {
                        low = middle;
                    }
                    continue;
                }
                (low, high) = (below, above);
            } else if below.up_to > rank {
                high = below;
            } else {
                low = above;
            }
        }
        Err(StatsError::DidNotConverge)
    }

    /// Two slopes that hold `rank` between them, nearly surely, by a sample of the slopes in (low, high].
    fn guess(&self, low: &Order, high: &Order, rank: u64, round: u64) -> (f64, f64) {
        let count = high.up_to - low.up_to;
        let mut rng = Rng::stream(Rng::DEFAULT_SEED, round);
        let mut picks: Vec<u64> = (0..SAMPLES)
            .map(|_| rng.below(count as usize) as u64)
            .collect();
        picks.sort_unstable();
        let (mut seen, mut next) = (0, 0);
        let mut sample = Vec::with_capacity(SAMPLES);
        Self::visit(low, high, |all, other| {
            while next < picks.len() && picks[next] < seen + all.len() as u64 {
                sample.push(self.slope(high, all[(picks[next] - seen) as usize], other));
                next += 1;
            }
            seen += all.len() as u64;
        });
        sample.sort_unstable_by(f64::total_cmp);
        let share = (rank - low.up_to) as f64 / count as f64;
        let size = sample.len() as f64;
        let reach = 3.5 * (size * share * (1.0 - share)).sqrt() + 2.0;
        let at = |position: f64| {
            sample[position.clamp(0.0, size - 1.0) as usize].clamp(-STEEPEST, STEEPEST)
        };
        (at(share * size - reach), at(share * size + reach))
    }

    /// Calls with every pair (given as several points and one, by their places in `high`) whose slope lies in (low, high].
    fn visit(low: &Order, high: &Order, each: impl FnMut(&[u32], u32)) {
        // Renamed by their place in `high`, the points of `low` are out of order exactly in those pairs.
        for_each_inversion(&mut places(&low.points, &high.points), each);
    }

    /// The slope between the points at two places of an order.
    fn slope(&self, order: &Order, i: u32, j: u32) -> f64 {
        let point = |place: u32| self.points[order.points[place as usize] as usize];
        let (a, b) = (point(i), point(j));
        (b.1 - a.1) / (b.0 - a.0)
    }

    /// The order just above `slope`: by y - slope t, ties by later time first.
    fn order(&self, slope: f64) -> Order {
        let n = self.points.len() as u32;
        let mut points: Vec<u32> = (0..n).collect();
        if slope == f64::NEG_INFINITY {
            return Order {
                slope,
                points,
                up_to: 0,
            };
        }
        let later_first = |&i: &u32, &j: &u32| -> Ordering {
            let times = self.points[j as usize]
                .0
                .total_cmp(&self.points[i as usize].0);
            times.then(i.cmp(&j))
        };
        if slope == f64::INFINITY {
            points.sort_unstable_by(later_first);
            return Order {
                slope,
                points,
                up_to: self.total,
            };
        }
        let rests: Vec<(f64, f64)> = self
            .points
            .iter()
            .map(|&(t, y)| rest(t, y, slope))
            .collect();
        points.sort_unstable_by(|i, j| {
            let (a, b) = (rests[*i as usize], rests[*j as usize]);
            a.0.total_cmp(&b.0)
                .then(a.1.total_cmp(&b.1))
                .then_with(|| later_first(i, j))
        });
        // The points are numbered in the order of slope -infinity.
        let up_to = count_inversions(&mut points.clone());
        Order {
            slope,
            points,
            up_to,
        }
    }
}

/// The next smaller slope that `rest` still tells apart.
fn just_below(slope: f64) -> f64 {
    if slope.abs() <= FLATTEST {
        -2.0 * FLATTEST
    } else {
        slope.next_down()
    }
}

/// y - slope t as a sum of two floats, exact to 106 bits: equal slopes compare equal.
fn rest(t: f64, y: f64, slope: f64) -> (f64, f64) {
    let product = slope * t;
    let product_error = slope.mul_add(t, -product);
    let sum = y - product;
    let back = sum - y;
    let sum_error = (y - (sum - back)) - (product + back);
    let low = sum_error - product_error;
    let high = sum + low;
    (high + 0.0, (low - (high - sum)) + 0.0)
}

/// For each point of `of`, its place in `by`.
fn places(of: &[u32], by: &[u32]) -> Vec<u32> {
    let mut place = vec![0; by.len()];
    for (i, &point) in (0u32..).zip(by) {
        place[point as usize] = i;
    }
    of.iter().map(|&point| place[point as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(t: &[f64], y: &[f64]) -> Vec<f64> {
        let mut out = Vec::new();
        for i in 0..t.len() {
            for j in 0..t.len() {
                if t[i] < t[j] {
                    out.push((y[j] - y[i]) / (t[j] - t[i]));
                }
            }
        }
        out.sort_unstable_by(f64::total_cmp);
        out
    }

    #[test]
    fn narrowed_ranks_are_the_ranks_of_all_slopes() {
        for (seed, ticks, rise) in [
            (1, 0.0, 0.02),
            (2, 1.0, 0.02),
            (3, 8.0, 0.02),
            (4, 1.0, 0.0),
        ] {
            let mut rng = Rng::new(seed);
            let n = 1_800;
            let round = |v: f64| {
                if ticks > 0.0 {
                    (v * ticks).round() / ticks
                } else {
                    v
                }
            };
            let t: Vec<f64> = (0..n).map(|i| round(f64::from(i) / 7.0)).collect();
            let y: Vec<f64> = (0..n)
                .map(|i| 5e3 + round(f64::from(i) * rise + rng.normal()))
                .collect();
            let want = all(&t, &y);
            let slopes = Slopes::new(&t, &y).unwrap();
            assert_eq!(slopes.total(), want.len() as u64);
            let last = want.len() as u64 - 1;
            assert!(last > 2 * ALL_AT_ONCE);
            for rank in [0, 1, last / 4, last / 2, last / 2 + 1, 9 * last / 10, last] {
                let got = slopes.at(&[rank]).unwrap()[0];
                let want = want[rank as usize];
                assert!(
                    (got - want).abs() <= 1e-12 * want.abs().max(1e-9),
                    "{rank}: {got} {want}"
                );
            }
        }
    }

    #[test]
    fn a_line_has_one_slope() {
        let t: Vec<f64> = (0..3_000).map(f64::from).collect();
        let y: Vec<f64> = t.iter().map(|t| t / 3.0).collect();
        let slopes = Slopes::new(&t, &y).unwrap();
        let got = slopes
            .at(&[0, slopes.total() / 2, slopes.total() - 1])
            .unwrap();
        assert!(
            (got[1] - 1.0 / 3.0).abs() < 1e-14 && (got[0] - got[2]).abs() < 1e-10,
            "{got:?}"
        );
        assert!(Slopes::new(&[2.0; 4], &[1.0, 2.0, 3.0, 4.0]).is_err());
    }
}
