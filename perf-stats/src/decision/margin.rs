//! In: the smallest change worth acting on. Out: [`Margin`], and the noise floor that may raise it.

use crate::error::StatsError;
use crate::sample::finite;

/// The smallest relative change that matters: 0.02 means that up to 2 % slower is still called equal.
///
/// A margin is a decision of the user, not of the data. With it a harmless 0.3 % can never fail a build, and no number of
/// blocks makes a trifle significant.
///
/// ```
/// use perf_stats::decision::Margin;
/// let margin = Margin::relative(0.01)?.at_least(0.004).at_least(0.015);
/// assert_eq!(margin.value(), 0.015);
/// assert!((margin.log() - 1.015f64.ln()).abs() < 1e-15);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Margin(f64);

impl Margin {
    /// For two closures in one process: 1 %.
    pub const IN_PROCESS: Self = Self(0.01);
    /// For two executables run side by side: 0.5 %. Layout alone may move a build by more: of two builds believe what is larger than 2 %, or
    /// count instructions.
    pub const KEPT_EXECUTABLE: Self = Self(0.005);
    /// For commands and for stored runs: 2 %. Code layout alone commonly moves a build by 1 to 2 %.
    pub const COMMAND: Self = Self(0.02);
    /// For counters that repeat exactly: any difference matters.
    pub const EXACT: Self = Self(0.0);

    /// A margin as a fraction of the baseline.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless it lies in [0, 10].
    pub fn relative(fraction: f64) -> Result<Self, StatsError> {
        if (0.0..=10.0).contains(&fraction) {
            return Ok(Self(fraction));
        }
        Err(StatsError::BadParameter {
            name: "margin",
            expected: "a fraction between 0 and 10",
        })
    }

    /// Raised to `floor` where that is larger: the noise floor of A/A runs, twice the relative step of the clock.
    #[must_use]
    pub fn at_least(self, floor: f64) -> Self {
        if floor > self.0 && floor <= 10.0 {
            Self(floor)
        } else {
            self
        }
    }

    /// As a fraction.
    pub const fn value(self) -> f64 {
        self.0
    }

    /// On the scale of log ratios, `ln(1 + margin)`; "faster" is judged against `1 / (1 + margin)`.
    pub fn log(self) -> f64 {
        self.0.ln_1p()
    }
}

/// The noise floor of a benchmark: the 95th percentile of |change| over A/A runs, as a fraction.
///
/// Give the estimates (as fractions) of experiments in which both arms ran the same code. The smallest observed value that
/// at least 95 % of the runs do not exceed. Assumes the A/A runs saw the machines that later runs will see. O(n log n).
///
/// ```
/// use perf_stats::decision::noise_floor;
/// let changes: Vec<f64> = (1..=20).map(|i| 0.001 * f64::from(i)).collect();
/// assert_eq!(noise_floor(&changes)?, 0.019);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
pub fn noise_floor(changes: &[f64]) -> Result<f64, StatsError> {
    let mut sizes: Vec<f64> = finite(changes)?.iter().map(|v| v.abs()).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    // Whole-number arithmetic: 0.95 n must not miss an integer by an ulp.
    let rank = (sizes.len() * 95).div_ceil(100).max(1);
    Ok(sizes[rank - 1])
}
