//! In: kinds of comparisons of which the truth is known. Out: [`measure`], each of them again and again for the time asked for.

use super::tally::{Tallies, Truth};
use super::wishes::Wishes;
use perf_core::judge::{Alternatives, Comparison, Verdict};
use std::time::{Duration, Instant};

/// One kind of comparison within this process.
pub struct Case {
    name: &'static str,
    truth: Truth,
    turn: usize, // comparisons a turn
    run: Box<dyn FnMut(Alternatives) -> Comparison>,
}

impl Case {
    /// Under this name, so many comparisons in each turn.
    #[must_use]
    pub fn new(
        name: &'static str,
        truth: Truth,
        turn: usize,
        run: impl FnMut(Alternatives) -> Comparison + 'static,
    ) -> Self {
        Self {
            name,
            truth,
            turn,
            run: Box::new(run),
        }
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Turn after turn until the time is over, each comparison with a seed of its own.
#[must_use]
pub fn measure(mut cases: Vec<Case>, wishes: &Wishes) -> Tallies {
    cases.retain(|case| wishes.piece.wants(case.name));
    let conditions = wishes.conditions();
    println!("{conditions} a side, seed {}", wishes.piece.seed);
    let _neighbour = wishes.piece.neighbour();
    let (start, mut all) = (Instant::now(), Tallies::default());
    let mut seed = wishes.piece.seed << 32;
    while start.elapsed().as_secs_f64() < wishes.piece.seconds && !cases.is_empty() {
        for case in &mut cases {
            for _ in 0..case.turn {
                seed += 1;
                let with = Alternatives::new(case.name)
                    .margin(wishes.margin)
                    .time(Duration::from_secs_f64(wishes.time_seconds))
                    .seed(seed);
                let began = Instant::now();
                let found = (case.run)(with);
                all.take(
                    case.truth,
                    &format!("{}; {conditions}", case.name),
                    &found,
                    began.elapsed().as_secs_f64(),
                );
                if wishes.failures && !is_right(case.truth, found.verdict) {
                    print!("{}", found.report().text(None, false));
                }
            }
        }
    }
    all
}

fn is_right(truth: Truth, verdict: Verdict) -> bool {
    match truth {
        Truth::Equal => verdict == Verdict::Equivalent,
        Truth::More => verdict == Verdict::Regressed,
        Truth::Copies => true,
    }
}
