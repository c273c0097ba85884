"""Vectors of texts, and indexes of them that find the nearest."""

import logging
import subprocess
import sys

import numpy as np
import pytest

from sevensteps.cases.search.engine.dense import (
    EXACT_UP_TO,
    DenseIndex,
    _suited,
    cosines,
    embed,
    encoder,
)

TEXTS = ["grey velvet sofa", "oak dining table", "desk lamp", "kids bunk bed", ""]


@pytest.fixture(scope="module")
def index():
    return DenseIndex.build(embed(TEXTS))


def test_other_words_of_one_meaning_lie_close(index):
    asked = ["couch", "reading light", "dinner furniture", "children's beds"]
    assert index.search(embed(asked), 1)[0][:, 0].tolist() == [0, 2, 1, 3]


def test_vectors_have_unit_length_and_empty_texts_none():
    lengths = np.linalg.norm(embed(TEXTS), axis=1)
    assert lengths == pytest.approx([1, 1, 1, 1, 0], abs=1e-6)
    assert embed([]).shape == (0, 256)


def test_a_vector_is_the_mean_of_its_tokens():
    model = encoder()
    tokens = model.tokenizer.encode("grey velvet sofa", add_special_tokens=False).ids
    mean = model.embedding[tokens].mean(axis=0)
    assert embed(TEXTS)[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_a_text_has_one_vector_whatever_stands_beside_it():
    alone = np.concatenate([embed([text]) for text in TEXTS])
    assert np.array_equal(alone, embed(TEXTS))
    assert np.array_equal(embed(TEXTS * 200)[-5:], alone)


def unit(vector):
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True).astype(np.float32)


def test_narrow_vectors_are_the_first_numbers():
    assert embed(TEXTS, 64)[0] == pytest.approx(unit(embed(TEXTS)[0, :64]), abs=1e-6)
    assert np.linalg.norm(embed(TEXTS, 64), axis=1)[:4] == pytest.approx(1, abs=1e-6)


def test_scores_are_cosines_and_ties_go_by_number():
    vector = embed([TEXTS[2], TEXTS[0], TEXTS[0], TEXTS[1]])
    ids, scores = DenseIndex.build(vector).search(embed(["sofa"]), 6)
    assert ids[0, :2].tolist() == [1, 2]
    assert ids[0, 4:].tolist() == [-1, -1]
    asked = np.repeat(embed(["sofa"]), 4, axis=0)
    assert scores[0, :4] == pytest.approx(cosines(asked, vector[ids[0, :4]]), abs=1e-6)
    assert np.isneginf(scores[0, 4:]).all()


def test_additions_are_found_at_once():
    index = DenseIndex.build(embed(TEXTS))
    assert index.add(embed(["settee"])).tolist() == [5]
    assert index.search(embed(["settee"]), 1)[0].tolist() == [[5]]
    assert len(index) == 6


def test_an_approximate_index_finds_most():
    rng = np.random.default_rng(0)
    centre = rng.standard_normal((100, 64))
    spread = 0.7 * rng.standard_normal((20_000, 64))
    vector = unit(centre[rng.integers(100, size=20_000)] + spread)
    asks = vector[:100]
    exact = DenseIndex.build(vector, name="Flat").search(asks, 50)[0]
    near = DenseIndex.build(vector, name="IVF128,SQ8", probes=32).search(asks, 50)[0]
    hit = np.mean([np.isin(a, b).mean() for a, b in zip(exact, near, strict=True)])
    assert 0.9 < hit < 1


def test_large_catalogues_get_inverted_lists():
    assert _suited(EXACT_UP_TO) == "Flat"
    assert _suited(300_000) == "IVF2048,SQ8"
    assert _suited(3_000_000) == "IVF8192,SQ8"


def test_logging_stays_as_it_was():
    code = (
        "import logging; from sevensteps.cases.search.engine.dense import embed; "
        "embed(['x']); "
        "print(logging.getLogger().handlers, logging.getLogger().level)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (f"[] {logging.WARNING}", "")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda: embed(["x"], 257), "1 to 256"),
        (lambda: DenseIndex.build(np.full((2, 4), np.nan, np.float32)), "finite"),
        (lambda: DenseIndex.build(embed(TEXTS), name="TREE"), "faiss knows no index"),
        (lambda: DenseIndex.build(embed(TEXTS)).search(embed(["x"]), 0), "at least 1"),
    ],
)
def test_bad_requests_are_refused(act, told):
    with pytest.raises(ValueError, match=told):
        act()
