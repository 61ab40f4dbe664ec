//! In-process comparisons on this machine: how often identical code is called changed, how often +1 % and +2 % are found, and what two
//! compiled copies of one function differ by. Each rate with its 95 % interval (Clopper & Pearson).
//!
//! `cargo bench -p perf-benches --bench in_process -- [--seconds 60] [--neighbour] [--margin 0.003] [--time-ms 500] [--only TEXT]`

use perf_core::judge::{Alternatives, Comparison, Verdict};
use perf_stats::Rng;
use perf_stats::proportion::clopper_pearson;
use std::cell::Cell as StdCell;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Comparisons a turn: of equal code where they are quick, where they are slow, and of unequal code; of two copies one.
const TURN: [usize; 3] = [16, 2, 3];

struct Wishes {
    seconds: f64,
    neighbour: bool,
    margin: f64,
    time: Duration,
    only: String,
}

/// What one kind of comparison has brought so far.
struct Cell {
    name: &'static str,
    true_change: f64,
    run: Box<dyn FnMut(Alternatives) -> Comparison>,
    verdicts: Vec<(Verdict, f64)>, // with the estimate
    reasons: HashMap<String, usize>,
    seconds: f64,
}

/// 100 steps of a generator: some 100 ns.
macro_rules! arithmetic {
    ($name:ident, $id:literal) => {
        #[inline(never)]
        fn $name(steps: u64) -> u64 {
            let mut x = black_box($id);
            for i in 0..steps {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                black_box(i); // not unrolled: each step costs the same
            }
            x
        }
    };
}
arithmetic!(arithmetic, 1u64);
arithmetic!(arithmetic_copy, 2u64);

struct Map(HashMap<u64, u64>);

/// So many look-ups of the same keys: some 10 µs for 400.
macro_rules! look_ups {
    ($name:ident, $id:literal) => {
        #[inline(never)]
        fn $name(map: &Map, lookups: u64) -> u64 {
            let mut sum = black_box($id);
            for i in 0..lookups {
                sum ^= map
                    .0
                    .get(&i.wrapping_mul(0x9E37_79B9_7F4A_7C15))
                    .copied()
                    .unwrap_or(0);
            }
            sum
        }
    };
}
look_ups!(look_ups, 1u64);
look_ups!(look_ups_copy, 2u64);

/// One cycle through 64 MiB in random order, so that every load waits for the one before: some 1 ms for 10,000.
struct Chain {
    next: Vec<u32>,
}

macro_rules! walk {
    ($name:ident, $id:literal) => {
        #[inline(never)]
        fn $name(chain: &Chain, at: &StdCell<u32>, steps: u64) -> u32 {
            let mut now = at.get();
            black_box($id);
            for _ in 0..steps {
                now = chain.next[now as usize];
            }
            at.set(now);
            now
        }
    };
}
walk!(walk, 1u64);
walk!(walk_copy, 2u64);

