//! In: two samples. Out: the Kolmogorov-Smirnov test of equal laws, exact by counting lattice paths.

use super::{Flags, PValues, TestResult};
use crate::contrast::check_two;
use crate::error::StatsError;
use crate::sample::sorted;
use crate::ties::TieGroups;
use std::f64::consts::PI;

/// Above this n*m the paths are not counted (about 0.2 s at the limit).
const MAX_PATH_CELLS: usize = 10_000_000;

/// The greatest distances between two empirical distribution functions, from which exact and limiting tests follow.
///
/// ```
/// use perf_stats::tests::KolmogorovSmirnov;
/// let ks = KolmogorovSmirnov::new(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0, 7.0])?;
/// assert_eq!((ks.d(), ks.d_plus(), ks.d_minus()), (1.0, 1.0, 0.0));
/// assert!((ks.exact()?.p.two_sided - 2.0 / 35.0).abs() < 1e-15);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KolmogorovSmirnov {
    n: usize,
    m: usize,
    // Distances times n m: exact integers.
    plus: i128,
    minus: i128,
    /// Sizes of the pooled tie groups, ascending.
    groups: Vec<usize>,
}

impl KolmogorovSmirnov {
    /// Compares the empirical distribution functions. Cost O(N log N).
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`].
    pub fn new(x: &[f64], y: &[f64]) -> Result<Self, StatsError> {
        check_two(x, y, 1)?;
        let (n, m) = (x.len(), y.len());
        let (x, y) = (sorted(x)?, sorted(y)?);
        let (mut plus, mut minus) = (0i128, 0i128);
        let (mut i, mut j) = (0, 0);
        let mut groups = Vec::new();
        for (a, b) in TieGroups::new(&x, &y) {
            i += a;
            j += b;
            let lead = i as i128 * m as i128 - j as i128 * n as i128;
            plus = plus.max(lead);
            minus = minus.max(-lead);
            groups.push(a + b);
        }
        Ok(Self {
            n,
            m,
            plus,
            minus,
            groups,
        })
    }

    fn distance(&self, scaled: i128) -> f64 {
        scaled as f64 / (self.n as f64 * self.m as f64)
    }

    /// max |`F_x` - `F_y`|.
    pub fn d(&self) -> f64 {
        self.d_plus().max(self.d_minus())
    }

    /// max (`F_x` - `F_y`), at least 0.
    pub fn d_plus(&self) -> f64 {
        self.distance(self.plus)
    }

    /// max (`F_y` - `F_x`), at least 0.
    pub fn d_minus(&self) -> f64 {
        self.distance(self.minus)
    }

    /// Exact for n m <= 10,000,000, the limit law beyond.
    ///
    /// # Errors
    /// None that [`KolmogorovSmirnov::new`] did not give.
    pub fn test(&self) -> Result<TestResult, StatsError> {
        if self.countable() {
            self.exact()
        } else {
            self.limit()
        }
    }

    const fn countable(&self) -> bool {
        self.n as u128 * self.m as u128 <= MAX_PATH_CELLS as u128
    }

    /// The exact test, conditional on the ties: the share of orders of the pooled sample whose distance is as large. The cost is O(n m).
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] if n m exceeds 10,000,000.
    pub fn exact(&self) -> Result<TestResult, StatsError> {
        if !self.countable() {
            return Err(StatsError::BadParameter {
                name: "x, y",
                expected: "small enough to count paths (n m at most 10,000,000)",
            });
        }
        let most = self.plus.max(self.minus) as i64;
        let (plus, minus) = (self.plus as i64, self.minus as i64);
        let share = |d: i64, bad: &dyn Fn(i64) -> bool| match d {
            0 => 1.0,
            _ => self.crossing_share(bad),
        };
        let p = PValues {
            two_sided: share(most, &|lead| lead.abs() >= most),
            less: share(minus, &|lead| -lead >= minus),
            greater: share(plus, &|lead| lead >= plus),
        };
        self.result("Kolmogorov-Smirnov, exact", p, false)
    }

    /// The probability that a random order of the pooled sample is `bad` at the end of some tie group.
    ///
    /// Mass is removed where it first crosses and summed: all terms are positive, so that small p-values keep their precision.
    fn crossing_share(&self, bad: &dyn Fn(i64) -> bool) -> f64 {
        let (n, m) = (self.n, self.m);
        let total = n + m;
        let mut ends = vec![false; total + 1];
        let mut seen = 0;
        for size in &self.groups {
            seen += size;
            ends[seen] = true;
        }
        let left: Vec<f64> = (0..=total).map(|k| 1.0 / (total - k) as f64).collect();
        let mut row = vec![0.0; m + 1]; // probability of having reached (i, j) without crossing
        let mut crossed = 0.0;
        for i in 0..=n {
            for j in 0..=m {
                let mut mass = if i + j == 0 { 1.0 } else { 0.0 };
                if i > 0 {
                    mass += row[j] * (n - i + 1) as f64 * left[i + j - 1];
                }
                if j > 0 {
                    mass += row[j - 1] * (m - j + 1) as f64 * left[i + j - 1];
                }
                if ends[i + j] && bad(i as i64 * m as i64 - j as i64 * n as i64) {
                    crossed += mass;
                    mass = 0.0;
                }
                row[j] = mass;
            }
        }
        crossed.min(1.0)
    }

    /// The limit law for large samples without ties: two-sided by Kolmogorov's series at d sqrt(n m / (n + m)), one-sided by
    /// exp(-2 d^2 n m / (n + m)). With ties it is conservative.
    ///
    /// # Errors
    /// None that [`KolmogorovSmirnov::new`] did not give.
    pub fn limit(&self) -> Result<TestResult, StatsError> {
        let (n, m) = (self.n as f64, self.m as f64);
        let root = (n / (n + m) * m).sqrt();
        let one_sided = |d: f64| (-2.0 * (root * d).powi(2)).exp();
        let p = PValues {
            two_sided: kolmogorov_sf(root * self.d()),
            less: one_sided(self.d_minus()),
            greater: one_sided(self.d_plus()),
        };
        self.result("Kolmogorov-Smirnov, limit law", p, true)
    }

    fn result(
        &self,
        method: &'static str,
        p: PValues,
        approximate: bool,
    ) -> Result<TestResult, StatsError> {
        TestResult {
            method,
            estimate: self.d(),
            statistic: self.d(),
            df: None,
            std_error: None,
            p,
            interval: None,
            n: (self.n, self.m),
            flags: Flags {
                ties: self.groups.len() < self.n + self.m,
                small_sample: false,
                approximate,
            },
        }
        .checked()
    }
}

/// P(K > z) of Kolmogorov's limit law: the alternating series for large z, its theta dual for small.
fn kolmogorov_sf(z: f64) -> f64 {
    if z < 0.04 {
        return 1.0; // the complement is below 1e-300
    }
    if z < 1.0 {
        let sum: f64 = (0..6)
            .map(|k| (-f64::from(2 * k + 1).powi(2) * PI * PI / (8.0 * z * z)).exp())
            .sum();
        return (1.0 - (2.0 * PI).sqrt() / z * sum).clamp(0.0, 1.0);
    }
    let mut sum = 0.0;
    for k in (1..=8).rev() {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sum += sign * (-2.0 * f64::from(k * k) * z * z).exp();
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

/// Kolmogorov-Smirnov test: do two samples come from one law? It sees any difference, of place, spread or shape.
///
/// The statistic is `D = max |F_x - F_y|`. `greater` means `F_x` above `F_y` somewhere, that is, `x` tends to be *smaller* there (as in
/// `scipy.stats`). Exact while n m <= 10,000,000 (also with ties, conditionally on them), the limit law beyond: see [`KolmogorovSmirnov`].
///
/// Assumes independent observations; it has little power in the tails, so compare quantiles for a p99. Sources: Hodges, *Ark. Mat.* 3
/// (1957); Nikiforov, *Appl. Statist.* 43 (1994). Cost O(N log N + n m).
///
/// ```
/// use perf_stats::tests::ks_2samp;
/// let r = ks_2samp(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 2.0, 3.0])?;
/// assert_eq!((r.statistic, r.p.two_sided), (0.0, 1.0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
pub fn ks_2samp(x: &[f64], y: &[f64]) -> Result<TestResult, StatsError> {
    KolmogorovSmirnov::new(x, y)?.test()
}
