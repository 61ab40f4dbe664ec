//! In: how many of how many trials succeeded, so far. Out: e-values and bounds for the rate, valid at every moment.

use crate::error::StatsError;
use crate::interval::{Interval, check_open_unit};
use crate::special::{deviance, ln_beta, ln_beta_tails, stirling_errors};
use std::f64::consts::PI;

/// The beta-binomial mixture: anytime-valid evidence about a rate (the share of calls that exceed a limit).
///
/// **Assumes** independent trials of one rate. The prior Beta(a, b) needs no truth: a wrong one costs samples, never
/// validity; put its mean a/(a+b) near the rate that matters (`a = 0.5, b = 49.5` for a budget of 1 %).
/// **Broken by** correlated trials (slow calls come in bursts): divide both counts by the autocorrelation time
/// ([`crate::series::autocorrelation_time`]) first, which is why counts are real numbers here.
///
/// With k of n successes the e-value against a rate p is B(a+k, b+n-k) / (B(a, b) p^k (1-p)^(n-k)). It exceeds 1/alpha at
/// *any* time with probability at most alpha if p is the rate (Ville 1939). Source: Robbins 1970, Ann. Math. Stat. 41.
///
/// ```
/// use perf_stats::sequential::BetaBinomial;
/// let budget = BetaBinomial::centred(0.01)?; // p99: 1 % may exceed
/// // No exceedance yet: 410 calls show that the rate is below 1 % (at alpha 0.05, two-sided mixture).
/// assert!(budget.log_e(0.0, 409.0, 0.01)? < 20f64.ln());
/// assert!(budget.log_e(0.0, 410.0, 0.01)? > 20f64.ln());
/// let rate = budget.interval(36.0, 1_000.0, 0.05)?;
/// assert!(rate.low > 0.01 && rate.contains(0.036));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaBinomial {
    a: f64, // > 0
    b: f64, // > 0
}

/// On which side of a tested rate the mixture puts its weight.
#[derive(Clone, Copy)]
enum Side {
    Above,
    Below,
}

impl BetaBinomial {
    /// The mixture over Beta(a, b); `a = b = 0.5` where nothing is known.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless both are positive and finite.
    pub fn new(a: f64, b: f64) -> Result<Self, StatsError> {
        for (value, name) in [(a, "a"), (b, "b")] {
            if !(1e-6..=1e12).contains(&value) {
                return Err(StatsError::BadParameter {
                    name,
                    expected: "within 1e-6 and 1e12",
                });
            }
        }
        Ok(Self { a, b })
    }

    /// The mixture that decides soonest near `rate`: Beta with mean `rate` and the weight of half a success.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `rate` is within 1e-9 and 1 - 1e-9.
    pub fn centred(rate: f64) -> Result<Self, StatsError> {
        if !(1e-9..=1.0 - 1e-9).contains(&rate) {
            let expected = "strictly between 0 and 1, at least 1e-9 from both";
            return Err(StatsError::BadParameter {
                name: "rate",
                expected,
            });
        }
        let total = 0.5 / rate.min(1.0 - rate);
        Self::new(total * rate, total * (1.0 - rate))
    }

    /// ln of the e-value against "the rate is `p`", either side; infinite where `p` is 0 or 1 and the data exclude it.
    ///
    /// `successes` and `trials` may be fractions (counts divided by an autocorrelation time). O(1), no cancellation up
    /// to 1e15 trials.
    ///
    /// ```
    /// let m = perf_stats::sequential::BetaBinomial::new(1.0, 1.0)?;
    /// // One success in one trial, uniform prior: B(2, 1)/B(1, 1) / 0.25 = 2.
    /// assert!((m.log_e(1.0, 1.0, 0.25)? - 2f64.ln()).abs() < 1e-12);
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `0 <= successes <= trials`, both finite, and `p` is within 0 and 1.
    pub fn log_e(&self, successes: f64, trials: f64, p: f64) -> Result<f64, StatsError> {
        check_counts(successes, trials)?;
        if !(0.0..=1.0).contains(&p) {
            return Err(StatsError::BadParameter {
                name: "p",
                expected: "within 0 and 1",
            });
        }
        Ok(self.two_sided(successes, trials, p))
    }

