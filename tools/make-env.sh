#!/usr/bin/env bash
# Make the environment in directory $1 from requirements.lock, with uv if it is there,
# else with venv and pip. Hashes are required either way. With `newest` as $2 the lock is
# left aside: that is how the weekly run meets tomorrow's releases.
set -euo pipefail
venv=${1:?usage: tools/make-env.sh DIRECTORY [newest]}
which=${2:-locked}
fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

# A name on the path may be a shim that does not run, so each candidate is tried.
find_python() {
  local candidate
  for candidate in ${SEVENSTEPS_PYTHON:-python3.12 python3.13 python3.11 python3 python}; do
    if "$candidate" -c "$fits" 2>/dev/null; then command -v "$candidate"; return; fi
  done
  return 1
}

has_uv() { uv --version >/dev/null 2>&1; }

if [ -x "$venv/bin/python" ] && ! "$venv/bin/python" -c "$fits" 2>/dev/null; then
  echo "$venv is broken or of another Python: making it again" >&2
  rm -rf "$venv"
fi

if [ ! -x "$venv/bin/python" ]; then
  if ! python=$(find_python); then
    if [ -z "${SEVENSTEPS_PYTHON:-}" ] && has_uv; then
      python=3.12                       # uv fetches it
    else
      echo "Seven Steps needs Python 3.11, 3.12 or 3.13, and found none." >&2
      echo "Install one, or say where: make book SEVENSTEPS_PYTHON=/path/to/python" >&2
      exit 1
    fi
  fi
  echo "Making $venv with $python"
  if has_uv; then
    uv venv --quiet --python "$python" "$venv"
  else
    # Debian ships venv apart from Python.
    "$python" -c 'import ensurepip' 2>/dev/null || tools/system-packages.sh venv
    "$python" -m venv "$venv"
  fi
fi

install() {
  if has_uv; then uv pip install --quiet --python "$venv/bin/python" "$@"
  else "$venv/bin/python" -m pip install --disable-pip-version-check --quiet "$@"
  fi
}

if [ "$which" = newest ]; then
  echo "Installing the newest releases"
  install --upgrade -e '.[book,test]'
else
  echo "Installing from requirements.lock"
  install --require-hashes -r requirements.lock
  install --no-deps -e .
fi
