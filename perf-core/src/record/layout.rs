//! In: a duration in nanoseconds. Out: the number of its bin, and a bin's edges: the log-linear [`Layout`] of every histogram.

/// Bins a chunk; memory is committed chunk by chunk.
pub(crate) const CHUNK_BINS: usize = if cfg!(loom) { 16 } else { 64 };

/// How durations are binned: every octave is cut into `2^sub_bits` bins of equal width, values below `2^sub_bits` have a bin each.
///
/// A bin's middle is within `1 / 2^(sub_bits + 1)` of every value in it: 0.79 % by default, 0.1 % fine.
///
/// ```
/// use perf_core::Layout;
/// let bin = Layout::DEFAULT.bin(1_000_000);
/// let (low, high) = Layout::DEFAULT.edges(bin);
/// assert!(low <= 1_000_000 && 1_000_000 <= high);
/// assert!((high - low) as f64 / 2.0 <= 0.008 * 1_000_000.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Stored")]
pub struct Layout {
    sub_bits: u32, // 6 or 9
}

/// A layout as a file has it: any number may stand there.
#[derive(serde::Deserialize)]
struct Stored {
    sub_bits: u32,
}

impl TryFrom<Stored> for Layout {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let unknown = || {
            format!(
                "{} binary digits an octave: only 6 and 9 are known",
                stored.sub_bits
            )
        };
        Self::from_sub_bits(stored.sub_bits).ok_or_else(unknown)
    }
}

impl Layout {
    /// Relative error at most 0.8 %; 512 bytes an octave.
    pub const DEFAULT: Self = Self { sub_bits: 6 };
    /// Relative error at most 0.1 %; 4 KiB an octave.
    pub const FINE: Self = Self { sub_bits: 9 };

    /// The number of bins that cover all of `u64`.
    pub const fn bins(self) -> usize {
        ((64 - self.sub_bits + 1) as usize) << self.sub_bits
    }

    /// The largest relative distance from a bin's middle to a value in it.
    pub fn relative_error(self) -> f64 {
        0.5 / (1u64 << self.sub_bits) as f64
    }

    /// The bin of a value.
    #[inline(always)]
    pub const fn bin(self, value: u64) -> usize {
        bin_within(self.sub_bits, value)
    }

    /// The smallest and the largest value of a bin, both within it.
    pub const fn edges(self, bin: usize) -> (u64, u64) {
        let row = bin >> self.sub_bits;
        let octave = if row == 0 { 0 } else { row as u32 - 1 };
        let low = ((bin - ((octave as usize) << self.sub_bits)) as u64) << octave;
        (low, low + ((1u64 << octave) - 1))
    }

    /// The value that stands for a bin: its middle.
    pub const fn middle(self, bin: usize) -> f64 {
        let (low, high) = self.edges(bin);
        low as f64 + (high - low) as f64 / 2.0
    }

    /// The name in run files: binary digits within an octave.
    pub const fn sub_bits(self) -> u32 {
        self.sub_bits
    }

    /// The layout with that many binary digits within an octave, if it is one of ours.
    pub const fn from_sub_bits(sub_bits: u32) -> Option<Self> {
        match sub_bits {
            6 => Some(Self::DEFAULT),
            9 => Some(Self::FINE),
            _ => None,
        }
    }
}

/// [`Layout::bin`] where the layout is known when compiling.
#[inline(always)]
pub(crate) const fn bin<const SUB_BITS: u32>(value: u64) -> usize {
    bin_within(SUB_BITS, value)
}

#[inline(always)]
const fn bin_within(sub_bits: u32, value: u64) -> usize {
    let above = (value >> sub_bits) | 1;
    let octave = above.ilog2(); // 0 for values below 2^(sub_bits + 1)
    ((octave as usize) << sub_bits) + (value >> octave) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(layout: Layout, value: u64) {
        let bin = layout.bin(value);
        assert!(bin < layout.bins(), "{value} -> {bin}");
        let (low, high) = layout.edges(bin);
        assert!(
            low <= value && value <= high,
            "{value} not in [{low}, {high}]"
        );
        let error = (layout.middle(bin) - value as f64).abs();
        assert!(
            error <= layout.relative_error() * value as f64,
            "{value}: {error}"
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "thousands of cases, no memory of note")]
    fn every_edge_of_every_octave() {
        for layout in [Layout::DEFAULT, Layout::FINE] {
            for k in 0..64 {
                for value in [(1u64 << k) - 1, 1 << k, (1 << k) + 1] {
                    check(layout, value);
                }
            }
            check(layout, u64::MAX);
            assert_eq!(layout.bin(u64::MAX), layout.bins() - 1);
            for bin in 1..layout.bins() {
                assert_eq!(
                    layout.edges(bin).0,
                    layout.edges(bin - 1).1 + 1,
                    "gap before {bin}"
                );
            }
        }
    }

    proptest! {
        #[test]
        #[cfg_attr(miri, ignore = "thousands of cases, no memory of note")]
        fn any_value_is_within_its_bin(value: u64, shift in 0u32..64) {
            check(Layout::DEFAULT, value >> shift);
            check(Layout::FINE, value >> shift);
        }
    }
}
