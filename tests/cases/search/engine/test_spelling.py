"""A speller mends what is broken, and leaves alone what is not."""

import random
import time
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import symspellpy
from hypothesis import given, settings
from hypothesis import strategies as st

from sevensteps.cases.search.engine.analysis import Analyser
from sevensteps.cases.search.engine.keyboard import NEIGHBOURS, surprise
from sevensteps.cases.search.engine.spelling import Speller
from sevensteps.cases.search.engine.usage import Usage

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
MISTAKES = ("slip", "swap", "drop", "double")


def words_of(texts):
    return [ANALYSER.words(text) for text in texts]


@pytest.fixture(scope="module")
def speller():
    """Knows a small shop, and thousands of rare English words that get in the way."""
    folder = Path(symspellpy.__file__).parent
    lines = (folder / "frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    usage = Usage.of(ANALYSER.words_of(TITLES))
    english = {line.split()[0]: 1 for line in lines.splitlines()[2000:20_000]}
    return Speller.fit(Usage({**english, **usage.written}, usage.pairs), rare=1)


def mistaken(word, kind, rng):
    """A word with one typing mistake, not in the first letter."""
    at = rng.randrange(1, len(word) - 1)
    if kind == "slip":
        return word[:at] + rng.choice(NEIGHBOURS[word[at]]) + word[at + 1 :]
    if kind == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] * (0 if kind == "drop" else 2) + word[at + 1 :]


def misspelt(kind, rng):
    """Titles with a mistake in a word of five letters or more, and as meant."""
    typed, meant = [], []
    for words in words_of(TITLES[::5]):
        at = rng.choice([i for i, word in enumerate(words) if len(word) > 4])
        wrong = mistaken(words[at], kind, rng)
        if wrong != words[at]:
            meant.append(words)
            typed.append([*words[:at], wrong, *words[at + 1 :]])
    return typed, meant


@pytest.mark.parametrize("kind", MISTAKES)
def test_most_mistakes_are_mended_and_nothing_else_is_touched(speller, kind):
    typed, meant = misspelt(kind, random.Random(7))
    right = words_of(TITLES)
    taken = [list(speller(words).words) for words in typed]
    fixed = [got == goal for got, goal in zip(taken, meant, strict=True)]
    left = [got == words for got, words in zip(taken, typed, strict=True)]
    assert len(typed) > 100
    assert np.mean(fixed) > 0.9
    assert 1 - np.mean(fixed) - np.mean(left) < 0.06, "made another word of"
    assert all(list(speller(words).words) == words for words in right)


def test_words_that_ran_together_part(speller):
    for typed, meant in (
        ("coffeetable", "coffee table"),
        ("white floorlamp", "white floor lamp"),
        ("rustic diningchair", "rustic dining chair"),
    ):
        assert " ".join(speller(typed.split()).words) == meant


def test_a_torn_word_is_joined_unless_the_catalogue_tears_it_too(speller):
    torn = speller(["white", "lap", "top", "stand"])
    assert torn.words == ("white", "laptop", "stand")
    assert torn.changes == (("lap top", "laptop"),)
    assert speller(["book", "case"]).words == ("bookcase",)
    assert speller(["foot", "stool"]).changes == (), "it finds products as it is"
    often = {"foot": 9, "stool": 9, "footstool": 9000}
    assert Speller.fit(Usage(often))(["foot", "stool"]).words == ("footstool",)
    seen = Speller.fit(Usage(often, {("foot", "stool"): 1}))
    assert seen(["foot", "stool"]).changes == (), "one product is enough"
    own = Speller.fit(Usage({"in": 9, "door": 9, "indoor": 900, "de": 1, "delis": 90}))
    assert own(["in", "door"]).changes == (), "refrigerator with ice in door"
    assert own(["de", "lis"]).changes == (), "fleur de lis"


def test_the_words_beside_decide_between_two_that_are_as_near(speller):
    """'fosm' is one slip from foam and from form: what follows tells."""
    counts = {"foam": 40, "form": 400, "mattress": 50, "letter": 300, "farm": 1}
    pairs = {("foam", "mattress"): 40, ("form", "letter"): 300}
    own = Speller.fit(Usage(counts, pairs))
    assert own(["foem", "mattress"]).words == ("foam", "mattress")
    assert own(["foem", "letter"]).words == ("form", "letter")
    assert own(["foem"]).words == ("form",), "alone, the more frequent one"


