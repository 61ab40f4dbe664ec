#!/usr/bin/env bash
# In: nothing. Out: how many crates perf-core brings to a program, ours not counted, and how long its first dev build takes; the
# same of the feature `bench`, beyond that.
set -euo pipefail
cd "$(dirname "$0")/../.."
most_crates=25
most_seconds=20
most_bench_seconds=10

crates=$(cargo tree -p perf-core -e normal --prefix none --format '{p}' | awk '{print $1}' | sort -u)
# What a procedural macro needs stays in the compiler.
compiling=$(cargo tree -p perf-macros -e normal --prefix none --format '{p}' | awk '{print $1}' | sort -u)
all=$(grep -vcE '^perf-' <<<"$crates")
running=$(cargo tree -p perf-core -e normal,no-proc-macro --prefix none --format '{p}' | awk '{print $1}' | sort -u | grep -vcE '^perf-')
echo "crates at run time: $running (limit $most_crates); with those of procedural macros: $all ($(wc -l <<<"$compiling") beneath perf-macros)"

of_bench=$(cargo tree -p perf-core --features bench -e normal --prefix none --format '{p}' | awk '{print $1}' | sort -u)
more=$(comm -13 <(echo "$crates") <(echo "$of_bench") | tr '\n' ' ')
echo "crates that the feature bench adds: $more(inventory and lexopt)"

cargo fetch --quiet
# As in a user's program: this workspace's own profile, which optimises the statistics for its tests, does not apply there.
build() {
    local empty start
    empty=$(mktemp -d)
    start=$(date +%s.%N)
    CARGO_TARGET_DIR=$empty cargo build --quiet -p perf-core "$@" \
        --config profile.dev.package.perf-stats.opt-level=0 --config profile.dev.package.statrs.opt-level=0 2>/dev/null
    awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}'
    rm -rf "$empty"
}
seconds=$(build)
echo "dev build from an empty target directory: $seconds s (limit $most_seconds s)"
with_bench=$(build --features bench)
added=$(awk -v a="$seconds" -v b="$with_bench" 'BEGIN {printf "%.1f", b - a}')
echo "with the feature bench: $with_bench s, $added s more (limit $most_bench_seconds s)"
[ "$more" = "inventory lexopt " ]
awk -v c="$running" -v s="$seconds" -v a="$added" -v mc=$most_crates -v ms=$most_seconds -v ma=$most_bench_seconds \
    'BEGIN {exit !(c <= mc && s <= ms && a <= ma)}'
