#!/usr/bin/env bash
# In: nothing. Out: whether a program of its own, whose profile says `panic = "abort"`, with a session that a panic meets on the main
# thread or on another one, leaves one whole run file and dies of the abort as it would without us.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
crate=$(mktemp -d)
trap 'rm -rf "$crate"' EXIT
mkdir "$crate/src"
cat >"$crate/Cargo.toml" <<TOML
[package]
name = "aborting"
version = "0.1.0"
edition = "2024"
[dependencies]
perf-core = { path = "$root/perf-core" }
[workspace]
[profile.dev]
panic = "abort"
debug = 0
TOML
cp "$root/Cargo.lock" "$crate/Cargo.lock"
cat >"$crate/src/main.rs" <<'RUST'
use perf_core::{Session, measure};

#[measure]
fn work(n: u64) -> u64 {
    std::hint::black_box(n) + 1
}

fn main() {
    let _session = Session::start("aborting");
    for n in 0..1_000 {
        work(n);
    }
    match std::env::args().nth(1).as_deref() {
        Some("here") => panic!("asked for"),
        Some("there") => drop(std::thread::spawn(|| panic!("asked for")).join()),
        _ => {}
    }
}
RUST
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}/abort cargo build --quiet --manifest-path "$crate/Cargo.toml"
program=${CARGO_TARGET_DIR:-$root/target}/abort/debug/aborting
for how in "" here there; do
    runs=$crate/runs-$how
    code=0
    { PERF_RUN_DIR=$runs "$program" $how; } 2>"$crate/told" || code=$?
    [ "$code" = "$([ -z "$how" ] && echo 0 || echo 134)" ] || { cat "$crate/told"; echo "'$how': exit code $code"; exit 1; }
    [ "$(ls "$runs" | wc -l)" = 1 ] || { ls -l "$runs"; echo "'$how': not one file"; exit 1; }
    for part in '"complete":true' "\"ended_by\":\"$([ -z "$how" ] && echo session || echo panic)\"" '"calls":1000'; do
        grep -q "$part" "$runs"/*.json || { cat "$runs"/*.json; echo "'$how': no $part"; exit 1; }
    done
done
echo "panic = \"abort\" in a profile: the run file is whole, and the process dies of SIGABRT"
