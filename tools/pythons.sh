#!/usr/bin/env bash
# The supported Pythons of this machine, newest first, a line `3.13 /path/to/python` each:
# on the path (where a name may be a shim that does not run), pyenv's, and uv's own.
set -u
pythons() { # the candidates for version $1
  type -aP "python$1" python3 python
  ls -d "$(pyenv root)/versions/$1".*/bin/python
  ls -d "$(uv python dir)/cpython-$1".*/bin/python
}

is='import sys; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])'
for version in 3.13 3.12 3.11; do
  pythons "$version" 2>/dev/null | while read -r candidate; do
    if "$candidate" -c "$is" "$version" </dev/null 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.argv[1], sys.executable)' "$version"
      break
    fi
  done
done
