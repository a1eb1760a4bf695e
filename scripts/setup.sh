#!/usr/bin/env bash
# Builds the gateway and its echo server, then lets the gateway set itself up. It may run any number of times.
#
#   scripts/setup.sh [--client NAME]... [--undo]
#
# Takes every option of `secure-mcp-gateway setup`; see there, with --help. Nothing is asked.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A fresh rustup is on the PATH of new terminals only.
if ! command -v cargo >/dev/null && [[ -x ${CARGO_HOME:-$HOME/.cargo}/bin/cargo ]]; then
  PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi
if ! command -v cargo >/dev/null; then
  echo 'error: `cargo` is not installed, and the gateway is built with it' >&2
  echo 'hint: get Rust from https://rustup.rs, open a new terminal, and run this again' >&2
  exit 1
fi

cargo build --release --locked --bins --example echo_mcp

exec "${CARGO_TARGET_DIR:-target}/release/secure-mcp-gateway" setup "$@"
