//! In: bounds whose truth is known. Out: how often they are said to hold, to be broken, or neither: simulated, quiet, and beside busy neighbours.
//!
//! ```text
//! cargo bench -p perf-benches --bench bounds -- simulated --seconds 150 --seed 1   # no clock
//! cargo bench -p perf-benches --bench bounds -- real --seconds 150 --seed 1        # every row; a piece of a longer series
//! cargo bench -p perf-benches --bench bounds -- real --busy --rows broken-5us,broken-10us --seconds 150 --seed 2
//! cargo bench -p perf-benches --bench bounds -- real --commands --rows decided-1us --seconds 100 --seed 3
//! cargo bench -p perf-benches --bench bounds -- add < PIECES                       # the sums of what such runs printed
//! ```
//! The seconds are shared among the rows (`--rows`, all unless named; `--checks N` ends a row earlier). `--busy` runs two processes
//! beside it that only work, `--commands` one that starts short commands all the time. Other seeds are other checks, so that pieces
//! add up. `BOUNDS_SHOW=1` prints the first messages of real rows, `BOUNDS_SHOW=broken` each that says broken. Shares have their 95 %
//! Clopper-Pearson interval.

use perf_benches::tally::{Tally, Wrong, add};
use perf_core::Bound;
use perf_core::bound::{Outcome, Verdict, micros, millis, nanos};
use perf_stats::Rng;
use perf_stats::quantile::quantile;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The standard normal quantile of 0.99.
const Z99: f64 = 2.326_347_874_040_841;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number =
        |name: &str, usual: u64| value(name).map_or(usual, |text| text.parse().expect("a number"));
    if asked("neighbour") {
        work_until_killed();
    }
    if asked("commander") {
        run_commands_until_killed();
    }
    if asked("add") {
        return add();
    }
    println!(
        "{:<40}{:>8}{:>8}{:>8}{:>8}   wrong (95 %)",
        "row", "checks", "holds", "broken", "neither"
    );
    let rows = value("--rows");
    let named = |name: &str| {
        let among = |names: &String| names.split(',').any(|wanted| wanted == name);
        rows.as_ref().is_none_or(among)
    };
    let mut piece = Piece {
        seed: number("--seed", 1),
        checks: number("--checks", u64::MAX),
        time: Duration::from_secs(number("--seconds", 150)),
        beside: match (asked("--busy"), asked("--commands")) {
            (true, _) => ", busy",
            (_, true) => ", beside commands",
            _ => ", quiet",
        },
    };
    if asked("simulated") {
        let rows: Vec<_> = simulated()
            .into_iter()
            .filter(|row| named(row.name))
            .collect();
        piece.time /= rows.len().max(1) as u32;
        rows.iter().for_each(|row| row.run(&piece));
    } else if asked("real") {
        let rows: Vec<&Row> = ROWS.iter().filter(|row| named(row.name)).collect();
        piece.time /= rows.len().max(1) as u32;
        let _neighbours = match piece.beside {
            ", busy" => vec![Neighbour::start("neighbour"), Neighbour::start("neighbour")],
            ", beside commands" => vec![Neighbour::start("commander")],
            _ => Vec::new(),
        };
        rows.iter().for_each(|row| row.run(&piece));
    }
}

/// What is measured of each row in one go.
struct Piece {
    seed: u64,
    checks: u64,
    time: Duration,
    beside: &'static str,
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

/// A condition that is checked without a clock: checks of at most `cap` calls.
struct Simulated {
    name: &'static str,
    law: Law,
    cap: usize,
    wrong: Wrong,
}

fn simulated() -> Vec<Simulated> {
    let independent = Law::independent;
    let dependent = |p99| Law {
        phi: 0.9,
        ..Law::independent(p99)
    };
    let pareto = |p99| Law {
        pareto: true,
        ..Law::independent(p99)
    };
    let row = |name, law, cap, wrong| Simulated {
        name,
        law,
        cap,
        wrong,
    };
    vec![
        row("healthy", independent(0.8), 20_000, Wrong::Broken),
        row("broken", independent(1.3), 20_000, Wrong::NotBroken),
        // As many as calls of 0.9 ms fit into a second.
        row("broken-1050-calls", independent(1.3), 1_050, Wrong::Holds),
        row("limit", independent(1.0), 20_000, Wrong::Either),
        row("healthy-ar0.9", dependent(0.8), 3_000, Wrong::Broken),
        row("limit-ar0.9", dependent(1.0), 3_000, Wrong::Broken),
        row("broken-ar0.9", dependent(1.3), 3_000, Wrong::Holds),
        row("healthy-pareto", pareto(0.8), 20_000, Wrong::Broken),
        row("broken-pareto", pareto(1.3), 20_000, Wrong::Holds),
    ]
}

/// Checks of each simulated row, unless told otherwise.
const SIMULATED: u64 = 10_000;

impl Simulated {
    /// Checks on two threads, until there are enough or the time is over.
    fn run(&self, piece: &Piece) {
        let (start, checks) = (Instant::now(), piece.checks.min(SIMULATED));
        let (next, tally) = (AtomicU64::new(0), Mutex::new(Tally::default()));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while start.elapsed() < piece.time {
                        let check = next.fetch_add(1, Relaxed);
                        if check >= checks {
                            break;
                        }
                        let times = self.law.draw(Rng::stream(piece.seed, check)).take(self.cap);
                        let times = times.map(|x| Duration::from_nanos((x * 1e6) as u64));
                        let outcome = Bound::p99().below(millis(1)).judge_times(times);
                        tally.lock().expect("no panic").note(&outcome);
                    }
                });
            }
        });
        let tally = tally.into_inner().expect("no panic");
        tally.print(&format!("simulated: {}", self.name), self.wrong);
    }
}

