#!/usr/bin/env bash
# Runs the official MCP conformance suite against the gateway, in front of `test_mcps/conformance_mcp.rs`.
#
#   scripts/conformance.sh [--server-only | --client-only] [--keep]
#
# Server scenarios: suite -> proxy that adds the key -> gateway over HTTP, direct mode -> fixture over stdio.
# Client scenarios: a client -> gateway over stdio, direct mode -> the suite's own servers over HTTP.
# Everything scored must pass and nothing is expected to fail. --keep leaves the logs and results behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/support/tools.sh

suite_old=0.1.16
suite_new=0.2.0-alpha.12

legs="server client"
keep=
while (($#)); do
  case $1 in
    --server-only) legs=server ;;
    --client-only) legs=client ;;
    --keep) keep=1 ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' scripts/conformance.sh && exit ;;
    *) fail "unknown option: $1" "scripts/conformance.sh --help" ;;
  esac
  shift
done

need_node
npm_tree "conformance-$suite_old" "@modelcontextprotocol/conformance@$suite_old"
npm_tree "conformance-$suite_new" "@modelcontextprotocol/conformance@$suite_new"
cargo build --quiet --locked --bin secure-mcp-gateway --example conformance_mcp --example conformance_client
gateway=$target/debug/secure-mcp-gateway
examples=$target/debug/examples

work=$(mktemp -d "$target/conformance.XXXXXX")
running=
tidy() {
  local status=$?
  [ -z "$running" ] || kill $running 2>/dev/null || true
  wait
  if [ -n "$keep" ]; then echo "logs and results: $work"; else rm -rf "$work"; fi
  exit $status
}
trap tidy EXIT

suite() {
  local version=$1
  shift
  node "$tools/conformance-$version/node_modules/@modelcontextprotocol/conformance/dist/index.js" "$@"
}

# report NAME EXIT-CODE REQUIREMENTS: what the run with its results in $work/NAME came to.
failed=0
report() {
  node scripts/support/conformance_report.mjs "$1" "$2" "$work/$1" ${3:+"$3"} || failed=1
}
requirements=$tools/conformance-$suite_new/node_modules/@modelcontextprotocol/conformance/requirements

# serve NAME PROTOCOL: a gateway and a proxy before it; sets $url.
serve() {
  local name=gateway-$1 port key="conformance-$RANDOM$RANDOM$RANDOM"
  port=$(free_port)
  mkdir "$work/$name"
  (umask 077 && node scripts/support/direct_config.mjs "$key" "$2" "$examples/conformance_mcp" >"$work/$name/config.json")
  "$gateway" --config "$work/$name/config.json" serve --transport http --port "$port" 2>"$work/$name/gateway.log" &
  running="$running $!"
  node scripts/support/auth_proxy.mjs "$port" "$key" >"$work/$name/proxy.port" &
  running="$running $!"
  eventually 20 test -s "$work/$name/proxy.port" || fail "the proxy does not start"
  url=http://127.0.0.1:$(cat "$work/$name/proxy.port")/mcp
  # The first list may be short: it does not wait for servers.
  eventually 30 node scripts/support/has_tools.mjs "$url" || {
    tail -n 20 "$work/$name/gateway.log" >&2
    fail "the gateway does not serve the fixture's tools"
  }
}

# server_run NAME VERSION OPTIONS...
server_run() {
  local name=$1 version=$2 status=0
  shift 2
  mkdir "$work/$name"
  suite "$version" server --url "$url" -o "$work/$name" "$@" >"$work/$name.log" 2>&1 || status=$?
  report "$name" "$status" "$requirements/2026-07-28.yaml"
}

# scenarios_run NAME VERSION REVISION SCENARIO...
scenarios_run() {
  local name=$1 version=$2 revision=$3 scenario status=0
  shift 3
  mkdir "$work/$name"
  for scenario in "$@"; do
    suite "$version" server --url "$url" --scenario "$scenario" --spec-version "$revision" \
      -o "$work/$name" >"$work/$name-$scenario.log" 2>&1 || status=$?
  done
  report "$name" "$status"
}

# client_run NAME VERSION REVISION OPTION SCENARIO...: OPTION is one of the client, or empty.
client_run() {
  local name=$1 version=$2 revision=$3 option=$4 scenario status
  shift 4
  mkdir "$work/$name"
  status=0
  for scenario in "$@"; do
    suite "$version" client --command "$examples/conformance_client $option $gateway" --scenario "$scenario" \
      --spec-version "$revision" -o "$work/$name" >"$work/$name-$scenario.log" 2>&1 || status=$?
  done
  report "$name" "$status"
}

for leg in $legs; do
  if [ "$leg" = server ]; then
    serve legacy legacy
    server_run "server-by-$suite_old" "$suite_old" --suite all
    server_run server-2025-11-25 "$suite_new" --requirements 2025-11-25
    # A client of the newer revision, asked by a server that has a handshake: all but what goes by the suite's own
    # keys, or wants several questions at once.
    states=(basic-list-roots basic-sampling capability-check missing-input-response multi-round non-tool-request
      request-state result-type tampered-state unsupported-methods validate-input)
    scenarios_run server-2025-11-25-asks-by-results "$suite_new" 2026-07-28 "${states[@]/#/input-required-result-}"
    serve modern modern
    server_run server-2026-07-28 "$suite_new" --requirements 2026-07-28
  else
    legacy=(initialize tools_call elicitation-sep1034-client-defaults sse-retry)
    modern=(tools_call request-metadata sep-2322-client-request-state http-standard-headers http-custom-headers
      http-invalid-tool-headers json-schema-ref-no-deref json-schema-2020-12-preservation)
    client_run "client-by-$suite_old" "$suite_old" 2025-11-25 "" "${legacy[@]}"
    client_run client-2025-11-25 "$suite_new" 2025-11-25 "" "${legacy[@]}" json-schema-2020-12-preservation
    client_run client-2026-07-28 "$suite_new" 2026-07-28 "" "${modern[@]}"
    client_run client-2026-07-28-itself-modern "$suite_new" 2026-07-28 --modern "${modern[@]}"
  fi
done
exit $failed