    /// ln of the e-value against "the rate is at most `p`": large when more succeed than that.
    ///
    /// The prior is cut off below `p`, so it is valid against every rate up to `p`, not `p` alone.
    ///
    /// # Errors
    /// As [`BetaBinomial::log_e`], with `p` strictly between 0 and 1.
    pub fn log_e_above(&self, successes: f64, trials: f64, p: f64) -> Result<f64, StatsError> {
        check_counts(successes, trials)?;
        Ok(self.one_sided(successes, trials, check_open_unit(p, "p")?, Side::Above))
    }

    /// ln of the e-value against "the rate is at least `p`": large when fewer succeed than that.
    ///
    /// # Errors
    /// As [`BetaBinomial::log_e_above`].
    pub fn log_e_below(&self, successes: f64, trials: f64, p: f64) -> Result<f64, StatsError> {
        check_counts(successes, trials)?;
        Ok(self.one_sided(successes, trials, check_open_unit(p, "p")?, Side::Below))
    }

    /// The rates whose e-value is below 1/alpha: a two-sided confidence sequence of level `1 - alpha`.
    ///
    /// With no trials, or no success, the lower end is 0; with no failure the upper end is 1.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] for counts as in [`BetaBinomial::log_e`] or `alpha` outside (0, 1).
    pub fn interval(
        &self,
        successes: f64,
        trials: f64,
        alpha: f64,
    ) -> Result<Interval, StatsError> {
        check_counts(successes, trials)?;
        let limit = -check_open_unit(alpha, "alpha")?.ln();
        let log_e = |p| self.two_sided(successes, trials, p);
        let low = lower_root(successes, trials, |p| log_e(p) >= limit);
        let high = upper_root(successes, trials, |p| log_e(p) >= limit);
        Ok(Interval::new(
            low,
            high,
            1.0 - alpha,
            "beta-binomial confidence sequence",
        ))
    }

    /// The lower confidence bound of the rate by the one-sided mixture; it is above the truth, ever, with probability at most `alpha`.
    ///
    /// # Errors
    /// As [`BetaBinomial::interval`].
    pub fn lower(&self, successes: f64, trials: f64, alpha: f64) -> Result<f64, StatsError> {
        check_counts(successes, trials)?;
        let limit = -check_open_unit(alpha, "alpha")?.ln();
        let log_e = |p| self.one_sided(successes, trials, p, Side::Above);
        Ok(lower_root(successes, trials, |p| log_e(p) >= limit))
    }

    /// The upper confidence bound of the rate by the one-sided mixture.
    ///
    /// # Errors
    /// As [`BetaBinomial::interval`].
    pub fn upper(&self, successes: f64, trials: f64, alpha: f64) -> Result<f64, StatsError> {
        check_counts(successes, trials)?;
        let limit = -check_open_unit(alpha, "alpha")?.ln();
        let log_e = |p| self.one_sided(successes, trials, p, Side::Below);
        Ok(upper_root(successes, trials, |p| log_e(p) >= limit))
    }

    fn two_sided(&self, k: f64, n: f64, p: f64) -> f64 {
        let (a, b) = (self.a, self.b);
        let failures = n - k;
        let (q, posterior_a, posterior_b) = (1.0 - p, a + k, b + failures);
        if (p == 0.0 && k > 0.0) || (q == 0.0 && failures > 0.0) {
            return f64::INFINITY;
        }
        if p == 0.0 || q == 0.0 {
            return ln_beta(posterior_a, posterior_b) - ln_beta(a, b);
        }
        // Stirling's main terms taken against p and q: only deviances near the rate remain, and nothing large cancels.
        let total = posterior_a + posterior_b;
        deviance(posterior_a, total * p)
            + deviance(posterior_b, total * q)
            + a * p.ln()
            + b * (-p).ln_1p()
            + 0.5 * ((2.0 * PI).ln() - posterior_a.ln() - (posterior_b / total).ln())
            + stirling_errors(posterior_a, posterior_b)
            - ln_beta(a, b)
    }

