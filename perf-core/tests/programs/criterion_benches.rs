//! A bench file as written for criterion, but for the line that imports it.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use perf_core::criterion::measurement::WallTime;
use perf_core::criterion::{
    BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput, black_box, criterion_group,
    criterion_main,
};
use std::time::{Duration, Instant};

fn single(c: &mut Criterion) {
    c.bench_function("single", |b| b.iter(|| black_box(3u64).pow(7)));
    c.bench_with_input(BenchmarkId::new("with input", 5), &5u64, |b, &n| {
        b.iter(|| (0..black_box(n)).sum::<u64>());
    });
}

fn grouped(c: &mut Criterion) {
    let mut group = c.benchmark_group("group");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(1));
    for n in [1u64, 100] {
        group.throughput(Throughput::Elements(n));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, &n| {
            b.iter_batched(|| vec![0u8; n as usize], |v| v, BatchSize::SmallInput);
        });
    }
    add(&mut group);
    group.finish();
}

fn add(group: &mut BenchmarkGroup<'_, WallTime>) {
    group.bench_function(BenchmarkId::new("lent", "x"), |b| {
        b.iter_batched_ref(
            || vec![3u8, 1, 2],
            |v| v.sort_unstable(),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("custom", |b| {
        b.iter_custom(|iterations| {
            let start = Instant::now();
            for i in 0..iterations {
                black_box(i);
            }
            start.elapsed()
        });
    });
    group.bench_function("forgotten", |_| {});
}

/// Their times are exactly known, whatever the machine does: a kept executable takes 100 µs, this one as many more nanoseconds as a
/// variable says.
fn known(c: &mut Criterion) {
    let own = std::env::current_exe().unwrap_or_default();
    let kept = own.display().to_string().contains("executable-");
    let more = std::env::var("PERF_TEST_MORE")
        .ok()
        .filter(|_| !kept)
        .and_then(|more| more.parse::<i64>().ok());
    let each = 100_000u64.saturating_add_signed(more.unwrap_or(0));
    let mut group = c.benchmark_group("known");
    group.bench_function("time", |b| {
        b.iter_custom(|iterations| Duration::from_nanos(each * iterations));
    });
    group.bench_function("failure", |b| {
        b.iter_custom(|iterations| {
            assert!(more.is_none(), "only the new one");
            Duration::from_nanos(each * iterations)
        });
    });
    group.finish();
}

criterion_group!(first, single);
criterion_group! {
    name = second;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(10));
    targets = grouped
}
criterion_group!(third, known);
criterion_main!(first, second, third);
