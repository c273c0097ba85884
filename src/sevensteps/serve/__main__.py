"""`python -m sevensteps.serve PACKAGE --option=...`: serve a package's `PROGRAM`."""

import sys
from importlib import import_module

if __name__ == "__main__":
    raise SystemExit(import_module(sys.argv[1]).PROGRAM.main(sys.argv[2:]))
