"""Pages keep the house style: short sentences, no filler, each with a description."""

import re

import pytest

from sevensteps.cases.fraud.features import FEATURES
from sevensteps.teach.chapters import find_root

ROOT = find_root()
PAGES = sorted((ROOT / "book").rglob("*.md"))
PAGES = [page for page in PAGES if not {"_static", "bank"} & set(page.parts)]
LONGEST = 30  # words in a sentence

NOT_PROSE = re.compile(
    r"\A---\n.*?\n---\n|<!--.*?-->|^%.*?$|^```(?:bash|python|toml|text)\n.*?^```",
    re.S | re.M,
)
STARTS = re.compile(r"\s*([-*>|#:(]|\d+\.\s|```)")


def blocks(text):
    """Paragraphs, list items and table cells of a page, one by one."""
    for paragraph in re.split(r"\n\s*\n", NOT_PROSE.sub("\n\n", text)):
        block = ""
        for line in paragraph.splitlines():
            if STARTS.match(line):
                yield block
                block = ""
            if line.lstrip().startswith("|"):
                yield from line.split("|")
            else:
                block += " " + line
        yield block


def sentences(text):
    for block in blocks(text):
        shown = re.sub(r"\]\([^)]*\)|\{[a-z]+\}(?=`)", "]", block)
        yield from re.split(r"(?<=[.!?])[”\"*_]*\s+", shown)


def n_words(sentence):
    return sum(bool(re.search(r"\w", word)) for word in sentence.split())


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda p: p.stem)
def test_sentences_are_short_and_without_filler(page):
    text = page.read_text(encoding="utf-8")
    long = [s.strip() for s in sentences(text) if n_words(s) > LONGEST]
    assert not long, f"over {LONGEST} words: {long}"
    filler = re.compile(r"\b(simply|just|obviously)\b", re.I)
    assert not filler.findall(NOT_PROSE.sub("", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_describes_itself_to_search_engines(page):
    front = r'---\ndescription: "(.+)"\n---\n'
    found = re.match(front, page.read_text(encoding="utf-8"))
    assert found, f"{page.name}: begin with a front matter that has a description"
    assert 50 <= len(found[1]) <= 200


def test_the_rules_can_fail():
    long = "word " * 31 + "."
    assert any(n_words(s) > LONGEST for s in sentences(f"Short. {long} Short."))
    assert any(n_words(s) > LONGEST for s in sentences(f"| a | {long} |"))
    assert not any(n_words(s) > LONGEST for s in sentences("- word\n" * 40))
    assert not any(n_words(s) > LONGEST for s in sentences(f"```bash\n{long}\n```"))


def test_the_fraud_chapter_lists_every_feature():
    """Its table of features is typed; the list that it types is the package's."""
    chapter = (ROOT / "notebooks" / "10_fraud_detection.py").read_text("utf-8")
    table = chapter.split("| looks at | features |")[1].split("Windows end")[0]
    named = re.findall(r"`(\w+)`", table)
    assert sorted(named) == sorted(FEATURES)
    assert f"computes {len(FEATURES)} of them" in chapter
