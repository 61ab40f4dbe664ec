//! In: measurements of a baseline and a candidate. Out: what may be claimed about the change, at a stated error rate.
//!
//! | question | item |
//! |---|---|
//! | in which order do I measure? | [`Plan`]: a coin a block |
//! | did it get slower? | [`Design`], [`Trial`]: feed it log ratios block by block |
//! | all measured already | [`Design::decide`] |
//! | did the p99 get slower? | [`TailTrial`] |
//! | is the allocation count the same? | [`compare_constant`] |
//! | stored numbers, nothing interleaved | [`compare_stored`] |
//! | may this block the merge? | [`confirm`] in a fresh process, then [`judge_suite`] |
//! | how small a change could I have seen? | [`Decision::mde`], [`minimum_detectable_effect`] |
//! | is the p99 below 5 ms? | [`Bound`] |
//!
//! # How it decides
//!
//! The unit is the block, never the single call. A block runs both arms in an order that a fair coin chose, and yields one
//! number, `ln(candidate / baseline)`. The coin makes that number symmetric about the true change whatever the noise, so the
//! signed-rank interval of the block ratios is exact under drift, autocorrelation, steps and heavy tails. Looks are planned
//! ahead (10, 20, 40, 80 blocks) and share the error rate. With the margin d:
//!
//! * the whole interval above d: [`Verdict::Regressed`]; below -d: [`Verdict::Improved`]; within: [`Verdict::Equivalent`];
//! * else the next look, and after the last one [`Verdict::Inconclusive`] with its [`Reason`].
//!
//! Guards turn a claim into `Inconclusive` and never into another claim. A claim reaches as far as its [`Scope`]: blocks of one
//! process speak for this build in this memory layout only.
//!
//! ```
//! use perf_stats::decision::{Design, Margin, Plan, Verdict};
//! # fn time(arm: perf_stats::decision::Arm, rng: &mut perf_stats::Rng) -> f64 {
//! #     let slower = if arm == perf_stats::decision::Arm::Candidate { 1.06 } else { 1.0 };
//! #     slower * (1.0 + 0.005 * rng.normal())
//! # }
//! # let mut rng = perf_stats::Rng::new(3);
//! let mut trial = Design::new(Margin::relative(0.02)?).start();
//! for order in Plan::new(42) {
//!     let times = order.arms().map(|arm| time(arm, &mut rng)); // one batch each, all of one kind of work
//!     trial.push_block(order, times)?;
//!     if trial.is_over() {
//!         break;
//!     }
//! }
//! let decision = trial.finish();
//! assert_eq!(decision.verdict, Verdict::Regressed); // worse by more than 2 %, error rate 0.01
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! # Error rates, simulated
//!
//! `cargo run --release -p perf-stats --example calibration` (2,000 runs a cell, margin 2 %, noise 1 % a batch; ten machines: iid,
//! t(1.5) tails, AR(1) 0.9, drifts of 3 and 50 %, random walk, a step, bimodal, mode switching, a rhythm of 8 batches).
//! Without a change: `Regressed` 0 of 20,000, `Equivalent` 97.6 to 100 %. A true change exactly at the margin: `Regressed` 0.40 to
//! 0.95 % (standard error 0.2). +5 %: found in 99.95 to 100 %, mostly at the first look. Wrong direction: none. The interval
//! of the deciding look held the truth in 98.0 to 99.8 %; each look has 99.5 %, all four together are promised 98 %.
//!
//! # Signed ranks over blocks, or signs over rounds?
//!
//! Both were built (the `designs` part of the same example) and compared at the same error rate and at most 320 batches. A *round*
//! is AB or BA by coin, two batches; a *block* is ABBA or BAAB, four.
//!
//! | mean batches to the end | signed rank, ABBA | signed rank, AB rounds | signs, AB rounds |
//! |---|---|---|---|
//! | iid, no change / +3 % / +5 % | 45 / 80 / 40 | 33 / 70 / 21 | 42 / 103 / 24 |
//! | t(1.5), no change / +3 % / +5 % | 158 / 244 / 78 | 105 / 196 / 47 | 102 / 210 / 47 |
//! | bimodal, no change / +3 % / +5 % | 169 / 270 / 73 | 182 / 262 / 63 | 212 / 270 / 101 |
//! | mode switching, no change / +3 % / +5 % | 59 / 105 / 42 | 42 / 83 / 25 | 48 / 113 / 28 |
//!
//! On batches timed on a busy two-core virtual machine (margin 1 %, +3 %; mean ms to the end, share found):
//!
//! | workload, batch | signed rank, ABBA | signed rank, AB rounds | signs, AB rounds |
//! |---|---|---|---|
//! | arithmetic, 20 us | 2.0, 95 % | 0.94, 99 % | 0.67, 100 % |
//! | arithmetic, 50 us | 6.8, 86 % | 3.1, 96 % | 2.0, 100 % |
//! | hash map, 20 us | 4.2, 78 % | 2.6, 97 % | 2.5, 99 % |
//! | hash map, 50 us | 11, 73 % | 8.5, 88 % | 6.6, 100 % |
//! | memory-bound, 20 us | 4.9, 78 % | 4.5, 87 % | 5.2, 69 % |
//! | memory-bound, 50 us | 9.5, 92 % | 8.4, 96 % | 9.4, 97 % |
//!
//! No design called identical code slower in any of these recordings (1,332 experiments each).
//!
//! What follows. Signs win by up to a third where most rounds are undisturbed and a few are hit by interrupts; they lose by up to 60 %
//! on normal, bimodal and memory-bound noise, and find fewer changes there. Signed ranks lose little anywhere, so they
//! stay, and so do the looks. The larger gain is in the unit: a round decides with about half the batches of a block, and short
//! batches (20 to 50 us here, as long as the clock's step stays under a fifth of the margin) with a small part of the time of 1 ms ones.
//! So feed [`Trial::push_round`] with short rounds where drift *within* a round is small; use ABBA blocks where it is not, or
//! where carry-over between the arms is to be watched.

mod answer;
mod bound;
mod confirm;
mod design;
mod exact;
mod guard;
mod looks;
mod margin;
mod mde;
mod plan;
mod stored;
mod suite;
mod tail;
mod trial;
mod verdict;

pub use answer::{Change, Claim, Decision};
pub use bound::{ALPHA_BROKEN, ALPHA_HOLDS, Bound, BoundAnswer, BoundVerdict};
pub use confirm::confirm;
pub use design::{ALPHA, Design};
pub use exact::{CONSTANT_RUNS, compare_constant};
pub use guard::Conditions;
pub use looks::Looks;
pub use margin::{Margin, noise_floor};
pub use mde::{POWER, minimum_detectable_effect};
pub use plan::{Arm, Order, Plan};
pub use stored::{MIN_RUNS, StoredRuns, compare_stored};
pub use suite::{Judged, SuiteAnswer, SuiteEntry, SuitePolicy, judge_suite};
pub use tail::{MIN_TAIL, TailTrial};
pub use trial::Trial;
pub use verdict::{Leaning, Reason, Scope, Verdict, Warning};
