"""Vectors of texts, and indexes of them that find the nearest."""

import logging
import subprocess
import sys

import numpy as np
import pytest

from sevensteps.rank import dense
from sevensteps.rank.dense import DenseIndex, embed, encoder

TEXTS = ["grey velvet sofa", "oak dining table", "desk lamp", "kids bunk bed", ""]


@pytest.fixture(scope="module")
def index():
    return DenseIndex.build(embed(TEXTS))


def test_other_words_of_one_meaning_lie_close(index):
    asked = ["couch", "reading light", "dinner furniture", "children's beds"]
    assert index.search(embed(asked), 1)[0][:, 0].tolist() == [0, 2, 1, 3]


def test_a_vector_is_the_mean_of_its_tokens():
    model = encoder()
    tokens = model.tokenizer.encode("grey velvet sofa", add_special_tokens=False).ids
    mean = model.embedding[tokens].mean(axis=0)
    assert embed(TEXTS)[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_a_text_has_one_vector_whatever_stands_beside_it():
    alone = np.concatenate([embed([text]) for text in TEXTS])
    assert np.array_equal(embed(TEXTS * 200)[-5:], alone)


def unit(vector):
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True).astype(np.float32)


def test_narrow_vectors_are_the_first_numbers_and_empty_texts_have_none():
    narrow = embed(TEXTS, 64)
    assert narrow[:4] == pytest.approx(unit(embed(TEXTS)[:4, :64]), abs=1e-6)
    assert not narrow[4].any()
    assert embed([]).shape == (0, 256)


def test_scores_are_cosines_and_ties_go_by_number():
    vector = embed([TEXTS[2], TEXTS[0], TEXTS[0], TEXTS[1]])
    (asked,) = embed(["sofa"])
    ids, scores = DenseIndex.build(vector).search(asked[None], 6)
    assert ids[0, :2].tolist() == [1, 2]
    assert ids[0, 4:].tolist() == [-1, -1]
    assert scores[0, :4] == pytest.approx(vector[ids[0, :4]] @ asked, abs=1e-6)
    assert np.isneginf(scores[0, 4:]).all()


def test_a_grown_index_finds_what_is_new_and_the_old_one_stays(index):
    more = index.grown(embed(["settee"]))
    assert more.search(embed(["settee"]), 1)[0].tolist() == [[5]]
    assert (more.built.index.ntotal, index.built.index.ntotal) == (6, 5)


def test_a_large_catalogue_gets_inverted_lists_that_find_most(monkeypatch):
    rng = np.random.default_rng(0)
    centre = rng.standard_normal((100, 64))
    spread = 0.7 * rng.standard_normal((20_000, 64))
    vector = unit(centre[rng.integers(100, size=20_000)] + spread)
    asks = vector[:100]
    exact = DenseIndex.build(vector)
    monkeypatch.setattr(dense, "EXACT_UP_TO", len(vector) - 1)
    near = DenseIndex.build(vector)
    assert (exact.built.name, near.built.name) == ("Flat", "IVF512,SQ8")
    assert dense._suited(3_000_000) == "IVF8192,SQ8"
    lists = [each.search(asks, 50)[0] for each in (exact, near)]
    hit = np.mean([np.isin(a, b).mean() for a, b in zip(*lists, strict=True)])
    assert 0.9 < hit < 1


def test_logging_stays_as_it_was():
    code = f"from {dense.__name__} import embed; embed(['x']); import logging; "
    code += "print(logging.getLogger().handlers, logging.getLogger().level)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (f"[] {logging.WARNING}", "")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda i: embed(["x"], 257), "1 to 256"),
        (lambda i: i.build(np.full((2, 4), np.nan, np.float32)), "finite"),
        (lambda i: i.search(embed(["x"]), 0), "at least 1"),
    ],
)
def test_bad_requests_are_refused(index, act, told):
    with pytest.raises(ValueError, match=told):
        act(index)
