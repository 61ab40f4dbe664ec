//! In: bounds whose truth is known. Out: how often they are said to hold, to be broken, or neither: simulated, quiet, and beside busy neighbours.
//!
//! `cargo bench -p perf-benches --bench bounds -- simulated` (no clock, some minutes), `-- quiet`, `-- slow` (of that, the longest
//! closures), `-- busy` (two processes that do nothing but work). Shares have their 95 % Clopper-Pearson interval.

use perf_core::Bound;
use perf_core::bound::{Outcome, Verdict, micros, millis};
use perf_stats::proportion::clopper_pearson;
use perf_stats::quantile::quantile;
use perf_stats::{Interval, Rng};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The standard normal quantile of 0.99.
const Z99: f64 = 2.326_347_874_040_841;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    if asked("neighbour") {
        work_until_killed();
    }
    println!(
        "{:<46}{:>7}{:>9}{:>9}{:>9}   wrong (95 %)",
        "bound", "checks", "holds", "broken", "neither"
    );
    if asked("simulated") {
        simulated();
    }
    if asked("slow") {
        slow();
    }
    if asked("quiet") {
        println!("-- quiet");
        real();
    }
    if asked("busy") {
        println!("-- beside two processes that only work");
        let _neighbours = [Neighbour::start(), Neighbour::start()];
        real();
    }
}

/// What checks said.
#[derive(Default)]
struct Tally {
    checks: u64,
    holds: u64,
    broken: u64,
}

impl Tally {
    fn note(&mut self, outcome: &Outcome) {
        self.checks += 1;
        self.holds += u64::from(outcome.verdict == Verdict::Holds);
        self.broken += u64::from(outcome.verdict == Verdict::Broken);
    }

    /// One line; `wrong` are the verdicts that must be rare.
    fn print(&self, name: &str, wrong: u64) {
        let share = |n: u64| format!("{:.2} %", 100.0 * n as f64 / self.checks as f64);
        let neither = self.checks - self.holds - self.broken;
        let interval = clopper_pearson(wrong, self.checks, 0.95);
        let range = interval.map_or("-".to_owned(), |Interval { low, high, .. }| {
            format!("{wrong}: {:.3} to {:.3} %", 100.0 * low, 100.0 * high)
        });
        println!(
            "{name:<46}{:>7}{:>9}{:>9}{:>9}   {range}",
            self.checks,
            share(self.holds),
            share(self.broken),
            share(neither)
        );
    }
}

/// What is simulated: a p99 in units of the limit, and the dependence of the logarithms.
#[derive(Clone, Copy)]
struct Law {
    p99: f64,
    phi: f64,
    pareto: bool,
}

impl Law {
    fn independent(p99: f64) -> Self {
        Self {
            p99,
            phi: 0.0,
            pareto: false,
        }
    }

    /// Latencies, the limit being 1.
    fn draw(self, rng: Rng) -> impl Iterator<Item = f64> {
        let mut rng = rng;
        let mut score = rng.normal();
        std::iter::repeat_with(move || {
            if self.pareto {
                return self.p99 * (rng.uniform().max(1e-300) / 0.01).powf(-0.4);
            }
            score = self.phi * score + (1.0 - self.phi * self.phi).sqrt() * rng.normal();
            self.p99 * (0.5 * (score - Z99)).exp()
        })
    }
}

fn simulated() {
    let healthy = Law::independent(0.8);
    let dependent = |p99| Law {
        phi: 0.9,
        ..Law::independent(p99)
    };
    let pareto = |p99| Law {
        pareto: true,
        ..Law::independent(p99)
    };
    let tally = simulate(healthy, 10_000, 20_000);
    tally.print("simulated: healthy 0.8, lognormal", tally.broken);
    let tally = simulate(Law::independent(1.3), 10_000, 20_000);
    tally.print(
        "simulated: broken 1.3, lognormal",
        tally.checks - tally.broken,
    );
    // As many as calls of 0.9 ms fit into a second.
    let tally = simulate(Law::independent(1.3), 2_000, 1_050);
    tally.print(
        "simulated: broken 1.3, 1,050 calls (wrong: holds)",
        tally.holds,
    );
    let tally = simulate(Law::independent(1.0), 2_000, 20_000);
    tally.print(
        "simulated: exactly at the limit",
        tally.holds + tally.broken,
    );
    let tally = simulate(dependent(0.8), 10_000, 3_000);
    tally.print("simulated: healthy 0.8, AR(1) 0.9", tally.broken);
    let tally = simulate(dependent(1.0), 1_000, 3_000);
    tally.print(
        "simulated: at the limit, AR(1) 0.9",
        tally.holds + tally.broken,
    );
    let tally = simulate(dependent(1.3), 1_000, 3_000);
    tally.print(
        "simulated: broken 1.3, AR(1) 0.9 (wrong: holds)",
        tally.holds,
    );
    let tally = simulate(pareto(0.8), 2_000, 20_000);
    tally.print("simulated: healthy 0.8, Pareto(2.5)", tally.broken);
    let tally = simulate(pareto(1.3), 2_000, 20_000);
    tally.print("simulated: broken 1.3, Pareto(2.5)", tally.holds);
}

