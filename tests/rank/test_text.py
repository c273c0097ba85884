"""Documents and queries become the same tokens; BM25 is as by hand."""

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.rank.text import STOPWORDS, Analyser, Bm25

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.text("abies sx0123456789.,'\"-½é×$’\u0301的", max_size=40),
        st.sampled_from(["set of 4 in white", "3 in 1", "$1,200", "the kids’ 60cm"]),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2seater sofa", "2 seater sofas"),
        ("60cm shelf", "60 cm shelf"),
        ("60-cm", "60 cm"),
        ("women's watch", "women’s watches"),
        ("kids' bed", "kid’s beds"),
        ("Crème brûlée", "creme brulee"),
        ("cafe\u0301", "Café"),
        ("1,200 lumens", "1200 lumen"),
        ("L-shaped", "l shape"),
        ("folded chairs", "folding chair"),
    ],
)
def test_spellings_of_one_thing_meet(one, other):
    analyser = Analyser()
    assert analyser.tokens(one) == analyser.tokens(other) != []


@pytest.mark.parametrize("text", ["a4", "rs232", "3.5", "wd40", "gu10", "沙发"])
def test_names_of_things_stay_whole(text):
    assert Analyser().tokens(text) == [text]


@settings(deadline=None)
@given(TEXTS, st.booleans(), st.booleans(), st.booleans())
def test_many_texts_are_read_as_each_alone(texts, stem, fold, split_digits):
    analyser = Analyser(stem, fold, split_digits)
    many = analyser.tokens_of(texts)
    assert many.texts() == [" ".join(analyser.tokens(text)) for text in texts]
    assert (many.code.dtype, many.start.dtype) == (np.int32, np.int64)
    assert len(set(many.code.tolist())) == len(many.vocabulary), "of what is there"
    assert len(many.row) == len(many.code)


def test_each_option_does_what_it_says():
    text = "The Cafés, 60cm"
    assert Analyser(fold=False).tokens(text) == ["café", "60", "cm"]
    assert Analyser(stem=False).tokens(text) == ["cafes", "60", "cm"]
    assert Analyser(split_digits=False).tokens(text) == ["cafe", "60cm"]
    assert Analyser(stopwords=frozenset()).tokens(text)[0] == "the"
    assert not STOPWORDS & {"no", "not", "without"}, "they turn the meaning round"


def test_odd_texts():
    analyser = Analyser()
    assert analyser.tokens("") == analyser.tokens("😀 !!! ﹏ \ud800") == []
    assert analyser.tokens("שלום 沙发") == ["שלום", "沙发"]
    assert len(analyser.tokens("x" * 10_000)) == 1
    assert len(analyser.tokens_of([])) == 0
    assert analyser.tokens_of(["", "the"]).start.tolist() == [0, 0, 0]


def test_a_missing_text_is_refused():
    with pytest.raises(ValueError, match="put '' where there is none"):
        Analyser().tokens_of(["sofa", None])


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
