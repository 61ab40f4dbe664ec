//! In: counts by bin. Out: [`Histogram`], the distribution of a row's durations; quantiles are bins' middles.

use crate::record::layout::Layout;
use serde::{Deserialize, Serialize};

/// Durations in nanoseconds, binned. Sparse: only bins that are not empty.
///
/// ```
/// use perf_core::{Histogram, Layout};
/// let h = Histogram::of(Layout::DEFAULT, [100, 200, 300, 400]);
/// assert_eq!(h.count(), 4);
/// assert!((h.value_at(0.5) - 200.0).abs() <= 0.008 * 200.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Histogram {
    layout: Layout,
    bins: Vec<(u32, u64)>, // bin, count > 0; ascending
}

/// A histogram as a file has it: any numbers may stand there.
#[derive(Deserialize)]
struct Stored {
    layout: Layout,
    bins: Vec<(u32, u64)>,
}

impl TryFrom<Stored> for Histogram {
    type Error = String;

    fn try_from(Stored { layout, bins }: Stored) -> Result<Self, String> {
        if bins
            .iter()
            .any(|bin| bin.0 as usize >= layout.bins() || bin.1 == 0)
        {
            return Err("a histogram's bin is beyond its layout, or empty".to_owned());
        }
        if !bins.is_sorted_by(|a, b| a.0 < b.0) {
            return Err("a histogram's bins do not ascend".to_owned());
        }
        Ok(Self { layout, bins })
    }
}

impl Histogram {
    /// Of single durations in nanoseconds.
    pub fn of(layout: Layout, nanoseconds: impl IntoIterator<Item = u64>) -> Self {
        let mut counts = std::collections::BTreeMap::new();
        for value in nanoseconds {
            *counts.entry(layout.bin(value)).or_insert(0) += 1;
        }
        Self::from_bins(layout, counts)
    }

    /// Of counts by bin, ascending.
    pub(crate) fn from_bins(layout: Layout, bins: impl IntoIterator<Item = (usize, u64)>) -> Self {
        let bins = bins.into_iter().filter(|bin| bin.1 > 0);
        Self {
            layout,
            bins: bins.map(|(bin, count)| (bin as u32, count)).collect(),
        }
    }

    /// How durations are binned.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The sum of all bins.
    pub fn count(&self) -> u64 {
        self.bins
            .iter()
            .fold(0, |sum, bin| sum.saturating_add(bin.1))
    }

    /// Bins that are not empty: smallest and largest duration (both within, in nanoseconds) and count; ascending.
    pub fn bins(&self) -> impl DoubleEndedIterator<Item = (u64, u64, u64)> + '_ {
        self.bins.iter().map(|&(bin, count)| {
            let (low, high) = self.layout.edges(bin as usize);
            (low, high, count)
        })
    }

    /// The middle of the bin that holds the `p` quantile (0 for no data): the smallest value with a share of at least `p` at or below.
    pub fn value_at(&self, p: f64) -> f64 {
        self.edges_at(p)
            .map_or(0.0, |(low, high)| low as f64 + (high - low) as f64 / 2.0)
    }

    /// Both edges of the bin that holds the `p` quantile.
    pub(crate) fn edges_at(&self, p: f64) -> Option<(u64, u64)> {
        let total = self.count();
        let rank = ((p * total as f64) * (1.0 - 1e-12))
            .ceil()
            .clamp(1.0, total.max(1) as f64) as u64;
        let mut seen = 0u64;
        self.bins().find_map(|(low, high, count)| {
            seen = count.saturating_add(seen);
            (seen >= rank).then_some((low, high))
        })
    }

    /// Variance of the bins' numbers: the scale on which dependence between calls is judged.
    pub(crate) fn bin_variance(&self) -> f64 {
        let total = self.count() as f64;
        if total == 0.0 {
            return 0.0;
        }
        let mean = self
            .bins
            .iter()
            .map(|b| f64::from(b.0) * b.1 as f64)
            .sum::<f64>()
            / total;
        let square = |b: &(u32, u64)| (f64::from(b.0) - mean).powi(2) * b.1 as f64;
        self.bins.iter().map(square).sum::<f64>() / total
    }

    /// Variance of the durations, in nanoseconds squared, by the bins' middles.
    pub(crate) fn variance(&self) -> f64 {
        let total = self.count() as f64;
        let middle = |low: u64, high: u64| low as f64 + (high - low) as f64 / 2.0;
        let sum: f64 = self
            .bins()
            .map(|(low, high, n)| middle(low, high) * n as f64)
            .sum();
        if total <= 1.0 {
            return 0.0;
        }
        let mean = sum / total;
        let squares = self
            .bins()
            .map(|(l, h, n)| (middle(l, h) - mean).powi(2) * n as f64);
        squares.sum::<f64>() / (total - 1.0)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.combine(other, u64::saturating_add);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.combine(other, u64::saturating_sub);
    }

    fn combine(&mut self, other: &Self, by: fn(u64, u64) -> u64) {
        let mut all: std::collections::BTreeMap<u32, u64> = self.bins.iter().copied().collect();
        for &(bin, count) in &other.bins {
            let slot = all.entry(bin).or_insert(0);
            *slot = by(*slot, count);
        }
        self.bins = all.into_iter().filter(|bin| bin.1 > 0).collect();
    }
}
