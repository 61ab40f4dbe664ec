//! In: values and their times. Out: the slope by repeated medians.

use super::theil_sen::check_points;
use crate::error::StatsError;
use crate::series::scale::{exponent_of, times_power};

/// The median, over all points, of the median slope from that point to every other (Siegel 1982, Biometrika 69).
///
/// Withstands up to half of the points being wrong, where [`super::theil_sen`] withstands 29 %; gives no interval. **Assumes** a line for the better half of the points.
/// O(n^2) time (a second at some 10,000 points), O(n) memory.
///
/// ```
/// use perf_stats::trend::siegel;
/// let t: Vec<f64> = (0..21).map(f64::from).collect();
/// let y: Vec<f64> = t.iter().map(|&t| if t < 9.0 { 500.0 - t } else { 3.0 * t }).collect();
/// assert_eq!(siegel(&t, &y)?, 3.0); // 9 of 21 points are wrong
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`super::theil_sen`].
pub fn siegel(t: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    check_points(t, y)?;
    let exponent = |v: &[f64]| exponent_of(v.iter().fold(0.0f64, |m, v| m.max(v.abs())));
    let (of_t, of_y) = (exponent(t), exponent(y));
    let scaled = |(t, y): (&f64, &f64)| (times_power(*t, -of_t), times_power(*y, -of_y));
    let points: Vec<(f64, f64)> = t.iter().zip(y).map(scaled).collect();
    let mut slopes = Vec::with_capacity(points.len());
    let mut medians = Vec::with_capacity(points.len());
    for a in &points {
        slopes.clear();
        let others = points.iter().filter(|b| b.0 != a.0);
        slopes.extend(others.map(|b| (b.1 - a.1) / (b.0 - a.0)));
        medians.extend(median(&mut slopes));
    }
    let slope = median(&mut medians).ok_or(StatsError::Degenerate)?;
    let slope = times_power(slope, of_y - of_t);
    if slope.is_finite() {
        Ok(slope)
    } else {
        Err(StatsError::Overflow)
    }
}

fn median(v: &mut [f64]) -> Option<f64> {
    if v.is_empty() {
        return None;
    }
    let (half, odd) = (v.len() / 2, v.len() % 2 == 1);
    let (below, &mut upper, _) = v.select_nth_unstable_by(half, f64::total_cmp);
    if odd {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Equal infinities (slopes beyond the range of f64) must not become NaN.
    Some(if lower == upper {
        upper
    } else {
        0.5 * lower + 0.5 * upper
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges() {
        assert_eq!(siegel(&[1.0, 2.0], &[3.0, 7.0]).unwrap(), 4.0);
        assert_eq!(
            siegel(&[1.0; 3], &[1.0, 2.0, 3.0]),
            Err(StatsError::Degenerate)
        );
        assert_eq!(
            siegel(&[0.0, 5e-324], &[0.0, 1e308]),
            Err(StatsError::Overflow)
        );
        assert_eq!(siegel(&[0.0, 1.0, 2.0], &[1e308, -1e308, 1e308]), Ok(-0.0));
        assert!(siegel(&[1.0], &[1.0]).is_err());
    }
}
