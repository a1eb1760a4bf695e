#!/usr/bin/env bash
# Formatting, lints and all tests. Installs what the tests need where it can, and says how where it cannot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v cargo >/dev/null 2>&1; then
  echo "error: Rust is missing; get it from https://rustup.rs and run this again" >&2
  exit 1
fi

# The tests of the shared cache start a private server of their own, and those of TLS make their certificates; they
# are never skipped.
missing=()
command -v redis-server >/dev/null 2>&1 || missing+=(redis-server)
command -v openssl >/dev/null 2>&1 || missing+=(openssl)
if [ "${#missing[@]}" -gt 0 ]; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1; }; then
    echo "installing for the tests: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "error: the tests need ${missing[*]}" >&2
    echo "hint: macOS: brew install redis openssl; Fedora: sudo dnf install redis openssl; then run this again" >&2
    exit 1
  fi
fi

cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
cargo build --locked --examples
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --locked --workspace "$@"
else
  cargo test --locked --workspace "$@"
fi

# The classifier is a feature that is off: what is above has not seen it. It builds this crate, and all below it that
# comes with the feature, once more; only its own tests run again.
cargo clippy --locked --features onnx --all-targets -- -D warnings
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --locked --features onnx -E 'test(classifier)'
else
  cargo test --locked --features onnx classifier
fi
