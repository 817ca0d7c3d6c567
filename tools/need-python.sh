#!/usr/bin/env bash
# Says what is missing, and how to get it, before a virtual environment is made with the given Python.
set -euo pipefail

python="${1:-}"
if [[ -z "$python" ]]; then
    echo "Butik needs Python 3.11 or newer and found none. On Debian: apt-get install python3 python3-venv" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Butik needs Python 3.11 or newer; $python is older. Name another with PYTHON=..." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python has no venv module. On Debian: apt-get install python3-venv" >&2
    exit 1
fi
