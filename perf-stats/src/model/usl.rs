//! In: throughput at several loads (threads, clients, nodes). Out: the universal scalability law, its peak, and how sure that is.

use super::usl_fit::{Parameters, Problem, predict, solve_positive};
use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::sample::finite;
use crate::series::scale::{exponent_of, times_power};
use crate::special::t_quantile;

/// Fewer distinct loads cannot tell three parameters from noise.
const FEWEST_LOADS: usize = 4;

/// How to fit the universal scalability law X(N) = lambda N / (1 + sigma (N-1) + kappa N (N-1)).
///
/// lambda is the throughput of one, sigma the share of contention (queueing for something), kappa that of coherency (everyone talking to everyone). Source: Gunther 2007. **Assumes** noise
/// of one absolute size ([`Usl::relative`]: of one relative size) and loads that differ in nothing else; **broken by** a resource that
/// saturates suddenly (a kink is not this law). Fitted by Levenberg-Marquardt from 16 starts with sigma and kappa within 0 and 1.
///
/// ```
/// use perf_stats::model::Usl;
/// let threads = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
/// let x = threads.map(|n| 100.0 * n / (1.0 + 0.05 * (n - 1.0) + 0.002 * n * (n - 1.0)));
/// let fit = Usl::new().fit(&threads, &x)?;
/// assert!((fit.kappa - 0.002).abs() < 1e-9);
/// assert!((fit.peak_load.unwrap() - (0.95f64 / 0.002).sqrt()).abs() < 1e-4);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usl {
    relative: bool,
    pub(super) level: f64,
}

/// Intervals of the three parameters; none for one that rests on its bound.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct UslIntervals {
    /// Of lambda.
    pub lambda: Option<Interval>,
    /// Of sigma.
    pub sigma: Option<Interval>,
    /// Of kappa.
    pub kappa: Option<Interval>,
}

/// What [`Usl::fit`] answers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct UslFit {
    /// Throughput of one, in the unit of the throughputs.
    pub lambda: f64,
    /// Contention, within 0 and 1.
    pub sigma: f64,
    /// Coherency, within 0 and 1.
    pub kappa: f64,
    /// Standard errors of lambda, sigma, kappa; none for one that rests on its bound.
    pub se: [Option<f64>; 3],
    /// Student t intervals with n - 3 degrees of freedom.
    pub intervals: UslIntervals,
    /// (Weighted) residual sum of squares.
    pub rss: f64,
    /// n - 3.
    pub df: usize,
    /// The load of highest throughput, sqrt((1 - sigma)/kappa); none where kappa is 0: it never falls.
    pub peak_load: Option<f64>,
    /// The throughput there.
    pub peak_throughput: Option<f64>,
    /// lambda/sigma, the ceiling without coherency; none where sigma is 0.
    pub amdahl_limit: Option<f64>,
    /// The peak lies beyond twice the largest measured load: a guess, not a finding.
    pub extrapolated: bool,
    /// Fewer than 6 distinct loads, or none at 1: the parameters are poorly determined.
    pub few_loads: bool,
    /// Corrected Akaike criterion of this law, of Amdahl's (kappa = 0) and of a straight line; the least is to be preferred. None where n is too small.
    pub aicc: [Option<f64>; 3],
}

impl UslFit {
    /// The throughput the law predicts at a load (at least 1).
    pub fn at(&self, load: f64) -> f64 {
        predict(
            [self.lambda, self.sigma, self.kappa],
            if load >= 1.0 { load.min(1e100) } else { 1.0 },
        )
    }
}

impl std::fmt::Display for UslFit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "lambda {:.6}, sigma {:.6}, kappa {:.8}",
            self.lambda, self.sigma, self.kappa
        )?;
        match self.peak_load {
            Some(n) => write!(f, ", peak at {n:.1}"),
            None => write!(f, ", no peak"),
        }
    }
}

impl Default for Usl {
    fn default() -> Self {
        Self::new()
    }
}

impl Usl {
    /// Noise of one absolute size, intervals at 95 %.
    pub const fn new() -> Self {
        Self {
            relative: false,
            level: 0.95,
        }
    }

    /// Noise proportional to the throughput: every point counts with 1/X^2.
    #[must_use]
    pub const fn relative(mut self) -> Self {
        self.relative = true;
        self
    }

