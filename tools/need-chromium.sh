#!/usr/bin/env bash
# The browser tests drive Debian's Chromium: install it when it is missing and we may, else say how.
set -euo pipefail

if [[ -x /usr/bin/chromium ]]; then
    exit 0
fi
if [[ "$(id -u)" -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-liberation >/dev/null
    exit 0
fi
echo "The browser tests need Chromium. On Debian: apt-get install chromium fonts-liberation" >&2
exit 1
