# SPDX-License-Identifier: BSL-1.0
# Sourced by examples/run and tests/run: finds out what this machine lacks, and installs it with apt-get.
#   want TEST PACKAGE REASON     notes PACKAGE when the shell command TEST fails
#   want_if_known TEST PACKAGE REASON  the same, where the distribution has that package
#   install_wanted               says what it installs and why; does nothing when nothing is missing

wanted=
reasons=

say() { printf '%s\n' "$*" >&2; }

want() {
  if ! eval "$1" >/dev/null 2>&1; then
    wanted="$wanted $2"
    reasons="$reasons
  $2: $3"
  fi
}

want_if_known() {
  if ! eval "$1" >/dev/null 2>&1; then
    update_lists
    if apt-cache show "$2" >/dev/null 2>&1; then want false "$2" "$3"; fi
  fi
}

# at_least FOUND NEEDED: compares versions.
at_least() { [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

cmake_is_new() { at_least "$(cmake --version | sed -n 's/^cmake version //p')" 3.25; }
gcc_is_new() { at_least "$(g++ -dumpfullversion)" 12; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@" 2>/dev/null || sudo "$@"; fi
}

can_install() {
  if ! command -v apt-get >/dev/null; then
    say "This system has no apt-get. Please install by hand:$1"
  elif [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    say "You are not root and there is no sudo. Please run as root: apt-get install$1"
  else
    return 0
  fi
  return 1
}

# The lists are renewed once. When that fails (no network, a mirror that is down), old lists may still do.
update_lists() {
  [ -z "${lists_are_new:-}" ] || return 0
  lists_are_new=yes
  as_root apt-get update -qq >/dev/null 2>&1 || say "apt-get update failed; trying with the package lists that are here."
}

install_wanted() {
  [ -n "$wanted" ] || return 0
  can_install "$wanted" || exit 69
  say "Installing:$reasons"
  update_lists
  # shellcheck disable=SC2086  # a list of packages
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=120 $wanted >/dev/null; then
    say "apt-get could not install:$wanted"
    exit 69
  fi
  wanted=
  reasons=
}