    fn one_sided(&self, k: f64, n: f64, p: f64, side: Side) -> f64 {
        let tail = |a, b| match side {
            Side::Above => ln_beta_tails(p, 1.0 - p, a, b).1,
            Side::Below => ln_beta_tails(p, 1.0 - p, a, b).0,
        };
        let prior = tail(self.a, self.b);
        let posterior = tail(self.a + k, self.b + (n - k));
        // No prior weight on that side in the range of f64: no evidence can be gathered, which is always valid.
        if prior == f64::NEG_INFINITY {
            return 0.0;
        }
        let both = self.two_sided(k, n, p);
        if both == f64::INFINITY {
            both
        } else {
            both + posterior - prior
        }
    }
}

fn check_counts(successes: f64, trials: f64) -> Result<(), StatsError> {
    if !(0.0..=1e15).contains(&trials) {
        return Err(StatsError::BadParameter {
            name: "trials",
            expected: "within 0 and 1e15",
        });
    }
    if !(0.0..=trials).contains(&successes) {
        return Err(StatsError::BadParameter {
            name: "successes",
            expected: "within 0 and trials",
        });
    }
    Ok(())
}

/// The largest rate at or below the observed one that is excluded; 0 if none is.
fn lower_root(k: f64, n: f64, excluded: impl Fn(f64) -> bool) -> f64 {
    if k == 0.0 || !excluded(f64::MIN_POSITIVE) {
        return 0.0;
    }
    let (mut out, mut within) = (f64::MIN_POSITIVE, k / n);
    loop {
        let mid = middle(out, within);
        if mid <= out || mid >= within {
            return out;
        }
        if excluded(mid) {
            out = mid;
        } else {
            within = mid;
        }
    }
}

/// The smallest rate at or above the observed one that is excluded; 1 if none is.
fn upper_root(k: f64, n: f64, excluded: impl Fn(f64) -> bool) -> f64 {
    let last = 1.0 - f64::EPSILON / 2.0;
    if n == 0.0 || k == n || !excluded(last) {
        return 1.0;
    }
    let (mut within, mut out) = ((k / n).max(f64::MIN_POSITIVE), last);
    loop {
        let mid = middle(within, out);
        if mid <= within || mid >= out {
            return out;
        }
        if excluded(mid) {
            out = mid;
        } else {
            within = mid;
        }
    }
}

