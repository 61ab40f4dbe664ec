#!/usr/bin/env bash
# In: how many runs (1,000 unless named). Out: how many runs of the test binary whose other threads allocate all the time gave a false answer.
# Each run makes 600 judgements beside three threads that only allocate, and fails where one is not the truth.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-1000}
binary=$(cargo test --quiet --no-run -p perf-core --test bounds_on_allocations --message-format=json |
    grep -o '"executable":"[^"]*bounds_on_allocations[^"]*"' | cut -d'"' -f4)
[ -x "$binary" ] || { echo "allocation_bounds: the test binary was not built" >&2; exit 2; }
failed=0
for run in $(seq "$runs"); do
    "$binary" --quiet >"${TMPDIR:-/tmp}/allocation_bounds.$$" 2>&1 || { failed=$((failed + 1)); cat "${TMPDIR:-/tmp}/allocation_bounds.$$"; }
done
rm -f "${TMPDIR:-/tmp}/allocation_bounds.$$"
echo "$runs runs, $failed with a false answer"
[ "$failed" -eq 0 ]
