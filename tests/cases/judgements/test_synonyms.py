"""A reader's synonyms are read kindly, told, and used by what understands queries."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.judgements import read_collection, trial
from sevensteps.cases.judgements.contest import OURS, TUNED, UNDERSTOOD
from sevensteps.cases.judgements.synonyms import read_synonyms
from sevensteps.cases.judgements.texts import texts_of
from sevensteps.cases.judgements.wording import understood

WANTED = ("kelu", "roba", "mide", "tano", "fesi", "gupo")  # what shoppers say
SOLD = ("zarit", "vomul", "pexid", "qorin", "wabel", "hudok")  # what the shop says


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A shop that shares no word with its shoppers but for colours."""
    rng = np.random.default_rng(2)
    folder = tmp_path_factory.mktemp("shop")
    colours = ("red", "blue", "green", "black", "white")
    rows = [(s, c) for s in SOLD for c in colours for _ in range(4)]
    title = [f"{c} {s}" for s, c in rows]
    pd.DataFrame({"document_id": np.arange(len(rows)), "title": title}).to_csv(
        folder / "documents.csv", index=False
    )
    asked = [(w, c) for w in WANTED for c in colours]
    pd.DataFrame(
        {"query_id": np.arange(len(asked)), "query": [f"{c} {w}" for w, c in asked]}
    ).to_csv(folder / "queries.csv", index=False)
    judged = [
        (q, d, int(SOLD.index(rows[d][0]) == WANTED.index(w)) * (1 + (rows[d][1] == c)))
        for q, (w, c) in enumerate(asked)
        for d in rng.permutation(len(rows))[:80]
    ]
    pd.DataFrame(judged, columns=["query_id", "document_id", "grade"]).to_csv(
        folder / "judgements.csv", index=False
    )
    return folder


def lines():
    return "".join(f"{w}, {s}\n" for w, s in zip(WANTED, SOLD, strict=True))


def test_ours_finds_what_only_synonyms_know(folder):
    plain = trial(read_collection(folder)[0]).outcomes[0]
    (folder / "synonyms.txt").write_text(lines())
    data, notes = read_collection(folder)
    assert any("12 phrases have synonyms in synonyms.txt" in note for note in notes)
    result = trial(data)
    outcome = result.outcomes[0]
    assert result.understood.expanded == data.n_queries
    assert UNDERSTOOD not in plain.ndcg
    assert outcome.lead(UNDERSTOOD).low > 0.1
    assert outcome.ndcg[OURS].estimate > plain.ndcg[OURS].estimate + 0.1
    assert all(each.words == "understood" for each in outcome.settings)
    assert outcome.ndcg[TUNED].estimate == pytest.approx(
        plain.ndcg[TUNED].estimate, abs=0.05
    )  # knows nothing of them


def test_synonyms_are_words_of_less_weight(folder):
    (folder / "synonyms.txt").write_text("kelu => zarit|0.5, red zarit|0.3\n")
    data, _ = read_collection(folder)
    taken = understood(data)
    assert taken.wording is not None
    texts = texts_of(data, taken.wording)["understood"]
    row = list(data.query).index("red kelu")
    held = {w: texts.asked[row, n] for n, w in enumerate(texts.words)}
    said = {w: round(float(x), 3) for w, x in held.items() if x}
    assert said == {"red": 1, "kelu": 1, "zarit": 0.5}  # red is there already
    assert len(texts.order[row]) == 2


def test_lines_without_sense_are_left_out_and_told(tmp_path):
    (tmp_path / "my-synonyms.txt").write_bytes(
        b"\xef\xbb\xbf# a shop\r\nlamp, light\r\nalone\r\nlamps => lamp, lantern\r\n"
        b"a => b => c"
    )
    synonyms, notes = read_synonyms(tmp_path)
    assert {p: [o for o, _ in others] for p, others in synonyms.others.items()} == {
        "lamp": ["lantern", "light"],
        "light": ["lamp"],
    }
    assert any(
        "2 lines of my-synonyms.txt left out, such as line 3" in n for n in notes
    )


def test_without_a_file_there_are_none(tmp_path):
    (tmp_path / "synonyms.csv").write_text("a,b\n")  # some table
    assert read_synonyms(tmp_path)[0].others == {}
