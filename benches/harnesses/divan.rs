//! The workloads under divan, as its users write them.

#[path = "../workload.rs"]
mod workload;

use divan::Bencher;
use workload::{LOADS, LOOK_UPS, STEPS, Table, work};

fn main() {
    divan::main();
}

#[divan::bench]
fn arithmetic(bencher: Bencher) {
    let (mut x, steps) = (1, work(STEPS));
    bencher.bench_local(|| {
        x = workload::arithmetic(x, steps);
        x
    });
}

#[divan::bench]
fn hash_map(bencher: Bencher) {
    let (map, keys) = (workload::hash_map(), work(LOOK_UPS));
    bencher.bench(|| workload::look_up(&map, keys));
}

#[divan::bench]
fn memory(bencher: Bencher) {
    let (mut table, loads) = (Table::new(), work(LOADS));
    bencher.bench_local(|| table.walk(loads));
}
