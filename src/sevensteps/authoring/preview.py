"""Serve the built book on loopback: `python -m sevensteps.authoring.preview FOLDER`."""

from __future__ import annotations

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PREFERRED_PORT = 8000


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address above should stay in sight."""


def make_server(
    directory: Path, port: int = PREFERRED_PORT, host: str = "127.0.0.1"
) -> ThreadingHTTPServer:
    """A static server on loopback, on `port` or on any free port if that is taken.

    Raises
    ------
    FileNotFoundError   if `directory` holds no built site
    """
    if not (directory / "index.html").is_file():
        raise FileNotFoundError(
            f"{directory} holds no index.html: run `make site` first"
        )
    handler = partial(_Quiet, directory=str(directory))
    try:
        return ThreadingHTTPServer((host, port), handler)
    except OSError:
        return ThreadingHTTPServer((host, 0), handler)


def main(directory: Path) -> None:
    """Serve until interrupted, and print the address first."""
    with make_server(directory) as server:
        port = server.server_address[1]
        print(
            f"\nThe book is at http://127.0.0.1:{port}/  (Ctrl-C stops it)", flush=True
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from None
