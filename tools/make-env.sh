#!/usr/bin/env bash
# Make the environment in directory $1 from requirements.lock, hashes required, with uv:
# the one on the path, or else the lock's own in a throwaway folder. With `newest` as $2
# the lock is left aside: that is how the weekly run meets tomorrow's releases.
set -euo pipefail
venv=${1:?usage: tools/make-env.sh DIRECTORY [newest]}
which=${2:-locked}
supported="3.11 3.12 3.13"
spare=$(mktemp -d)
trap 'rm -rf "$spare"' EXIT

# Whether a Python runs (a name on the path may be a shim) and is one of these versions.
is_of() { "$1" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] not in sys.argv)' "${@:2}" 2>/dev/null; }

# Any Python from 3.8 on can fetch uv; Debian ships pip and venv apart from it.
fetch_uv() {
  local python
  for python in ${SEVENSTEPS_PYTHON:-} python3 python python3.{14,13,12,11,10,9,8} none; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && break
  done
  if [ "$python" = none ]; then
    echo "Seven Steps needs uv, or a Python (3.8 or later) to fetch it: install one." >&2
    exit 1
  fi
  echo "Fetching uv for this once"
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -c 'import ensurepip' 2>/dev/null || tools/system-packages.sh venv
    "$python" -m venv "$spare/venv"
    python=$spare/venv/bin/python
  fi
  awk '/^[^ ]/ { on = /^uv==/ } on' requirements.lock > "$spare/uv.txt"
  PIP_ROOT_USER_ACTION=ignore "$python" -m pip install --disable-pip-version-check \
    --quiet --require-hashes --target "$spare" -r "$spare/uv.txt"
}

uv=uv
if ! uv --version >/dev/null 2>&1; then
  fetch_uv
  uv=$spare/bin/uv
fi

wanted=$supported
python=${SEVENSTEPS_PYTHON:-}
if [ -n "$python" ]; then
  if ! is_of "$python" $supported; then
    echo "$python is no Python 3.11, 3.12 or 3.13: name another with SEVENSTEPS_PYTHON," >&2
    echo "or none: then one is found, or fetched." >&2
    exit 1
  fi
  wanted=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
else
  python=$(tools/pythons.sh | awk 'NR == 1 { print $2 }')
fi

if [ -e "$venv" ] && ! is_of "$venv/bin/python" $wanted; then
  echo "$venv is broken or of another Python: making it again"
  rm -rf "$venv"
fi
if [ ! -e "$venv" ]; then
  echo "Making $venv with ${python:-a Python that uv fetches}"
  if ! "$uv" venv --quiet --python "${python:->=3.11,<3.14}" "$venv"; then
    echo "Install Python 3.13, or say where one is: make book SEVENSTEPS_PYTHON=PATH" >&2
    exit 1
  fi
fi

install() { "$uv" pip install --quiet --python "$venv/bin/python" "$@"; }
if [ "$which" = newest ]; then
  echo "Installing the newest releases"
  install --upgrade -e '.[book,test]'
else
  echo "Installing from requirements.lock"
  install --require-hashes -r requirements.lock
  install --no-deps --no-build-isolation -e .
fi
