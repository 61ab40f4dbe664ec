//! In: block log ratios, one by one. Out: [`Decision`]s at the planned looks.

use super::answer::{Decision, LogInterval};
use super::design::Design;
use super::guard::{CarryOver, Conditions, guard};
use super::margin::Margin;
use super::mde;
use super::plan::Order;
use super::verdict::{Reason, Scope, Verdict, Warning};
use crate::error::StatsError;
use crate::interval::Alternative;
use crate::signed_rank::{EXACT_LIMIT, Walsh, ZeroMethod, lower_critical, wilcoxon};

/// A before/after experiment as it runs: feed it one log ratio a block, and it decides at the planned looks.
///
/// At each look: the pseudomedian of the block log ratios `ln(candidate / baseline)` and its exact signed-rank interval at
/// one-sided level alpha / looks; the verdict is the side of the margin on which the whole interval lies.
///
/// Assumes: each ratio symmetric about the true one, independent of the others *given the sizes of their deviations*. A
/// coin a block ([`Plan`](super::Plan)) gives that by design under drift, autocorrelation, steps and heavy tails alike.
/// Broken by: a fixed order, carry-over from arm to arm, a change that itself moves with time; the guards look for the last
/// two. Source: Wilcoxon (1945), Hodges & Lehmann (1963); union bound over looks. One look at 80 blocks: 0.3 ms.
///
/// ```
/// use perf_stats::decision::{Design, Margin, Plan, Verdict};
/// let mut trial = Design::new(Margin::IN_PROCESS).start();
/// for (block, order) in Plan::new(1).take(80).enumerate() {
///     let jitter = 1.0 + 0.0005 * (block % 5) as f64; // the same code twice
///     let times = order.arms().map(|_arm| 100.0); // run the arm, take the time
///     trial.push_block(order, [times[0], times[1] * jitter, times[2], times[3]])?;
///     if trial.is_over() {
///         break;
///     }
/// }
/// let decision = trial.finish();
/// assert_eq!((decision.verdict, decision.n), (Verdict::Equivalent, 10));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trial {
    design: Design,
    ratios: Vec<f64>,
    carry_over: CarryOver,
    conditions: Conditions,
    looks_taken: usize,
    smallest_p: f64, // one-sided, over the looks taken, not yet multiplied
    decision: Option<Decision>,
}

impl Trial {
    pub(super) fn new(design: Design) -> Self {
        Self {
            design,
            ratios: Vec::new(),
            carry_over: CarryOver::default(),
            conditions: Conditions::default(),
            looks_taken: 0,
            smallest_p: 1.0,
            decision: None,
        }
    }

    /// Adds one block's `ln(candidate / baseline)`. At a planned look, gives the decision. After a claim, nothing changes.
    ///
    /// # Errors
    /// [`StatsError::NonFinite`] with the block's index.
    pub fn push(&mut self, log_ratio: f64) -> Result<Option<&Decision>, StatsError> {
        if !log_ratio.is_finite() {
            return Err(StatsError::NonFinite {
                index: self.ratios.len(),
            });
        }
        if self.is_over() {
            return Ok(self.decision.as_ref());
        }
        self.ratios.push(log_ratio);
        if self.design.look_at(self.looks_taken) != Some(self.ratios.len()) {
            return Ok(None);
        }
        self.look(self.design.critical(self.looks_taken));
        Ok(self.decision.as_ref())
    }

    /// Adds one block of four batch values in time order: mean of the candidate's logarithms less the baseline's. The
    /// values serve the carry-over guard too.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless all four are positive and finite.
    pub fn push_block(
        &mut self,
        order: Order,
        batches: [f64; 4],
    ) -> Result<Option<&Decision>, StatsError> {
        let [a, b, c, d] = logs_of(batches)?;
        let outer_less_inner = 0.5 * ((a - b) + (d - c));
        let ratio = match order {
            Order::Abba => -outer_less_inner,
            Order::Baab => outer_less_inner,
        };
        self.note_batches(order, batches);
        self.push(ratio)
    }

