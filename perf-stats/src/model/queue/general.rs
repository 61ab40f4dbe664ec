//! In: moments of arrival and service. Out: M/G/1 exactly in the mean, G/G/c approximately.

use super::{Mmc, check_positive, check_share};
use crate::error::StatsError;
use crate::sample::at_least;

/// The M/G/1 queue: random arrivals, any service times, one server.
///
/// The mean wait is exact (Pollaczek 1930; Khinchine 1932): rho/(1 - rho) * (1 + cv^2)/2 * mean service. The tail of the wait is approximated by an exponential through its
/// mean and its share rho that waits at all: exact for exponential service, good at high load, too light for heavy-tailed
/// service. **Assumes** a load below 1 and service times independent of one another and of the queue.
///
/// ```
/// use perf_stats::model::queue::Mg1;
/// let constant = Mg1::new(0.5, 1.0, 0.0)?; // service always takes 1
/// assert_eq!(constant.mean_wait(), 0.5); // half of the M/M/1 wait
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Mg1 {
    arrival_rate: f64,
    mean_service: f64,
    squared_cv: f64,
}

impl Mg1 {
    /// From the arrival rate, the mean service time and its squared coefficient of variation (variance / mean^2).
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless rate and mean are within 1e-100 and 1e100 and the coefficient within 0 and 1e100; [`StatsError::Unstable`] unless rate times mean is below 1.
    pub fn new(arrival_rate: f64, mean_service: f64, squared_cv: f64) -> Result<Self, StatsError> {
        check_positive(arrival_rate, "arrival_rate")?;
        check_positive(mean_service, "mean_service")?;
        check_cv(squared_cv, "squared_cv")?;
        if arrival_rate * mean_service >= 1.0 {
            return Err(StatsError::Unstable);
        }
        Ok(Self {
            arrival_rate,
            mean_service,
            squared_cv,
        })
    }

    /// From measured service times.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 2 times, [`StatsError::BadParameter`] for a negative one, and as [`Mg1::new`].
    pub fn from_service_times(arrival_rate: f64, times: &[f64]) -> Result<Self, StatsError> {
        let (mean, squared_cv) = moments(times)?;
        Self::new(arrival_rate, mean, squared_cv)
    }

    /// The share of its time that the server is busy.
    pub fn utilisation(&self) -> f64 {
        self.arrival_rate * self.mean_service
    }

    /// Mean time in the line.
    pub fn mean_wait(&self) -> f64 {
        let rho = self.utilisation();
        rho / (1.0 - rho) * (0.5 + 0.5 * self.squared_cv) * self.mean_service
    }

    /// Mean response time.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + self.mean_service
    }

    /// Mean number in the system.
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// The time in the line that the share `p` does not exceed, by the exponential approximation.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `p` is at least 0 and below 1.
    pub fn wait_quantile(&self, p: f64) -> Result<f64, StatsError> {
        tail_quantile(self.utilisation(), self.mean_wait(), p)
    }
}

/// The G/G/c queue by the approximation of Allen & Cunneen (Allen 1990): the M/M/c wait times (ca^2 + cs^2)/2.
///
/// Exact for M/M/c and, in the mean, for M/G/1; within some 10 % for moderate coefficients and high load, **broken by** correlated arrivals and heavy tails.
///
/// ```
/// use perf_stats::model::queue::{Ggc, Mmc};
/// let bursty = Ggc::new(8.0, 1.0, 10, 4.0, 1.0)?;
/// let smooth = Mmc::new(8.0, 1.0, 10)?;
/// assert!((bursty.mean_wait() / smooth.mean_wait() - 2.5).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Ggc {
    markov: Mmc,
    factor: f64,
}

impl Ggc {
    /// From the rates, the servers, and the squared coefficients of variation of the times between arrivals and of service.
    ///
    /// # Errors
    /// As [`Mmc::new`]; [`StatsError::BadParameter`] unless both coefficients are within 0 and 1e100.
    pub fn new(
        arrival_rate: f64,
        service_rate: f64,
        servers: u32,
        arrival_squared_cv: f64,
        service_squared_cv: f64,
    ) -> Result<Self, StatsError> {
        check_cv(arrival_squared_cv, "arrival_squared_cv")?;
        check_cv(service_squared_cv, "service_squared_cv")?;
        let markov = Mmc::new(arrival_rate, service_rate, servers)?;
        Ok(Self {
            markov,
            factor: 0.5 * arrival_squared_cv + 0.5 * service_squared_cv,
        })
    }

