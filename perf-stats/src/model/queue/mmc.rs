//! In: arrival rate, service rate, servers. Out: the exact M/M/c queue.

use super::{check_positive, check_share};
use crate::error::StatsError;

/// More servers than this are refused: the recursion visits each.
const MOST_SERVERS: u32 = 10_000_000;

/// The M/M/c queue in its steady state: random (Poisson) arrivals, exponential service times, one line for `servers` servers. With one server M/M/1.
///
/// Erlang's B by recursion (no factorials, any number of servers), C from it (Erlang 1917). **Assumes** arrivals that do not slow down when the queue grows, service times whose
/// standard deviation equals their mean, and patience; **broken by** bursts, by retries, and by service times with heavy tails ([`super::Mg1`], [`super::Ggc`]). O(servers).
///
/// ```
/// use perf_stats::model::queue::Mmc;
/// let shop = Mmc::new(8.0, 1.0, 10)?; // 8 arrivals a second, 1 s of work each, 10 servers
/// assert!((shop.erlang_c() - 0.409_180_150_8).abs() < 1e-9); // who must wait
/// assert!((shop.mean_sojourn() - 1.204_590_075_4).abs() < 1e-9);
/// assert!((shop.sojourn_quantile(0.99)? - 4.946_111_327_6).abs() < 1e-9);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Mmc {
    arrival_rate: f64,
    service_rate: f64, // of one server
    servers: u32,
    erlang_b: f64,
    erlang_c: f64,
}

impl Mmc {
    /// A queue with `arrival_rate` and, for each server, `service_rate`, both in the same unit of time.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless both rates are within 1e-100 and 1e100 and servers within 1 and 10,000,000; [`StatsError::Unstable`] unless the load is below the capacity.
    pub fn new(arrival_rate: f64, service_rate: f64, servers: u32) -> Result<Self, StatsError> {
        check_positive(arrival_rate, "arrival_rate")?;
        check_positive(service_rate, "service_rate")?;
        if !(1..=MOST_SERVERS).contains(&servers) {
            return Err(StatsError::BadParameter {
                name: "servers",
                expected: "within 1 and 10,000,000",
            });
        }
        let load = arrival_rate / service_rate;
        let rho = load / f64::from(servers);
        if rho >= 1.0 {
            return Err(StatsError::Unstable);
        }
        let erlang_b = (1..=servers).fold(1.0, |b, k| load * b / (f64::from(k) + load * b));
        let erlang_c = erlang_b / (1.0 - rho * (1.0 - erlang_b));
        Ok(Self {
            arrival_rate,
            service_rate,
            servers,
            erlang_b,
            erlang_c,
        })
    }

    /// The share of its time that a server is busy.
    pub fn utilisation(&self) -> f64 {
        self.arrival_rate / self.service_rate / f64::from(self.servers)
    }

    /// The share of arrivals that would be turned away if nobody could wait.
    pub const fn erlang_b(&self) -> f64 {
        self.erlang_b
    }

    /// The share of arrivals that must wait.
    pub const fn erlang_c(&self) -> f64 {
        self.erlang_c
    }

    /// Mean time in the line.
    pub fn mean_wait(&self) -> f64 {
        self.erlang_c / self.spare()
    }

