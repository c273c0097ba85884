"""The question banks: their schema, their errors, and the pages made from them."""

import re
from pathlib import Path

import pytest
import yaml

from sevensteps.authoring.bank_page import page, write_pages
from sevensteps.teach.bank import BankError, load_bank

FOLDER = Path(__file__).parents[2] / "book" / "bank"
BANKS = sorted(FOLDER.glob("*.yml"))
names = pytest.mark.parametrize("path", BANKS or [None], ids=lambda path: path.stem)


@pytest.fixture
def raw():
    return yaml.safe_load((FOLDER / "fraud.yml").read_text(encoding="utf-8"))


def saved(folder, raw):
    """The folder with such a bank: its text, or what YAML makes of it."""
    text = raw if isinstance(raw, str) else yaml.safe_dump(raw, allow_unicode=True)
    (folder / "fraud.yml").write_text(text, encoding="utf-8")
    return folder


def texts(found):
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for value in found.values() if isinstance(found, dict) else found:
            yield from texts(value)


@names
def test_page_is_in_step_with_its_bank(path):
    stored = path.with_suffix(".md").read_text(encoding="utf-8")
    assert stored == page(load_bank(path.stem)), (
        f"{path.stem}.md is older than {path.name}: "
        "run `python -m sevensteps.authoring.bank_page` and commit the page"
    )


#: What one can practise with; the skeleton of a case begins with less.
LEAST = {"clarifying": 30, "follow_ups": 20, "constraints": 3, "wrong_turns": 5}
LEAST["recall"] = 25


@names
def test_a_bank_is_large_enough_and_no_answer_is_another(path):
    bank = load_bank(path.stem)
    held = {part: len(getattr(bank, part)) for part in LEAST}
    assert {part: n for part, n in held.items() if n < LEAST[part]} == {}
    for item in [*bank.follow_ups, *bank.levels]:
        assert len({item.mid, item.senior, item.staff}) == 3


@names
def test_words_and_sentences_keep_the_house_style(path):
    for text in texts(yaml.safe_load(path.read_text(encoding="utf-8"))):
        assert not re.search(r"\b(simply|just|obviously)\b", text, re.I), text
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            assert len(sentence.split()) <= 30, f"over 30 words: {sentence}"


def test_questions_arrive_as_a_table_and_an_unknown_bank_is_told_the_known():
    bank = load_bank("fraud")
    told = bank.questions()
    assert told.columns.tolist() == ["step", "ask", "answer", "changes", "essential"]
    assert told["ask"].tolist() == [question.ask for question in bank.clarifying]

    with pytest.raises(LookupError, match=r"no bank 'frod' in bank\. Known: .*fraud"):
        load_bank("frod")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda b: b["follow_ups"][3].pop("senior"), r"follow_ups\[3\] \(anomaly\)"),
        (lambda b: b["recall"][0].update(bakc="x"), r"\(r-threshold\)\.bakc: Extra"),
        (lambda b: b["clarifying"][0].update(step="deploy"), r"\(who-decides\)\.step"),
        (lambda b: b["clarifying"][0].update(ask="  "), r"\(who-decides\)\.ask"),
        (lambda b: b["clarifying"][1].update(id="who-decides"), "twice: who-decides"),
        (lambda b: b["wrong_turns"][0].update(id="drift"), "used twice: drift"),
        (lambda b: b["rubric"].reverse(), "each step once, in order: clarify, frame"),
        (lambda b: b.update(constraints=[]), "constraints: .* at least 1"),
        (
            lambda b: b.update(recall=[r for r in b["recall"] if r["step"] != "frame"]),
            "recall: nothing for frame",
        ),
        (lambda b: b.update(slug="other"), "says slug: other; rename"),
        (lambda b: b.pop("prompt"), "prompt: Field required"),
    ],
)
def test_a_broken_bank_says_where(change, told, raw, tmp_path):
    change(raw)
    with pytest.raises(BankError, match=told):
        load_bank("fraud", folder=saved(tmp_path, raw))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slug: [fraud", "not YAML.*line 1"),
        ("", "the file: Input should be"),
        ("- a list", "the file: Input should be"),
    ],
)
def test_a_file_that_is_no_bank_is_refused(text, told, tmp_path):
    with pytest.raises(BankError, match=re.compile(told, re.S)):
        load_bank("fraud", folder=saved(tmp_path, text))


def test_pages_are_written_beside_their_banks(raw, tmp_path):
    assert write_pages(saved(tmp_path, raw)) == [tmp_path / "fraud.md"]
    written = (tmp_path / "fraud.md").read_text(encoding="utf-8")
    assert written == page(load_bank("fraud"))
    for item in raw["clarifying"] + raw["follow_ups"]:
        assert item["ask"] in written
