"""Synonyms from people, logs and vectors; a broken file changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevensteps.cases.search.engine.analysis import Analyser
from sevensteps.cases.search.engine.synonym_file import (
    BrokenSynonyms,
    load,
    parse,
)
from sevensteps.cases.search.engine.synonyms import Synonyms, of_pairs

ANALYSER = Analyser()
WORDS = st.text("abcd", min_size=1, max_size=2)
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
WEIGHTS = st.floats(0.01, 1)
PAIRS = st.lists(
    st.tuples(PHRASES, PHRASES, WEIGHTS).filter(lambda row: row[0] != row[1])
)


def table_of(text):
    return parse(text, ANALYSER).synonyms.others


def test_a_line_of_equals_and_a_line_of_one_way():
    found = table_of("sofa, couch|0.5, Settees # seats\n\npouffe => footstool\n")
    assert found == {
        "sofa": (("sette", 0.8), ("couch", 0.5)),
        "couch": (("sette", 0.8), ("sofa", 0.8)),
        "sette": (("sofa", 0.8), ("couch", 0.5)),
        "pouff": (("footstool", 0.8),),
    }


def test_circles_do_no_harm():
    found = table_of("a1 => b1\nb1 => c1\nc1 => a1\n")
    assert found == {
        "a1": (("b1", 0.8),),
        "b1": (("c1", 0.8),),
        "c1": (("a1", 0.8),),
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sofa, , couch", "nothing before or after a comma"),
        ("sofa, couch,", "nothing before or after a comma"),
        ("=> sofa", "nothing before or after a comma or an arrow"),
        ("sofa =>", "nothing before or after a comma or an arrow"),
        ("a1 => b1 => c1", "two arrows"),
        ("sofa", "stands alone"),
        ("sofa => sofas", "synonym of itself"),
        ("sofa, the", "'the' is nothing but stop words"),
        ("sofa => with", "'with' is nothing but stop words"),
        ("sofa|2 => couch|2", "a weight is a number above 0, at most 1; got '2'"),
        ("sofa => couch|many", "a weight is a number"),
        ("sofa, co\x00uch", "cannot be printed"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(line, why):
    with pytest.raises(BrokenSynonyms, match=f"^line 3: .*{why}"):
        parse(f"lamp => light\n# next\n{line}\n", ANALYSER)


def test_all_broken_lines_are_named_at_once():
    with pytest.raises(BrokenSynonyms, match=r"line 1: .*\nline 3: "):
        parse("sofa\nlamp, light\nbed\n", ANALYSER)


def test_what_is_said_twice_counts_once():
    table = parse("sofa, sofas\nlamp => light\nlamp, light\n", ANALYSER)
    assert dict(table.synonyms.others) == {
        "lamp": (("light", 0.8),),
        "light": (("lamp", 0.8),),
    }
    assert table.warnings == ("line 3: lamp, light repeats line 2",)


def test_a_line_of_very_many_terms_is_remarked_on():
    many = ", ".join(f"w{i}" for i in range(13))
    assert parse(f"{many}\n", ANALYSER).warnings == (
        "line 1: 13 terms are many for one meaning",
    )
    assert parse(f"{many.removesuffix(', w12')}\n", ANALYSER).warnings == ()


BROKEN = {
    "half": (b"sofa, couch\nlamp, li", "line 2: no end of line"),
    "latin": ("lamp, light\nca\xf1a, bar\n".encode("latin-1"), "line 2: not UTF-8"),
    "wide": ("sofa, couch\n".encode("utf-16"), "line 1: not UTF-8"),
    "empty": (b"", "line 1: the file is empty"),
    "binary": (b"lamp, light\nso\x00fa, c\n", "line 2: .*cannot be printed"),
}


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BrokenSynonyms, match=r"synonyms\.txt cannot be read"):
        load(tmp_path / "synonyms.txt", ANALYSER)


def test_the_longest_phrase_wins():
    table = of_pairs(
        [("coffee", "java", 0.5), ("coffee table", "low table", 0.5), ("a b c", "d", 1)]
    )
    found = table.spans(["oak", "coffee", "table", "coffee", "a", "b"])
    assert [(span.start, span.stop, span.phrase) for span in found] == [
        (1, 3, "coffee table"),
        (3, 4, "coffee"),
    ]


@given(PAIRS, st.lists(WORDS, max_size=8))
def test_spans_are_apart_and_say_what_stands_there(pairs, tokens):
    table, end = of_pairs(pairs), 0
    for span in table.spans(tokens):
        assert span.start >= end
        assert span.phrase == " ".join(tokens[span.start : span.stop])
        assert span.others == table.others[span.phrase]
        end = span.stop


@pytest.mark.parametrize("row", [("a", "a", 1), ("", "a", 1), ("a  b", "c", 1)])
def test_a_table_that_makes_no_sense_is_refused(row):
    with pytest.raises(ValueError, match=r"synonym of itself|one space between"):
        of_pairs([row])
    with pytest.raises(ValueError, match="a weight is above 0"):
        Synonyms({"a": (("b", 0.0),)})
