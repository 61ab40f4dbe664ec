//! In: two samples. Out: the Mann-Whitney test (Wilcoxon rank sum), exact where that is feasible.

use super::{Flags, PValues, TestResult};
use crate::contrast::check_two;
use crate::error::StatsError;
use crate::rank_sum::{self, MAX_CELLS, MAX_TIED_WORK, TiedLaw};
use crate::sample::sorted;
use crate::special::normal_sf;
use crate::ties::TieGroups;

/// Work up to which [`MannWhitney::test`] chooses the exact law with ties: every case of up to 60 observations (about 70), a few milliseconds.
const AUTO_TIED_WORK: usize = 10_000_000;

/// Above this many observations tie groups are not kept: the exact law is out of reach.
const KEPT: usize = 2_000;

/// Below this many observations a side the normal law is rough.
const SMALL: usize = 8;

/// Whether the normal approximation moves the statistic half a step towards its mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// By one half, as tables and most programs do.
    Corrected,
    /// Not at all.
    Plain,
}

/// The Mann-Whitney statistic of two samples, from which exact and approximate tests follow.
///
/// ```
/// use perf_stats::tests::{Continuity, MannWhitney};
/// let test = MannWhitney::new(&[1.0, 5.0, 7.5, 9.0, 12.0], &[0.5, 2.0, 3.0, 4.0, 6.0])?;
/// assert_eq!((test.u_x(), test.u_y()), (20.0, 5.0));
/// let exact = test.exact()?;
/// assert!((exact.p.greater - 19.0 / 252.0).abs() < 1e-15);
/// let approximate = test.asymptotic(Continuity::Corrected)?;
/// assert!((approximate.p.greater - 0.0718).abs() < 1e-4);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MannWhitney {
    n: usize,
    m: usize,
    doubled_u: u128, // twice the number of pairs with x > y, equal pairs counted half
    tie_sum: u128,   // sum of t^3 - t over tie groups
    groups: Vec<usize>,
}

