"""Synonyms from the merchandisers' file; a broken one changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevensteps.cases.search.engine.phrases import BrokenSynonyms, found, parse
from sevensteps.rank.text import Analyser

ANALYSER = Analyser()
WORDS = st.text("abcd", min_size=1, max_size=2)


def table_of(text):
    return parse(text, ANALYSER).others


def test_a_line_of_equals_and_a_line_of_one_way():
    told = table_of("sofa, couch, Settees # seats\n\npouffe => footstool\n")
    assert told == {
        "sofa": (("couch", 0.8), ("sette", 0.8)),
        "couch": (("sette", 0.8), ("sofa", 0.8)),
        "sette": (("couch", 0.8), ("sofa", 0.8)),
        "pouff": (("footstool", 0.8),),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a1 => b1\nb1 => a1\n", {"a1": (("b1", 0.8),), "b1": (("a1", 0.8),)}),
        (
            "sofa, sofas\nlamp => light\nlamp, light\n",
            {"lamp": (("light", 0.8),), "light": (("lamp", 0.8),)},
        ),
    ],
)
def test_circles_do_no_harm_and_what_is_said_twice_counts_once(text, told):
    assert table_of(text) == told


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sofa, , couch", "nothing before or after a comma"),
        ("=> sofa", "nothing before or after a comma or an arrow"),
        ("sofa =>", "nothing before or after a comma or an arrow"),
        ("a1 => b1 => c1", "two arrows"),
        ("sofa", "stands alone"),
        ("sofa => sofas", "synonym of itself"),
        ("sofa, the", "'the' is nothing but stop words"),
        ("sofa, co\x00uch", "cannot be printed"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(line, why):
    with pytest.raises(BrokenSynonyms, match=f"^line 3: .*{why}"):
        parse(f"lamp => light\n# next\n{line}\n", ANALYSER)


def test_all_broken_lines_are_named_at_once():
    with pytest.raises(BrokenSynonyms, match=r"line 1: .*\nline 3: "):
        parse("sofa\nlamp, light\nbed\n", ANALYSER)


BROKEN = {
    "half": (b"sofa, couch\nlamp, li", "line 2: no end of line"),
    "latin": ("lamp, light\nca\xf1a, b\n".encode("latin-1"), "line 2: .*is it UTF-8"),
    "empty": (b"", "line 1: no end of line"),
    "binary": (b"lamp, light\nso\x00fa, c\n", "line 2: .*cannot be printed"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused(kind):
    raw, why = BROKEN[kind]
    with pytest.raises(BrokenSynonyms, match=why):
        parse(raw.decode("utf-8-sig", "surrogateescape"), ANALYSER)


PHRASES = st.sets(st.lists(WORDS, min_size=1, max_size=3).map(" ".join))


@given(PHRASES, st.lists(WORDS, max_size=8))
def test_what_is_found_lies_apart_and_is_the_longest(phrases, tokens):
    end = 0
    for start, stop, phrase in found(tokens, phrases):
        assert start >= end
        assert phrase == " ".join(tokens[start:stop])
        longer = range(stop + 1, len(tokens) + 1)
        assert not any(" ".join(tokens[start:n]) in phrases for n in longer)
        assert not phrases & {*tokens[end:start]}
        end = stop
    assert not phrases & {*tokens[end:]}
