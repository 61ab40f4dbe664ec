//! In: the block ratios and what is known of the circumstances. Out: a [`Reason`] to withhold a claim, where there is one.
//!
//! Guards never turn one claim into another: they only say that none may be made.

use super::margin::Margin;
use super::plan::Order;
use super::verdict::Reason;
use crate::describe::median;
use crate::error::StatsError;
use crate::tests::welch_t;
use crate::trend::mann_kendall;

/// Guards ask many times over a suite, so they speak up only when chance is out of the question.
const GUARD_ALPHA: f64 = 0.001;

/// A clock step may be at most this share of the margin.
const STEP_SHARE: f64 = 0.2;

/// What the caller knows about the circumstances; the default knows of nothing wrong.
///
/// ```
/// use perf_stats::decision::{Conditions, Design, Margin, Reason};
/// let mut trial = Design::new(Margin::relative(0.02)?).start();
/// trial.set_conditions(Conditions { environment_shift: Some(0.07), ..Conditions::default() });
/// for _ in 0..80 {
///     trial.push(0.10)?;
/// }
/// let decision = trial.finish();
/// assert_eq!(decision.verdict.reason().map(Reason::word), Some("environment_changed"));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Conditions {
    /// How far a witness of the machine's own speed (a calibrated spin, clock frequency, stolen time) moved while the
    /// blocks ran, as a fraction. Beyond the margin nothing is claimed.
    pub environment_shift: Option<f64>,
    /// One step of the clock as a fraction of a batch. Beyond a fifth of the margin nothing is claimed.
    pub clock_step: Option<f64>,
    /// Whether warm-up had ended when the first block began.
    pub steady: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            environment_shift: None,
            clock_step: None,
            steady: true,
        }
    }
}

/// Steps from the first to the second of the inner batches, which are of one arm: in BAAB the second baseline runs after
/// its own kind and the first after the candidate, in ABBA the same with the arms swapped.
#[derive(Clone, Debug, Default)]
pub(crate) struct CarryOver {
    abba: Vec<f64>,
    baab: Vec<f64>,
}

impl CarryOver {
    pub(crate) fn push(&mut self, order: Order, inner_step: f64) {
        match order {
            Order::Abba => self.abba.push(inner_step),
            Order::Baab => self.baab.push(inner_step),
        }
    }

    /// Drift and a switching cost equal for both arms shift both groups alike; what is left is twice the difference
    /// between "after baseline" and "after candidate". A block's ratio carries at most half of that difference.
    fn reason(&self, margin: Margin) -> Option<Reason> {
        if self.abba.len() < 3 || self.baab.len() < 3 {
            return None;
        }
        let difference = mean(&self.baab) - mean(&self.abba);
        let bias = difference / 4.0;
        if bias.abs() <= margin.log() / 2.0 {
            return None;
        }
        let p = match welch_t(&self.baab, &self.abba, 0.95) {
            Ok(t) => t.p.two_sided,
            Err(StatsError::ZeroVariance) => 0.0, // no noise at all, and yet a difference
            Err(_) => return None,
        };
        (p < GUARD_ALPHA).then(|| Reason::CarryOver {
            p,
            bias: bias.exp_m1().min(f64::MAX),
        })
    }
}

/// The first reason that holds, if any.
pub(crate) fn guard(
    ratios: &[f64],
    carry_over: &CarryOver,
    conditions: &Conditions,
    margin: Margin,
) -> Option<Reason> {
    circumstances(conditions, margin)
        .or_else(|| trend(ratios, margin))
        .or_else(|| carry_over.reason(margin))
        .or_else(|| bimodal(ratios, margin))
}

fn circumstances(c: &Conditions, margin: Margin) -> Option<Reason> {
    if let Some(shift) = c
        .environment_shift
        .filter(|s| s.is_nan() || s.abs() > margin.value())
    {
        let shift = Some(shift).filter(|s| s.is_finite());
        return Some(Reason::EnvironmentChanged { shift });
    }
    if let Some(step) = c.clock_step.filter(|s| *s > STEP_SHARE * margin.value()) {
        return Some(Reason::Resolution {
            step: step.min(f64::MAX),
        });
    }
    (!c.steady).then_some(Reason::NotSteady)
}

/// Mann-Kendall on the ratios in time order, and the change between the halves is of the margin's order.
fn trend(ratios: &[f64], margin: Margin) -> Option<Reason> {
    let half = ratios.len() / 2;
    let (early, late) = (&ratios[..half], &ratios[ratios.len() - half..]);
    let drift = median(late).ok()? - median(early).ok()?;
    if half < 5 || drift.abs() <= margin.log() / 2.0 {
        return None;
    }
    let p = mann_kendall(ratios).map_or(1.0, |t| t.p);
    (p < GUARD_ALPHA).then(|| Reason::Trend {
        p,
        drift: drift.exp_m1().min(f64::MAX),
    })
}