    /// Mean time in the line.
    pub fn mean_wait(&self) -> f64 {
        self.markov.mean_wait() * self.factor
    }

    /// Mean response time.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + (self.markov.mean_sojourn() - self.markov.mean_wait())
    }

    /// The time in the line that the share `p` does not exceed: exponential beyond the share that waits at all.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `p` is at least 0 and below 1.
    pub fn wait_quantile(&self, p: f64) -> Result<f64, StatsError> {
        tail_quantile(self.markov.erlang_c(), self.mean_wait(), p)
    }
}

/// The quantile of a wait that is 0 but for `share`, and exponential there.
fn tail_quantile(share: f64, mean: f64, p: f64) -> Result<f64, StatsError> {
    let ratio = share / (1.0 - check_share(p)?);
    Ok(if ratio > 1.0 {
        mean / share * ratio.ln()
    } else {
        0.0
    })
}

fn check_cv(value: f64, name: &'static str) -> Result<f64, StatsError> {
    if (0.0..=1e100).contains(&value) {
        Ok(value)
    } else {
        Err(StatsError::BadParameter {
            name,
            expected: "within 0 and 1e100",
        })
    }
}

/// Mean and squared coefficient of variation (with n - 1) of service times.
pub(super) fn moments(times: &[f64]) -> Result<(f64, f64), StatsError> {
    at_least(times, 2)?;
    if times.iter().any(|&t| t < 0.0) {
        return Err(StatsError::BadParameter {
            name: "times",
            expected: "not negative",
        });
    }
    let n = times.len() as f64;
    let mean = check_positive(times.iter().map(|t| t / n).sum(), "times")?;
    let square = |t: &f64| (t / mean - 1.0) * (t / mean - 1.0);
    Ok((mean, times.iter().map(square).sum::<f64>() / (n - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_cases_meet() {
        let (mg1, mm1) = (
            Mg1::new(0.8, 1.0, 1.0).unwrap(),
            Mmc::new(0.8, 1.0, 1).unwrap(),
        );
        assert!((mg1.mean_wait() / mm1.mean_wait() - 1.0).abs() < 1e-12);
        assert!(
            (mg1.wait_quantile(0.95).unwrap() / mm1.wait_quantile(0.95).unwrap() - 1.0).abs()
                < 1e-12
        );
        assert!((mg1.mean_in_system() / mm1.mean_in_system() - 1.0).abs() < 1e-12);
        let ggc = Ggc::new(0.8, 1.0, 1, 1.0, 0.25).unwrap();
        let half = Mg1::new(0.8, 1.0, 0.25).unwrap();
        assert!((ggc.mean_wait() / half.mean_wait() - 1.0).abs() < 1e-12);
        assert!((ggc.mean_sojourn() / half.mean_sojourn() - 1.0).abs() < 1e-12);
        assert_eq!(ggc.wait_quantile(0.1).unwrap(), 0.0);
    }

    #[test]
    fn edges() {
        assert_eq!(Mg1::new(1.0, 1.0, 0.0), Err(StatsError::Unstable));
        assert!(Mg1::new(0.5, 1.0, f64::NAN).is_err() && Ggc::new(0.5, 1.0, 1, -1.0, 1.0).is_err());
        let q = Mg1::from_service_times(0.1, &[1.0, 3.0]).unwrap();
        assert!((q.utilisation() - 0.2).abs() < 1e-15 && (q.squared_cv - 0.5).abs() < 1e-15);
        assert!(Mg1::from_service_times(0.1, &[0.0, 0.0]).is_err());
        assert!(Mg1::from_service_times(0.1, &[-1.0, 2.0]).is_err());
        assert!(Mg1::from_service_times(1e-9, &[1e308, 1e308]).is_err());
        let still = Ggc::new(0.5, 1.0, 1, 0.0, 0.0).unwrap();
        assert_eq!(
            (still.mean_wait(), still.wait_quantile(0.999).unwrap()),
            (0.0, 0.0)
        );
    }
}
