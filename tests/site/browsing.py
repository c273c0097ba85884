"""What the site's tests need to look at a site through a browser."""

import threading
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

ENTRANCE = "index.html"
PHONE = {"viewport": {"width": 390, "height": 844}}
PROBES = Path(__file__).with_name("probes.js").read_text("utf-8")


class _Quiet(SimpleHTTPRequestHandler):
    log_message = staticmethod(lambda *line: None)


@dataclass(frozen=True)
class Site:
    folder: Path
    address: str

    def pages(self):
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*.html"))
        return sorted(path.as_posix() for path in found if path.as_posix() != ENTRANCE)


def serve(folder):
    """Serve a folder on loopback for as long as the caller iterates."""
    handler = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(folder, f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    server.server_close()


def probe(page, name):
    """What a function of `probes.js` finds on a page."""
    return page.evaluate(f"() => {{ {PROBES}\nreturn {name}(); }}")


def visit(context, address):
    """An open page, what it asked for, and what it complained about."""
    seen = SimpleNamespace(page=context.new_page(), requests=[], errors=[])

    def complains(line):
        if line.type == "error":
            seen.errors.append(line.text)

    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on("requestfailed", lambda request: seen.errors.append(request.url))
    seen.page.on("console", complains)
    seen.page.goto(address, wait_until="load")
    return seen
