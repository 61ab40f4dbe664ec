//! In-process comparisons on this machine: how often identical code is called changed, how often +1 % and +2 % are found, and what two
//! compiled copies of one function differ by. Each rate with its 95 % interval (Clopper & Pearson).
//!
//! `cargo bench -p perf-benches --bench in_process -- [--seconds 60] [--seed 1] [--neighbour] [--margin 0.003] [--time 0.5] [--only TEXT]
//! [--failures]` is one piece; `--add FILE...` adds what pieces printed; `--instructions` counts by how much `+k %` is more.

use perf_benches::arguments::Arguments;
use perf_benches::experiments::{
    Case, Chain, Kernel, Map, Task, Truth, Wishes, arithmetic, arithmetic_copy, look_ups,
    look_ups_copy, measure, print_ratios, walk, walk_copy,
};
use std::cell::Cell;

/// Longer by how many steps: 1 % of the first two, 2 % of the third.
const STEPS: [(Kernel, u64, u64); 3] = [
    (Kernel::Arithmetic, 100, 101),
    (Kernel::Map, 400, 404),
    (Kernel::Memory, 10_000, 10_200),
];

fn main() -> Result<(), String> {
    let (wishes, task) = Wishes::new(60.0, 0.003, 0.5).read(Arguments::of_process())?;
    match task {
        Task::Measure => measure(cases(), &wishes).print(true),
        Task::Instructions => print_ratios(&STEPS)?,
        Task::Run(kernel, steps, calls) => kernel.run(steps, calls),
        Task::Add(all) => all.print(false),
    }
    Ok(())
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
