//! In: an environment and a true change. Out: how often each verdict falls, and how soon.

use crate::environment::{Environment, block};
use perf_stats::Rng;
use perf_stats::decision::{Design, Margin, Plan, Verdict};

/// Counts over simulated experiments.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) runs: usize,
    pub(crate) regressed: usize,
    pub(crate) improved: usize,
    pub(crate) equivalent: usize,
    /// Regressed within 20 blocks.
    pub(crate) early: usize,
    /// Blocks used, all runs together.
    pub(crate) blocks: usize,
    /// The interval held the true change.
    pub(crate) covered: usize,
}

impl Tally {
    pub(crate) fn rate(&self, count: usize) -> f64 {
        count as f64 / self.runs as f64
    }
}

/// Standard error of an observed share.
pub(crate) fn standard_error(share: f64, runs: usize) -> f64 {
    (share * (1.0 - share) / runs as f64).sqrt()
}

/// Simulates `runs` experiments with a margin of 2 %; `change` is the true relative change of the candidate.
pub(crate) fn simulate(environment: Environment, change: f64, runs: usize, seed: u64) -> Tally {
    let design = Design::new(Margin::COMMAND);
    let mut tally = Tally {
        runs,
        ..Tally::default()
    };
    for run in 0..runs as u64 {
        let mut rng = Rng::stream(seed, 2 * run);
        let noise = environment.noise(&mut rng, 4 * design.last_look());
        let mut trial = design.start();
        for (order, batches) in Plan::new(seed ^ run.rotate_left(24)).zip(noise.chunks_exact(4)) {
            let values = block(order, batches, change.ln_1p());
            trial
                .push_block(order, values)
                .expect("finite simulated values");
            if trial.is_over() {
                break;
            }
        }
        let decision = trial.finish();
        match decision.verdict {
            Verdict::Regressed => {
                tally.regressed += 1;
                tally.early += usize::from(decision.n <= 20);
            }
            Verdict::Improved => tally.improved += 1,
            Verdict::Equivalent => tally.equivalent += 1,
            Verdict::Inconclusive(_) => {}
        }
        tally.blocks += decision.n;
        let interval = decision.change.map_or((None, None), |c| (c.low, c.high));
        let above = interval.0.is_none_or(|low| low <= change);
        let below = interval.1.is_none_or(|high| change <= high);
        tally.covered += usize::from(above && below);
    }
    tally
}
