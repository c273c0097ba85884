"""Documents and queries become the same tokens, one at a time or many."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sevensteps.cases.search.engine.analysis import STOPWORDS, Analyser
from sevensteps.cases.search.engine.stems import exceptions, singular

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.text("abies sx0123456789.,'\"-½é×$茶ガﾞที่की", max_size=40),
        st.sampled_from(["set of 4 in white", "3 in 1", "48 in table", "6'", '10" x']),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2seater sofa", "2 seater sofas"),
        ("60cm shelf", "60 cm shelves"),
        ("60-cm", "60 centimetres"),
        ('10" pan', "10 inch pan"),
        ("10in pan", "10 inches pan"),
        ("10 in. pan", "10” pans"),
        ("3-in-1", "3 in 1"),
        ("3in1", "3 In 1"),
        ("women's watch", "woman watches"),
        ("kids' bed", "kid’s beds"),
        ("Crème brûlée", "creme brulee"),
        ("1,200 lumens", "1200 lumen"),
        ("L-shaped", "l shaped"),
        ("120x60cm", "120 x 60 cm"),
        ("rock'n'roll", "rocknroll"),
        ("6' ladder", "6 foot ladders"),
    ],
)
def test_spellings_of_one_thing_meet(one, other):
    analyser = Analyser()
    assert analyser.tokens(one) == analyser.tokens(other) != []


@pytest.mark.parametrize("text", ["4k", "a4", "1st", "rs232", "3.5", "wd40", "3in1"])
def test_names_of_things_stay_whole(text):
    assert Analyser().tokens(text) == [text]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("北京大学", ["北京", "京大", "大学"]),
        ("茶", ["茶"]),
        ("iPhone用ケース、黒", ["iphone", "用ケ", "ケー", "ース", "黒"]),
        (
            "ﾊﾝﾄﾞﾙ ガス",
            ["ハン", "ンド", "ドル", "ガス"],
        ),  # a voiced letter is another one
        ("LEDライト60cm", ["led", "ライ", "イト", "60", "cm"]),
        ("한국어 책", ["한국", "국어", "책"]),
        ("ที่นอน ชา", ["ทนอ", "นอน", "ชา"]),
        ("हिन्दी की", ["हनद", "क"]),  # the vowels are marks: they go, words stay whole
    ],
)
def test_what_no_space_parts_becomes_neighbours(text, tokens):
    assert Analyser().tokens(text) == tokens
    found = Analyser().tokens_of([text])
    assert [list(found.vocabulary)[at] for at in found.code] == tokens


def test_in_is_a_unit_only_behind_a_length():
    analyser = Analyser(stopwords=frozenset())
    assert analyser.tokens("48 in table") == ["48", "inch", "table"]
    assert analyser.tokens("set of 4 in white")[-2:] == ["in", "white"]
    assert analyser.tokens("lamp in white")[1] == "in"


PLURALS = """
    shelves shelf, boxes box, dresses dress, glasses glass, brushes brush, knives knife,
    batteries battery, benches bench, sofas sofa, vases vase, sleeves sleeve,
    gloves glove, shoes shoe, cookies cookie, ties tie, mattresses mattress,
    sizes size, tomatoes tomato, photos photo, women woman, children child,
    horses horse, buses bus, potatoes potato, couches couch, scarves scarf
"""
NO_PLURALS = """
    dress glass lens gas scissors brass canvas mattress iris bus tennis series chess
    trousers shorts chaos virus basis plus tv gps
"""


@pytest.mark.parametrize("pair", PLURALS.split(","))
def test_plurals_become_singulars(pair):
    plural, one = pair.split()
    assert singular(plural) == one


@pytest.mark.parametrize("word", NO_PLURALS.split())
def test_words_in_s_that_are_no_plurals_stay(word):
    assert singular(word) == word


def test_a_catalogue_teaches_its_exceptions():
    counts = {"sofas": 9, "sofa": 4, "doves": 4, "dove": 9, "sheaves": 3, "sheaf": 3}
    counts |= {"taxis": 5, "taxi": 9, "oasis": 9, "legs": 50, "lens": 5}
    assert exceptions(counts) == {"sheaves": "sheaf", "taxis": "taxi"}
    analyser = Analyser().learn(["sheaf of wheat", "sheaves"])
    assert analyser.tokens("sheaves, legs") == ["sheaf", "leg"]
    assert analyser.tokens_of(["sheaves"]).texts() == ["sheaf"]


def test_a_typing_mistake_is_no_singular():
    assert exceptions({"tennis": 2000, "tenni": 1}) == {}


def test_no_singular_has_a_singular_of_its_own():
    learned = exceptions({"patuses": 9, "patus": 9, "patu": 9})
    assert learned == {"patus": "patu"}


@given(st.dictionaries(st.text("aeshivxz", min_size=3, max_size=7), st.integers(1, 9)))
def test_a_singular_is_its_own_singular(counts):
    learned = exceptions(counts)
    for word in counts:
        once = singular(word, learned)
        assert singular(once, learned) == once


@settings(deadline=None)
@given(TEXTS, st.booleans(), st.booleans(), st.booleans(), st.integers(1, 4))
def test_many_texts_are_read_as_each_alone(texts, stem, fold, split_digits, block):
    analyser = Analyser(stem, fold, split_digits)
    many = analyser.tokens_of(texts, block)
    assert many.texts() == [" ".join(analyser.tokens(text)) for text in texts]
    assert many.code.dtype == np.int32
    assert many.start.dtype == np.int64
    assert len(set(many.code.tolist())) == len(many.vocabulary), "of what is there"
    assert len(many.row) == len(many.code)


@settings(deadline=None)
@given(st.text(max_size=60))
@example("0A´A")  # an apostrophe goes before letters are cut from a number
def test_tokens_of_tokens_are_the_same(text):
    """Query terms may be analysed again by the index: nothing changes."""
    analyser = Analyser()
    once = analyser.tokens(text)
    assert [analyser.tokens(token) for token in once] == [[token] for token in once]


def test_each_option_does_what_it_says():
    text = "The Cafés, 60cm"
    assert Analyser(fold=False).tokens(text) == ["café", "60", "cm"]
    assert Analyser(stem=False).tokens(text) == ["cafes", "60", "cm"]
    assert Analyser(split_digits=False).tokens(text) == ["cafe", "60cm"]
    assert Analyser(stopwords=frozenset()).tokens(text)[0] == "the"
    assert not STOPWORDS & {"no", "not", "without"}, "they turn the meaning round"


def test_odd_texts():
    analyser = Analyser()
    assert analyser.tokens("") == analyser.tokens("😀 !!! ﹏") == []
    assert analyser.tokens("שלום 沙发") == ["שלום", "沙发"]
    assert len(analyser.tokens("x" * 10_000)) == 1
    assert len(analyser.tokens_of([])) == 0
    assert analyser.tokens_of(["", "the"]).start.tolist() == [0, 0, 0]


@pytest.mark.parametrize("odd", [None, float("nan"), 3, b"sofa"])
def test_a_missing_text_is_refused(odd):
    with pytest.raises(ValueError, match="put '' where there is none"):
        Analyser().tokens_of(["sofa", odd])
