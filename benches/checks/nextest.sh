#!/usr/bin/env bash
# In: nothing; cargo-nextest must be installed. Out: whether 13 bound tests of a small crate pass under it with 1, 2 and 8 test threads, one
# timed bound at a time, and print nothing. An inconclusive answer fails them. Four need most of their budget: were waiting for the
# others charged to it, they could not be judged.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
crate=$(mktemp -d)
trap 'rm -rf "$crate"' EXIT
mkdir "$crate/src"
cat >"$crate/Cargo.toml" <<TOML
[package]
name = "bounded-shop"
version = "0.1.0"
edition = "2024"
[dependencies]
perf-core = { path = "$root/perf-core" }
[workspace]
[profile.release]
debug = 0
TOML
cp "$root/Cargo.lock" "$crate/Cargo.lock"
cat >"$crate/src/lib.rs" <<'RUST'
#![cfg(test)]
use std::hint::black_box;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();

macro_rules! look_up {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            let table: Vec<u32> = (0..1_000).collect();
            perf_core::bound!(p99 < 1ms, || table.binary_search(black_box(&7)));
            perf_core::bound!(allocations == 0, || table.binary_search(black_box(&7)));
        }
    )* };
}
look_up!(look_up_1 look_up_2 look_up_3 look_up_4 look_up_5 look_up_6 look_up_7 look_up_8);

/// Fails where another process naps at the same time.
fn nap() {
    let mark = std::env::var("MARK").expect("a path");
    let made = std::fs::File::options().write(true).create_new(true).open(&mark);
    assert!(made.is_ok(), "two at once");
    std::thread::sleep(Duration::from_millis(2));
    std::fs::remove_file(&mark).expect("mine");
}

macro_rules! naps {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            perf_core::bound!(p99 < 100ms, nap);
        }
    )* };
}
naps!(naps_1 naps_2 naps_3 naps_4);

#[perf_core::bounded(p99 < 1ms)]
#[test]
fn attribute() {
    black_box([1, 2, 3].binary_search(black_box(&2)).is_ok());
}
RUST
status=0
for threads in 1 2 8; do
    out=$crate/out.$threads
    PERF_INCONCLUSIVE=fail MARK=$crate/mark cargo nextest run --release --manifest-path "$crate/Cargo.toml" --color never \
        --target-dir "${NEXTEST_TARGET:-$crate/target}" --test-threads "$threads" --success-output immediate --no-fail-fast >"$out" 2>&1 || true
    passed=$(grep -c ' PASS ' "$out" || true)
    said=$(grep -c 'perf: \|bound ' "$out" || true)
    took=$(grep -o 'Summary \[[^]]*\]' "$out" || true)
    echo "$threads test threads: $passed of 13 passed, $said lines of output; $took"
    [ "$passed" = 13 ] && [ "$said" = 0 ] || { cat "$out"; status=1; }
done
exit $status