    /// Another level of the intervals.
    #[must_use]
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Fits the law.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`], [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 4 distinct loads, [`StatsError::BadParameter`] for a load below 1 or
    /// above 1e9, a throughput that is not positive, or a bad level; [`StatsError::Overflow`].
    pub fn fit(&self, loads: &[f64], throughput: &[f64]) -> Result<UslFit, StatsError> {
        check_level(self.level)?;
        let (problem, exponent) = self.problem(loads, throughput)?;
        let (p, cost) = problem.solve();
        let fit = self.report(&problem, p, cost, exponent);
        let numbers = [fit.lambda, fit.rss, fit.peak_throughput.unwrap_or(0.0)];
        if numbers.iter().all(|v| v.is_finite()) {
            Ok(fit)
        } else {
            Err(StatsError::Overflow)
        }
    }

    /// The checked data with throughputs scaled near 1, and the power of two that was taken out.
    pub(super) fn problem(
        self,
        loads: &[f64],
        throughput: &[f64],
    ) -> Result<(Problem, i32), StatsError> {
        if loads.len() != throughput.len() {
            let (left, right) = (loads.len(), throughput.len());
            return Err(StatsError::LengthMismatch { left, right });
        }
        finite(loads)?;
        if let Some(index) = throughput.iter().position(|v| !v.is_finite()) {
            return Err(StatsError::NonFinite {
                index: loads.len() + index,
            });
        }
        if loads.iter().any(|n| !(1.0..=1e9).contains(n)) {
            return Err(StatsError::BadParameter {
                name: "loads",
                expected: "within 1 and 1e9",
            });
        }
        if throughput.iter().any(|&x| x <= 0.0) {
            return Err(StatsError::BadParameter {
                name: "throughput",
                expected: "positive",
            });
        }
        let got = distinct(loads).len();
        if got < FEWEST_LOADS {
            return Err(StatsError::TooFew {
                need: FEWEST_LOADS,
                got,
            });
        }
        let exponent = exponent_of(throughput.iter().copied().fold(0.0, f64::max));
        let scaled: Vec<f64> = throughput
            .iter()
            .map(|&x| times_power(x, -exponent))
            .collect();
        let weight = |x: &f64| {
            if self.relative {
                1.0 / x.max(1e-150)
            } else {
                1.0
            }
        };
        let root_weights = scaled.iter().map(weight).collect();
        let loads = loads.to_vec();
        let problem = Problem {
            loads,
            throughput: scaled,
            root_weights,
            kappa_free: true,
            sigma_free: true,
        };
        Ok((problem, exponent))
    }

    fn report(self, problem: &Problem, p: Parameters, cost: f64, exponent: i32) -> UslFit {
        let n = problem.loads.len();
        let df = n - 3;
        let unit = |i: usize, v: f64| if i == 0 { times_power(v, exponent) } else { v };
        let se: [Option<f64>; 3] = standard_errors(problem, p, cost / df as f64);
        let se = std::array::from_fn(|i| se[i].map(|v| unit(i, v)).filter(|v| v.is_finite()));
        let q = t_quantile(0.5 * (1.0 + self.level), df as f64);
        let interval = |i: usize| {
            let value = unit(i, p[i]);
            se[i].map(|se| Interval::new(value - q * se, value + q * se, self.level, "Student t"))
        };
        let largest = problem.loads.iter().copied().fold(1.0, f64::max);
        let peak_load = (p[2] > 0.0).then(|| ((1.0 - p[1]) / p[2]).sqrt());
        let loads = distinct(&problem.loads);
        let rss = if self.relative {
            cost
        } else {
            times_power(times_power(cost, exponent), exponent)
        };
        UslFit {
            lambda: unit(0, p[0]),
            sigma: p[1],
            kappa: p[2],
            se,
            intervals: UslIntervals {
                lambda: interval(0),
                sigma: interval(1),
                kappa: interval(2),
            },
            rss,
            df,
            peak_load,
            peak_throughput: peak_load.map(|load| unit(0, predict(p, load))),
            amdahl_limit: (p[1] > 0.0)
                .then(|| unit(0, p[0] / p[1]))
                .filter(|v| v.is_finite()),
            extrapolated: peak_load.is_some_and(|load| load > 2.0 * largest),
            few_loads: loads.len() < 6 || loads[0] > 1.0,
            aicc: criteria(problem, cost),
        }
    }
}

fn distinct(loads: &[f64]) -> Vec<f64> {
    let mut v = loads.to_vec();
    v.sort_unstable_by(f64::total_cmp);
    v.dedup();
    v
}

/// Of the parameters that do not rest on a bound.
fn standard_errors(problem: &Problem, p: Parameters, variance: f64) -> [Option<f64>; 3] {
    let free: Vec<usize> = (0..3)
        .filter(|&i| i == 0 || (p[i] > 0.0 && p[i] < 1.0))
        .collect();
    let jacobian = problem.difference_quotients(p);
    let product = |i: usize, j: usize| jacobian.iter().map(|row| row[i] * row[j]).sum::<f64>();
    let matrix: Vec<Vec<f64>> = free
        .iter()
        .map(|&i| free.iter().map(|&j| product(i, j)).collect())
        .collect();
    let mut out = [None; 3];
    for (k, &i) in free.iter().enumerate() {
        let mut unit = vec![0.0; free.len()];
        unit[k] = 1.0;
        out[i] =
            solve_positive(&matrix, &unit).map(|column| (column[k].max(0.0) * variance).sqrt());
    }
    out
}

/// AICc of the full law, of Amdahl's and of a line; a perfect fit counts as one to 1e-15.
fn criteria(problem: &Problem, cost: f64) -> [Option<f64>; 3] {
    let restricted = |sigma_free: bool| {
        let clone = Problem {
            loads: problem.loads.clone(),
            throughput: problem.throughput.clone(),
            root_weights: problem.root_weights.clone(),
            kappa_free: false,
            sigma_free,
        };
        clone.solve().1
    };
    let n = problem.loads.len() as f64;
    let aicc = |cost: f64, p: f64| {
        let spare = n - p - 1.0;
        (spare > 0.0)
            .then(|| n * (cost / n).max(1e-30).ln() + 2.0 * p + 2.0 * p * (p + 1.0) / spare)
    };
    [
        aicc(cost, 4.0),
        aicc(restricted(true), 3.0),
        aicc(restricted(false), 2.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    const LOADS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0];

    fn noisy(sigma: f64, kappa: f64, sd: f64, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        LOADS
            .iter()
            .map(|&n| predict([500.0, sigma, kappa], n) * (1.0 + sd * rng.normal()))
            .collect()
    }

    #[test]
    fn a_line_has_no_peak_and_is_preferred() {
        let fit = Usl::new()
            .relative()
            .fit(&LOADS, &noisy(0.0, 0.0, 0.01, 3))
            .unwrap();
        let [usl, amdahl, line] = fit.aicc.map(Option::unwrap);
        assert!(line < amdahl && line < usl, "{fit}");
        assert!(fit.peak_load.is_none() || fit.extrapolated, "{fit}");
    }

    #[test]
    fn intervals_cover_the_truth() {
        let covered = (0..300)
            .filter(|&s| {
                let fit = Usl::new()
                    .relative()
                    .fit(&LOADS, &noisy(0.06, 0.002, 0.01, s))
                    .unwrap();
                fit.intervals.kappa.is_some_and(|i| i.contains(0.002))
            })
            .count();
        assert!((270..=297).contains(&covered), "{covered} of 300");
    }

    #[test]
    fn units_do_not_matter() {
        let x = noisy(0.06, 0.002, 0.01, 5);
        let want = Usl::new().fit(&LOADS, &x).unwrap();
        for factor in [1e-300, 1e150] {
            let scaled: Vec<f64> = x.iter().map(|v| v * factor).collect();
            let fit = Usl::new().fit(&LOADS, &scaled).unwrap();
            assert!(
                (fit.sigma / want.sigma - 1.0).abs() < 1e-6
                    && (fit.lambda / factor / want.lambda - 1.0).abs() < 1e-6
            );
        }
    }

    #[test]
    fn edges() {
        let usl = Usl::new();
        assert_eq!(
            usl.fit(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]),
            Err(StatsError::TooFew { need: 4, got: 3 })
        );
        assert!(usl.fit(&[0.5, 2.0, 3.0, 4.0], &[1.0; 4]).is_err());
        assert!(
            usl.fit(&[1.0, 2.0, 3.0, 4.0], &[1.0, -1.0, 1.0, 1.0])
                .is_err()
        );
        assert!(usl.fit(&[1.0, 2.0, 3.0, 4.0], &[1.0; 3]).is_err());
        let flat = usl.fit(&[1.0, 2.0, 3.0, 4.0, 5.0], &[7.0; 5]).unwrap();
        assert!(
            (flat.sigma - 1.0).abs() < 1e-3 && !flat.rss.is_nan(),
            "{flat}"
        );
        for x in [[5e-324; 4], [1e308; 4], [1e-300, 1.0, 1e300, 1e-300]] {
            if let Ok(fit) = usl.fit(&[1.0, 2.0, 3.0, 4.0], &x) {
                assert!(fit.rss.is_finite() && fit.lambda.is_finite());
            }
        }
        assert!(
            usl.bootstrap(&LOADS, &noisy(0.1, 0.0, 0.01, 1), 5, 1)
                .is_err()
        );
    }
}
