//! In: p-values (or e-values) of several hypotheses. Out: the same, adjusted for their number.

use crate::error::StatsError;
use crate::interval::{Interval, check_open_unit};

fn checked(p: &[f64]) -> Result<&[f64], StatsError> {
    if p.is_empty() {
        return Err(StatsError::Empty);
    }
    if let Some(index) = p.iter().position(|v| v.is_nan()) {
        return Err(StatsError::NonFinite { index });
    }
    if p.iter().all(|v| (0.0..=1.0).contains(v)) {
        Ok(p)
    } else {
        Err(StatsError::BadParameter {
            name: "p",
            expected: "between 0 and 1",
        })
    }
}

/// Indices of `p`, smallest first.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}

/// Each p times its factor (by rank from 0), made monotone from the smallest upwards.
fn step_down(p: &[f64], factor: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut running: f64 = 0.0;
    for (rank, index) in ascending(p).into_iter().enumerate() {
        running = running.max(p[index] * factor(rank));
        adjusted[index] = running.min(1.0);
    }
    adjusted
}

/// Each p times its factor (by rank from 0), made monotone from the largest downwards.
fn step_up(p: &[f64], factor: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut running: f64 = 1.0;
    for (rank, index) in ascending(p).into_iter().enumerate().rev() {
        running = running.min(p[index] * factor(rank));
        adjusted[index] = running;
    }
    adjusted
}

/// Bonferroni: min(1, m p). Controls the chance of *any* false rejection under every dependence; [`holm`] does the same and rejects more.
///
/// ```
/// assert_eq!(perf_stats::adjust::bonferroni(&[0.01, 0.5])?, [0.02, 1.0]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`] for NaN, [`StatsError::BadParameter`] outside [0, 1].
pub fn bonferroni(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    let m = checked(p)?.len() as f64;
    Ok(p.iter().map(|v| (v * m).min(1.0)).collect())
}

/// Holm's step-down adjustment: the running maximum of (m - i) `p_(i)`, i from 0. Controls the chance of any false rejection under
/// every dependence; the right choice for an exit code. Source: Holm, *Scand. J. Statist.* 6 (1979). Cost O(m log m).
///
/// ```
/// assert_eq!(perf_stats::adjust::holm(&[0.01, 0.04, 0.015])?, [0.03, 0.04, 0.03]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`bonferroni`].
pub fn holm(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    let m = checked(p)?.len();
    Ok(step_down(p, |rank| (m - rank) as f64))
}

/// Hochberg's step-up adjustment: Holm's factors, running minimum from the largest p. Rejects at least as much as [`holm`], but assumes
/// independent or positively dependent tests. Source: Hochberg, *Biometrika* 75 (1988). Cost O(m log m).
///
/// ```
/// assert_eq!(perf_stats::adjust::hochberg(&[0.03, 0.04])?, [0.04, 0.04]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`bonferroni`].
pub fn hochberg(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    let m = checked(p)?.len();
    Ok(step_up(p, |rank| (m - rank) as f64))
}

/// Benjamini-Hochberg q-values: the running minimum from the largest of m `p_(i)` / i. Rejecting q <= alpha keeps the expected *share* of
/// false rejections at alpha, for independent or positively dependent tests; for reports, not for gates. Source: Benjamini & Hochberg,
/// *J. R. Statist. Soc. B* 57 (1995). Cost O(m log m).
///
/// ```
/// assert_eq!(perf_stats::adjust::benjamini_hochberg(&[0.01, 0.5, 0.02])?, [0.03, 0.5, 0.03]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`bonferroni`].
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    let m = checked(p)?.len() as f64;
    Ok(step_up(p, |rank| m / (rank + 1) as f64))
}

