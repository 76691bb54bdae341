# Sets up everything under this checkout; sourced by ./up (MODE=run) and ./check (MODE=test) from the checkout's folder.
# Idempotent. Needs Python >= 3.11, a Debian or Ubuntu, its package mirror and PyPI; root or not.
UV_VERSION=0.13.9
SYSROOT=$PWD/.sysroot
STARTED=$(date +%s)
say() { echo "[set-up +$(($(date +%s) - STARTED))s] $*" >&2; }
fail() { say "$*"; exit 1; }
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV || true
export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE="${UV_LINK_MODE:-copy}"
# behind a proxy that signs for itself only the system's certificates know the way; a bare Debian has none
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=1

is_root() { [ "$(id -u)" = 0 ]; }
may_install() { is_root || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }; }
elevate() { if is_root; then "$@"; else sudo -n "$@"; fi; }

# need PACKAGE...: installs Debian packages where we may, else unpacks them under .sysroot without root
need() {
  command -v apt-get >/dev/null 2>&1 || fail "Please install: $* (there is no apt-get here)."
  if may_install; then install_packages "$@"; else unpack_packages "$@"; fi
}

install_packages() {
  say "installing $*"
  set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
  elevate "$@" >.apt.log 2>&1 && return
  { elevate apt-get -qq update && elevate "$@"; } >.apt.log 2>&1 || { cat .apt.log >&2; fail "apt-get could not install."; }
}

unpack_packages() {
  say "unpacking $* under .sysroot"
  apt_home=$SYSROOT/.apt
  mkdir -p "$apt_home/state/lists/partial" "$apt_home/cache/archives/partial"
  options="-qq -o Dir::State=$apt_home/state -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$apt_home/cache"
  options="$options -o Debug::NoLocking=1 -o APT::Sandbox::User="
  # shellcheck disable=SC2086  # the options are words
  {
    apt-get $options update || true
    wanted=$(apt-get $options install -s --no-install-recommends "$@" | awk '/^Inst/{print $2}')
    (
      cd "$apt_home/cache/archives"
      [ -z "$wanted" ] || apt-get $options download $wanted
      for package in *.deb; do [ ! -e "$package" ] || dpkg -x "$package" "$SYSROOT"; done
      rm -f ./*.deb
    )
  } >.apt.log 2>&1 || { cat .apt.log >&2; fail "The packages $* could not be unpacked."; }
  cat >"$SYSROOT/fonts.conf" <<FONTS
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>/usr/share/fonts</dir><dir>$SYSROOT/usr/share/fonts</dir><cachedir>$SYSROOT/var/cache/fontconfig</cachedir></fontconfig>
FONTS
}

use_sysroot() {
  [ -d "$SYSROOT/usr" ] || return 0
  triple=$(uname -m)-linux-gnu
  libraries=$SYSROOT/usr/lib/$triple:$SYSROOT/lib/$triple:$SYSROOT/usr/lib/$triple/pulseaudio
  export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" FONTCONFIG_FILE="$SYSROOT/fonts.conf"
}

find_python() {
  # the distribution's own first: built with optimizations, a quarter faster than what pyenv compiles, and kept patched
  for candidate in "${PYTHON:-}" /usr/bin/python3 python3.13 python3.12 python3.11 python3; do
    [ -n "$candidate" ] || continue
    "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null || continue
    command -v "$candidate"
    return
  done
}

install_uv() {
  [ ! -x .tools/bin/uv ] || return 0
  rm -rf .tools
  pip="-q --disable-pip-version-check --no-warn-script-location --root-user-action ignore"
  # shellcheck disable=SC2086  # the options are words
  if "$PY" -c 'import venv, ensurepip' 2>/dev/null; then
    "$PY" -m venv .tools && .tools/bin/python -m pip install $pip "uv==$UV_VERSION"
  else
    if "$PY" -m pip --version >/dev/null 2>&1; then
      "$PY" -m pip install $pip --target .tools/lib "uv==$UV_VERSION"
    else # Debian's python3 alone: pip runs out of its own wheel
      unpack_packages python3-pip-whl # never installed: it would bring ca-certificates and rewrite the machine's own
      wheel=$(ls "$SYSROOT"/usr/share/python-wheels/pip-*.whl /usr/share/python-wheels/pip-*.whl 2>/dev/null | head -1)
      "$PY" "$wheel/pip" install $pip --target .tools/lib "uv==$UV_VERSION"
    fi
    mkdir -p .tools/bin && ln -sf ../lib/bin/uv .tools/bin/uv
  fi
  say "uv $UV_VERSION"
}

# Exactly what is locked, and nothing else; the tests' packages, once there, are kept by ./up.
install_python_packages() {
  set=$MODE
  [ ! -x .venv/bin/pytest ] || set=test
  stamp="$set $(cksum <"requirements/$set.txt")"
  [ "$(cat .venv/.installed 2>/dev/null || true)" != "$stamp" ] || return 0
  [ -x .venv/bin/python ] || .tools/bin/uv venv -q --python "$PY" .venv
  .tools/bin/uv pip sync -q --python .venv/bin/python --require-hashes "requirements/$set.txt"
  echo "$stamp" >.venv/.installed
  say "Python packages ($set)"
}

loads() { .venv/bin/python -c 'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' "$@" 2>/dev/null; }

PY=$(find_python)
[ -n "$PY" ] || fail "Python 3.11 or newer is needed and was not found."
install_uv
install_python_packages
use_sysroot
if ! loads libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0; then
  need libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
  use_sysroot
  say "pango, for PDFs"
fi
if [ "$MODE" = test ]; then
  missing=""
  browser=$SYSROOT/usr/lib/chromium/chromium-headless-shell # the browser without windows: a third faster
  command -v chromium-headless-shell >/dev/null 2>&1 || [ -x "$browser" ] || missing=chromium-headless-shell
  loads libatomic.so.1 || missing="$missing libatomic1" # the driver inside Playwright's wheel is linked to it
  if [ -n "$missing" ]; then
    # shellcheck disable=SC2086  # the packages are words
    need $missing
    use_sysroot
    say "a browser, for the tests"
  fi
  [ ! -x "$browser" ] || export CHROMIUM="$browser"
fi
