//! In: a [`Histogram`]. Out: the same distribution as the `hdrhistogram` crate keeps it, and in the bytes that its tools exchange.

use crate::record::layout::Layout;
use crate::snapshot::Histogram;
use hdrhistogram::Histogram as Hdr;
use std::fmt;

/// Significant decimal digits of the converted histogram: finer than our bins, so that nothing more is lost.
const DIGITS: u8 = 3;

/// Why a histogram could not be converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HdrError(String);

impl fmt::Display for HdrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HdrHistogram: {}", self.0)
    }
}

impl std::error::Error for HdrError {}

pub(super) fn error(reason: impl fmt::Display) -> HdrError {
    HdrError(reason.to_string())
}

impl Histogram {
    /// As an auto-resizing `hdrhistogram::Histogram<u64>` of nanoseconds: every bin at its middle.
    ///
    /// Zero is kept as zero; the values are within our relative error plus 0.1 % of what was recorded.
    ///
    /// # Errors
    /// [`HdrError`] if the other histogram refuses a value.
    ///
    /// ```
    /// use perf_core::{Histogram, Layout};
    /// let ours = Histogram::of(Layout::DEFAULT, [100, 200, 300, 400]);
    /// let theirs = ours.to_hdr()?;
    /// assert_eq!(theirs.len(), 4);
    /// assert!(theirs.value_at_quantile(1.0).abs_diff(400) <= 4);
    /// # Ok::<(), perf_core::HdrError>(())
    /// ```
    pub fn to_hdr(&self) -> Result<Hdr<u64>, HdrError> {
        let mut hdr = Hdr::new(DIGITS).map_err(error)?;
        for (low, high, count) in self.bins() {
            hdr.record_n(low + (high - low) / 2, count).map_err(error)?;
        }
        Ok(hdr)
    }

    /// From an `hdrhistogram::Histogram` of nanoseconds.
    ///
    /// ```
    /// use perf_core::{Histogram, Layout};
    /// let ours = Histogram::of(Layout::DEFAULT, [10, 20, 20]);
    /// assert_eq!(Histogram::from_hdr(Layout::DEFAULT, &ours.to_hdr()?).count(), 3);
    /// # Ok::<(), perf_core::HdrError>(())
    /// ```
    pub fn from_hdr(layout: Layout, hdr: &Hdr<u64>) -> Self {
        let mut counts = std::collections::BTreeMap::new();
        for value in hdr.iter_recorded() {
            let middle = hdr.median_equivalent(value.value_iterated_to());
            *counts.entry(layout.bin(middle)).or_insert(0) += value.count_at_value();
        }
        Self::from_bins(layout, counts)
    }
}
