#!/usr/bin/env bash
# Builds the gateway, the echo server and the benchmark, and measures the one beside the other.
#
#   scripts/bench.sh [--pin CPUS] [--quick] [--direct-only] [--spaced] [--echo PROGRAM] [--json FILE]
#   scripts/bench.sh --detectors [--pin CPUS] [--quick] [--only PART] [--shape NAME]
#
# --detectors measures the built-in detectors alone; PART is clean, kinds, first, pii or hostile, NAME a hostile shape.
# --pin runs everything on the named CPUs (as `taskset -c` takes them); the rest goes to the benchmark.
# Files are written under the target directory only, and a FILE without a leading / is in the repository.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)

pin=()
flags=()
detectors=
while (($#)); do
  case $1 in
    --pin) pin=(taskset -c "${2:?--pin needs CPUs}") && shift ;;
    --detectors) detectors=yes ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' scripts/bench.sh && exit ;;
    *) flags+=("$1") ;;
  esac
  shift
done

if [[ $detectors ]]; then
  cargo bench --locked --bench detect_bench --no-run
  exec "${pin[@]}" cargo bench --quiet --locked --bench detect_bench -- "${flags[@]}"
fi

cargo build --release --locked
cargo build --release --locked --example echo_mcp
cargo bench --locked --bench mcp_bench --no-run

home=$(mktemp -d "$target/bench.XXXXXX")
trap 'rm -rf "$home"' EXIT

"${pin[@]}" cargo bench --quiet --locked --bench mcp_bench -- \
  --gateway "$target/release/secure-mcp-gateway" \
  --echo "$target/release/examples/echo_mcp" \
  --dir "$home" "${flags[@]}"