/// Benjamini-Yekutieli q-values: as [`benjamini_hochberg`] times 1 + 1/2 + ... + 1/m, valid under every dependence. Source: Benjamini &
/// Yekutieli, *Ann. Statist.* 29 (2001). Cost O(m log m).
///
/// ```
/// assert_eq!(perf_stats::adjust::benjamini_yekutieli(&[0.01, 0.5])?, [0.03, 0.75]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`bonferroni`].
pub fn benjamini_yekutieli(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    let m = checked(p)?.len();
    let harmonic: f64 = (1..=m).rev().map(|i| 1.0 / i as f64).sum();
    let m = m as f64;
    Ok(step_up(p, |rank| m * harmonic / (rank + 1) as f64))
}

/// e-BH: which hypotheses to reject from *e-values* (non-negative, of mean at most 1 under the null), with the expected share of false
/// rejections at most `alpha` under every dependence: the k largest, k the greatest with `e_(k)` >= m / (k alpha). An e-value of infinity is
/// allowed. Source: Wang & Ramdas, *J. R. Statist. Soc. B* 84 (2022). Cost O(m log m).
///
/// ```
/// let rejected = perf_stats::adjust::e_bh(&[100.0, 1.0, 25.0, 0.2], 0.1)?;
/// assert_eq!(rejected, [true, false, true, false]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`] for NaN, [`StatsError::BadParameter`] for a negative e-value or `alpha` outside (0, 1).
pub fn e_bh(e: &[f64], alpha: f64) -> Result<Vec<bool>, StatsError> {
    check_open_unit(alpha, "alpha")?;
    if e.is_empty() {
        return Err(StatsError::Empty);
    }
    if let Some(index) = e.iter().position(|v| v.is_nan()) {
        return Err(StatsError::NonFinite { index });
    }
    if e.iter().any(|&v| v < 0.0) {
        return Err(StatsError::BadParameter {
            name: "e",
            expected: "non-negative",
        });
    }
    let m = e.len() as f64;
    let mut order = ascending(e);
    order.reverse();
    let kept = (1..=e.len())
        .rev()
        .find(|&k| e[order[k - 1]] * k as f64 * alpha >= m)
        .unwrap_or(0);
    let mut rejected = vec![false; e.len()];
    for &index in &order[..kept] {
        rejected[index] = true;
    }
    Ok(rejected)
}

/// The confidence level at which to report the intervals of `selected` results out of `total`, so that the expected share of intervals
/// that miss is at most 1 - `level`: 1 - `selected` (1 - `level`) / `total`. Source: Benjamini & Yekutieli, *J. Am. Statist. Assoc.* 100 (2005).
///
/// ```
/// let level = perf_stats::adjust::fcr_level(3, 60, 0.95)?;
/// assert!((level - 0.9975).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] unless 1 <= `selected` <= `total` and 0 < `level` < 1.
pub fn fcr_level(selected: usize, total: usize, level: f64) -> Result<f64, StatsError> {
    check_open_unit(level, "level")?;
    if selected == 0 || selected > total {
        return Err(StatsError::BadParameter {
            name: "selected",
            expected: "at least 1 and at most the total",
        });
    }
    Ok(1.0 - selected as f64 * (1.0 - level) / total as f64)
}

/// The intervals of the selected results at the level of [`fcr_level`]; `interval` computes the one of an index at a level.
///
/// ```
/// use perf_stats::{Interval, adjust::fcr_intervals};
/// let selected = [4, 7];
/// let intervals = fcr_intervals(&selected, 40, 0.95, |index, level| {
///     Ok(Interval::new(index as f64 - 1.0, index as f64 + 1.0, level, "example"))
/// })?;
/// assert_eq!(intervals.len(), 2);
/// assert!((intervals[0].level - 0.9975).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// Those of [`fcr_level`] and of `interval`.
pub fn fcr_intervals(
    selected: &[usize],
    total: usize,
    level: f64,
    mut interval: impl FnMut(usize, f64) -> Result<Interval, StatsError>,
) -> Result<Vec<Interval>, StatsError> {
    let level = fcr_level(selected.len(), total, level)?;
    selected.iter().map(|&i| interval(i, level)).collect()
}