@pytest.mark.parametrize(
    "word", ["tabel2", "1234", "bde", "ikea", "zzxyqk", "šofa", "沙发", "xyz-1", ""]
)
def test_what_a_speller_leaves_alone(speller, word):
    assert speller([word]).words == (word,)


def test_another_ending_of_a_known_word_is_known():
    speller = Speller.fit(Usage({"led": 50, "less": 900, "beds": 40}))
    assert speller(["leds"]).changes == ()


@pytest.mark.parametrize("word", ["dollar", "without", "cheaper", "with"])
def test_words_of_constraints_are_known_to_every_shop(word):
    near = {word[1:]: 900, word[:-1] + "x": 900, "s" + word[1:]: 900}
    assert Speller.fit(Usage(near))([word]).changes == ()


def test_unknown_names_are_not_corrected_into_furniture(speller):
    """The dear mistake: a brand that the shop does not list becomes something else."""
    names = "wayfair kohler orren novogratz kleinmon zakariyah gowdy golub"
    assert [speller([name]).words[0] for name in names.split()] == names.split()


def test_words_that_many_ask_for_are_known_but_not_their_misspellings():
    titles = ANALYSER.words_of(["grey sofa"] * 50)
    queries = ANALYSER.words_of(["hammock", "grey sofa", "grey sofaa", "hamock"])
    usage = Usage.of(titles, queries, searches=[400, 5000, 100, 40])
    speller = Speller.fit(usage)
    assert speller(["hammock"]).changes == ()
    assert speller(["hamock"]).words == ("hammock",)
    assert speller(["sofaa"]).words == ("sofa",)


def test_words_and_pairs_are_counted_within_a_text():
    titles = ["a b a b", "b c", ""]
    usage = Usage.of(ANALYSER.words_of(titles))
    by_hand = [pair for title in titles for pair in pairwise(title.split())]
    assert usage.pairs == {pair: by_hand.count(pair) for pair in by_hand}
    assert usage.written == {"a": 2, "b": 3, "c": 1}
    few = Usage.of(ANALYSER.words_of(titles), rare=2)
    assert few.pairs == {("a", "b"): 2}
    log = Usage.of(ANALYSER.words_of([]), ANALYSER.words_of(titles), [5, 0, 1])
    assert (log.asked["a"], log.asked_pairs["a", "b"]) == (10, 10)
    assert ("b", "c") not in log.asked_pairs


def test_errors_that_fingers_make_surprise_less():
    assert surprise("cofee", "coffee") < surprise("cofee", "coftee")
    assert surprise("sofa", "sofa") == 0
    slip, far = surprise("sofs", "sofa"), surprise("sofm", "sofa")
    assert 0 < slip < far
    assert surprise("sfoa", "sofa") < surprise("sf", "sofa")
    assert surprise("sooffa", "sofa") == 2 * surprise("soofa", "sofa")
    assert surprise("pofa", "sofa") > surprise("sopa", "sofa")
    assert surprise("", "ab") == pytest.approx(
        surprise("b", "ab") + surprise("a", "ab")
    )


@given(st.text("asdfé", max_size=6), st.text("asdfé", max_size=6))
def test_surprise_is_a_distance_of_sorts(typed, meant):
    assert surprise(typed, typed) == 0
    assert (surprise(typed, meant) > 0) == (typed != meant)


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_a_speller_never_raises_and_names_what_it_changed(speller, words):
    found = speller(words)
    if not found.changes:
        assert found.words == tuple(words)


def test_what_is_corrected_needs_no_second_correction(speller):
    for kind in MISTAKES:
        for words in misspelt(kind, random.Random(3))[0]:
            once = speller(words).words
            assert speller(once).words == once


def test_a_correction_is_quick(speller):
    typed = [
        words for kind in MISTAKES for words in misspelt(kind, random.Random(1))[0]
    ]
    start = time.process_time()
    for words in typed:
        speller(words)
    assert (time.process_time() - start) / len(typed) < 0.5e-3


def test_bad_input_is_refused(speller):
    with pytest.raises(ValueError, match="needs the words of a catalogue"):
        Speller.fit(Usage({}))
    texts = ANALYSER.words_of(["sofa"])
    for searches in ([1, 2], [-1]):
        with pytest.raises(ValueError, match="one count of searches for each"):
            Usage.of(texts, texts, searches)
