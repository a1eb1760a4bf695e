#!/usr/bin/env bash
# Feeds the detectors, redaction, the reading of messages and of configurations what nobody thought of.
#
#   scripts/fuzz.sh [TARGET ...] [--seconds N]
#
# A target is a file in fuzz/targets/: all of them, one after the other, if none is named.
# Each runs for N seconds [900]. A finding ends the run with its text under fuzz/artifacts/, and exit code 1.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=900
targets=()
while (($#)); do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number} && shift ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' scripts/fuzz.sh && exit ;;
    *) targets+=("$1") ;;
  esac
  shift
done
((${#targets[@]})) || for file in fuzz/targets/*.rs; do targets+=("$(basename "$file" .rs)"); done

command -v cargo-fuzz >/dev/null 2>&1 || cargo install --locked cargo-fuzz

# The compiler's own sanitizer wants nightly. Without it, stable does what it does not allow by itself.
toolchain=()
if rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
  toolchain=(+nightly)
else
  export RUSTC_BOOTSTRAP=1
fi

# There is no `unsafe` here, and a dependency's memory is not what is looked for: without the address sanitizer
# several times as many texts are tried.
for target in "${targets[@]}"; do
  case $target in
    inspect | normalise | redact) seeds=texts ;;
    restore | passed_on) seeds=values ;;
    message) seeds=messages ;;
    entry) seeds=entries ;;
    *) seeds=$target ;;
  esac
  mkdir -p "fuzz/corpus/$target"
  cargo ${toolchain[@]+"${toolchain[@]}"} fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$seeds" -- \
    -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=8192 -dict=fuzz/words.dict -print_final_stats=1
done
