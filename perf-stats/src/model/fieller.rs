//! In: two independent means with their variances. Out: the interval of their ratio, unbounded where the data allow any.

use crate::interval::Interval;

/// The values r for which `mean_x - r mean_y` is within `t` standard errors of 0 (Fieller 1954), for `mean_y` != 0.
///
/// Where the denominator's sign is not certain the set is the whole line or two half-lines: then both ends are infinite.
pub(super) fn ratio(x: (f64, f64), y: (f64, f64), t: f64, level: f64) -> Interval {
    let ((mean_x, var_x), (mean_y, var_y)) = (x, y);
    let method = "Fieller";
    let g = t * t * (var_y / mean_y / mean_y);
    let centre = mean_x / mean_y;
    let inner = (var_x - g * var_x) / mean_y / mean_y + centre * centre * (var_y / mean_y / mean_y);
    if !(g < 1.0 && inner >= 0.0) {
        return Interval::new(f64::NEG_INFINITY, f64::INFINITY, level, method);
    }
    let half = t * inner.sqrt();
    let ends = ((centre - half) / (1.0 - g), (centre + half) / (1.0 - g));
    if ends.0.is_finite() && ends.1.is_finite() {
        Interval::new(ends.0, ends.1, level, method)
    } else {
        Interval::new(f64::NEG_INFINITY, f64::INFINITY, level, method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_where_the_contrast_is_at_its_limit() {
        let (x, y, t) = ((12.0, 0.3), (8.0, 0.2), 2.1);
        let i = ratio(x, y, t, 0.95);
        for r in [i.low, i.high] {
            let z: f64 = (x.0 - r * y.0) / (x.1 + r * r * y.1).sqrt();
            assert!((z.abs() - t).abs() < 1e-9, "{r}");
        }
        let unbounded = ratio((1.0, 0.1), (0.1, 1.0), 2.0, 0.95);
        assert!(unbounded.low.is_infinite() && unbounded.high.is_infinite());
    }
}
