# Shell functions shared by the scripts. Source it: `. "$(dirname "$0")/lib.sh"`.
# shellcheck shell=bash

REPO="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
TARGET_DIR="${CARGO_TARGET_DIR:-$REPO/target}"
# What the scripts build or fetch for themselves, kept between runs.
# shellcheck disable=SC2034 # used by those that source this
TOOLS_DIR="$TARGET_DIR/bin"

# ---- saying what happens

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  _bold=$'\033[1m' _dim=$'\033[2m' _red=$'\033[31m' _reset=$'\033[0m'
else
  _bold='' _dim='' _red='' _reset=''
fi

# One plain line of progress.
say() { printf '%s\n' "$*"; }

# A line that names a part of the work.
heading() { printf '\n%s%s%s\n' "$_bold" "$*" "$_reset"; }

# Ends the script: what went wrong, then what to do about it, one line each.
die() {
  printf '%serror:%s %s\n' "$_red" "$_reset" "$1" >&2
  shift
  local line
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# The firewall table of a provider's agent, which outlives the agent as its workloads do.
drop_firewall() { # ADDRESS
  PATH=$PATH:/usr/sbin:/sbin nft delete table inet "akash-${1: -8}" 2>/dev/null || true
}

now_ms() { date +%s%3N; }

# Milliseconds as seconds with one digit.
seconds() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# step TEXT COMMAND...: runs a command with its output in a log, and says how long it took. The end of the log is
# shown when the command fails. STEP_VERBOSE=1 shows the output as it comes.
step() {
  local text=$1 start log code=0
  shift
  start=$(now_ms)
  if [ "${STEP_VERBOSE:-0}" = 1 ]; then
    printf '%s ...\n' "$text"
    "$@" || code=$?
  else
    mkdir -p "$TARGET_DIR/log"
    log="$TARGET_DIR/log/step-$$.log"
    printf '%s ... ' "$text"
    "$@" >"$log" 2>&1 || code=$?
  fi
  if [ "$code" -ne 0 ]; then
    printf 'failed after %s\n' "$(seconds $(($(now_ms) - start)))"
    if [ -n "${log:-}" ]; then
      tail -n 40 "$log" | sed 's/^/    /' >&2
      say "    (all of its output: $log)" >&2
    fi
    return "$code"
  fi
  if [ "${STEP_VERBOSE:-0}" = 1 ]; then
    printf '%s: %s\n' "$text" "$(seconds $(($(now_ms) - start)))"
  else
    printf '%s\n' "$(seconds $(($(now_ms) - start)))"
    rm -f "$log"
  fi
}

# ---- what the machine has

have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: as it is, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    die "this needs root: $*" "run it as root, or install sudo"
  fi
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

_apt_install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; }

# Whether apt knows a package that it could install.
apt_offers() { [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \((none)\)\{0,1\}//p')" ]; }

# apt_install PACKAGE...: installs those of the Debian packages that are missing; does nothing and says nothing
# when none is.
apt_install() {
  local missing=() package
  for package in "$@"; do is_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  have apt-get || die "missing: ${missing[*]}" "install them with this system's package manager and run this again"
  # Only when a package cannot be found: refreshing the lists is the slow part.
  for package in "${missing[@]}"; do
    if ! apt_offers "$package"; then
      step "Refreshing the package lists" as_root apt-get update -qq || return 1
      break
    fi
  done
  step "Installing ${missing[*]}" _apt_install "${missing[@]}"
}

# Whether version $1 is at least version $2.
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1)" = "$2" ]; }

# The Go to build with, or nothing.
find_go() {
  local candidate
  for candidate in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-*/bin/go "$TARGET_DIR/tools/go/bin/go"; do
    [ -x "$candidate" ] || continue
    # From 1.21 on, Go fetches the newer release that a module asks for by itself.
    if version_at_least "$("$candidate" env GOVERSION | sed 's/^go//')" 1.21; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

# ---- the deployer

# What the contracts here are built from, for the record.
suite_commit() {
  local commit
  commit=$(git -C "$REPO" rev-parse HEAD 2>/dev/null || echo unknown)
  # What is not committed must not pass for what is.
  if [ "$commit" != unknown ] && [ -n "$(git -C "$REPO" status --porcelain -- contracts packages Cargo.lock)" ]; then
    commit="$commit-modified"
  fi
  printf '%s\n' "$commit"
}

# Builds the deployer unless DEPLOY_BUILD=0 and it is there.
build_deployer() {
  if ! [ -x "$TARGET_DIR/release/deployer" ] || [ "${DEPLOY_BUILD:-1}" = 1 ]; then
    step "Building the deployer" env -C "$REPO" cargo build --release ${CI:+--locked} -p deployer || exit 1
  fi
}

# ---- processes that the scripts start

# The time a process started, in clock ticks since boot: with the pid it names one process for good.
process_start() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# save_process FILE PID
save_process() { printf '%s %s\n' "$2" "$(process_start "$2")" >"$1"; }

# saved_process FILE: prints the pid when that very process still runs.
saved_process() {
  local pid start
  [ -f "$1" ] && read -r pid start <"$1" && [ -n "$start" ] && [ "$(process_start "$pid")" = "$start" ] || return 1
  # A zombie has ended: it only waits for its parent.
  [ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f1)" != Z ] || return 1
  printf '%s\n' "$pid"
}

# stop_process FILE SECONDS: ends the process that save_process wrote down, and no other. Succeeds when none runs.
stop_process() {
  local pid deadline
  if pid=$(saved_process "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    deadline=$(($(now_ms) + $2 * 1000))
    while saved_process "$1" >/dev/null; do
      if [ "$(now_ms)" -ge "$deadline" ]; then
        kill -KILL "$pid" 2>/dev/null || true
        deadline=$((deadline + 5000))
      fi
      sleep 0.05
    done
  fi
  rm -f "$1"
}
