//! In: two samples. Out: the Brunner-Munzel test of stochastic equality.

use super::{Flags, PValues, TestResult};
use crate::contrast::check_two;
use crate::error::StatsError;
use crate::p_values::t_p_values;
use crate::sample::sorted;
use crate::special::normal_sf;
use crate::ties::TieGroups;

/// Below this many observations a side the t approximation is rough (Neubert & Brunner 2007).
const SMALL: usize = 10;

/// The law the Brunner-Munzel statistic is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Student's t with Satterthwaite's degrees of freedom; the usual choice.
    T,
    /// The standard normal law, for large samples.
    Normal,
}

/// Brunner-Munzel test: is P(Y > X) + P(Y = X)/2 one half? Unlike Mann-Whitney, the two laws may differ in spread and shape.
///
/// The estimate is that probability. With the pooled midranks R and the variances `S_x^2`, `S_y^2` of their differences from the midranks
/// within each sample, the statistic is `n m (mean R_y - mean R_x) / ((n + m) sqrt(n S_x^2 + m S_y^2))`, positive where `y` is larger;
/// `greater` asks whether `x` is the larger, as `scipy.stats.brunnermunzel` does.
///
/// Assumes independent observations and about 10 a side; below that use a permutation test. Sources: Brunner & Munzel,
/// *Biometrical J.* 42 (2000); Neubert & Brunner, *Comput. Stat. Data Anal.* 51 (2007). Cost O(N log N).
///
/// ```
/// use perf_stats::tests::{Reference, brunner_munzel};
/// let x = [1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 4.0, 1.0, 1.0];
/// let y = [3.0, 3.0, 4.0, 3.0, 1.0, 2.0, 3.0, 1.0, 1.0, 5.0, 4.0];
/// let r = brunner_munzel(&x, &y, Reference::T)?;
/// assert!((r.statistic - 3.1374674823029505).abs() < 1e-12);
/// assert!((r.p.two_sided - 0.0057862086661515377).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::CompleteSeparation`] if the samples do not overlap (a permutation test answers), [`StatsError::ZeroVariance`] if all
/// observations are equal, [`StatsError::TooFew`] under 2 a side, [`StatsError::Empty`], [`StatsError::NonFinite`].
pub fn brunner_munzel(
    x: &[f64],
    y: &[f64],
    reference: Reference,
) -> Result<TestResult, StatsError> {
    check_two(x, y, 1)?;
    let (x, y) = (sorted(x)?, sorted(y)?);
    if x[x.len() - 1] < y[0] || y[y.len() - 1] < x[0] {
        return Err(StatsError::CompleteSeparation);
    }
    check_two(&x, &y, 2)?;
    let placements = Placements::new(&x, &y);
    let (n, m) = (x.len() as f64, y.len() as f64);
    let (vx, vy) = (n * placements.variance_x, m * placements.variance_y);
    let total = vx + vy;
    if total <= 0.0 {
        return Err(StatsError::ZeroVariance);
    }
    // n m (mean R_y - mean R_x) / (n + m) = U_y - n m / 2
    let statistic = placements.excess_y / total.sqrt();
    let (sx, sy) = (vx / total, vy / total);
    let df = 1.0 / (sx * sx / (n - 1.0) + sy * sy / (m - 1.0));
    let (method, p) = match reference {
        Reference::T => ("Brunner-Munzel, t", t_p_values(-statistic, df)),
        Reference::Normal => (
            "Brunner-Munzel, normal",
            PValues {
                two_sided: (2.0 * normal_sf(statistic.abs())).min(1.0),
                less: normal_sf(statistic),
                greater: normal_sf(-statistic),
            },
        ),
    };
    TestResult {
        method,
        estimate: 0.5 + placements.excess_y / (n * m),
        statistic,
        df: matches!(reference, Reference::T).then_some(df),
        std_error: Some(total.sqrt() / (n * m)),
        p,
        interval: None,
        n: (x.len(), y.len()),
        flags: Flags {
            ties: placements.ties,
            small_sample: x.len().min(y.len()) < SMALL,
            approximate: true,
        },
    }
    .checked()
}

/// Placements: how many observations of the other sample lie below (equal ones half); their variances.
struct Placements {
    excess_y: f64, // U_y - n m / 2
    variance_x: f64,
    variance_y: f64,
    ties: bool,
}

impl Placements {
    fn new(x: &[f64], y: &[f64]) -> Self {
        let (n, m) = (x.len() as f64, y.len() as f64);
        let mut doubled_u_y = 0u128;
        let (mut below_x, mut ties) = (0, false);
        for (a, b) in TieGroups::new(x, y) {
            doubled_u_y += b as u128 * (2 * below_x + a) as u128;
            below_x += a;
            ties |= a + b > 1;
        }
        let pairs = x.len() as u128 * y.len() as u128;
        let u_y = doubled_u_y as f64 / 2.0;
        let mean_y = u_y / m;
        let mean_x = (2 * pairs - doubled_u_y) as f64 / 2.0 / n;
        let (mut below_x, mut below_y) = (0, 0);
        let (mut squares_x, mut squares_y) = (0.0, 0.0);
        for (a, b) in TieGroups::new(x, y) {
            let place_x = below_y as f64 + b as f64 / 2.0;
            let place_y = below_x as f64 + a as f64 / 2.0;
            squares_x += a as f64 * (place_x - mean_x).powi(2);
            squares_y += b as f64 * (place_y - mean_y).powi(2);
            below_x += a;
            below_y += b;
        }
        Self {
            excess_y: (doubled_u_y as i128 - pairs as i128) as f64 / 2.0,
            variance_x: squares_x / (n - 1.0),
            variance_y: squares_y / (m - 1.0),
            ties,
        }
    }
}