/// Halves the interval, or its logarithm where that is wide.
fn middle(low: f64, high: f64) -> f64 {
    if high > 4.0 * low {
        low.sqrt() * high.sqrt()
    } else {
        low + 0.5 * (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn relative(got: f64, want: f64) -> f64 {
        (got - want).abs() / want.abs()
    }

    /// Closed form in 40 digits (mpmath), at a billion trials where `ln_gamma` differences lose six digits.
    #[test]
    fn a_billion_trials_keep_their_digits() {
        let m = BetaBinomial::new(0.5, 49.5).unwrap();
        for (k, n, p, want) in [
            (10_005_000.0, 1e9, 0.01, -7.296_894_149_229_006),
            (125_000.0, 1.3e7, 0.01, 92.013_350_850_450_59),
            (3.0, 1e9, 1e-9, -6.784_563_303_476_924),
        ] {
            let got = m.log_e(k, n, p).unwrap();
            assert!(
                relative(got, want) < 1e-10,
                "{k} of {n}: {got}, want {want}"
            );
        }
    }

    #[test]
    fn one_sided_bounds_are_where_their_evidence_crosses() {
        let m = BetaBinomial::centred(0.01).unwrap();
        let limit = 100f64.ln();
        for (k, n) in [(3.0, 100.0), (12.0, 1_000.0), (0.5, 7.25), (12_000.0, 1e6)] {
            let low = m.lower(k, n, 0.01).unwrap();
            let high = m.upper(k, n, 0.01).unwrap();
            assert!(low < k / n && k / n < high);
            assert!(
                (m.log_e_above(k, n, low).unwrap() - limit).abs() < 1e-6,
                "{k} of {n}"
            );
            assert!(
                (m.log_e_below(k, n, high).unwrap() - limit).abs() < 1e-6,
                "{k} of {n}"
            );
            assert!(m.log_e_above(k, n, low * 0.9).unwrap() > limit);
            assert!(m.log_e_below(k, n, high * 1.1).unwrap() > limit);
        }
        assert_eq!(m.lower(0.0, 50.0, 0.05).unwrap(), 0.0);
        assert_eq!(m.upper(50.0, 50.0, 0.05).unwrap(), 1.0);
        let none = m.interval(0.0, 0.0, 0.05).unwrap();
        assert_eq!((none.low, none.high), (0.0, 1.0));
    }

    /// A one-sided e-value is the mixture over one side: it is a fair bet at `p` (expectation 1 for one trial).
    #[test]
    fn evidence_is_a_fair_bet() {
        let m = BetaBinomial::new(0.7, 3.0).unwrap();
        for p in [0.05f64, 0.3, 0.8] {
            for f in [
                BetaBinomial::log_e,
                BetaBinomial::log_e_above,
                BetaBinomial::log_e_below,
            ] {
                let mean: f64 = (0..=4u8)
                    .map(|k| {
                        let choose = [1.0, 4.0, 6.0, 4.0, 1.0][usize::from(k)];
                        let mass = choose * p.powi(i32::from(k)) * (1.0 - p).powi(4 - i32::from(k));
                        mass * f(&m, f64::from(k), 4.0, p).unwrap().exp()
                    })
                    .sum();
                assert!((mean - 1.0).abs() < 1e-9, "p {p}: {mean}");
            }
        }
    }

    /// Looking after every one of 1,500 trials: at most alpha of all runs ever exclude the true rate.
    #[test]
    fn coverage_holds_at_every_look() {
        let (runs, alpha, rate) = (800u64, 0.05f64, 0.01);
        let m = BetaBinomial::centred(rate).unwrap();
        let limit = -alpha.ln();
        let mut wrong = [0u32; 3];
        for run in 0..runs {
            let mut rng = Rng::stream(11, run);
            let (mut k, mut hit) = (0.0, [false; 3]);
            for n in 1..=1_500u32 {
                if rng.uniform() < rate {
                    k += 1.0;
                }
                let n = f64::from(n);
                hit[0] |= m.two_sided(k, n, rate) >= limit;
                hit[1] |= m.one_sided(k, n, rate, Side::Above) >= limit;
                hit[2] |= m.one_sided(k, n, rate, Side::Below) >= limit;
            }
            for (count, hit) in wrong.iter_mut().zip(hit) {
                *count += u32::from(hit);
            }
        }
        // 5 % of 800 is 40, three standard errors above it 58; and it must have power to be wrong at all.
        assert!(wrong.iter().all(|w| (4..=58).contains(w)), "{wrong:?}");
    }

    #[test]
    fn bad_arguments_are_refused() {
        let m = BetaBinomial::new(0.5, 0.5).unwrap();
        for (k, n, p) in [
            (2.0, 1.0, 0.5),
            (-1.0, 1.0, 0.5),
            (f64::NAN, 1.0, 0.5),
            (0.0, f64::INFINITY, 0.5),
            (0.0, 1.0, 1.5),
        ] {
            assert!(matches!(
                m.log_e(k, n, p),
                Err(StatsError::BadParameter { .. })
            ));
        }
        assert!(BetaBinomial::new(0.0, 1.0).is_err());
        assert!(BetaBinomial::centred(1.0).is_err());
        assert!(m.interval(1.0, 2.0, 0.0).is_err());
        assert_eq!(m.log_e(1.0, 2.0, 0.0).unwrap(), f64::INFINITY);
    }
}