fn main() -> Result<(), String> {
    let wishes = wishes()?;
    let stop: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
    let neighbour = wishes
        .neighbour
        .then(|| std::thread::spawn(|| disturb(stop)));
    let mut cells: Vec<Cell> = cells()
        .into_iter()
        .filter(|c| c.name.contains(&wishes.only))
        .collect();
    let start = Instant::now();
    let mut seed = 1;
    while start.elapsed().as_secs_f64() < wishes.seconds {
        for cell in &mut cells {
            for _ in 0..cell.turn() {
                seed += 1;
                cell.take(&wishes, seed);
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    if let Some(thread) = neighbour {
        thread.join().map_err(|_| "the neighbour failed")?;
    }
    print(&cells, &wishes);
    Ok(())
}

fn cells() -> Vec<Cell> {
    let map: &'static Map = Box::leak(Box::new(Map((0..100_000u64)
        .map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15), i))
        .collect())));
    let chain: &'static Chain = Box::leak(Box::new(random_cycle(1 << 24)));
    // One closure for both sides, so that equal code is the same code: its loop exists once.
    let step = |steps: u64| move || arithmetic(steps);
    let find = move |n: u64| move || look_ups(map, n);
    // Both sides go on where the other one stopped: the same data.
    let at: &'static StdCell<u32> = Box::leak(Box::default());
    let chase = move |n: u64| move || walk(chain, at, n);
    vec![
        Cell::new("arithmetic 100 ns, equal", 0.0, move |with| {
            with.compare(step(100), step(100))
        }),
        Cell::new("arithmetic 100 ns, +1 %", 0.01, move |with| {
            with.compare(step(100), step(101))
        }),
        Cell::new("arithmetic 100 ns, two copies", 0.0, |with| {
            with.compare(|| arithmetic(100), || arithmetic_copy(100))
        }),
        Cell::new("hash map 10 us, equal", 0.0, move |with| {
            with.compare(find(400), find(400))
        }),
        Cell::new("hash map 10 us, +1 %", 0.01, move |with| {
            with.compare(find(400), find(404))
        }),
        Cell::new("hash map 10 us, two copies", 0.0, |with| {
            with.compare(|| look_ups(map, 400), || look_ups_copy(map, 400))
        }),
        Cell::new("memory 1 ms, equal", 0.0, move |with| {
            with.compare(chase(10_000), chase(10_000))
        }),
        Cell::new("memory 1 ms, +2 %", 0.02, move |with| {
            with.compare(chase(10_000), chase(10_200))
        }),
        Cell::new("memory 1 ms, two copies", 0.0, move |with| {
            with.compare(|| walk(chain, at, 10_000), || walk_copy(chain, at, 10_000))
        }),
    ]
}

impl Cell {
    fn new(
        name: &'static str,
        true_change: f64,
        run: impl FnMut(Alternatives) -> Comparison + 'static,
    ) -> Self {
        Self {
            name,
            true_change,
            run: Box::new(run),
            verdicts: Vec::new(),
            reasons: HashMap::new(),
            seconds: 0.0,
        }
    }

    fn turn(&self) -> usize {
        match self.name {
            name if name.ends_with("copies") => 1,
            _ if self.true_change > 0.0 => TURN[2],
            name if name.starts_with("memory") => TURN[1],
            _ => TURN[0],
        }
    }

    fn take(&mut self, wishes: &Wishes, seed: u64) {
        let start = Instant::now();
        let with = Alternatives::new(self.name)
            .margin(wishes.margin)
            .time(wishes.time)
            .seed(seed);
        let found = (self.run)(with);
        let estimate = found
            .results
            .first()
            .and_then(|o| o.change)
            .map_or(0.0, |c| c.estimate);
        if let Some(reason) = found.results.first().and_then(|o| o.reason.clone()) {
            *self.reasons.entry(reason).or_default() += 1;
        }
        self.verdicts.push((found.verdict, estimate));
        self.seconds += start.elapsed().as_secs_f64();
    }
}

