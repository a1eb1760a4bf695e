#!/usr/bin/env bash
# Holds the gateway against real servers and real clients: each client gets through it what it gets without it.
#
#   scripts/interop.sh [--keep]
#
# Five servers; MCP Inspector, the Python SDK in three modes, the TypeScript SDK, a client without an SDK, and
# the listings of Claude Code and Gemini CLI. Each goes to each server directly, through the gateway in direct
# mode, and through the seven tools, with the guardrails of the example configuration. Prints a table and every
# difference. --keep leaves logs and results behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/support/tools.sh

keep=
while (($#)); do
  case $1 in
    --keep) keep=1 ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' scripts/interop.sh && exit ;;
    *) fail "unknown option: $1" "scripts/interop.sh --help" ;;
  esac
  shift
done
command -v git >/dev/null || fail "git is missing"

need_node
npm_tree interop-npm @modelcontextprotocol/server-everything@2026.8.31 \
  @modelcontextprotocol/server-filesystem@2026.8.31 @modelcontextprotocol/server-memory@2026.8.31 \
  @modelcontextprotocol/sdk@1.32.2
npm_tree interop-inspector @modelcontextprotocol/inspector@2.12.0
npm_tree interop-claude @anthropic-ai/claude-code@2.1.329
npm_tree interop-gemini @google/gemini-cli@0.61.0
pip_tree interop-python mcp==2.3.0 mcp-server-git==2026.10.19 mcp-server-time==2026.10.19
cargo build --quiet --locked --bin secure-mcp-gateway

work=$(mktemp -d "$target/interop.XXXXXX")
tidy() {
  local status=$?
  if [ -n "$keep" ]; then echo "results: $work"; else rm -rf "$work"; fi
  exit $status
}
trap tidy EXIT

# What the servers have to show.
mkdir -p "$work/files/deep" "$work/results" "$work/home"
echo "a note" >"$work/files/note.txt"
echo "a deeper note" >"$work/files/deep/note.txt"
base64 -d >"$work/files/pixel.png" <<<iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC
cat >"$work/memory.jsonl" <<'GRAPH'
{"type":"entity","name":"gateway","entityType":"program","observations":["passes on"]}
{"type":"entity","name":"client","entityType":"program","observations":["asks"]}
{"type":"relation","from":"client","to":"gateway","relationType":"calls"}
GRAPH
repository=$work/repository
git init --quiet "$repository"
echo one >"$repository/one"
git -C "$repository" add one
git -C "$repository" -c user.name=Nobody -c user.email=nobody@example.com commit --quiet -m "One"
echo two >"$repository/two"

export HOME=$work/home
here=scripts/support/interop
plan=$work/plan.json
node "$here/plan.mjs" "$work" "$tools" "$target/debug/secure-mcp-gateway"

# client NAME COMMAND...: a client that breaks off has no results, and fails.
failed=
client() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 && [ -s "$work/results/$name.json" ] && return
  echo "error: $name broke off" >&2
  tail -n 5 "$work/$name.log" >&2
  failed=1
}
client raw node "$here/client.mjs" raw "$plan" "$work/results/raw.json"
client typescript node "$here/client.mjs" sdk "$plan" "$work/results/typescript.json" \
  "$tools/interop-npm/node_modules/@modelcontextprotocol/sdk"
for mode in auto legacy 2026-07-28; do
  client "python-$mode" env PYTHONPATH="$tools/interop-python" \
    python3 "$here/client.py" "$mode" "$plan" "$work/results/python-$mode.json"
done
client inspector node "$here/inspector.mjs" "$tools/interop-inspector/node_modules/.bin/mcp-inspector" \
  "$plan" "$work/results/inspector.json"
for program in claude gemini; do
  client "$program" node "$here/lists.mjs" "$program" "$tools/interop-$program/node_modules/.bin/$program" \
    "$plan" "$work/results/$program.json" "$work/home-$program"
done

node "$here/compare.mjs" "$work"/results/*.json || failed=1
[ -z "$failed" ]