    /// Mean response time: line and service.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + 1.0 / self.service_rate
    }

    /// Mean number in the line and in service (Little's law).
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// The time in the line that the share `p` of arrivals does not exceed; 0 while `p` is below the share that need not wait.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `p` is at least 0 and below 1.
    pub fn wait_quantile(&self, p: f64) -> Result<f64, StatsError> {
        let ratio = self.erlang_c / (1.0 - check_share(p)?);
        Ok((ratio.ln() / self.spare()).max(0.0))
    }

    /// The share of arrivals whose response takes longer than `t`.
    pub fn sojourn_exceeds(&self, t: f64) -> f64 {
        if t.is_nan() || t <= 0.0 {
            return 1.0;
        }
        let (theta, mu) = (self.spare(), self.service_rate);
        // e^(-mu t) (1 + C mu t g((theta - mu) t)), g(x) = (1 - e^-x)/x, in a form that cannot overflow.
        let x = (theta - mu) * t;
        let waited = if x >= 0.0 {
            let g = if x < 1e-12 { 1.0 } else { -(-x).exp_m1() / x };
            (-mu * t).exp() * (mu * t) * g
        } else {
            let g = if x > -1e-12 { 1.0 } else { x.exp_m1() / x };
            (-theta * t).exp() * (mu * t) * g
        };
        let waited = if waited.is_nan() { 0.0 } else { waited };
        ((-mu * t).exp() + self.erlang_c * waited).min(1.0)
    }

    /// The response time that the share `p` of arrivals does not exceed, by bisection.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `p` is at least 0 and below 1.
    pub fn sojourn_quantile(&self, p: f64) -> Result<f64, StatsError> {
        let share = 1.0 - check_share(p)?;
        if p == 0.0 {
            return Ok(0.0);
        }
        let mut high = 1.0 / self.service_rate;
        while self.sojourn_exceeds(high) > share {
            high *= 2.0;
        }
        let mut low = 0.0;
        for _ in 0..200 {
            let mid = low + 0.5 * (high - low);
            if mid <= low || mid >= high {
                break;
            }
            if self.sojourn_exceeds(mid) > share {
                low = mid;
            } else {
                high = mid;
            }
        }
        Ok(high)
    }

    /// The largest arrival rate at which the share `p` of responses takes at most `limit`, by bisection.
    ///
    /// ```
    /// use perf_stats::model::queue::Mmc;
    /// let rate = Mmc::largest_rate(100.0, 4, 0.99, 0.1)?; // 10 ms of work, 4 servers, p99 <= 100 ms
    /// let p99 = Mmc::new(rate, 100.0, 4)?.sojourn_quantile(0.99)?;
    /// assert!((p99 - 0.1).abs() < 1e-6 && rate < 400.0);
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Mmc::new`]; [`StatsError::BadParameter`] unless `limit` is within 1e-100 and 1e100; [`StatsError::Unreachable`] where service alone takes longer.
    pub fn largest_rate(
        service_rate: f64,
        servers: u32,
        p: f64,
        limit: f64,
    ) -> Result<f64, StatsError> {
        check_positive(service_rate, "service_rate")?;
        check_positive(limit, "limit")?;
        let share = 1.0 - check_share(p)?;
        let capacity = service_rate * f64::from(servers);
        let holds =
            |rate: f64| Ok(Self::new(rate, service_rate, servers)?.sojourn_exceeds(limit) <= share);
        let (mut low, mut high) = (capacity * 1e-9, capacity * (1.0 - 1e-12));
        if !holds(low)? {
            return Err(StatsError::Unreachable);
        }
        if holds(high)? {
            return Ok(high);
        }
        while high - low > 1e-12 * high {
            let mid = low + 0.5 * (high - low);
            if holds(mid)? {
                low = mid;
            } else {
                high = mid;
            }
        }
        Ok(low)
    }

    /// Spare capacity: what the servers could do beyond what comes.
    fn spare(&self) -> f64 {
        self.service_rate
            .mul_add(f64::from(self.servers), -self.arrival_rate)
    }
}

impl std::fmt::Display for Mmc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "M/M/{}: {:.1} % busy, mean wait {:.6}, mean response {:.6}",
            self.servers,
            self.utilisation() * 100.0,
            self.mean_wait(),
            self.mean_sojourn()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// A queue played out event by event.
    #[test]
    fn agrees_with_a_simulated_queue() {
        let q = Mmc::new(3.0, 1.0, 4).unwrap();
        let mut rng = Rng::new(151);
        let mut free = [0.0f64; 4];
        let (mut now, mut sum, mut late, n) = (0.0, 0.0, 0u32, 400_000u32);
        let p90 = q.sojourn_quantile(0.9).unwrap();
        for _ in 0..n {
            now += -rng.uniform().ln() / 3.0;
            let next = (0..4).min_by(|&a, &b| free[a].total_cmp(&free[b])).unwrap();
            let end = now.max(free[next]) - rng.uniform().ln();
            free[next] = end;
            sum += end - now;
            late += u32::from(end - now > p90);
        }
        assert!((sum / f64::from(n) / q.mean_sojourn() - 1.0).abs() < 0.02);
        assert!((f64::from(late) / f64::from(n) - 0.1).abs() < 0.005);
    }

    #[test]
    fn edges() {
        assert_eq!(Mmc::new(10.0, 1.0, 10), Err(StatsError::Unstable));
        assert!(Mmc::new(0.0, 1.0, 1).is_err() && Mmc::new(1.0, f64::NAN, 1).is_err());
        assert!(Mmc::new(1.0, 1.0, 0).is_err());
        let q = Mmc::new(1.0, 1.0, 2).unwrap();
        assert_eq!(q.sojourn_quantile(0.0).unwrap(), 0.0);
        assert!(q.sojourn_quantile(1.0).is_err() && q.wait_quantile(f64::NAN).is_err());
        assert!(q.sojourn_quantile(1.0 - 1e-16).unwrap().is_finite());
        assert_eq!(
            (q.sojourn_exceeds(f64::NAN), q.sojourn_exceeds(1e300)),
            (1.0, 0.0)
        );
        assert_eq!(
            Mmc::largest_rate(1.0, 2, 0.99, 0.5),
            Err(StatsError::Unreachable)
        );
        let full = Mmc::new(1.0 - 1e-12, 1.0, 1).unwrap();
        assert!(full.sojourn_quantile(0.999).unwrap().is_finite());
    }
}
