//! In: a time-ordered series. Out: bootstrap intervals that keep its dependence.

use super::{Bootstrap, BootstrapResult, Method, finite_value, resample};
use crate::block_length::{block_length, lost_spread};
use crate::error::StatsError;

impl Bootstrap {
    /// An interval for a statistic of a dependent, stationary series: resamples are runs of neighbours of geometric length
    /// (Politis & Romano 1994) whose mean is `mean_length`, or chosen by the data where none
    /// ([`block_length`]: Politis & White 2004).
    ///
    /// For samples in time order whose neighbours resemble each other; with independent ones it agrees with
    /// [`Bootstrap::interval`]. `BCa`'s acceleration is not defined for blocks: [`Method::Bca`] corrects bias only. A series with
    /// a trend is not stationary. Replicates are stretched about the estimate by the spread that runs of this length are known to
    /// lose for the mean; what is left is a little short: 92 % instead of 95 % for the mean at AR(1) 0.7, n = 300 (88 % without).
    ///
    /// # Errors
    /// As [`Bootstrap::interval`]; [`StatsError::TooFew`] (8 needed to choose a length), [`StatsError::BadParameter`] for a length
    /// below 1 or not below n.
    ///
    /// ```
    /// use perf_stats::{Rng, bootstrap::{Bootstrap, mean_and_se}};
    /// let mut rng = Rng::new(4);
    /// let mut level = 0.0;
    /// let y: Vec<f64> = (0..400).map(|_| { level = 0.8 * level + rng.normal(); level }).collect();
    /// let b = Bootstrap::new().resamples(999);
    /// let (blocks, single) = (b.blocks(&y, None, |s| mean_and_se(s).0)?, b.interval(&y, |s| mean_and_se(s).0)?);
    /// assert!(blocks.interval.width() > 1.5 * single.interval.width());
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    pub fn blocks(
        &self,
        y: &[f64],
        mean_length: Option<f64>,
        statistic: impl Fn(&mut [f64]) -> f64 + Sync,
    ) -> Result<BootstrapResult, StatsError> {
        self.check(&[y])?;
        let length = match mean_length {
            None => chosen_length(y)?,
            Some(length) if length >= 1.0 && length < y.len() as f64 => length,
            Some(_) => {
                return Err(StatsError::BadParameter {
                    name: "mean_length",
                    expected: "from 1 to below n",
                });
            }
        };
        let observed = finite_value(statistic(&mut y.to_vec()))?;
        let values = self.replicate(
            || Vec::with_capacity(y.len()),
            |rng, buffer| {
                resample::stationary(y, length, rng, buffer);
                statistic(buffer)
            },
        )?;
        let stretch = stretch(y, length)?;
        let values = values
            .iter()
            .map(|v| observed + stretch * (v - observed))
            .collect();
        let mut result = self.finish(observed, values, 0.0, y.len())?;
        result.block = Some(length);
        result.interval.method = match self.method {
            Method::Percentile => "stationary bootstrap percentile",
            Method::Basic => "stationary bootstrap basic",
            Method::Bca => "stationary bootstrap BC",
        };
        Ok(result)
    }
}

/// The data's own block length, between 1 and n - 1; a constant series needs no blocks.
fn chosen_length(y: &[f64]) -> Result<f64, StatsError> {
    match block_length(y) {
        Ok(chosen) => Ok(chosen.stationary.clamp(1.0, y.len() as f64 - 1.0)),
        Err(StatsError::ConstantSeries) => Ok(1.0),
        Err(other) => Err(other),
    }
}

/// The factor by which replicates are moved away from the estimate (see [`lost_spread`]); 1 where it cannot be told.
fn stretch(y: &[f64], length: f64) -> Result<f64, StatsError> {
    match lost_spread(y, length) {
        Err(StatsError::ConstantSeries | StatsError::TooFew { .. }) => Ok(1.0),
        other => other,
    }
}
