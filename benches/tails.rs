//! Comparisons of the p99 of single calls, in this process: how often equal code is called changed, and how often a p99 that is 5 or 10 %
//! longer is found, where the median stays as it is. Each rate with its 95 % interval (Clopper & Pearson).
//!
//! `cargo bench -p perf-benches --bench tails -- [--seconds 60] [--seed 1] [--neighbour] [--margin 0.02] [--time 0.5] [--only TEXT]
//! [--failures]` is one piece; `--add FILE...` adds what pieces printed; `--instructions` tells by how much the steps' own median and p99
//! grow.
//!
//! "Equal" draws the lengths of both sides' calls from one distribution, each side its own: what differs is chance, as in a program
//! whose requests differ. A slow path of one length can be told apart to a few percent; of a long tail 20,000 calls know the p99 to 1.3 %
//! a side, and no procedure finds what is hidden in that.

use perf_benches::arguments::Arguments;
use perf_benches::experiments::{Case, Shape, Task, Truth, Wishes, arithmetic, measure};
use perf_core::judge::{Alternatives, Comparison};
use perf_stats::Rng;

/// The quantile.
const P: f64 = 0.99;
/// Typical steps of a call, some 1 ns each.
const LENGTHS: [(u64, &str); 2] = [(1_000, "1 us"), (20_000, "20 us")];
const SHAPES: [(Shape, &str); 2] = [
    (Shape::SlowPath, "slow path"),
    (Shape::LongTail, "long tail"),
];
/// By how much the slow calls are longer, and how many comparisons a turn that gets.
const MORE: [(f64, &str, usize); 3] = [
    (0.0, "equal", 4),
    (0.05, "p99 +5 %", 1),
    (0.1, "p99 +10 %", 1),
];

fn main() -> Result<(), String> {
    let (wishes, task) = Wishes::new(60.0, 0.02, 0.5).read(Arguments::of_process())?;
    match task {
        Task::Measure => measure(cases(wishes.piece.seed), &wishes).print(true),
        Task::Instructions => print_truth(),
        Task::Run(..) => return Err("--run is of the other benches".to_owned()),
        Task::Add(all) => all.print(false),
    }
    Ok(())
}

fn cases(seed: u64) -> Vec<Case> {
    let mut all = Vec::new();
    for (typical, length) in LENGTHS {
        for (shape, name) in SHAPES {
            for (more, change, turn) in MORE {
                let truth = if more > 0.0 {
                    Truth::More
                } else {
                    Truth::Equal
                };
                let name: &'static str = format!("{length}, {name}, {change}").leak();
                let first = all.len() as u64 * (1 << 32);
                let mut streams = (first..).map(move |stream| Rng::stream(seed, stream));
                all.push(Case::new(name, truth, turn, move |with| {
                    compare(with, shape, typical, more, [(); 2].map(|()| streams.next()))
                }));
            }
        }
    }
    all
}

/// One closure type for both sides, so that equal code is the same code.
fn compare(
    with: Alternatives,
    shape: Shape,
    typical: u64,
    more: f64,
    [old, new]: [Option<Rng>; 2],
) -> Comparison {
    let side = |rng: Option<Rng>, more| {
        let mut rng = rng.unwrap_or_else(|| Rng::new(0));
        move || arithmetic(shape.steps(&mut rng, typical, more))
    };
    with.compare_quantile(P, side(old, 0.0), side(new, more))
}

fn print_truth() {
    for (shape, name) in SHAPES {
        for (more, change, _) in MORE {
            let [median, p99] = shape.truth(LENGTHS[0].0, more).map(|change| 100.0 * change);
            println!("{name:10} {change:10} median {median:+.3} %, p99 {p99:+.3} % of the steps");
        }
    }
}
