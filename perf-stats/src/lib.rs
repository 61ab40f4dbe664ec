//! Given numbers from performance work, what may honestly be said?
//!
//! Every answer carries its uncertainty, every verdict its error rate, and where the data do not suffice the answer is an error
//! or *inconclusive*, with the reason. The crate stands alone: it measures nothing, prints nothing and knows no clock.
//!
//! | question | call |
//! |---|---|
//! | [did it get slower?](#did-it-get-slower) | [`decision::Design`], [`decision::Trial`]; p99: [`decision::TailTrial`]; counters: [`decision::compare_constant`]; stored runs: [`decision::compare_stored`] |
//! | [how many runs do I need?](#how-many-runs-do-i-need) | [`decision::minimum_detectable_effect`], [`power::TPower`], [`power::n_by_resampling`], [`quantile_interval::needed`], [`model::Hierarchy`] |
//! | [is p99 under 5 ms?](#is-p99-under-5-ms) | [`decision::Bound`]; a fixed sample: [`quantile_interval`](quantile_interval::quantile_interval), [`proportion`] |
//! | [when did it change?](#when-did-it-change) | [`change::Pelt`], [`change::EdPelt`], [`change::EDivisive`]; as it happens: [`change::Cusum`], [`change::Ewma`]; [`change::steady_state`] |
//! | [how far will it scale?](#how-far-will-it-scale) | [`model::Usl`], [`model::complexity`], [`model::queue`] |
//! | [does it leak?](#does-it-leak) | [`trend::leak`], [`trend::theil_sen`], [`trend::mann_kendall`] |
//! | [what does this sample look like?](#what-does-this-sample-look-like) | [`describe`], [`quantile`], [`describe::dip_test`], [`describe::tukey_outliers`] |
//! | [how sure is this number?](#how-sure-is-this-number) | [`quantile_interval`], [`mean_interval`], [`signed_rank::pseudomedian`], [`weighted_count`](weighted_count::weighted_count), [`bootstrap`] |
//! | [do these two samples differ?](#do-these-two-samples-differ) | [`hodges_lehmann`], [`tests`], [`signed_rank`], [`permutation`], [`shift_function`] |
//! | [are they the same?](#are-they-the-same) | [`tests::tost_log_ratio`], [`tests::tost_welch`], [`tests::interval_within`] |
//! | [how large is the difference?](#how-large-is-the-difference) | [`effect`] |
//! | [many comparisons at once?](#many-comparisons-at-once) | [`adjust`], [`decision::judge_suite`] |
//! | [may I look while it runs?](#may-i-look-while-it-runs) | [`sequential`] |
//! | [are these values independent?](#are-these-values-independent) | [`series`], [`block_length`] |
//!
//! ## Did it get slower?
//!
//! Measure both versions in short blocks, the order within a block by a coin ([`decision::Plan`]), and judge the blocks, never
//! the single calls. A batch repeats the work until it lasts a millisecond or so; a block is four batches. The answer is one of
//! `Regressed`, `Improved`, `Equivalent` (three positive claims) and `Inconclusive`, which says why and what it could have found.
//!
//! ```
//! use perf_stats::decision::{Arm, Design, Margin, Plan, Verdict};
//! # let mut rng = perf_stats::Rng::new(1);
//! # let mut measure = |arm| if arm == Arm::Candidate { 1.05 } else { 1.0 } * (100.0 + rng.normal());
//! let mut trial = Design::new(Margin::relative(0.02)?).start(); // under 2 % does not matter here
//! for order in Plan::new(42) {
//!     trial.push_block(order, order.arms().map(&mut measure))?; // time the four batches in this order
//!     if trial.is_over() {
//!         break;
//!     }
//! }
//! let decision = trial.finish();
//! assert_eq!(decision.verdict, Verdict::Regressed); // it is 5 % slower
//! assert!(decision.change.is_some_and(|c| c.low > Some(0.02)));
//! println!("{decision}");
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## How many runs do I need?
//!
//! ```
//! use perf_stats::{decision, power::TPower, quantile_interval::{Side, needed}};
//! // Blocks whose log ratios spread by 1 %: what would 20 of them find beyond a margin of 2 %, at one look's error rate?
//! let found = decision::minimum_detectable_effect(0.01, 20, 0.0025, decision::Margin::COMMAND)?;
//! assert!(found > 0.028 && found < 0.030); // a slowdown of 2.9 %, four times out of five
//! // A t test, for a difference of one standard deviation at power 0.9:
//! assert_eq!(TPower::independent().n_required(1.0, 0.9)?.ceil(), 23.0);
//! // Calls before the 99th percentile has an upper bound at all:
//! assert_eq!(needed(0.99, 0.95, Side::Upper)?, 299);
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## Is p99 under 5 ms?
//!
//! Count the calls beyond the limit, ask after each, stop at the first answer: the error rates hold for all moments together.
//!
//! ```
//! use perf_stats::decision::{Bound, BoundVerdict};
//! # let mut rng = perf_stats::Rng::new(1);
//! # let mut latency = || 3.0 * (0.1 * rng.normal()).exp();
//! let mut bound = Bound::new(0.99, 5.0)?;
//! let verdict = (0..5_000)
//!     .find_map(|_| bound.push(latency()).ok().filter(|v| *v != BoundVerdict::NotYet));
//! assert_eq!(verdict, Some(BoundVerdict::Holds)); // `None`: undecided within the budget
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## When did it change?
//!
//! ```
//! use perf_stats::{Rng, change::Pelt};
//! let mut rng = Rng::new(1);
//! let nightly: Vec<f64> = (0..90).map(|day| if day < 60 { 20.0 } else { 21.5 } + 0.3 * rng.normal()).collect();
//! assert_eq!(Pelt::l2().segment(&nightly)?.change_points, [60]); // the first of the new level
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## How far will it scale?
//!
//! ```
//! use perf_stats::model::Usl;
//! let threads = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0];
//! let throughput = [990.0, 1_850.0, 3_180.0, 4_780.0, 5_460.0, 5_690.0];
//! let fit = Usl::new().fit(&threads, &throughput)?;
//! assert!(fit.peak_load.is_some_and(|n| (15.0..20.0).contains(&n)), "{fit}"); // more threads than that cost throughput
//! assert!(fit.intervals.kappa.is_some_and(|i| i.low > 0.0)); // the peak is no artefact of noise
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## Does it leak?
//!
//! ```
//! use perf_stats::{Rng, trend::{LeakVerdict, leak}};
//! let mut rng = Rng::new(1);
//! let seconds: Vec<f64> = (0..300).map(f64::from).collect();
//! let bytes: Vec<f64> = seconds.iter().map(|s| 5e6 + 800.0 * s + 1e4 * rng.normal()).collect();
//! let answer = leak(&seconds, &bytes, 100.0, 0.99)?; // 100 bytes a second are allowed
//! assert_eq!(answer.verdict, LeakVerdict::Leaking);
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## What does this sample look like?
//!
//! ```
//! use perf_stats::{describe::{describe, tukey_outliers}, quantile::quantile};
//! let ms = [5.1, 5.0, 5.2, 4.9, 5.3, 5.0, 5.1, 48.0];
//! let d = describe(&ms)?;
//! assert_eq!((d.n, d.median, d.max), (8, 5.1, 48.0));
//! assert_eq!(quantile(&ms, 0.25)?, 5.0);
//! assert_eq!(tukey_outliers(&ms)?.high_severe, 1); // counted and shown, never dropped
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! A histogram of a billion calls is as good as the calls:
//!
//! ```
//! use perf_stats::{Weighted, describe::describe_weighted, quantile::{Definition, quantiles_weighted}};
//! let histogram = Weighted::new([(1.0, 900_000_000), (2.0, 99_000_000), (50.0, 1_000_000)])?; // ms, calls
//! assert_eq!(describe_weighted(&histogram)?.median, 1.0);
//! let observed = Definition::InvertedCdf; // always a value of the histogram; the usual one for raw data interpolates
//! assert_eq!(quantiles_weighted(&histogram, &[0.99, 0.9995], observed)?, [2.0, 50.0]);
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## How sure is this number?
//!
//! ```
//! use perf_stats::{bootstrap::Bootstrap, describe::median_in_place, quantile_interval::{Side, quantile_interval}};
//! let x: Vec<f64> = (1..=100).map(|i| f64::from(i * 37 % 101)).collect(); // 1 to 100, shuffled
//! let median = quantile_interval(&x, 0.5, 0.95, Side::Both)?; // exact, whatever the distribution
//! assert_eq!((median.low, median.high), (Some(40.0), Some(61.0)));
//! assert_eq!(quantile_interval(&x, 0.99, 0.95, Side::Both)?.high, None); // 100 values bound no p99
//! let any = Bootstrap::new().interval(&x, |resample| median_in_place(resample))?; // for any statistic
//! assert!(any.interval.contains(50.5));
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## Do these two samples differ?
//!
//! ```
//! use perf_stats::{hodges_lehmann::ratio, tests::mann_whitney};
//! let old = [10.2, 10.1, 10.4, 10.0, 10.3, 10.2, 10.1, 10.5];
//! let new = [10.9, 11.2, 10.8, 11.0, 11.1, 10.9, 11.3, 11.0];
//! let r = ratio(&new, &old, 0.95)?; // new / old, with the interval of the Mann-Whitney test
//! assert!(r.interval.low > 1.05 && r.interval.high < 1.10);
//! assert!(mann_whitney(&new, &old)?.p.two_sided < 0.001);
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## Are they the same?
//!
//! A large p-value shows nothing. Name a margin, and show that the difference lies within:
//!
//! ```
//! use perf_stats::tests::tost_log_ratio;
//! let old = [10.00, 10.05, 9.95, 10.02, 9.98, 10.01];
//! let new = [10.01, 10.04, 9.97, 10.03, 9.99, 10.00];
//! assert!(tost_log_ratio(&new, &old, 0.98, 1.02, 0.01)?.shown()); // within 2 %, at an error rate of 1 %
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## How large is the difference?
//!
//! ```
//! use perf_stats::effect::{relative_change_of_mean, vargha_delaney};
//! let (old, new) = ([10.0, 10.2, 9.8, 10.1, 9.9], [11.0, 11.3, 10.8, 11.1, 10.8]);
//! let change = relative_change_of_mean(&new, &old, 0.95)?;
//! assert!((change.estimate - 0.10).abs() < 1e-9 && change.interval.low > 0.07);
//! assert_eq!(vargha_delaney(&new, &old, 0.95)?.estimate, 1.0); // every new value is above every old one
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## Many comparisons at once?
//!
//! ```
//! use perf_stats::adjust::{benjamini_hochberg, holm};
//! let p = [0.001, 0.02, 0.03, 0.6];
//! assert_eq!(holm(&p)?.iter().filter(|p| **p <= 0.05).count(), 1); // no false alarm at all: for an exit code
//! assert_eq!(benjamini_hochberg(&p)?.iter().filter(|q| **q <= 0.05).count(), 3); // few among those shown: for a report
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## May I look while it runs?
//!
//! Not at an ordinary p-value: each look is another chance to err. At a confidence sequence, as often as you like.
//!
//! ```
//! use perf_stats::sequential::BetaBinomial;
//! let sequence = BetaBinomial::centred(0.01)?; // where the answer matters most
//! let rate = sequence.interval(3.0, 2_000.0, 0.05)?; // 3 failures in 2,000 so far
//! assert!(rate.low > 0.0 && rate.high < 0.01); // below 1 %, valid at every moment at once
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! ## Are these values independent?
//!
//! ```
//! use perf_stats::{Rng, series::effective_size};
//! let mut rng = Rng::new(1);
//! let mut level = 0.0;
//! let y: Vec<f64> = (0..1_000).map(|_| { level = 0.9 * level + rng.normal(); level }).collect();
//! assert!(effective_size(&y)?.effective < 150.0); // a thousand values, worth fewer than 150
//! # Ok::<(), perf_stats::StatsError>(())
//! ```
//!
//! # Contract
//!
//! * **Pure.** Answers depend on the arguments alone: no global state, no printing, no clock. Functions take `&[f64]`; choices
//!   that have a usual value sit in small builders.
//! * **Histograms too.** Where a procedure reads the sorted values only, its `_weighted` twin takes a [`Weighted`] view of
//!   (value, count), at the cost of the distinct values: a billion calls in a histogram are no problem.
//! * **Seeds are explicit** or the recorded default, [`Rng::DEFAULT_SEED`]. Equal seeds give equal answers on any number of
//!   threads and on any platform with the same floating-point library.
//! * **Errors are values** of one enum, [`StatsError`], that tells each reason apart. Nothing panics on any input, and neither NaN
//!   nor a made-up number comes out; an unbounded end of an [`Interval`] is infinite, elsewhere `None`.
//! * **Two samples** are `x` and `y`; differences are `x - y`, ratios `x / y`, and [`Alternative::Greater`] asks whether `x` is larger. The
//!   [`decision`] module speaks of baseline and candidate, and of candidate / baseline - 1.
//! * **Units** are the caller's, the same for all arguments of a call; probabilities and changes are fractions, levels two-sided.
//! * Features: `serde` (answers serialise; an infinite end becomes `null` in JSON, and `serde_json` needs its feature
//!   `float_roundtrip` to read back the very same number), `parallel` (resampling on all cores). Neither changes an answer. Without them the
//!   crate needs ten others, all through `statrs` (`cargo tree -p perf-stats -e normal --no-default-features`).
//!
//! # Why not statrs' own two-sample tests?
//!
//! `statrs` supplies the distributions and special functions here, and does that well. Its rank tests are not used, because in
//! version 0.19.1 (checked against `SciPy` 1.17.1 and by enumeration):
//!
//! * `mannwhitneyu`, exact, 5 v 5 with U = 20 gives p = 1.0 two-sided, where enumeration gives 0.1508 (the one-sided ones are
//!   0.0476 and 0.9246 instead of 0.9524 and 0.0754);
//! * its automatic choice enumerates all arrangements: 8 v 56 took 60.7 s, and answered 1.0 instead of 1.8e-5;
//! * its asymptotic p-value is formed as 1 - cdf, which is 0 for two separated samples of 200 (4.8e-67);
//! * its two-sample Kolmogorov-Smirnov test refuses an exact answer for 200 v 200, where counting paths gives one.
//!
//! Two functions are guarded: the t quantile is left to a normal expansion for many degrees of freedom (at 1e6 it is off by
//! 6e-5, from 1e8 on it does not return), and the Beta distribution with parameters near 1e6 to a continued fraction of our own.
//!
//! # What it costs
//!
//! One thread of a 2 vCPU x86-64 VM (shared core), release build, 2026-11-22: median and range of 7 runs, by
//! `cargo bench -p perf-benches --bench stats_cost`. Beside it the same work in Python in the same hour (`SciPy` 1.17.1, `NumPy`
//! 2.4.6, `ruptures` 1.1.10; the script is in that file).
//!
//! | procedure | here | target | elsewhere |
//! |---|---|---|---|
//! | Mann-Whitney, 1e6 v 1e6 | 135 ms (124 to 151) | 500 ms | `scipy.stats.mannwhitneyu` 488 ms |
//! | Hodges-Lehmann with interval, 1e5 v 1e5 | 144 ms (137 to 157), peak 11 MB | 1 s, 50 MB | none; all differences at 5e3 v 5e3 already 419 ms and 200 MB |
//! | `BCa`, 10,000 resamples of a median, n = 1,000 | 57 ms (52 to 66) | 500 ms | `scipy.stats.bootstrap` 307 ms |
//! | PELT, 1e5, 19 changes | 35 ms (27 to 43) | 500 ms | `ruptures.KernelCPD`, in C, at 2e4: 85 ms |
//! | PELT, 1e5, no change | 40 ms (38 to 43) | 500 ms | |
//! | E-divisive, n = 1,000, 199 permutations, 3 changes | 1.09 s (0.95 to 1.31) | 2 s | none in `SciPy` |
//! | the same without a change | 182 ms (160 to 220) | 2 s | |
//! | Theil-Sen with interval, 1e5 | 492 ms (428 to 560) | 1 s | `scipy.stats.theilslopes` at 5e3: 522 ms; quadratic in time and memory |
//! | one look of the decision, at 80 blocks | 0.20 ms (0.20 to 0.24) | 1 ms | `scipy.stats.wilcoxon`, exact p alone: 0.9 ms |
#![forbid(unsafe_code)]

// Layer 0: words and numbers.
mod error;
mod rng;
mod special;

// Layer 1: checked samples and what is read off them.
mod interval;
mod moments;
mod p_values;
mod pair_order;
mod rank_sum;
mod sample;
mod ties;

// Layer 2: one sample.
pub mod describe;
pub mod mean_interval;
pub mod proportion;
pub mod quantile;
pub mod quantile_interval;
pub mod weighted_count;

// Layer 3: resampling, and values in time order.
mod arrangement;
mod resample;

pub mod block_length;
pub mod bootstrap;
pub mod permutation;
pub mod series;

// Layer 4: two samples.
mod contrast;

pub mod adjust;
pub mod effect;
pub mod hodges_lehmann;
pub mod shift_function;
pub mod signed_rank;
pub mod tests;

// Layer 5: planning, looking while it runs, change, growth, models.
pub mod change;
pub mod model;
pub mod power;
pub mod sequential;
pub mod trend;

// Layer 6: the verdict.
pub mod decision;

pub use error::StatsError;
pub use interval::{Alternative, Interval};
pub use p_values::PValues;
pub use rng::Rng;
pub use sample::Weighted;
