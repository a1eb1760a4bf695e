#!/usr/bin/env bash
# Measures the built-in detectors on a folder of labelled texts, and writes the table to src/detect/SCORES.md.
#
#   scripts/eval.sh DIR [--check]
#   scripts/eval.sh --ordinary [--extra] [--pieces N] [--show N] [FOLDER...]
#
# DIR holds *.jsonl or *.jsonl.gz, one {"kind", "source", "direction", "text", "label"} a line. The texts stay there.
# --check writes nothing, and fails where a number differs from the one in SCORES.md.
# --ordinary counts false alarms on pieces of Python's standard library and of the crates of Cargo.lock instead.
# Of folders it counts those on their files, as results and as what is written, and on paragraphs of their prose, by rule.
set -euo pipefail

case ${1:--h} in
  -h | --help) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" && exit ;;
  --ordinary) exec python3 "$(dirname "${BASH_SOURCE[0]}")/support/alarms.py" "${@:2}" ;;
esac
data=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

texts=$(mktemp -d)
trap 'rm -rf "$texts"' EXIT
shopt -s nullglob
for file in "$data"/*.jsonl; do cp "$file" "$texts/"; done
for file in "$data"/*.jsonl.gz; do gzip -dc "$file" > "$texts/$(basename "$file" .gz)"; done

{
  echo "# Scores"
  echo
  echo "Written by \`scripts/eval.sh\`. The rules were made while looking at these texts and the models are trained on"
  echo "them, so the numbers say whether something got worse, and not how good it is. That is in the README."
  echo
  cargo run --quiet --release --locked -- eval --data "$texts"
} > "$texts/SCORES.md"

if [[ ${2:-} == --check ]]; then
  diff src/detect/SCORES.md "$texts/SCORES.md"
else
  cp "$texts/SCORES.md" src/detect/SCORES.md
fi