    /// Adds one round of two batch values in time order, as [`Order::round`] says: the shortest unit, and per batch the one that
    /// decides soonest. Drift within a round does not cancel but widens the interval; carry-over cannot be seen.
    ///
    /// ```
    /// use perf_stats::decision::{Design, Margin, Order, Verdict};
    /// let mut trial = Design::new(Margin::IN_PROCESS).start();
    /// for i in 0..10 {
    ///     let order = if i % 3 == 0 { Order::Abba } else { Order::Baab }; // from a `Plan` in earnest
    ///     let values = if order == Order::Abba { [10.0, 10.5] } else { [10.5, 10.0] };
    ///     trial.push_round(order, values)?;
    /// }
    /// assert_eq!(trial.finish().verdict, Verdict::Regressed);
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless both are positive and finite.
    pub fn push_round(
        &mut self,
        order: Order,
        batches: [f64; 2],
    ) -> Result<Option<&Decision>, StatsError> {
        let [first, second] = logs_of(batches)?;
        self.push(if order == Order::Abba {
            second - first
        } else {
            first - second
        })
    }

    /// Shows the carry-over guard the four batch values of the block that is pushed next by its ratio alone, for callers that
    /// reduce batches in a way of their own. Values that are not positive and finite are passed over.
    pub fn note_batches(&mut self, order: Order, batches: [f64; 4]) {
        let inner_step = batches[2].ln() - batches[1].ln();
        if !self.is_over() && inner_step.is_finite() {
            self.carry_over.push(order, inner_step);
        }
    }

    /// What is known of the machine and the clock; the guards use it from the next look on.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Blocks so far.
    pub fn blocks(&self) -> usize {
        self.ratios.len()
    }

    /// Whether a claim was made or the last look is taken.
    pub fn is_over(&self) -> bool {
        let claimed = self
            .decision
            .as_ref()
            .is_some_and(|d| d.verdict.reason().is_none());
        claimed || self.looks_taken == self.design.looks_planned()
    }

    /// The decision on what was collected. Where time ran out between two looks, the next look is taken early, with the
    /// error rate that was set aside for it; that is honest as long as the cap did not depend on the ratios.
    pub fn finish(mut self) -> Decision {
        let n = self.ratios.len();
        let (need, scope) = (self.design.first_look(), self.design.unit());
        let at_look = self.looks_taken > 0 && self.design.look_at(self.looks_taken - 1) == Some(n);
        if n >= need && !self.is_over() && !at_look {
            let critical = lower_critical(n, self.design.alpha_each());
            self.look(critical);
        }
        self.decision.take().unwrap_or_else(|| {
            let reason = Reason::TooFew { need, got: n };
            let mut d = Decision::without_look(self.design.margin(), scope, n, reason);
            d.change = self.unbounded().map(|i| i.change());
            d
        })
    }

    fn look(&mut self, critical: Option<u64>) {
        self.looks_taken += 1;
        let n = self.ratios.len();
        let Ok(walsh) = Walsh::new(&self.ratios) else {
            return;
        }; // never: not empty, all finite
        let (low, high) = walsh.bounds(critical);
        let margin = self.design.margin();
        let alpha = self.design.alpha_each();
        let interval = LogInterval {
            estimate: walsh.median(),
            low,
            high,
            level: 1.0 - 2.0 * alpha,
        };
        self.smallest_p = self.smallest_p.min(self.p_worse());
        let mut decision = Decision {
            verdict: interval.verdict(margin),
            withheld: None,
            change: Some(interval.change()),
            p: Some((self.smallest_p * self.design.looks_planned() as f64).min(1.0)),
            margin,
            scope: self.design.unit(),
            n,
            mde: mde::at_look(&interval, alpha, margin),
            warnings: warnings(&interval, n, margin),
        };
        if decision.verdict.reason().is_none() {
            let found = guard(&self.ratios, &self.carry_over, &self.conditions, margin);
            let found = found.or(too_few_processes(self.design.unit(), n));
            if let Some(reason) = found {
                decision.withhold(reason);
            }
        }
        self.decision = Some(decision);
    }

    /// One-sided p-value of "not worse than the margin".
    fn p_worse(&self) -> f64 {
        let d = self.design.margin().log();
        let beyond: Vec<f64> = self.ratios.iter().map(|r| r - d).collect();
        wilcoxon(&beyond, ZeroMethod::Wilcox).map_or(1.0, |t| t.p(Alternative::Greater))
    }

    /// The estimate without an interval, before the first look.
    fn unbounded(&self) -> Option<LogInterval> {
        let estimate = Walsh::new(&self.ratios).ok()?.median();
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        Some(LogInterval {
            estimate,
            low,
            high,
            level: 1.0 - 2.0 * self.design.alpha_each(),
        })
    }
}

fn logs_of<const N: usize>(batches: [f64; N]) -> Result<[f64; N], StatsError> {
    if batches.iter().all(|&v| v > 0.0 && v.is_finite()) {
        return Ok(batches.map(f64::ln));
    }
    Err(StatsError::BadParameter {
        name: "batches",
        expected: "positive and finite",
    })
}

