#!/usr/bin/env bash
# In: nothing. Out: whether a measured function that is compiled off is the bare function, instruction by instruction.
# Builds the example three ways and compares the disassembly of `bare` and `measured`; `record` on must differ, or the check is blind.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}/same_code

# instructions NAME FILE: the function's instructions without addresses
instructions() {
    objdump -d --no-show-raw-insn --no-addresses "$2" | awk -v name="<$1>:" '$0 ~ name {on = 1; next} /^$/ {on = 0} on' |
        sed -E 's/#.*//; s/[[:space:]]+/ /g; s/<[^>]*>//g; s/[0-9a-f]{4,}( |$)//'
}

# same WHAT NAME FLAGS...: builds with the flags and says whether the functions agree
same() {
    local rustflags=$1; shift
    RUSTFLAGS="$rustflags" cargo build --quiet --release -p perf-benches --example same_code --target-dir "$target" "$@" 2>/dev/null
    local file=$target/release/examples/same_code bare measured
    bare=$(instructions bare "$file"); measured=$(instructions measured "$file")
    [ -n "$bare" ] && [ -n "$measured" ] || { echo "same_code: a function is missing from $file" >&2; exit 2; }
    [ "$bare" == "$measured" ]
}

status=0
if same "" ; then echo "recording on: identical (the check is blind)"; status=1; else echo "recording on: different, as it must be"; fi
if same "--cfg perf_off"; then echo "--cfg perf_off: identical"; else echo "--cfg perf_off: DIFFERENT"; status=1; fi
if same "" --no-default-features; then echo "without the feature record: identical"; else echo "without the feature record: DIFFERENT"; status=1; fi
exit $status
