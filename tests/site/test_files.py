"""The built files themselves: links, previews, sitemap, weight."""

import gzip
import re
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from browsing import ENTRANCE
from bs4 import BeautifulSoup
from sample_book import ROOT

BUDGET_KB = 40  # style and script of a page, gzipped; the font is 51 kB more


@pytest.fixture(params=["book", "sample"])
def site(request):
    return request.getfixturevalue(request.param)


@cache
def _soup(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def _targets(page):
    links = _soup(page).find_all(["a", "link", "script", "img"])
    urls = [urlsplit(tag.get("href") or tag.get("src") or "") for tag in links]
    return [
        ((page.parent / unquote(url.path)) if url.path else page, unquote(url.fragment))
        for url in urls
        if not url.scheme and not url.netloc
    ]


def test_internal_links_lead_somewhere(site):
    for path in site.folder.rglob("*.html"):
        for target, fragment in _targets(path):
            assert target.exists(), f"{path.name} links to {target}, which is not there"
            if fragment and target.suffix == ".html":
                ids = {tag["id"] for tag in _soup(target).find_all(id=True)}
                assert fragment in ids, f"{path.name}: no #{fragment} in {target.name}"


def test_pages_introduce_themselves(site):
    for path in site.pages():
        soup = _soup(site.folder / path)
        assert soup.html["lang"] == "en"
        assert len(soup.find_all("h1")) == 1, path
        assert soup.title.string, path
        if path == "search.html":
            continue
        tags = soup.find_all("meta")
        content = {t.get("property") or t.get("name"): t.get("content") for t in tags}
        names = "description og:title og:url og:image og:description og:site_name"
        for name in names.split():
            assert content.get(name), f"{path} has no {name}"
        assert soup.find("link", rel="canonical")["href"] == content["og:url"]


def test_an_author_may_describe_a_page(sample):
    tags = _soup(sample.folder / "index.html").find_all("meta")
    said = [tag["content"] for tag in tags if "description" in str(tag)]
    assert said == ["A page that carries every component of the book once."] * 2


def test_the_sitemap_lists_every_page(site):
    base = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
    sitemap = (site.folder / "sitemap.xml").read_text()
    listed = set(re.findall(r"<loc>(.*?)</loc>", sitemap))
    pages = {*site.pages(), *_home(site)} - {"search.html"}
    assert {url.removeprefix(base) for url in listed} == pages
    assert f"{base}sitemap.xml" in (site.folder / "robots.txt").read_text()


def _home(site):
    entrance = (site.folder / ENTRANCE).read_text()
    return [] if 'http-equiv="refresh"' in entrance else [ENTRANCE]


def test_scripts_are_only_ours(site):
    for path in site.pages():
        for script in _soup(site.folder / path).find_all("script"):
            source = script.get("src", "")
            assert not source or "_static/site.js" in source, f"{path}: {source}"
            assert source or "dataset.theme" in script.string, f"{path}: {script}"


def test_style_and_script_stay_light_and_the_preview_picture_is_there(site):
    static = site.folder / "_static"
    assert (static / "social-card.png").exists()
    files = [static / name for name in ("site.css", "cards.css", "site.js")]
    weight = sum(len(gzip.compress(file.read_bytes())) for file in files)
    assert weight < BUDGET_KB * 1000


def test_code_has_no_elements_without_a_colour(site):
    plain = {"n", "o", "p", "w", "nb", "nn"}
    style = (ROOT / "book" / "_static" / "site.css").read_text("utf-8")
    rules = re.findall(r"^\.highlight .*$", style, re.MULTILINE)
    coloured = set(re.findall(r"\.([a-z]+[0-9]?)\b", " ".join(rules)))
    assert not coloured & plain
    for page in site.pages():
        code = _soup(site.folder / page).select(".highlight pre span[class]")
        classes = {name for span in code for name in span["class"]}
        assert not classes & plain, page


def test_every_vendored_folder_has_its_licence():
    vendor = ROOT / "book" / "_static" / "vendor"
    folders = [folder for folder in vendor.iterdir() if folder.is_dir()]
    assert folders
    assert all((folder / "LICENSE").exists() for folder in folders)
