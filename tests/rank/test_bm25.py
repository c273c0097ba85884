"""The BM25 that is there to be read ranks as the engine does, and as by hand."""

from math import log

import pytest

from sevensteps.rank.bm25 import Bm25
from sevensteps.rank.text import Analyser


def test_an_example_by_hand():
    # Three texts of 2, 3 and 1 words, 2 on average; "sofa" stands in two of them.
    texts = Analyser().tokens_of(["red sofa", "sofa sofa bed", "lamp"])
    rarity = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    once = rarity * 2.2 * 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 2))
    twice = rarity * 2.2 * 2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    scores = Bm25.of(texts).scores(["sofa", "unknown"])
    assert scores == pytest.approx([once, twice, 0])


def test_the_settings_do_what_they_say():
    texts = Analyser(stopwords=frozenset()).tokens_of(["a b", "a a b b", "c"])
    flat = Bm25.of(texts, k1=0).scores(["a"])
    assert flat[0] == pytest.approx(flat[1]), "without k1, repetitions do not count"
    even = Bm25.of(texts, b=0).scores(["a"])
    assert even[1] / even[0] == pytest.approx((2 / 3.2) / (1 / 2.2))
