"""`python -m sevensteps.cases.fraud.service`: the service without the rest of the command line."""

import argparse
import os
import sys
from pathlib import Path

from sevensteps.serve.errors import ModelError, StoreError
from sevensteps.serve.run import KEY_VARIABLE

from .config import ServiceConfig
from .run import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 and a reason on standard error if it cannot start."""
    parser = argparse.ArgumentParser(
        "python -m sevensteps.cases.fraud.service", description=__doc__
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--store", required=True, help="folder, redis:// or unix://")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8077, help="0: a free one")
    parser.add_argument("--deadline-ms", type=float, default=50.0)
    options = vars(parser.parse_args(arguments))
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        parser.error(f"set {KEY_VARIABLE} to the key that callers will send")
    try:
        serve(ServiceConfig(api_key=key, **options))
    except (ModelError, StoreError, OSError, ValueError) as error:
        print(f"refusing to start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
