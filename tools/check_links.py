"""Ask for every external link of the book: `python tools/check_links.py`.

It needs the network: the weekly run does it, and the tests look at the form only. A
host that refuses robots is there. A DOI need only be known, for where it leads, robots
are refused more often than not.
"""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("*.md", "book/**/*.md", "book/**/*.html", "data/*.md", "notebooks/*.py")
LINK = re.compile(r"""\bhttps?://[^\s<>"'`{}|\\^\[\]]*[^\s<>"'`{}|\\^\[\].,;:!?*]""")
REFUSED = {401, 403, 405, 406, 418, 429}  # by a host that is there
OWN = ("http://127.0.0.1", "http://www.w3.org")  # this machine; names of formats


def links(text: str) -> list[str]:
    """The addresses in a text, without the bracket that closes around one."""
    found = LINK.findall(text)
    whole = [
        a[:-1] if a[-1] == ")" and a.count(")") > a.count("(") else a for a in found
    ]
    return [address for address in whole if not address.startswith(OWN)]


def external_links() -> dict[str, str]:
    """Each address that leads out of the book, with a page that names it."""
    pages = [page for pattern in PAGES for page in sorted(ROOT.glob(pattern))]
    return {
        address: page.relative_to(ROOT).as_posix()
        for page in pages
        for address in links(page.read_text(encoding="utf-8"))
    }


def fault(client: httpx.Client, address: str) -> str:
    """What is wrong with an address, or nothing."""
    known = address.startswith("https://doi.org/")
    try:
        status = client.get(address, follow_redirects=not known).status_code
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}"
    return "" if status < 400 or status in REFUSED else f"status {status}"


def main() -> int:
    """Print the broken links; 1 if there are any."""
    found = external_links()
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(8) as pool:
        faults = list(pool.map(lambda address: fault(client, address), found))
    for (address, page), what in zip(found.items(), faults, strict=True):
        if what:
            print(f"{page}: {address}: {what}")
    print(f"{len(found)} external links, {sum(map(bool, faults))} broken")
    return int(any(faults))


if __name__ == "__main__":
    sys.exit(main())
