#!/usr/bin/env bash
# The power-cut tests record what a store asks of its disk by strace, and systemd judges the units in deploy/: install them
# when they are missing and we may. Elsewhere their tests are skipped and say so; in CI (CI=true) that would be a failure.
set -euo pipefail

missing=()
command -v strace >/dev/null || missing+=(strace)
command -v systemd-analyze >/dev/null || missing+=(systemd)
if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi
if [[ "$(id -u)" -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} for the tests."
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
        exit 0
    fi
fi
echo "Some tests need ${missing[*]}. On Debian: apt-get install ${missing[*]}" >&2
[[ -z "${CI:-}" ]]
