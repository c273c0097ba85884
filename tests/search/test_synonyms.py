"""Synonyms from people, logs and vectors; a broken file changes nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from sevensteps.search.analysis import Analyser
from sevensteps.search.reformulations import accepted, changes, likelihood_ratio
from sevensteps.search.similar import Contexts, neighbours
from sevensteps.search.synonym_file import BrokenSynonyms, load, parse, reload, save
from sevensteps.search.synonyms import Synonyms, of_pairs

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
        "sofa": (("settee", 0.8), ("couch", 0.5)),
        "couch": (("settee", 0.8), ("sofa", 0.8)),
        "settee": (("sofa", 0.8), ("couch", 0.5)),
        "pouffe": (("footstool", 0.8),),
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


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused_and_the_table_before_it_kept(tmp_path, kind):
    raw, why = BROKEN[kind]
    path, before = tmp_path / "synonyms.txt", of_pairs([("a", "b", 0.5)])
    path.write_bytes(raw)
    with pytest.raises(BrokenSynonyms, match=why):
        load(path, ANALYSER)
    again = reload(path, ANALYSER, before)
    assert again.synonyms is before
    assert again.error is not None
    path.write_bytes(b"\xef\xbb\xbfsofa, couch\r\nlamp, light\r\n")
    again = reload(path, ANALYSER, before)
    assert again.error is None
    assert list(again.synonyms.others) == ["couch", "lamp", "light", "sofa"]


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BrokenSynonyms, match=r"synonyms\.txt cannot be read"):
        load(tmp_path / "synonyms.txt", ANALYSER)


def test_a_saved_table_comes_back(tmp_path):
    table = of_pairs([("coffee table", "cocktail table", 1 / 3), ("10 inch", "b", 1.0)])
    save(table, tmp_path / "s.txt")
    assert load(tmp_path / "s.txt", ANALYSER).synonyms == table
    assert [path.name for path in tmp_path.iterdir()] == ["s.txt"]


@given(PAIRS)
def test_any_table_comes_back(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("tables") / "s.txt"
    save(of_pairs(pairs), path)
    assert load(path, Analyser(stopwords=frozenset())).synonyms == of_pairs(pairs)


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


def test_the_merchandiser_has_the_last_word():
    people = of_pairs([("sofa", "couch", 0.9)])
    logs = of_pairs([("sofa", "couch", 0.2), ("sofa", "settee", 0.3)])
    assert people.merged(logs).others == {"sofa": (("couch", 0.9), ("settee", 0.3))}


@pytest.mark.parametrize("row", [("a", "a", 1), ("", "a", 1), ("a  b", "c", 1)])
def test_a_table_that_makes_no_sense_is_refused(row):
    with pytest.raises(ValueError, match=r"synonym of itself|one space between"):
        of_pairs([row])
    with pytest.raises(ValueError, match="a weight is above 0"):
        Synonyms({"a": (("b", 0.0),)})


def a_log(rng, n=4000):
    """Sessions of shoppers who know one word for a thing, and try another.

    Half of them go on from a word that the shop does not use to the one that it does;
    the others try another colour, or something else altogether.
    """
    rows = []
    things = ["sofa", "lamp", "desk", "rug"]
    for session in range(n):
        colour, thing = rng.choice(["red", "blue", "oak"]), rng.choice(things)
        if rng.random() < 0.5:
            steps = [f"{colour} settee", f"{colour} sofa"]
        elif rng.random() < 0.6:
            steps = [f"{colour} {thing}", f"{rng.choice(['red', 'blue'])} {thing}"]
        else:
            steps = [f"{colour} {thing}", f"{colour} {rng.choice(things)}"]
        rows += [(session, steps[0], False), (session, steps[1], True)]
    return zip(*rows, strict=True)


def test_what_shoppers_type_next_gives_synonyms_and_not_other_colours():
    session, query, clicked = a_log(np.random.default_rng(5))
    found = changes(session, query, clicked, ANALYSER)
    assert (found[0].phrase, found[0].other) == ("settee", "sofa")
    assert found[0].n_contexts == 3
    assert found[0].confidence == pytest.approx(1)
    naive = accepted(found)
    assert "red" in naive.others, "frequent and no accident, yet no synonym"
    vetoed = accepted(found, veto=lambda a, b: {a, b} <= {"red", "blue", "oak"})
    assert vetoed.others["settee"] == (("sofa", 0.8),)
    assert "red" not in vetoed.others


def test_strangers_are_refused_by_the_company_they_keep():
    session, query, clicked = a_log(np.random.default_rng(5))
    found = changes(session, query, clicked, ANALYSER)
    alike = accepted(found, lambda a, b: float({a, b} == {"settee", "sofa"}))
    assert list(alike.others) == ["settee"]
    assert not len(accepted(found, lambda a, b: 0.0))
    assert not len(accepted(found, support=10**6))
    assert not len(accepted(found, g2=1e9))


def test_only_a_search_without_a_click_before_one_with_a_click_counts():
    query = ["a1 x", "a1 y", "a1 x", "a1 y", "a1 x", "a1 y", "a1 x", "b1 z"]
    clicked = [True, True, False, False, False, True, False, True]
    found = changes([0, 0, 1, 1, 2, 3, 4, 4], query, clicked, ANALYSER)
    assert [(each.phrase, each.other) for each in found] == [("a1 x", "b1 z")]
    assert changes([], [], [], ANALYSER) == ()


def test_one_phrase_of_several_words_is_exchanged():
    found = changes(
        [0, 0], ["oak coffee table round", "oak cocktail table round"], [0, 1], ANALYSER
    )
    assert [(each.phrase, each.other) for each in found] == [("coffee", "cocktail")]
    added = changes([0, 0], ["table", "oak table"], [False, True], ANALYSER)
    assert added == (), "she asks for more, not for something else"


@given(
    st.integers(1, 50), st.integers(0, 50), st.integers(0, 50), st.integers(1, 10_000)
)
def test_the_likelihood_ratio_is_that_of_scipy(both, only_one, only_other, neither):
    square = [[both, only_one], [only_other, neither]]
    total = both + only_one + only_other + neither
    expected = chi2_contingency(square, correction=False, lambda_="log-likelihood")[0]
    g2, pmi = likelihood_ratio(both, both + only_one, both + only_other, total)
    assert g2 == pytest.approx(expected, abs=1e-8)
    p_both = both / total
    p_apart = (both + only_one) * (both + only_other) / total**2
    assert pmi == pytest.approx(np.log(p_both / p_apart), abs=1e-9)


def test_a_log_out_of_order_is_refused():
    with pytest.raises(ValueError, match="a session stands in two places"):
        changes([0, 1, 0], ["a", "b", "c"], [0, 0, 1], ANALYSER)
    with pytest.raises(ValueError, match="as long as each other; got 1, 2 and 1"):
        changes([0], ["a", "b"], [0], ANALYSER)


def test_words_in_the_same_company_are_alike():
    titles = [f"{c} {t} cushion" for c in ("red", "blue") for t in ("sofa", "couch")]
    titles += ["garden hose brass tap"] * 3
    alike = Contexts.fit(ANALYSER.tokens_of(titles))
    assert alike("sofa", "couch") > 0.9
    assert alike("red", "blue") > 0.9, "and so are colours: it is no proof"
    assert alike("sofa", "hose") == 0
    assert alike("sofa", "unheard") == alike("sofa", "") == 0
    assert alike("red sofa", "blue couch") > 0.9
    assert alike("sofa", "sofa") == pytest.approx(1)


def test_a_word_is_no_company_to_itself():
    alike = Contexts.fit(ANALYSER.tokens_of(["aa aa", "aa bb", "cc dd"]))
    assert alike("aa", "bb") == 0


def test_company_reaches_as_far_as_the_window():
    texts = ANALYSER.tokens_of(["aa bb cc dd"])
    near, far = Contexts.fit(texts, 1), Contexts.fit(texts, 3)
    assert near("aa", "dd") == 0
    assert far("aa", "dd") > 0
    for bad, why in (([""], 3), "no text has two tokens"), ((["a b"], 0), "a window"):
        with pytest.raises(ValueError, match=why):
            Contexts.fit(Analyser(stopwords=frozenset()).tokens_of(bad[0]), bad[1])


def test_neighbours_are_the_nearest_by_cosine():
    where = {"sofa": (1, 0.1), "couch": (2, 0.1), "red": (0.1, 1), "blue": (0.1, 3)}
    found = neighbours(list(where), lambda words: [where[w] for w in words], 0.9)
    assert {(near.word, near.other) for near in found} == {
        ("sofa", "couch"),
        ("couch", "sofa"),
        ("red", "blue"),
        ("blue", "red"),
    }
    a, b = (np.array(where[word]) for word in ("sofa", "couch"))
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert found[0].cosine == pytest.approx(cosine, abs=1e-6)


def test_many_words_have_the_neighbours_that_all_comparisons_give():
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(1100, 4))
    words = [f"w{i}" for i in range(len(vectors))]
    found = neighbours(words, lambda _: vectors, least=0.9, k=3)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = unit @ unit.T - 2 * np.eye(len(unit))
    best = np.sort(cosine, axis=1)[:, -3:]
    assert len(found) == (best >= 0.9).sum()
    assert all(near.word != near.other for near in found)


def test_vectors_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="distinct words"):
        neighbours(["a", "a"], lambda words: np.ones((2, 2)))
    for vectors in (np.ones(2), np.ones((3, 2)), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="a finite row for each of 2 words"):
            neighbours(["a", "b"], lambda _, v=vectors: v)