/// A condition that is checked on the clock.
struct Row {
    name: &'static str,
    p99: f64, // in units of the limit
    limit: Duration,
    pareto: bool,
    budget: Duration,
    wrong: Wrong,
}

const fn row(name: &'static str, p99: f64, limit: Duration, wrong: Wrong) -> Row {
    let (pareto, budget) = (false, millis(1_000));
    Row {
        name,
        p99,
        limit,
        pareto,
        budget,
        wrong,
    }
}

/// Named by the median of the broken closure's times, the spread of the logarithm being 0.5.
const ROWS: [Row; 12] = [
    row("decided-1us", 0.5, micros(2), Wrong::Broken),
    Row {
        pareto: true,
        ..row("healthy-pareto-5us", 0.8, nanos(12_300), Wrong::Broken)
    },
    row("healthy-1us", 0.8, nanos(2_460), Wrong::Broken),
    row("healthy-5us", 0.8, nanos(12_300), Wrong::Broken),
    row("healthy-10us", 0.8, nanos(24_600), Wrong::Broken),
    row("broken-1us", 1.3, nanos(2_460), Wrong::NotBroken),
    row("broken-5us", 1.3, nanos(12_300), Wrong::NotBroken),
    row("broken-10us", 1.3, nanos(24_600), Wrong::NotBroken),
    Row {
        budget: millis(200),
        ..row("limit-5us", 1.0, nanos(12_300), Wrong::Either)
    },
    Row {
        pareto: true,
        ..row("broken-pareto-5us", 1.3, nanos(12_300), Wrong::Holds)
    },
    row("healthy-1ms", 0.8, micros(2_460), Wrong::Broken),
    row("broken-1ms", 1.3, micros(2_460), Wrong::Holds),
];

impl Row {
    fn run(&self, piece: &Piece) {
        let (start, mut tally, mut took) = (Instant::now(), Tally::default(), Vec::new());
        while tally.checks < piece.checks && start.elapsed() < piece.time {
            let begun = Instant::now();
            let outcome = self.check(piece.seed, tally.checks);
            took.push(begun.elapsed().as_secs_f64() * 1e3);
            let shown = match std::env::var("BOUNDS_SHOW").as_deref() {
                Ok("broken") => outcome.verdict == Verdict::Broken,
                Ok(_) => tally.checks < 5,
                Err(_) => false,
            };
            if shown {
                println!("{outcome}");
            }
            tally.note(&outcome);
        }
        let name = format!("{}{}", self.name, piece.beside);
        tally.print(&name, self.wrong);
        let at = |p| quantile(&took, p).unwrap_or(f64::NAN);
        let most = took.iter().copied().fold(0.0, f64::max);
        println!(
            "  a check took {:.2} ms (median), {:.2} ms (p99), {most:.2} ms (longest)",
            at(0.5),
            at(0.99)
        );
    }

    fn check(&self, seed: u64, check: u64) -> Outcome {
        let bound = Bound::p99()
            .below(self.limit)
            .seed(check)
            .budget(self.budget);
        if self.name.starts_with("decided") {
            return bound.judge(|| spin(1_000.0));
        }
        let law = Law {
            pareto: self.pareto,
            ..Law::independent(self.p99)
        };
        let unit = self.limit.as_secs_f64() * 1e9;
        let mut times = law.draw(Rng::stream(seed, check));
        bound.judge_with(|| times.next().unwrap_or(0.0) * unit, spin)
    }
}

/// Works for so many nanoseconds by the clock.
fn spin(nanoseconds: f64) {
    let start = Instant::now();
    while (start.elapsed().as_nanos() as f64) < nanoseconds {
        std::hint::spin_loop();
    }
}

/// A process that disturbs, until this is dropped.
struct Neighbour(Child);

impl Neighbour {
    fn start(what: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let child = Command::new(program)
            .arg(what)
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

/// As a shell script beside would: starts, forks, exits.
fn run_commands_until_killed() -> ! {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(900) {
        let _ = Command::new("ls")
            .arg("/usr/bin")
            .stdout(Stdio::null())
            .status();
        std::thread::sleep(Duration::from_millis(3));
    }
    std::process::exit(0);
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