/// Checks on two threads, each of at most `cap` calls.
fn simulate(law: Law, checks: u64, cap: usize) -> Tally {
    let (next, tally) = (AtomicU64::new(0), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let check = next.fetch_add(1, Relaxed);
                    if check >= checks {
                        break;
                    }
                    let times = law.draw(Rng::stream(9, check)).take(cap);
                    let times = times.map(|x| Duration::from_nanos((x * 1e6) as u64));
                    let outcome = Bound::p99().below(millis(1)).judge_times(times);
                    tally.lock().expect("no panic").note(&outcome);
                }
            });
        }
    });
    tally.into_inner().expect("no panic")
}

/// What is decided soon comes first: a run that is stopped has told most.
fn real() {
    decided_in();
    slow();
    for (name, limit, broken) in [("1 µs", micros(3), 1_000), ("5 µs", micros(20), 300)] {
        let tally = check_real(Law::independent(0.8), limit, 1_000, None);
        tally.print(&format!("closures of {name}, healthy 0.8"), tally.broken);
        let tally = check_real(Law::independent(1.3), limit, broken, None);
        tally.print(
            &format!("closures of {name}, broken 1.3 (wrong: holds)"),
            tally.holds,
        );
    }
    let tally = check_real(Law::independent(1.0), micros(20), 100, Some(millis(200)));
    tally.print(
        "closures of 5 µs, exactly at the limit",
        tally.holds + tally.broken,
    );
    let pareto = Law {
        pareto: true,
        ..Law::independent(1.3)
    };
    let tally = check_real(pareto, micros(20), 30, None);
    tally.print("Pareto(2.5), broken 1.3 (wrong: holds)", tally.holds);
}

/// Some 1,050 calls fit into a second.
fn slow() {
    let tally = check_real(Law::independent(1.3), millis(2), 10, None);
    tally.print("closures of 0.8 ms, broken 1.3 (wrong: holds)", tally.holds);
}

fn check_real(law: Law, limit: Duration, checks: u64, budget: Option<Duration>) -> Tally {
    let mut tally = Tally::default();
    for check in 0..checks {
        let unit = limit.as_secs_f64() * 1e9;
        let mut times = law.draw(Rng::stream(11, check));
        let mut bound = Bound::p99().below(limit).seed(check);
        if let Some(budget) = budget {
            bound = bound.budget(budget);
        }
        let outcome = bound.judge_with(|| times.next().unwrap_or(0.0) * unit, spin);
        if std::env::var_os("BOUNDS_SHOW").is_some() && check < 10 {
            println!("{outcome}");
        }
        tally.note(&outcome);
    }
    tally
}

/// How long a healthy function of 1 µs takes to be shown healthy.
fn decided_in() {
    let mut took = Vec::new();
    let mut tally = Tally::default();
    for check in 0..500 {
        let start = Instant::now();
        let outcome = Bound::p99()
            .below(micros(2))
            .seed(check)
            .judge(|| spin(1_000.0));
        took.push(start.elapsed().as_secs_f64() * 1e3);
        tally.note(&outcome);
    }
    tally.print("a function of 1 µs, p99 < 2 µs", tally.broken);
    let at = |p| quantile(&took, p).unwrap_or(f64::NAN);
    let most = took.iter().copied().fold(0.0, f64::max);
    println!(
        "  decided in {:.2} ms (median), {:.2} ms (p99), {most:.2} ms (longest)",
        at(0.5),
        at(0.99)
    );
}

/// Works for so many nanoseconds by the clock.
fn spin(nanoseconds: f64) {
    let start = Instant::now();
    while (start.elapsed().as_nanos() as f64) < nanoseconds {
        std::hint::spin_loop();
    }
}

/// A process that only works, until this is dropped.
struct Neighbour(Child);

impl Neighbour {
    fn start() -> Self {
        let program = std::env::current_exe().expect("this program");
        let child = Command::new(program)
            .arg("neighbour")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.expect("it starts"))
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// For a quarter of an hour at most, should the parent be gone.
fn work_until_killed() -> ! {
    let start = Instant::now();
    let mut buffer = vec![1u64; 1 << 17];
    while start.elapsed() < Duration::from_secs(900) {
        for word in &mut buffer {
            *word = word.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        }
        std::hint::black_box(&buffer);
    }
    std::process::exit(0);
}
