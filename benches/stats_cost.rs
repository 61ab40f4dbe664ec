//! What a statistical answer costs, beside the time it is allowed to take.
//!
//! `cargo bench -p perf-benches --bench stats_cost` prints one row a procedure: the target, the median of the runs, the
//! fastest and the slowest, and the peak memory of a process of its own where that has a target. Exit code 1 if a median
//! or a peak misses its target. Everything runs on one thread, on data made by the crate's own generator.
//!
//! The same work elsewhere, for the figures on the crate page (Python with `scipy`, `numpy`, `ruptures`; best of three):
//!
//! ```text
//! import time, numpy as np, scipy.stats as st, ruptures as rpt
//! g = np.random.default_rng(1); ln = lambda n: g.lognormal(0, .5, n)
//! def clock(name, f, runs=3):
//!     best = min((lambda t: (f(), time.perf_counter() - t)[1])(time.perf_counter()) for _ in range(runs)); print(name, best)
//! x, y = ln(10**6), ln(10**6) * 1.01
//! clock("mannwhitneyu 1e6", lambda: st.mannwhitneyu(x, y, method="asymptotic"))
//! a, b = ln(5000), ln(5000)
//! clock("median of outer differences 5e3", lambda: np.partition((a[:, None] - b).ravel(), [12475000, 12500000, 12525000]))
//! clock("bootstrap BCa", lambda: st.bootstrap((ln(1000),), np.median, n_resamples=10000, method="BCa"))
//! z = np.repeat(np.arange(20) % 2 * 3.0, 5000) + g.normal(0, 1, 100000)
//! clock("ruptures KernelCPD", lambda: rpt.KernelCPD(kernel="linear", min_size=2).fit(z).predict(pen=23.0), 1)
//! t = np.arange(5000.0); clock("theilslopes 5e3", lambda: st.theilslopes(t + 3 * ln(5000), t))
//! r = g.normal(0, .01, 80); clock("wilcoxon exact 80", lambda: st.wilcoxon(r, method="exact"))
//! ```

use perf_stats::bootstrap::Bootstrap;
use perf_stats::change::{EDivisive, Pelt};
use perf_stats::decision::{Design, Looks, Margin};
use perf_stats::describe::median_in_place;
use perf_stats::hodges_lehmann::shift;
use perf_stats::tests::mann_whitney;
use perf_stats::trend::theil_sen;
use perf_stats::{Rng, StatsError};
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// How often a row is timed.
const RUNS: usize = 7;
/// The argument that makes this program measure its own peak memory for one row.
const PEAK: &str = "--peak-of";

type Answer = Result<(), StatsError>;

struct Row {
    name: &'static str,
    target: Duration,
    peak_mb: Option<f64>, // of the whole process, in 10^6 bytes
    prepare: fn() -> Box<dyn FnMut() -> Answer>,
}

const fn row(name: &'static str, ms: u64, prepare: fn() -> Box<dyn FnMut() -> Answer>) -> Row {
    Row {
        name,
        target: Duration::from_millis(ms),
        peak_mb: None,
        prepare,
    }
}

const ROWS: [Row; 9] = [
    row("Mann-Whitney, 1e6 v 1e6", 500, mann_whitney_of_millions),
    Row {
        peak_mb: Some(50.0),
        ..row(
            "Hodges-Lehmann with interval, 1e5 v 1e5",
            1_000,
            hodges_lehmann,
        )
    },
    row("BCa, 10,000 resamples of a median, n = 1,000", 500, bca),
    row("PELT, 1e5, 19 changes", 500, || pelt(20)),
    row("PELT, 1e5, no change", 500, || pelt(1)),
    row(
        "E-divisive, n = 1,000, 199 permutations, 3 changes",
        2_000,
        || e_divisive(4),
    ),
    row(
        "E-divisive, n = 1,000, 199 permutations, no change",
        2_000,
        || e_divisive(1),
    ),
    row("Theil-Sen with interval, 1e5", 1_000, theil_sen_of_many),
    row("One look of the decision, at 80 blocks", 1, look),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|a| a == PEAK) {
        return peak_of_this_process(arguments.get(at + 1).map_or("", String::as_str));
    }
    println!("| procedure | target | median of {RUNS} (range) | peak memory |\n|---|---|---|---|");
    let mut held = true;
    for row in &ROWS {
        let mut times = match timed(row) {
            Ok(times) => times,
            Err(e) => {
                eprintln!("{}: {e}", row.name);
                return ExitCode::from(3);
            }
        };
        times.sort_unstable();
        let median = times[RUNS / 2];
        let memory = row.peak_mb.map(|limit| (limit, peak_of_a_child(row.name)));
        held &= median <= row.target
            && memory.is_none_or(|(limit, peak)| peak.is_none_or(|p| p <= limit));
        let memory = match memory {
            None => String::new(),
            Some((limit, None)) => format!("unknown here, target {limit:.0} MB"),
            Some((limit, Some(peak))) => format!("{peak:.1} MB, target {limit:.0} MB"),
        };
        let (name, target, low, high) = (row.name, row.target, times[0], times[RUNS - 1]);
        println!("| {name} | {target:?} | {median:.3?} ({low:.3?} to {high:.3?}) | {memory} |");
    }
    if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn timed(row: &Row) -> Result<Vec<Duration>, StatsError> {
    let mut work = (row.prepare)();
    work()?; // warm
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed());
    }
    Ok(times)
}

