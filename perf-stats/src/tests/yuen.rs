//! In: two samples and a share to trim. Out: Yuen's test of their trimmed means.

use super::TestResult;
use crate::contrast::{Contrast, check_two};
use crate::error::StatsError;
use crate::moments::{Moments, Scale, Wide};
use crate::sample::sorted;

/// Yuen's test: do two independent samples have the same trimmed mean?
///
/// `trim` is the share cut from *each* end, in [0, 0.5); 0.2 is usual, 0 gives [`welch_t`](super::welch_t). With g = floor(trim n)
/// and h = n - 2g, each side's squared standard error is the winsorised sum of squares / (h (h - 1)), and the degrees of freedom
/// follow Welch with h for n. Robust against heavy tails and outliers (nothing is dropped from the data: the estimand is the centre).
/// Assumes independent observations; with skewed data the trimmed mean is not the mean. Source: Yuen, *Biometrika* 61 (1974). Cost O(n log n).
///
/// ```
/// use perf_stats::tests::yuen;
/// let x = [9.8, 10.1, 10.0, 9.9, 10.2, 10.0, 9.7, 10.3, 10.1, 250.0];
/// let y = [11.0, 10.8, 11.1, 10.9, 11.2, 11.0, 10.7, 11.3, 11.1, 10.9];
/// let r = yuen(&x, &y, 0.2, 0.95)?;
/// assert!(r.estimate < -0.8 && r.p.less < 0.001); // Welch would be fooled by the 250
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] for `trim` or `level`, [`StatsError::TooFew`] if fewer than 2 observations stay on a side,
/// [`StatsError::ZeroVariance`] if neither winsorised side varies, [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::Overflow`].
pub fn yuen(x: &[f64], y: &[f64], trim: f64, level: f64) -> Result<TestResult, StatsError> {
    if !(0.0..0.5).contains(&trim) {
        return Err(StatsError::BadParameter {
            name: "trim",
            expected: "at least 0 and below 0.5",
        });
    }
    check_two(x, y, 2)?;
    let scale = Scale::common(&[x, y]);
    let (a, b) = (trimmed(x, trim, scale)?, trimmed(y, trim, scale)?);
    let contrast = Contrast::of_parts(a, b, scale, (x.len(), y.len()))?;
    TestResult::of_contrast(&contrast, level, "Yuen trimmed t")
}

/// (trimmed mean, squared standard error, observations kept).
fn trimmed(x: &[f64], trim: f64, scale: Scale) -> Result<(Wide, f64, f64), StatsError> {
    let s = sorted(x)?;
    let g = (trim * s.len() as f64) as usize;
    let h = s.len() - 2 * g;
    if h < 2 {
        return Err(StatsError::TooFew {
            need: s.len() + 2 - h,
            got: s.len(),
        });
    }
    let kept = Moments::scaled(&s[g..g + h], scale);
    let (low, high) = (s[g], s[g + h - 1]);
    let winsorised = Moments::of(
        s.iter()
            .map(|v| Wide::new(scale.shrink(v.clamp(low, high)))),
    );
    let h = h as f64;
    Ok((kept.mean, winsorised.squares / (h * (h - 1.0)), h))
}