fn print(cells: &[Cell], wishes: &Wishes) {
    let neighbour = if wishes.neighbour {
        "a neighbour busy in phases"
    } else {
        "quiet"
    };
    println!(
        "margin {:.2} %, {} ms a side, {neighbour}",
        100.0 * wishes.margin,
        wishes.time.as_millis()
    );
    for cell in cells {
        let n = cell.verdicts.len();
        let count = |v: Verdict| {
            cell.verdicts
                .iter()
                .filter(|(verdict, _)| *verdict == v)
                .count()
        };
        let rate = |k: usize| {
            let interval = clopper_pearson(k as u64, n as u64, 0.95);
            let (low, high) = interval.map_or((0.0, 1.0), |i| (i.low, i.high));
            format!(
                "{:.2} % [{:.2}, {:.2}]",
                100.0 * k as f64 / n.max(1) as f64,
                100.0 * low,
                100.0 * high
            )
        };
        let mut estimates: Vec<f64> = cell.verdicts.iter().map(|(_, e)| 100.0 * e).collect();
        estimates.sort_by(f64::total_cmp);
        let at = |q: f64| {
            estimates
                .get(((n as f64 - 1.0) * q).round() as usize)
                .copied()
                .unwrap_or(0.0)
        };
        println!(
            "{:32} n {n:5}  slower {}  faster {}  same {}  open {}  estimate {:+.2} {:+.2} {:+.2} {:+.2} {:+.2} %  {:.0} ms each  {:?}",
            cell.name,
            rate(count(Verdict::Regressed)),
            rate(count(Verdict::Improved)),
            rate(count(Verdict::Equivalent)),
            count(Verdict::Inconclusive),
            at(0.0),
            at(0.05),
            at(0.5),
            at(0.95),
            at(1.0),
            1e3 * cell.seconds / n.max(1) as f64,
            cell.reasons
        );
    }
    let equal = || {
        cells
            .iter()
            .filter(|c| c.name.ends_with("equal"))
            .flat_map(|c| &c.verdicts)
    };
    let (n, k) = (
        equal().count(),
        equal()
            .filter(|(v, _)| matches!(v, Verdict::Regressed | Verdict::Improved))
            .count(),
    );
    let changed = cells
        .iter()
        .filter(|c| c.true_change > 0.0)
        .flat_map(|c| &c.verdicts);
    let wrong = changed
        .clone()
        .filter(|(v, _)| *v == Verdict::Improved)
        .count();
    for (words, k, n) in [
        ("equal code called changed", k, n),
        ("wrong direction", wrong, changed.count()),
    ] {
        let high = clopper_pearson(k as u64, n.max(1) as u64, 0.95).map_or(1.0, |i| i.high);
        println!("{words}: {k} of {n}, at most {:.2} %", 100.0 * high);
    }
}

/// Busy and idle by turns of one to three seconds, with arithmetic and with memory.
fn disturb(stop: &AtomicBool) {
    let mut rng = Rng::new(5);
    let mut memory = vec![0u8; 32 << 20];
    while !stop.load(Ordering::Relaxed) {
        let end = Instant::now() + Duration::from_secs_f64(1.0 + 2.0 * rng.uniform());
        let mut x = 1u64;
        while Instant::now() < end && !stop.load(Ordering::Relaxed) {
            for _ in 0..10_000 {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (x >> 32) as usize % memory.len();
                memory[at] = memory[at].wrapping_add(1);
            }
        }
        std::thread::sleep(Duration::from_secs_f64(1.0 + 2.0 * rng.uniform()));
    }
}

/// A permutation of one cycle (Sattolo), one entry a cache line's sixteenth.
fn random_cycle(n: usize) -> Chain {
    let mut rng = Rng::new(1);
    let mut next: Vec<u32> = (0..n as u32).collect();
    for i in (1..n).rev() {
        next.swap(i, rng.below(i));
    }
    Chain { next }
}

fn wishes() -> Result<Wishes, String> {
    let mut wishes = Wishes {
        seconds: 60.0,
        neighbour: false,
        margin: 0.003,
        time: Duration::from_millis(500),
        only: String::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} wants a value"))
        };
        let number = |text: String| {
            text.parse::<f64>()
                .map_err(|_| format!("{text:?} is no number"))
        };
        match argument.as_str() {
            "--bench" => {}
            "--seconds" => wishes.seconds = number(value()?)?,
            "--margin" => wishes.margin = number(value()?)?,
            "--time-ms" => wishes.time = Duration::from_secs_f64(number(value()?)? / 1e3),
            "--neighbour" => wishes.neighbour = true,
            "--only" => wishes.only = value()?,
            other => return Err(format!("{other:?} is not known")),
        }
    }
    Ok(wishes)
}
