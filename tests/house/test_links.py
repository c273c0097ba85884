"""Links that lead out of the book: their form here, whether they answer weekly."""

import re
import runpy
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "check_links.py"))
LINKS = TOOL["external_links"]()
KNOWN = {
    "doi.org": re.compile(r"/10\.\d{4,9}/[\w.()/-]+"),
    "arxiv.org": re.compile(r"/abs/\d{4}\.\d{4,5}"),
}


def test_links_end_where_the_sentence_goes_on():
    text = (
        "See [a](https://a.org/x), (https://b.org/y_(z)), <https://c.org/?q=1> and "
        "https://d.org/e. Not http://127.0.0.1:8000/ or `https://{{ host }}`."
    )
    told = ["https://a.org/x", "https://b.org/y_(z)", "https://c.org/?q=1"]
    assert TOOL["links"](text) == [*told, "https://d.org/e"]


@pytest.mark.parametrize("address", LINKS)
def test_an_external_link_is_well_formed(address):
    parts = urlsplit(address)
    assert parts.scheme == "https"
    assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc)
    assert address.isascii()
    if parts.netloc in KNOWN:
        assert KNOWN[parts.netloc].fullmatch(parts.path)


ANSWERS = {
    "https://a.org/": httpx.Response(200),
    "https://a.org/moved": httpx.Response(301, headers={"Location": "https://a.org/"}),
    "https://a.org/lost": httpx.Response(302, headers={"Location": "/gone"}),
    "https://a.org/gone": httpx.Response(404),
    "https://a.org/no-robots": httpx.Response(403),
    "https://doi.org/10.1/x": httpx.Response(302, headers={"Location": "/gone"}),
    "https://doi.org/10.1/y": httpx.Response(404),
}


def answer(request):
    if request.url.host == "dead.org":
        raise httpx.ConnectError("no such host")
    return ANSWERS[str(request.url)]


@pytest.mark.parametrize(
    ("told", "addresses"),
    [
        ("", "a.org/ a.org/moved a.org/no-robots doi.org/10.1/x"),
        ("status 404", "a.org/lost a.org/gone doi.org/10.1/y"),
        ("ConnectError: no such host", "dead.org/"),
    ],
)
def test_a_link_that_does_not_answer_is_told(told, addresses):
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        for address in addresses.split():
            assert TOOL["fault"](client, f"https://{address}") == told, address


def test_there_are_external_links_and_they_are_asked_for_every_week():
    assert len(LINKS) > 50
    assert re.search(r"^links: env", (ROOT / "Makefile").read_text(), re.MULTILINE)
    weekly = (ROOT / ".github" / "workflows" / "weekly.yml").read_text()
    assert re.search(r"run: make links\b", weekly)
