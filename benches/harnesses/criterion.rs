//! The workloads under criterion, as its users write them.
#![allow(missing_docs)]

#[path = "../workload.rs"]
mod workload;

use criterion::{Criterion, criterion_group, criterion_main};
use workload::{LOADS, LOOK_UPS, STEPS, Table, work};

fn benches(criterion: &mut Criterion) {
    criterion.bench_function("arithmetic", |b| {
        let (mut x, steps) = (1, work(STEPS));
        b.iter(|| {
            x = workload::arithmetic(x, steps);
            x
        });
    });
    criterion.bench_function("hash_map", |b| {
        let (map, keys) = (workload::hash_map(), work(LOOK_UPS));
        b.iter(|| workload::look_up(&map, keys));
    });
    criterion.bench_function("memory", |b| {
        let (mut table, loads) = (Table::new(), work(LOADS));
        b.iter(|| table.walk(loads));
    });
}

criterion_group!(group, benches);
criterion_main!(group);