/// Processes below which nothing is claimed about processes.
const MIN_PROCESSES: usize = 5;

fn too_few_processes(scope: Scope, n: usize) -> Option<Reason> {
    (scope == Scope::Process && n < MIN_PROCESSES).then_some(Reason::TooFewProcesses {
        need: MIN_PROCESSES,
        got: n,
    })
}

fn warnings(interval: &LogInterval, n: usize, margin: Margin) -> Vec<Warning> {
    let mut all = Vec::new();
    if interval.verdict(margin) == Verdict::Equivalent && interval.excludes_zero() {
        all.push(Warning::BelowMargin);
    }
    if n > EXACT_LIMIT {
        all.push(Warning::Approximate);
    }
    if interval.low == interval.high {
        all.push(Warning::Constant);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::design::ALPHA;
    use super::super::looks::Looks;
    use super::*;
    use crate::rng::Rng;

    fn noisy(n: usize, shift: f64, sd: f64, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        (0..n).map(|_| shift + sd * rng.normal()).collect()
    }

    fn design() -> Design {
        Design::new(Margin::COMMAND)
    }

    #[test]
    fn each_verdict_is_reached_and_streaming_is_the_same_as_all_at_once() {
        for (shift, want) in [
            (0.06, "regressed"),
            (-0.06, "improved"),
            (0.0, "equivalent"),
        ] {
            let r = noisy(80, shift, 0.01, 5);
            let all = design().decide(&r).expect("finite");
            assert_eq!(all.verdict.word(), want);
            let mut trial = design().start();
            let streamed = r.iter().find_map(|&v| {
                let d = trial.push(v).expect("finite").cloned();
                d.filter(|d| d.verdict.reason().is_none())
            });
            assert_eq!(streamed, Some(all));
        }
    }

    #[test]
    fn at_the_margin_it_stays_undecided_and_says_what_it_could_have_seen() {
        let d = design()
            .decide(&noisy(80, 1.02f64.ln(), 0.01, 6))
            .expect("finite");
        assert_eq!(d.verdict.reason().map(Reason::word), Some("undecided"));
        assert_eq!(d.n, 80);
        let mde = d.mde.expect("bounded interval");
        assert!(mde > 0.022 && mde < 0.027, "{mde}");
    }

    #[test]
    fn below_ten_blocks_there_is_an_estimate_and_no_claim() {
        let d = design().decide(&[0.1; 9]).expect("finite");
        assert_eq!(
            d.verdict,
            Verdict::Inconclusive(Reason::TooFew { need: 10, got: 9 })
        );
        let change = d.change.expect("nine blocks");
        assert!((change.estimate - 0.1f64.exp_m1()).abs() < 1e-12);
        assert_eq!((change.low, change.high, d.p), (None, None, None));
        assert_eq!(design().decide(&[]).expect("nothing is fine").change, None);
    }

    #[test]
    fn time_running_out_between_looks_takes_the_next_one_early() {
        let r = noisy(15, 0.02, 0.05, 8);
        let d = design().decide(&r).expect("finite");
        assert_eq!(d.n, 15);
        assert!(d.p.is_some());
        // Nothing new since the look at 10: no second look at the same data.
        let ten = design().decide(&r[..10]).expect("finite");
        let mut trial = design().start();
        let mut last = None;
        for &v in &r[..10] {
            last = trial.push(v).expect("finite").cloned();
        }
        assert_eq!(last, Some(ten));
    }

    #[test]
    fn interval_and_p_agree_about_the_margin() {
        for seed in 0..200 {
            let r = noisy(10, 0.03, 0.01, 1_000 + seed);
            let d = Design::new(Margin::COMMAND).looks(Looks::at(&[10]).expect("one look"));
            let d = d.decide(&r).expect("finite");
            let p = d.p.expect("looked");
            assert_eq!(d.verdict == Verdict::Regressed, p <= ALPHA, "{d} p = {p}");
        }
    }

    #[test]
    fn processes_under_five_claim_nothing() {
        let looks = Looks::at(&[4]).expect("one look");
        let design = design()
            .scope(Scope::Process)
            .looks(looks)
            .alpha(0.1)
            .expect("valid");
        let d = design.decide(&[0.1, 0.101, 0.102, 0.103]).expect("finite");
        assert_eq!(
            d.verdict.reason().map(Reason::word),
            Some("too_few_processes")
        );
    }
}