/// Peak resident memory of a fresh process that does the work once, in 10^6 bytes; none where the system does not say.
fn peak_of_a_child(name: &str) -> Option<f64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).args([PEAK, name]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn peak_of_this_process(name: &str) -> ExitCode {
    let found = ROWS.iter().find(|r| r.name == name);
    if found.is_none_or(|r| (r.prepare)()().is_err()) {
        return ExitCode::from(3);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    if let Some(kib) = kib {
        println!("{}", kib * 1024.0 / 1e6);
    }
    ExitCode::SUCCESS
}

fn lognormal(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    (0..n).map(|_| (0.5 * rng.normal()).exp()).collect()
}

/// Levels 0 and 3 in turn, noise of one standard deviation.
fn levels(n: usize, segments: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let level = |i: usize| 3.0 * ((i * segments / n) % 2) as f64;
    (0..n).map(|i| level(i) + rng.normal()).collect()
}

fn mann_whitney_of_millions() -> Box<dyn FnMut() -> Answer> {
    let (x, y) = (lognormal(1_000_000, 1), lognormal(1_000_000, 2));
    Box::new(move || mann_whitney(black_box(&x), &y).map(drop_answer))
}

fn hodges_lehmann() -> Box<dyn FnMut() -> Answer> {
    let (x, y) = (lognormal(100_000, 3), lognormal(100_000, 4));
    Box::new(move || shift(black_box(&x), &y, 0.95).map(drop_answer))
}

fn bca() -> Box<dyn FnMut() -> Answer> {
    let x = lognormal(1_000, 5);
    let bootstrap = Bootstrap::new().resamples(10_000);
    Box::new(move || {
        bootstrap
            .interval(black_box(&x), median_in_place)
            .map(drop_answer)
    })
}

fn pelt(segments: usize) -> Box<dyn FnMut() -> Answer> {
    let y = levels(100_000, segments, 6);
    Box::new(move || Pelt::l2().segment(black_box(&y)).map(drop_answer))
}

fn e_divisive(segments: usize) -> Box<dyn FnMut() -> Answer> {
    let y = levels(1_000, segments, 7);
    Box::new(move || {
        EDivisive::new()
            .permutations(199)
            .find(black_box(&y))
            .map(drop_answer)
    })
}

fn theil_sen_of_many() -> Box<dyn FnMut() -> Answer> {
    let t: Vec<f64> = (0..100_000).map(f64::from).collect();
    let noise = lognormal(t.len(), 8);
    let y: Vec<f64> = t.iter().zip(noise).map(|(t, e)| t + 3.0 * e).collect();
    Box::new(move || theil_sen(black_box(&t), &y, 0.95).map(drop_answer))
}

/// A trial one block before its last look; the copy that each run needs is timed with it.
fn look() -> Box<dyn FnMut() -> Answer> {
    let mut rng = Rng::new(9);
    let mut ratio = move || 0.02f64.ln_1p() + 0.01 * rng.normal(); // at the margin: undecided at every look
    let mut trial = Design::new(Margin::COMMAND)
        .looks(Looks::standard())
        .start();
    let filled = (1..80).try_for_each(|_| trial.push(ratio()).map(drop_answer));
    let last = ratio();
    Box::new(move || {
        filled?;
        trial.clone().push(black_box(last)).map(drop_answer)
    })
}

fn drop_answer<T>(answer: T) {
    black_box(answer);
}
