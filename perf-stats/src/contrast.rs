//! In: two samples, or pairs. Out: [`Contrast`], a difference with its standard error and degrees of freedom, on which every
//! t-type test, interval and equivalence test stands.

use crate::error::StatsError;
use crate::interval::Interval;
use crate::moments::{Moments, Scale, Wide};
use crate::sample::at_least;
use crate::special::t_upper_quantile;

/// A difference of two centres, brought to a common scale.
pub(crate) struct Contrast {
    pub(crate) difference: Wide,
    pub(crate) std_error: f64,
    pub(crate) df: f64,
    pub(crate) scale: Scale,
    pub(crate) n: (usize, usize),
}

/// Both samples finite and of at least `need` observations; positions count over `x` then `y`.
pub(crate) fn check_two(x: &[f64], y: &[f64], need: usize) -> Result<(), StatsError> {
    at_least(x, need)?;
    at_least(y, need).map_err(|e| match e {
        StatsError::NonFinite { index } => StatsError::NonFinite {
            index: index + x.len(),
        },
        other => other,
    })?;
    Ok(())
}

impl Contrast {
    /// Means of two samples with unequal variances (Welch 1947).
    pub(crate) fn welch(x: &[f64], y: &[f64]) -> Result<Self, StatsError> {
        check_two(x, y, 2)?;
        let scale = Scale::common(&[x, y]);
        let (a, b) = (Moments::scaled(x, scale), Moments::scaled(y, scale));
        Self::of_parts(
            (a.mean, a.variance() / a.n, a.n),
            (b.mean, b.variance() / b.n, b.n),
            scale,
            (x.len(), y.len()),
        )
    }

    /// From (centre, squared standard error, count) of each side, with Satterthwaite's degrees of freedom.
    pub(crate) fn of_parts(
        (centre_x, vx, n): (Wide, f64, f64),
        (centre_y, vy, m): (Wide, f64, f64),
        scale: Scale,
        sizes: (usize, usize),
    ) -> Result<Self, StatsError> {
        let total = vx + vy;
        if total <= 0.0 {
            return Err(StatsError::ZeroVariance);
        }
        let (sx, sy) = (vx / total, vy / total);
        Ok(Self {
            difference: centre_x.minus(centre_y),
            std_error: total.sqrt(),
            df: 1.0 / (sx * sx / (n - 1.0) + sy * sy / (m - 1.0)),
            scale,
            n: sizes,
        })
    }

    /// Means of two samples with one common variance (Student 1908).
    pub(crate) fn pooled(x: &[f64], y: &[f64]) -> Result<Self, StatsError> {
        check_two(x, y, 1)?;
        let (n, m) = (x.len(), y.len());
        if n + m < 3 {
            return Err(StatsError::TooFew {
                need: 3,
                got: n + m,
            });
        }
        let scale = Scale::common(&[x, y]);
        let (a, b) = (Moments::scaled(x, scale), Moments::scaled(y, scale));
        let df = a.n + b.n - 2.0;
        let variance = (a.squares + b.squares) / df * (1.0 / a.n + 1.0 / b.n);
        if variance <= 0.0 {
            return Err(StatsError::ZeroVariance);
        }
        Ok(Self {
            difference: a.mean.minus(b.mean),
            std_error: variance.sqrt(),
            df,
            scale,
            n: (n, m),
        })
    }

    /// Mean of paired differences, each formed without rounding.
    pub(crate) fn paired(x: &[f64], y: &[f64]) -> Result<Self, StatsError> {
        check_two(x, y, 1)?;
        if x.len() != y.len() {
            return Err(StatsError::LengthMismatch {
                left: x.len(),
                right: y.len(),
            });
        }
        at_least(x, 2)?;
        let scale = Scale::common(&[x, y]);
        let pairs = x.iter().zip(y);
        let d =
            Moments::of(pairs.map(|(&a, &b)| Wide::difference(scale.shrink(a), scale.shrink(b))));
        let variance = d.variance() / d.n;
        if variance <= 0.0 {
            return Err(StatsError::ZeroVariance);
        }
        Ok(Self {
            difference: d.mean,
            std_error: variance.sqrt(),
            df: d.n - 1.0,
            scale,
            n: (x.len(), x.len()),
        })
    }

    /// (difference - `null`) / standard error, `null` in the unit of the data.
    pub(crate) fn statistic(&self, null: f64) -> f64 {
        let null = Wide::new(self.scale.shrink(null));
        self.difference.minus(null).value() / self.std_error
    }

    /// The two-sided t interval of the difference.
    pub(crate) fn interval(&self, level: f64, method: &'static str) -> Interval {
        let half = t_upper_quantile((1.0 - level) / 2.0, self.df) * self.std_error;
        let end = |h: f64| {
            self.scale
                .restore(self.difference.plus(Wide::new(h)).value())
        };
        Interval::new(end(-half), end(half), level, method)
    }
}
