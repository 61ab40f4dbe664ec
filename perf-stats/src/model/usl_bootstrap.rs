//! In: throughput at several loads. Out: intervals of the scalability law by resampling residuals.

use super::usl::{Usl, UslIntervals};
use super::usl_fit::predict;
use crate::error::StatsError;
use crate::interval::Interval;
use crate::rng::Rng;
use crate::series::scale::times_power;

impl Usl {
    /// Intervals by resampling residuals: those of the parameters and of the peak load (infinite where resamples show no peak).
    ///
    /// Refits `resamples` times (999 is usual), percentile method; allows for the bounds and the curvature that the t intervals ignore, but is too narrow below some 8 loads.
    ///
    /// ```
    /// use perf_stats::model::Usl;
    /// let threads = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0];
    /// let x: Vec<f64> = threads.iter().enumerate().map(|(i, n)| {
    ///     100.0 * n / (1.0 + 0.05 * (n - 1.0) + 0.002 * n * (n - 1.0)) * (1.0 + 0.01 * (i % 3) as f64)
    /// }).collect();
    /// let (parameters, peak) = Usl::new().bootstrap(&threads, &x, 199, 7)?;
    /// assert!(peak.contains(21.8) && parameters.kappa.unwrap().contains(0.002));
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Usl::fit`]; [`StatsError::BadParameter`] under 20 resamples.
    pub fn bootstrap(
        &self,
        loads: &[f64],
        throughput: &[f64],
        resamples: usize,
        seed: u64,
    ) -> Result<(UslIntervals, Interval), StatsError> {
        if resamples < 20 {
            return Err(StatsError::BadParameter {
                name: "resamples",
                expected: "at least 20",
            });
        }
        self.fit(loads, throughput)?;
        let (mut problem, exponent) = self.problem(loads, throughput)?;
        let (p, _) = problem.solve();
        let fitted: Vec<f64> = problem.loads.iter().map(|&n| predict(p, n)).collect();
        let data = problem
            .throughput
            .iter()
            .zip(&fitted)
            .zip(&problem.root_weights);
        // Inflated for the three parameters that were fitted.
        let n = fitted.len() as f64;
        let inflation = (n / (n - 3.0)).sqrt();
        let residuals: Vec<f64> = data.map(|((x, f), w)| inflation * w * (x - f)).collect();
        let mut drawn: [Vec<f64>; 4] = Default::default();
        for i in 0..resamples {
            let mut rng = Rng::stream(seed, i as u64);
            let slots = problem
                .throughput
                .iter_mut()
                .zip(&fitted)
                .zip(&problem.root_weights);
            for ((x, fitted), weight) in slots {
                *x = fitted + residuals[rng.below(residuals.len())] / weight;
            }
            let q = problem.descend(p).0;
            let peak = if q[2] > 0.0 {
                ((1.0 - q[1]) / q[2]).sqrt()
            } else {
                f64::INFINITY
            };
            for (list, v) in drawn
                .iter_mut()
                .zip([times_power(q[0], exponent), q[1], q[2], peak])
            {
                list.push(v);
            }
        }
        let interval = |list: &mut Vec<f64>| {
            list.sort_unstable_by(f64::total_cmp);
            let tail = 0.5 * (1.0 - self.level) * (list.len() as f64 + 1.0);
            let low = (tail.floor() as usize).clamp(1, list.len()) - 1;
            let high = list.len() - 1 - low;
            Interval::new(list[low], list[high], self.level, "residual bootstrap")
        };
        let [lambda, sigma, kappa, peak] = &mut drawn;
        let parameters = UslIntervals {
            lambda: Some(interval(lambda)),
            sigma: Some(interval(sigma)),
            kappa: Some(interval(kappa)),
        };
        Ok((parameters, interval(peak)))
    }
}
