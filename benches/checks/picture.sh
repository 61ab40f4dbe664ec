#!/usr/bin/env bash
# In: nothing; needs Chromium. Out: the picture of the page that README and the guide show, of the quickstart example on this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
most_bytes=200000
picture=perf-core/src/guide/page.png

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "no Chromium here: apt-get install chromium"; exit 1; }
cargo build --quiet --release --example quickstart
cargo build --quiet --release -p perf-core --features cli --bin cargo-perf

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
PERF_PATHS=1 PERF_SAMPLE=20ms target/release/examples/quickstart --run-file "$work/run.json" >/dev/null 2>&1
target/release/cargo-perf perf report "$work/run.json" --html "$work/page.html"
"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" --window-size=1150,950 \
  --screenshot="$work/page.png" "file://$work/page.html" >/dev/null 2>&1
bytes=$(stat -c %s "$work/page.png")
[ "$bytes" -le $most_bytes ] || { echo "$bytes bytes: more than $most_bytes"; exit 1; }
cp "$work/page.png" "$picture"
# Within the documentation itself, which has no place for files.
{ printf '![The page of the quickstart example](data:image/png;base64,'; base64 -w0 "$work/page.png"; printf ')\n'; } > perf-core/src/guide/page.md
echo "$picture: $bytes bytes"
