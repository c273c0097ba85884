"""A catalogue as arrays gives back what was put in, and refuses what does not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevensteps.cases.search.engine.shop import CodedColumn, Documents
from sevensteps.rank.text import Tokens

from .conftest import documents_of, tokens_of

WORDS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), max_size=8)


@given(WORDS, st.randoms())
def test_texts_come_back_all_and_some_in_any_order(texts, random):
    made = tokens_of(texts)
    assert made.texts() == [" ".join(text) for text in texts]
    assert made.length.tolist() == [len(text) for text in texts]
    rows = random.choices(range(len(texts)), k=9) if texts else []
    assert made.take(rows).texts() == [" ".join(texts[row]) for row in rows]


def test_counts_are_of_each_word():
    made = tokens_of([["a", "b", "a"], [], ["b"]])
    assert made.counts().toarray().tolist() == [[2, 1], [0, 0], [0, 1]]
    assert made.texts() == ["a b a", "", "b"], "counting does not sort the texts"


def test_documents_follow_others_with_new_words_and_names():
    one = documents_of([["red"]], [["sofa"]], {"brand": ["x"]}, {"price": [1]})
    two = documents_of(
        [["blue"], ["red"]], [["red"], []], {"brand": ["y", None]}, {"price": [2, 3]}
    )
    both = one.then(two)
    assert both.title.texts() == ["red", "blue", "red"]
    assert both.body.texts() == ["sofa", "red", ""]
    assert both.fields["brand"].names == ("x", "y")
    assert both.fields["brand"].code.tolist() == [0, 1, -1]
    assert both.numbers["price"].tolist() == [1, 2, 3]
    assert both.title.vocabulary is both.body.vocabulary
    assert list(one.vocabulary) == ["red", "sofa"], "the first is not changed"


ONE = [["a"]]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Tokens(np.array([3]), np.array([0, 1]), {"a": 0}), "0 to 0"),
        (lambda: Tokens(np.array([0]), np.array([0, 2]), {"a": 0}), "rise"),
        (lambda: Tokens(np.array([0]), np.array([1, 1]), {"a": 0}), "rise"),
        (lambda: CodedColumn(np.array([1]), ("a",)), "-1 to 0"),
        (lambda: documents_of(ONE, []), "`body` has 0 rows"),
        (lambda: documents_of(ONE, ONE, {}, {"price": [1, 2]}), "`price` has 2"),
        (lambda: Documents(tokens_of(ONE), tokens_of(ONE)), "one vocabulary"),
        (
            lambda: documents_of(ONE, ONE).then(documents_of(ONE, ONE, {"x": ["y"]})),
            "same columns",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()
