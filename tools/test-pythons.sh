#!/usr/bin/env bash
# `make test` on the newest supported Python of this machine, in .venv; house and unit
# tests on each of the others, each in an environment of its own. Reports go below $1.
# What was absent is said; the last line adds everything up.
set -uo pipefail
reports=${1:?usage: tools/test-pythons.sh REPORTS}
found=$(tools/pythons.sh)
newest=$(awk 'NR == 1 { print $1 }' <<< "$found")
status=0
rm -rf "$reports"

run() { make --no-print-directory "$@" || { status=1; echo "== make $* failed"; }; }
for version in 3.13 3.12 3.11; do
  python=$(awk -v version=$version '$1 == version { print $2 }' <<< "$found")
  if [ -z "$python" ]; then continue; fi
  echo "== Python $version: $python"
  export SEVENSTEPS_PYTHON=$python
  if [ $version = "$newest" ]; then run test REPORTS="$reports/$version"
  else  # the emulated processor is slow, and is the same for every Python
    PYTEST_ADDOPTS="--deselect tests/cases/test_processors.py" \
      run test-house test-unit VENV=.venv-$version REPORTS="$reports/$version"
  fi
done
if [ -z "$newest" ]; then run test REPORTS="$reports"; fi  # on one that uv fetches

echo "== The Pythons together"
for version in 3.13 3.12 3.11; do
  grep -q "^$version " <<< "$found" || echo "Python $version: absent here, not tried"
done
.venv/bin/python tools/summary.py "$reports" || status=1
exit $status