impl MannWhitney {
    /// Ranks the two samples together. Cost O(N log N).
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`].
    pub fn new(x: &[f64], y: &[f64]) -> Result<Self, StatsError> {
        check_two(x, y, 1)?;
        let (n, m) = (x.len(), y.len());
        let (x, y) = (sorted(x)?, sorted(y)?);
        let mut s = Self {
            n,
            m,
            doubled_u: 0,
            tie_sum: 0,
            groups: Vec::new(),
        };
        let keep = n + m <= KEPT;
        let mut below = 0;
        for (a, b) in TieGroups::new(&x, &y) {
            s.doubled_u += a as u128 * (2 * below + b) as u128;
            below += b;
            let t = (a + b) as u128;
            s.tie_sum += t * t * t - t;
            if keep {
                s.groups.push(a + b);
            }
        }
        Ok(s)
    }

    /// Pairs in which `x` is the larger, equal pairs counted half.
    pub fn u_x(&self) -> f64 {
        self.doubled_u as f64 / 2.0
    }

    /// Pairs in which `y` is the larger, equal pairs counted half.
    pub fn u_y(&self) -> f64 {
        (2 * self.pairs() - self.doubled_u) as f64 / 2.0
    }

    /// The sum of t^3 - t over groups of t equal observations; 0 without ties.
    pub const fn tie_sum(&self) -> u128 {
        self.tie_sum
    }

    const fn pairs(&self) -> u128 {
        self.n as u128 * self.m as u128
    }

    const fn all_tied(&self) -> bool {
        let total = (self.n + self.m) as u128;
        self.tie_sum == total * total * total - total
    }

    /// The exact law where it is quick, at most 0.1 s (no ties and n m <= 20,000, or ties and up to about 70 observations), else the
    /// normal law with correction for ties and continuity.
    ///
    /// # Errors
    /// None that [`MannWhitney::new`] did not give.
    pub fn test(&self) -> Result<TestResult, StatsError> {
        match self.tails(AUTO_TIED_WORK) {
            Some(tails) => self.exact_result(tails),
            None => self.asymptotic(Continuity::Corrected),
        }
    }

    /// The exact test: all C(n+m, n) divisions of the pooled observations equally likely, given the ties.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] where the enumeration is out of reach (no ties: n m > 20,000; ties: beyond about 170 observations).
    pub fn exact(&self) -> Result<TestResult, StatsError> {
        let tails = self.tails(MAX_TIED_WORK).ok_or(StatsError::BadParameter {
            name: "x, y",
            expected: "small enough for the exact law (n m at most 20,000; fewer with ties)",
        })?;
        self.exact_result(tails)
    }

    fn exact_result(&self, (less, greater): (f64, f64)) -> Result<TestResult, StatsError> {
        let flags = Flags {
            ties: self.tie_sum > 0,
            ..Flags::default()
        };
        let p = PValues::doubled(less, greater);
        self.result("Mann-Whitney, exact", p, flags)
    }

    /// P(U <= u) and P(U >= u) of the exact law.
    fn tails(&self, tied_work: usize) -> Option<(f64, f64)> {
        if self.all_tied() {
            return Some((1.0, 1.0));
        }
        if self.tie_sum == 0 {
            return (self.pairs() <= MAX_CELLS as u128)
                .then(|| rank_sum::tails(self.n, self.m, (self.doubled_u / 2) as usize));
        }
        if self.groups.is_empty() {
            return None;
        }
        let doubled_u = self.doubled_u as usize;
        if self.n <= self.m {
            let law = TiedLaw::new(&self.groups, self.n, tied_work)?;
            return Some(law.tails(doubled_u + self.n * (self.n + 1)));
        }
        let law = TiedLaw::new(&self.groups, self.m, tied_work)?;
        let of_y = 2 * self.n * self.m - doubled_u + self.m * (self.m + 1);
        let (less, greater) = law.tails(of_y);
        Some((greater, less))
    }

    /// The normal approximation, with variance n m / 12 (N + 1 - `tie_sum` / (N (N - 1))).
    ///
    /// # Errors
    /// [`StatsError::ZeroVariance`] if all observations are equal.
    pub fn asymptotic(&self, continuity: Continuity) -> Result<TestResult, StatsError> {
        if self.all_tied() {
            return Err(StatsError::ZeroVariance);
        }
        let (n, m) = (self.n as f64, self.m as f64);
        let total = n + m;
        let ties = self.tie_sum as f64 / (total * (total - 1.0));
        let sd = (n * m / 12.0 * (total + 1.0 - ties)).sqrt();
        let above = (self.doubled_u as i128 - self.pairs() as i128) as f64 / 2.0; // U - n m / 2
        let step = match continuity {
            Continuity::Corrected => 0.5,
            Continuity::Plain => 0.0,
        };
        let p = PValues {
            two_sided: (2.0 * normal_sf((above.abs() - step) / sd)).min(1.0),
            less: normal_sf((-above - step) / sd),
            greater: normal_sf((above - step) / sd),
        };
        let flags = Flags {
            ties: self.tie_sum > 0,
            small_sample: self.n.min(self.m) < SMALL,
            approximate: true,
        };
        self.result("Mann-Whitney, normal approximation", p, flags)
    }

    fn result(
        &self,
        method: &'static str,
        p: PValues,
        flags: Flags,
    ) -> Result<TestResult, StatsError> {
        TestResult {
            method,
            estimate: self.u_x() / self.pairs() as f64,
            statistic: self.u_x(),
            df: None,
            std_error: None,
            p,
            interval: None,
            n: (self.n, self.m),
            flags,
        }
        .checked()
    }
}

/// Mann-Whitney test: does an observation of `x` tend to be larger than one of `y`?
///
/// The statistic U is the number of pairs with x > y (equal pairs count half); the estimate is U / (n m) = P(X > Y) + P(X = Y)/2,
/// one half under the null hypothesis, which is that both samples come from *one* law. Exact where that is quick (ties
/// included, by the conditional law of midranks), else normal: see [`MannWhitney`] to choose.
///
/// Assumes independent observations; autocorrelated ones (calls in sequence, A's run and then B's) make it reject identical programs
/// in a quarter to all of runs. It is not a test of medians unless both laws have one shape. Sources: Mann & Whitney, *Ann. Math. Stat.* 18
/// (1947); Lehmann, *Nonparametrics* (1975) for ties. Cost O(N log N).
///
/// ```
/// use perf_stats::tests::mann_whitney;
/// let r = mann_whitney(&[8.0, 9.0, 11.0, 12.0], &[1.0, 2.0, 3.0, 4.0, 5.0])?;
/// assert_eq!(r.estimate, 1.0);
/// assert!((r.p.two_sided - 2.0 / 126.0).abs() < 1e-15);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
pub fn mann_whitney(x: &[f64], y: &[f64]) -> Result<TestResult, StatsError> {
    MannWhitney::new(x, y)?.test()
}
