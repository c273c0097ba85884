"""Lighthouse scores of the built site, behind gzip as a web host sends it.

    make site && python benchmarks/lighthouse.py

Needs Node (`npx lighthouse`) and Chromium. Prints one line for each page and device;
ends with an error if a score is under 95. It is no part of `make test`: Lighthouse is
300 packages, and its performance score wants a quiet machine.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from statistics import median

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = (
    "book/index.html",
    "notebooks/10_fraud_detection.html",
    "notebooks/11_search_ranking.html",
    "notebooks/12_video_recommendation.html",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST = 95
RUNS = 3
COMPRESSED = (".html", ".css", ".js", ".svg", ".xml", ".txt")


class Gzipped(SimpleHTTPRequestHandler):
    """A static server that compresses text and lets the browser cache the rest."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def send_head(self) -> BytesIO | None:
        """Answer with the compressed file."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return None
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in COMPRESSED:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)


def typical(url: str, device: str) -> dict[str, int]:
    """Return the median scores of a few runs: one moves by six points on its own."""
    runs = [scores(url, device) for _ in range(RUNS)]
    return {name: int(median(run[name] for run in runs)) for name in CATEGORIES}


def scores(url: str, device: str) -> dict[str, int]:
    """Return one run's scores of a page on `mobile` or `desktop`, from 0 to 100."""
    command = [*_lighthouse(), url, "--quiet", "--output=json",
               "--chrome-flags=--headless --no-sandbox --disable-gpu "
               "--disable-background-networking"]  # fmt: skip
    if device == "desktop":
        command.append("--preset=desktop")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    categories = json.loads(done.stdout)["categories"]
    return {name: round(100 * categories[name]["score"]) for name in CATEGORIES}


def _lighthouse() -> list[str]:
    os.environ.setdefault("CHROME_PATH", shutil.which("chromium") or "")
    found = shutil.which("lighthouse")
    return [found] if found else ["npx", "--yes", "lighthouse"]


def main() -> int:
    """Print the table; return 1 if a score is too low."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Gzipped, directory=str(SITE))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    low = False
    for page in PAGES:
        for device in ("mobile", "desktop"):
            found = typical(f"http://127.0.0.1:{server.server_port}/{page}", device)
            low |= min(found.values()) < LEAST
            print(page, device, *(f"{name} {found[name]}" for name in CATEGORIES))
    server.shutdown()
    return int(low)


if __name__ == "__main__":
    sys.exit(main())
