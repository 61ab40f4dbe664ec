//! In: comparisons that are judged together. Out: which regressions count, by Holm, and the exit code of all.

use super::comparison::{Comparison, Outcome};
use super::policy::Policy;
use super::verdict::{BudgetVerdict, Verdict};
use perf_stats::decision::{Judged, SuiteEntry, SuitePolicy, judge_suite};

impl Judged for &Outcome {
    fn regressed(&self) -> bool {
        self.verdict == Verdict::Regressed
    }

    fn inconclusive(&self) -> bool {
        self.verdict == Verdict::Inconclusive
    }

    fn p(&self) -> Option<f64> {
        self.p
    }
}

/// Judges several comparisons as one suite: notes in each deciding outcome its p after Holm's correction over all of them, and
/// gives the exit code of the whole, as [`Comparison::exit_code`] does for one.
///
/// Ten benchmarks at one in a hundred each would raise a false alarm in one run of ten; so corrected, the suite as a whole does
/// with probability [`Policy::level`] at most.
pub fn judge_together(comparisons: &mut [Comparison], policy: &Policy) -> u8 {
    let adjusted: Vec<f64> = entries(comparisons, policy)
        .iter()
        .map(|e| e.adjusted_p)
        .collect();
    let deciding = comparisons
        .iter_mut()
        .flat_map(|c| &mut c.results)
        .filter(|o| o.decides);
    for (outcome, p) in deciding.zip(adjusted) {
        outcome.adjusted_p = Some(p);
    }
    exit_code(comparisons, policy)
}

pub(super) fn exit_code(comparisons: &[Comparison], policy: &Policy) -> u8 {
    let broken = |c: &Comparison| {
        c.budgets(policy)
            .iter()
            .any(|b| b.verdict == BudgetVerdict::Broken)
    };
    if entries(comparisons, policy).iter().any(|entry| entry.fails)
        || comparisons.iter().any(broken)
    {
        return 1;
    }
    if comparisons.iter().any(|c| c.is_open(policy)) {
        2
    } else {
        0
    }
}

fn entries(comparisons: &[Comparison], policy: &Policy) -> Vec<SuiteEntry> {
    let deciding: Vec<&Outcome> = comparisons.iter().flat_map(Comparison::deciding).collect();
    let level = if policy.level > 0.0 && policy.level < 1.0 {
        policy.level
    } else {
        SuitePolicy::default().level
    };
    let policy = SuitePolicy {
        level,
        ..SuitePolicy::default()
    };
    // The one error left is that there is nothing to judge.
    judge_suite(&deciding, policy).map_or_else(|_| Vec::new(), |answer| answer.entries)
}
