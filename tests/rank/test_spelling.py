"""A speller mends what is broken, and leaves alone what is not."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import symspellpy
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.rank.spelling import Speller, WordCounts, surprise
from sevensteps.rank.text import Analyser

COLOURS = ("black", "white", "turquoise", "walnut", "chrome", "floral", "beige")
STYLES = ("modern", "rustic", "upholstered", "adjustable", "foldable", "wooden")
THINGS = """
    coffee table, dining chair, floor lamp, wall mirror, bed frame, storage cabinet,
    laptop stand, bookcase, armchair, shower curtain, area rug, bath towel, bath mat,
    foam mattress, form letter tray, bedside table, serving bowl, footstool, foot stool
"""
TITLES = [
    f"{colour} {style} {thing.strip()}"
    for colour, style, thing in product(COLOURS, STYLES, THINGS.split(","))
]
ANALYSER = Analyser()
WORDS = [ANALYSER.words(title) for title in TITLES]


@pytest.fixture(scope="module")
def speller():
    """Knows a small shop, and thousands of rare English words that get in the way."""
    folder = Path(symspellpy.__file__).parent
    lines = (folder / "frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    own = WordCounts.of(ANALYSER.words_of(TITLES))
    english = {line.split()[0]: 1 for line in lines.splitlines()[2000:20_000]}
    return Speller.fit(WordCounts({**english, **own.words}, own.pairs), rare=1)


def taken(speller, text):
    """A text as it was taken."""
    return " ".join(speller(text.split())[0])


def fit(counts, **pairs):
    """A speller of some words, and of pairs written one_two."""
    told = {tuple(name.split("_")): n for name, n in pairs.items()}
    return Speller.fit(WordCounts(counts, told))


MISTAKES = {
    "cofgee table": "coffee table",  # a key beside
    "wallnut bookcase": "walnut bookcase",  # a letter doubled
    "rsutic dining chair": "rustic dining chair",  # swapped
    "blak floor lamp": "black floor lamp",  # dropped
    "white storge cabinet": "white storage cabinet",
    "modern wooden shower curtian": "modern wooden shower curtain",
    "turqoise area rug": "turquoise area rug",
    "uphostered footstool": "upholstered footstool",
    "coffeetable": "coffee table",
    "white floorlamp": "white floor lamp",
    "white lap top stand": "white laptop stand",
    "book case": "bookcase",
    "foot stool": "foot stool",  # some products write it so
}


@pytest.mark.parametrize("typed", MISTAKES)
def test_mistakes_are_mended_torn_words_joined_and_nothing_else_is_touched(
    speller, typed
):
    meant = MISTAKES[typed]
    assert taken(speller, typed) == taken(speller, meant) == meant


def test_titles_are_left_as_they_are(speller):
    assert [speller(words)[0] for words in WORDS] == [*map(tuple, WORDS)]


def test_a_torn_word_is_joined_unless_the_catalogue_tears_it_too(speller):
    assert speller(["lap", "top"])[1] == (("lap top", "laptop"),)
    often = {"foot": 9, "stool": 9, "footstool": 9000}
    assert taken(fit(often), "foot stool") == "footstool"
    assert taken(fit(often, foot_stool=1), "foot stool") == "foot stool"
    own = fit({"in": 9, "door": 9, "indoor": 900, "de": 1, "delis": 90})
    assert taken(own, "in door") == "in door", "refrigerator with ice in door"
    assert taken(own, "de lis") == "de lis", "fleur de lis"


def test_the_words_beside_decide_between_two_that_are_as_near():
    """'foem' is one slip from foam and from form: what follows tells."""
    counts = {"foam": 40, "form": 400, "mattress": 50, "letter": 300, "farm": 1}
    own = fit(counts, foam_mattress=40, form_letter=300)
    assert taken(own, "foem mattress") == "foam mattress"
    assert taken(own, "foem letter") == "form letter"
    assert taken(own, "foem") == "form", "alone, the more frequent one"


LEFT = "tabel2 1234 bde ikea zzxyqk šofa 沙发 xyz-1"
NAMES = "wayfair kohler orren novogratz kleinmon zakariyah gowdy golub"


@pytest.mark.parametrize("word", [*LEFT.split(), *NAMES.split(), ""])
def test_what_a_speller_leaves_alone(speller, word):
    """Names above all: a brand that the shop does not list is no misspelling."""
    assert speller([word]) == ((word,), ())


@pytest.mark.parametrize("word", ["dollar", "which"])
def test_plain_words_are_known_to_every_speller(word):
    near = {word[1:]: 900, word[:-1] + "x": 900, "s" + word[1:]: 900}
    assert fit(near)([word], {"dollar", "which"}) == ((word,), ())
    assert (taken(fit(near), word) == word) == (word == "which"), "a stop word"
    assert taken(fit({"led": 50, "less": 900, "beds": 40}), "leds") == "leds"


def test_words_that_many_ask_for_are_known_but_not_their_misspellings():
    titles = ANALYSER.words_of(["grey sofa"] * 50)
    queries = ANALYSER.words_of(["hammock", "grey sofa", "grey sofaa", "hamock"])
    asked = WordCounts.of(queries, np.array([400, 5000, 100, 40]))
    speller = Speller.fit(WordCounts.of(titles), asked)
    assert taken(speller, "hammock hamock sofaa") == "hammock hammock sofa"


def test_words_and_pairs_are_counted_within_a_text():
    titles = ["a b a b", "b c", ""]
    words = ANALYSER.words_of(titles)
    counts = WordCounts.of(words)
    assert counts.pairs == {("a", "b"): 2, ("b", "a"): 1, ("b", "c"): 1}
    assert counts.words == {"a": 2, "b": 3, "c": 1}
    assert WordCounts.of(words, rare=2).pairs == {("a", "b"): 2}
    log = WordCounts.of(words, np.array([5, 0, 1]))
    assert (log.words["a"], log.pairs["a", "b"]) == (10, 10)
    assert ("b", "c") not in log.pairs


@pytest.mark.parametrize(
    ("likely", "other", "meant"),
    [
        ("sofs", "sofm", "sofa"),  # a key beside
        ("sfoa", "sf", "sofa"),  # swapped, not two dropped
        ("sopa", "pofa", "sofa"),  # not the first letter
        ("soofa", "soxfa", "sofa"),  # a letter doubled
        ("sefa", "sxfa", "sofa"),  # a vowel for a vowel
    ],
)
def test_errors_that_fingers_make_surprise_less(likely, other, meant):
    assert 0 < surprise(likely, meant) < surprise(other, meant)


@given(st.text("asdfé", max_size=6), st.text("asdfé", max_size=6))
def test_surprise_is_a_distance_of_sorts_and_adds_up(typed, meant):
    assert surprise(typed, typed) == 0
    assert (surprise(typed, meant) > 0) == (typed != meant)
    assert surprise("sooffa", "sofa") == 2 * surprise("soofa", "sofa")


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_a_speller_never_raises_and_names_what_it_changed(speller, words):
    meant, changes = speller(words)
    assert bool(changes) == (meant != tuple(words))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="needs the words of a collection"):
        Speller.fit(WordCounts({}, {}))