/// Blocks in a mode below which it is not a mode but a few outliers, as a share.
const MODE_SHARE: f64 = 0.2;
/// Distance of two modes in units of the spread within them. The best split of normal noise gives 2.7, of uniform noise 3.5.
const MODE_DISTANCE: f64 = 6.0;
/// Blocks needed to speak of modes.
const MODE_BLOCKS: usize = 20;

/// Two clusters, far apart against their own spread, whose centres lie on different sides of a margin.
fn bimodal(ratios: &[f64], margin: Margin) -> Option<Reason> {
    if ratios.len() < MODE_BLOCKS {
        return None;
    }
    let mut r = ratios.to_vec();
    r.sort_unstable_by(f64::total_cmp);
    let split = best_split(&r)?;
    let (low, high) = (mean(&r[..split]), mean(&r[split..]));
    let within = (squares(&r[..split], low) + squares(&r[split..], high)) / r.len() as f64;
    let d = margin.log();
    let side = |x: f64| (x > d, x < -d);
    let apart = high - low > MODE_DISTANCE * within.sqrt();
    (apart && side(low) != side(high)).then(|| Reason::Bimodal {
        low: low.exp_m1().min(f64::MAX),
        high: high.exp_m1().min(f64::MAX),
    })
}

/// The widest gap of the sorted values that leaves a fair share on either side; none where they are all equal.
fn best_split(sorted: &[f64]) -> Option<usize> {
    let least = (sorted.len() as f64 * MODE_SHARE).ceil() as usize;
    let gap = |i: usize| sorted[i] - sorted[i - 1];
    let widest = (least..=sorted.len() - least).max_by(|&i, &j| gap(i).total_cmp(&gap(j)))?;
    (gap(widest) > 0.0).then_some(widest)
}

fn mean(x: &[f64]) -> f64 {
    x.iter().map(|v| v / x.len() as f64).sum()
}

fn squares(x: &[f64], centre: f64) -> f64 {
    x.iter().map(|v| (v - centre).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    const MARGIN: Margin = Margin::COMMAND;

    fn reason(ratios: &[f64]) -> Option<&'static str> {
        guard(
            ratios,
            &CarryOver::default(),
            &Conditions::default(),
            MARGIN,
        )
        .map(|r| r.word())
    }

    #[test]
    fn a_moving_change_is_a_trend_and_a_steady_one_is_not() {
        let mut rng = Rng::new(4);
        let noise: Vec<f64> = (0..40).map(|_| 0.01 * rng.normal()).collect();
        let moving: Vec<f64> = noise
            .iter()
            .enumerate()
            .map(|(i, e)| e + 0.002 * i as f64)
            .collect();
        assert_eq!(reason(&moving), Some("trend"));
        assert_eq!(reason(&noise), None);
    }

    #[test]
    fn modes_matter_only_on_different_sides_of_the_margin() {
        let mut rng = Rng::new(5);
        let mut modes = |a: f64, b: f64| -> Vec<f64> {
            (0..40)
                .map(|_| if rng.coin() { a } else { b } + 0.003 * rng.normal())
                .collect()
        };
        assert_eq!(reason(&modes(0.0, 0.08)), Some("bimodal"));
        assert_eq!(reason(&modes(0.05, 0.13)), None);
    }

    #[test]
    fn an_arm_that_slows_its_successor_is_found() {
        // After the candidate everything takes 8 % longer, whichever arm it is; the arms themselves are equal.
        let mut rng = Rng::new(6);
        let mut carry = CarryOver::default();
        let mut honest = CarryOver::default();
        for order in crate::decision::Plan::new(2).take(40) {
            let arms = order.arms();
            let after =
                |i: usize| f64::from(u8::from(arms[i - 1] == crate::decision::Arm::Candidate));
            let step = 0.08 * (after(2) - after(1));
            carry.push(order, step + 0.01 * rng.normal());
            honest.push(order, 0.02 + 0.01 * rng.normal()); // a drift, equal for both
        }
        let found = carry.reason(MARGIN);
        assert!(
            matches!(found, Some(Reason::CarryOver { bias, .. }) if bias < -0.02),
            "{found:?}"
        );
        assert_eq!(honest.reason(MARGIN), None);
    }

    #[test]
    fn circumstances_are_judged_against_the_margin() {
        let of =
            |c: Conditions| guard(&[0.0; 10], &CarryOver::default(), &c, MARGIN).map(|r| r.word());
        let fine = Conditions::default();
        assert_eq!(of(fine), None);
        assert_eq!(
            of(Conditions {
                environment_shift: Some(-0.03),
                ..fine
            }),
            Some("environment_changed")
        );
        assert_eq!(
            of(Conditions {
                environment_shift: Some(f64::NAN),
                ..fine
            }),
            Some("environment_changed")
        );
        assert_eq!(
            of(Conditions {
                environment_shift: Some(0.01),
                ..fine
            }),
            None
        );
        assert_eq!(
            of(Conditions {
                clock_step: Some(0.005),
                ..fine
            }),
            Some("resolution")
        );
        assert_eq!(
            of(Conditions {
                steady: false,
                ..fine
            }),
            Some("not_steady")
        );
    }
}
