//! In: a sample of what was allocated and is still there. Out: [`Retained`], by site, with intervals.

use super::estimate::LEVEL;
use crate::alloc::retained::{Kept, Picture};
use perf_stats::weighted_count::weighted_count;
use serde::{Deserialize, Serialize};

/// Sites that are named; the rest is one row.
const NAMED: usize = 32;

/// The row of what no open site is known for.
const OUTSIDE: &str = "(outside of measured code)";

/// The row of the sites beyond those named.
const OTHERS: &str = "(other sites)";

/// What was allocated since tracking began and is still there, by the site that allocated it; see
/// [`SessionOptions::track_leaks`](crate::SessionOptions::track_leaks). Estimated from a random sample of the blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Retained {
    /// One byte in so many was looked for; the blocks that hold one make up the sample.
    pub mean_gap: f64,
    /// Blocks that should have been in the sample and found no place: the estimates are that much too low.
    pub lost: u64,
    /// All of it.
    pub all: RetainedBytes,
    /// By site, the greatest first.
    pub sites: Vec<RetainedBytes>,
}

/// What one site allocated and nobody has freed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RetainedBytes {
    /// The row's id: the innermost measured function or block that was open.
    pub site: String,
    /// Blocks in the sample.
    pub samples: u64,
    /// Blocks, estimated.
    pub blocks: f64,
    /// Their bytes, estimated.
    pub bytes: Sampled,
    /// How much more that is than at the beginning of the time covered.
    pub growth: Sampled,
}

/// A number estimated from a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sampled {
    /// The estimate; its mean over many samples is the truth.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Retained {
    /// The row of a site, if anything it allocated is in the sample.
    pub fn site(&self, id: &str) -> Option<&RetainedBytes> {
        self.sites.iter().find(|row| row.site == id)
    }

    /// From the allocator's picture; `name` knows the sites by number.
    pub(super) fn new(picture: &Picture, name: impl Fn(u32) -> Option<String>) -> Self {
        let row = |site: String, kept: &Kept| RetainedBytes::new(site, kept, picture.gap);
        let (mut all, mut others) = (Kept::default(), Kept::default());
        let mut by_size: Vec<(&u32, &Kept)> = picture.sites.iter().collect();
        by_size.sort_by(|a, b| b.1.bytes.total_cmp(&a.1.bytes));
        let mut sites = Vec::new();
        for (at, (&site, kept)) in by_size.into_iter().enumerate() {
            all.join(kept);
            if at < NAMED {
                let id = name(site).unwrap_or_else(|| OUTSIDE.to_owned());
                sites.push(row(id, kept));
            } else {
                others.join(kept);
            }
        }
        if others.samples > 0 {
            sites.push(row(OTHERS.to_owned(), &others));
        }
        Self {
            mean_gap: picture.gap,
            lost: picture.lost,
            all: row(String::new(), &all),
            sites,
        }
    }

    /// What is there at the later moment stays; its growth is since the earlier one.
    pub(super) fn since(mut self, earlier: &Self) -> Self {
        self.all.growth = self.all.bytes.less(earlier.all.bytes);
        for row in &mut self.sites {
            let before = earlier.site(&row.site).map(|before| before.bytes);
            row.growth = row.bytes.less(before.unwrap_or_default());
        }
        self
    }

    /// Two processes: all of it adds up.
    pub(super) fn merge(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.mean_gap = both.mean_gap.max(other.mean_gap);
        both.lost += other.lost;
        both.all.add(&other.all);
        for row in &other.sites {
            match both.sites.iter_mut().find(|known| known.site == row.site) {
                Some(known) => known.add(row),
                None => both.sites.push(row.clone()),
            }
        }
        both.sites.sort_by(|a, b| {
            b.bytes
                .value
                .total_cmp(&a.bytes.value)
                .then(a.site.cmp(&b.site))
        });
        both
    }
}

impl RetainedBytes {
    fn new(site: String, kept: &Kept, gap: f64) -> Self {
        let found = weighted_count(kept.bytes, kept.variance, gap, LEVEL);
        let (low, high) = found.map_or((0.0, f64::MAX), |interval| (interval.low, interval.high));
        let bytes = Sampled {
            value: kept.bytes,
            low,
            high,
        };
        Self {
            site,
            samples: kept.samples,
            blocks: kept.blocks,
            bytes,
            growth: bytes,
        }
    }

    fn add(&mut self, more: &Self) {
        self.samples += more.samples;
        self.blocks += more.blocks;
        self.bytes = self.bytes.plus(more.bytes);
        self.growth = self.growth.plus(more.growth);
    }
}

/// Intervals are put together by squaring and adding (Zou & Donner 2008).
impl Sampled {
    fn plus(self, more: Self) -> Self {
        let value = self.value + more.value;
        Self {
            value,
            low: value - (self.value - self.low).hypot(more.value - more.low),
            high: value + (self.high - self.value).hypot(more.high - more.value),
        }
    }

    /// Both hold the blocks that are there at both moments, so that the true interval is narrower.
    fn less(self, before: Self) -> Self {
        let value = self.value - before.value;
        Self {
            value,
            low: value - (self.value - self.low).hypot(before.high - before.value),
            high: value + (self.high - self.value).hypot(before.value - before.low),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn picture(blocks: &[(u32, f64)]) -> Picture {
        let mut sites: BTreeMap<u32, Kept> = BTreeMap::new();
        for &(site, samples) in blocks {
            let kept = Kept {
                bytes: 1e3 * samples,
                variance: 1e6 * samples,
                blocks: samples,
                samples: samples as u64,
            };
            sites.insert(site, kept);
        }
        Picture {
            gap: 1e3,
            lost: 0,
            sites,
        }
    }

    fn retained(blocks: &[(u32, f64)]) -> Retained {
        Retained::new(&picture(blocks), |site| {
            (site > 0).then(|| format!("s{site}"))
        })
    }

    #[test]
    fn what_grew_is_told_with_an_interval_that_holds_the_truth() {
        let before = retained(&[(1, 100.0), (0, 5.0)]);
        let after = retained(&[(1, 100.0), (2, 50.0), (0, 4.0)]).since(&before);
        let [first, second, outside] =
            ["s1", "s2", OUTSIDE].map(|id| after.site(id).unwrap().growth);
        assert!(
            first.value == 0.0 && first.low < 0.0 && first.high > 0.0,
            "{first:?}"
        );
        assert!(
            second.value == 5e4 && second.low > 3.5e4 && second.high < 7e4,
            "{second:?}"
        );
        assert!(outside.value == -1e3 && outside.low < -1e3);
        let both = before.merge(&before);
        assert_eq!((both.all.bytes.value, both.sites[0].samples), (2.1e5, 200));
        assert!(both.sites[0].bytes.low > 2.0 * before.sites[0].bytes.low);
    }

    #[test]
    fn no_more_than_so_many_are_named() {
        let many: Vec<(u32, f64)> = (1..=100).map(|site| (site, f64::from(site))).collect();
        let seen = retained(&many);
        assert_eq!(seen.sites.len(), NAMED + 1);
        let named: f64 = seen.sites.iter().map(|row| row.bytes.value).sum();
        assert_eq!(named, seen.all.bytes.value);
    }
}
