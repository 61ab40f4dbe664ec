//! In: values defined by pairs of observations, far too many to list. Out: their order statistics, by counting.

/// Values v(i, j) that can be counted in one sweep over sorted data, without listing them.
pub(crate) trait PairValues {
    /// How many values there are, at least 1.
    fn total(&self) -> u64;
    /// Smallest and largest value.
    fn range(&self) -> (f64, f64);
    /// How many values are `<= limit`.
    fn count_up_to(&self, limit: f64) -> u64;
    /// Appends the values with `low < value <= high`.
    fn collect_between(&self, low: f64, high: f64, out: &mut Vec<f64>);
}

/// The value of this rank (from 1): a bracket is halved by counting until at most `room` values are left in it, which are
/// then listed and selected from. Exact, ties included; the bracket's ends are moved through the values and through their
/// binary representation in turn, so that at most 130 sweeps are made whatever the distribution.
pub(crate) fn nth_pair_value(values: &impl PairValues, rank: u64, room: usize) -> f64 {
    let rank = rank.clamp(1, values.total());
    let (smallest, largest) = values.range();
    let (mut low, mut high) = (smallest.next_down(), largest);
    let (mut below, mut up_to) = (0, values.total());
    let mut by_value = true;
    while up_to - below > room as u64 {
        let mut middle = f64::midpoint(low, high);
        if !by_value || middle <= low || middle >= high {
            middle = from_key(key(low).midpoint(key(high)));
        }
        by_value = !by_value;
        if middle <= low || middle >= high {
            return high; // neighbours: every value left equals the upper end
        }
        let count = values.count_up_to(middle);
        if count >= rank {
            (high, up_to) = (middle, count);
        } else {
            (low, below) = (middle, count);
        }
    }
    let mut left = Vec::with_capacity((up_to - below) as usize);
    values.collect_between(low, high, &mut left);
    if left.is_empty() {
        return high;
    }
    let index = ((rank - below - 1) as usize).min(left.len() - 1);
    *left.select_nth_unstable_by(index, f64::total_cmp).1
}

/// The median: middle value, or the mean of the two middle ones.
pub(crate) fn median_pair_value(values: &impl PairValues, room: usize) -> f64 {
    let total = values.total();
    let upper = nth_pair_value(values, total / 2 + 1, room);
    if total % 2 == 1 {
        return upper;
    }
    f64::midpoint(nth_pair_value(values, total / 2, room), upper)
}

/// An integer that orders as the numbers do.
fn key(v: f64) -> i64 {
    let bits = v.to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

fn from_key(key: i64) -> f64 {
    f64::from_bits(if key < 0 { i64::MIN - key } else { key } as u64)
}

/// All differences x(i) - y(j) of two ascending samples.
pub(crate) struct Differences<'a> {
    pub(crate) x: &'a [f64],
    pub(crate) y: &'a [f64],
}

impl PairValues for Differences<'_> {
    fn total(&self) -> u64 {
        self.x.len() as u64 * self.y.len() as u64
    }

    fn range(&self) -> (f64, f64) {
        let (x, y) = (self.x, self.y);
        (x[0] - y[y.len() - 1], x[x.len() - 1] - y[0])
    }

    fn count_up_to(&self, limit: f64) -> u64 {
        let (mut j, mut count) = (0, 0);
        for &x in self.x {
            while j < self.y.len() && x - self.y[j] > limit {
                j += 1;
            }
            count += (self.y.len() - j) as u64;
        }
        count
    }

    fn collect_between(&self, low: f64, high: f64, out: &mut Vec<f64>) {
        let (mut first, mut end) = (0, 0);
        for &x in self.x {
            while first < self.y.len() && x - self.y[first] > high {
                first += 1;
            }
            end = end.max(first);
            while end < self.y.len() && x - self.y[end] > low {
                end += 1;
            }
            out.extend(self.y[first..end].iter().map(|&y| x - y));
        }
    }
}

/// All gaps x(j) - x(i), i < j, of one ascending sample of at least two.
pub(crate) struct Gaps<'a>(pub(crate) &'a [f64]);

impl PairValues for Gaps<'_> {
    fn total(&self) -> u64 {
        let n = self.0.len() as u64;
        n * (n - 1) / 2
    }

    fn range(&self) -> (f64, f64) {
        (0.0, self.0[self.0.len() - 1] - self.0[0])
    }

    fn count_up_to(&self, limit: f64) -> u64 {
        let (mut j, mut count) = (0, 0);
        for (i, &x) in self.0.iter().enumerate() {
            j = j.max(i + 1);
            while j < self.0.len() && self.0[j] - x <= limit {
                j += 1;
            }
            count += (j - i - 1) as u64;
        }
        count
    }

    fn collect_between(&self, low: f64, high: f64, out: &mut Vec<f64>) {
        let (mut first, mut end) = (0, 0);
        for (i, &x) in self.0.iter().enumerate() {
            first = first.max(i + 1);
            while first < self.0.len() && self.0[first] - x <= low {
                first += 1;
            }
            end = end.max(first);
            while end < self.0.len() && self.0[end] - x <= high {
                end += 1;
            }
            out.extend(self.0[first..end].iter().map(|&v| v - x));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn every_rank_agrees_with_listing() {
        let mut rng = Rng::new(5);
        for coarse in [1.0, 4.0, 1e9] {
            let mut draw = |n: usize| {
                let mut v: Vec<f64> = (0..n)
                    .map(|_| (rng.normal() * coarse).round() / coarse)
                    .collect();
                v.sort_unstable_by(f64::total_cmp);
                v
            };
            let (x, y) = (draw(13), draw(9));
            let mut all: Vec<f64> = x
                .iter()
                .flat_map(|a| y.iter().map(move |b| a - b))
                .collect();
            all.sort_unstable_by(f64::total_cmp);
            let mut gaps = Vec::new();
            for (i, a) in x.iter().enumerate() {
                gaps.extend(x[i + 1..].iter().map(|b| b - a));
            }
            gaps.sort_unstable_by(f64::total_cmp);
            for room in [1, 10, 1000] {
                for (rank, want) in (1..).zip(&all) {
                    assert_eq!(
                        nth_pair_value(&Differences { x: &x, y: &y }, rank, room),
                        *want
                    );
                }
                for (rank, want) in (1..).zip(&gaps) {
                    assert_eq!(nth_pair_value(&Gaps(&x), rank, room), *want);
                }
            }
        }
    }
}
