//! In-process comparisons on this machine: how often identical code is called changed, how often +1 % and +2 % are found, and what two
//! compiled copies of one function differ by. Each rate with its 95 % interval (Clopper & Pearson).
//!
//! `cargo bench -p perf-benches --bench in_process -- [--seconds 60] [--seed 1] [--neighbour] [--margin 0.003] [--time 0.5] [--only TEXT]
//! [--failures]` is one piece; `--add FILE...` adds what pieces printed; `--instructions` counts by how much `+k %` is more.

use perf_benches::arguments::Arguments;
use perf_benches::experiments::{
    Chain, Kernel, Map, Piece, Tallies, Task, Truth, Wishes, arithmetic, arithmetic_copy, look_ups,
    look_ups_copy, print_ratios, walk, walk_copy,
};
use perf_core::judge::{Alternatives, Comparison, Verdict};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Longer by how many steps: 1 % of the first two, 2 % of the third.
const STEPS: [(Kernel, u64, u64); 3] = [
    (Kernel::Arithmetic, 100, 101),
    (Kernel::Map, 400, 404),
    (Kernel::Memory, 10_000, 10_200),
];

/// One kind of comparison.
struct Case {
    name: &'static str,
    truth: Truth,
    turn: usize, // comparisons a turn
    run: Box<dyn FnMut(Alternatives) -> Comparison>,
}

fn main() -> Result<(), String> {
    let wishes = Wishes {
        piece: Piece::of(60.0),
        margin: 0.003,
        time_seconds: 0.5,
        failures: false,
        cargo_perf: None,
    };
    let (wishes, task) = wishes.read(Arguments::of_process())?;
    match task {
        Task::Measure => measure(&wishes).print(true),
        Task::Instructions => print_ratios(&STEPS)?,
        Task::Run(kernel, steps, calls) => kernel.run(steps, calls),
        Task::Add(all) => all.print(false),
    }
    Ok(())
}

fn measure(wishes: &Wishes) -> Tallies {
    let mut cases: Vec<Case> = cases()
        .into_iter()
        .filter(|case| wishes.piece.wants(case.name))
        .collect();
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

fn cases() -> Vec<Case> {
    let map: &'static Map = Box::leak(Box::default());
    let chain: &'static Chain = Box::leak(Box::new(Chain::new(1 << 24)));
    // One closure for both sides, so that equal code is the same code: its loop exists once.
    let step = |steps: u64| move || arithmetic(steps);
    let find = move |n: u64| move || look_ups(map, n);
    // Both sides go on where the other one stopped: the same data.
    let at: &'static Cell<u32> = Box::leak(Box::default());
    let chase = move |n: u64| move || walk(chain, at, n);
    let [(_, few, more), (_, keys, more_keys), (_, hops, more_hops)] = STEPS;
    vec![
        Case::new("arithmetic 100 ns, equal", Truth::Equal, 16, move |with| {
            with.compare(step(few), step(few))
        }),
        Case::new("arithmetic 100 ns, +1 %", Truth::More, 3, move |with| {
            with.compare(step(few), step(more))
        }),
        Case::new(
            "arithmetic 100 ns, two copies",
            Truth::Copies,
            1,
            move |with| with.compare(move || arithmetic(few), move || arithmetic_copy(few)),
        ),
        Case::new("hash map 10 us, equal", Truth::Equal, 16, move |with| {
            with.compare(find(keys), find(keys))
        }),
        Case::new("hash map 10 us, +1 %", Truth::More, 3, move |with| {
            with.compare(find(keys), find(more_keys))
        }),
        Case::new(
            "hash map 10 us, two copies",
            Truth::Copies,
            1,
            move |with| {
                with.compare(
                    move || look_ups(map, keys),
                    move || look_ups_copy(map, keys),
                )
            },
        ),
        Case::new("memory 1 ms, equal", Truth::Equal, 2, move |with| {
            with.compare(chase(hops), chase(hops))
        }),
        Case::new("memory 1 ms, +2 %", Truth::More, 3, move |with| {
            with.compare(chase(hops), chase(more_hops))
        }),
        Case::new("memory 1 ms, two copies", Truth::Copies, 1, move |with| {
            with.compare(
                move || walk(chain, at, hops),
                move || walk_copy(chain, at, hops),
            )
        }),
    ]
}

impl Case {
    fn new(
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
