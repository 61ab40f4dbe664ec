//! The workloads under tango, as its users write them.

#[path = "../workload.rs"]
mod workload;

use tango_bench::{IntoBenchmarks, benchmark_fn, tango_benchmarks};
use workload::{LOADS, LOOK_UPS, STEPS, Table, work};

fn benches() -> impl IntoBenchmarks {
    [
        benchmark_fn("arithmetic", |b| {
            let (mut x, steps) = (1, work(STEPS));
            b.iter(move || {
                x = workload::arithmetic(x, steps);
                x
            })
        }),
        benchmark_fn("hash_map", |b| {
            let (map, keys) = (workload::hash_map(), work(LOOK_UPS));
            b.iter(move || workload::look_up(&map, keys))
        }),
        benchmark_fn("memory", |b| {
            let (mut table, loads) = (Table::new(), work(LOADS));
            b.iter(move || table.walk(loads))
        }),
    ]
}

tango_benchmarks!(benches());
