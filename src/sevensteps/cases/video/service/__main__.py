"""`python -m sevensteps.cases.video.service`: the service without the command line."""

import argparse
import os
import sys
from pathlib import Path

from sevensteps.serve.errors import ModelError
from sevensteps.serve.run import KEY_VARIABLE

from .run import serve_pages
from .serving import SlatesConfig


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; 2 and a reason on standard error if it cannot start."""
    parser = argparse.ArgumentParser("python -m sevensteps.cases.video.service")
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8078, help="0: a free one")
    parser.add_argument("--deadline-ms", type=float, default=150.0)
    parser.add_argument("--remembers", type=int, default=100_000)
    parser.add_argument("--max-in-flight", type=int, default=24)
    parser.add_argument("--slow-stage", default="", help="for drills")
    parser.add_argument("--slow-ms", type=float, default=0.0)
    parser.add_argument("--allow-skew", type=bool, default=False, help="for drills")
    options = vars(parser.parse_args(arguments))
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        parser.error(f"set {KEY_VARIABLE} to the key that callers will send")
    try:
        serve_pages(SlatesConfig(api_key=key, **options))
    except (ModelError, OSError, ValueError) as error:
        print(f"refusing to start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
