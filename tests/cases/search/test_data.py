"""A reader's documents, queries and judgements through the chapter's engine."""

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sevensteps.cases.search.data import (
    NDCG,
    SPLIT,
    TREES,
    TUNED,
    WORDS,
    read_collection,
    run_offline,
)
from sevensteps.data import BadTable

THINGS = {"sofa": "couch", "rug": "carpet", "lamp": "light", "desk": "bureau"}
COLOURS = ("red", "blue", "grey", "green", "white", "black")


def tables(n=120, n_queries=48, seed=0):
    """Titles of one name for a thing; half of the queries use the other."""
    rng = np.random.default_rng(seed)
    thing, colour = rng.choice([*THINGS], n), rng.choice(COLOURS, n)
    rating = rng.integers(1, 6, n)
    said = zip(colour, thing, strict=True)
    title = [f"{c} {t} no {i}" for i, (c, t) in enumerate(said)]
    documents = pd.DataFrame(
        {"document_id": [f"00{i}" for i in range(n)], "title": title, "rating": rating}
    ).assign(n_ratings=1_000, colour=colour)
    asked = [(t, c) for t in THINGS for c in COLOURS] * 2
    texts = [f"{c} {t if i < 24 else THINGS[t]}" for i, (t, c) in enumerate(asked)]
    queries = pd.DataFrame({"query_id": range(n_queries), "query": texts[:n_queries]})
    judged = [
        (q, documents.document_id[d], (1 + (rating[d] > 3)) * (thing[d] == t))
        for q, (t, c) in enumerate(asked)
        for d in np.flatnonzero(colour == c)
    ]
    columns = ["query_id", "document_id", "grade"]
    return documents, queries, pd.DataFrame(judged, columns=columns)


def folder(path, *three):
    path.mkdir(exist_ok=True)
    for name, table in zip(("documents", "queries", "judgements"), three, strict=True):
        table.to_csv(path / f"{name}.csv", index=False)
    return path


def test_the_engine_is_tried_beside_a_tuned_bm25(tmp_path):
    path = folder(tmp_path, *tables())
    lines = [f"{one}, {other}\n" for one, other in THINGS.items()]
    (path / "synonyms.txt").write_text("".join(lines))
    report = run_offline(path)
    reached = {name: of[NDCG].estimate for name, of in report.results.items()}
    assert reached[WORDS] > reached[TUNED] + 0.1, "it knows the synonyms"
    assert reached[TREES] > reached[WORDS], "and the ranker what is rated well"
    assert report.findings[0].startswith(f"{WORDS} is ahead of {TUNED} by")
    assert report.notes == ()
    console = Console(record=True, width=90, file=io.StringIO())
    console.print(report)
    assert "120 documents, 48 judged queries" in console.export_text()


def test_queries_of_the_same_words_stand_on_one_side(tmp_path):
    documents, queries, judged = tables()
    turned = queries["query"].str.split().str[::-1].str.join(" ") + "s"
    more = queries.assign(query=turned, query_id=queries["query_id"] + 100)
    both = pd.concat([judged, judged.assign(query_id=judged["query_id"] + 100)])
    queries = pd.concat([queries, more])
    alike = read_collection(folder(tmp_path, documents, queries, both)).alike
    assert (alike[:48] == alike[48:]).all()
    tried = []
    for learn, held in SPLIT.split(alike, groups=alike):
        assert not np.isin(alike[held], alike[learn]).any()
        tried += held.tolist()
    assert sorted(tried) == list(range(96))


def test_what_was_judged_and_not_found_counts_against_a_list(tmp_path):
    data = read_collection(folder(tmp_path, *tables()))
    of_first = data.judged["document"][data.judged["row"] == 0]
    unjudged = np.setdiff1d(np.arange(120), of_first)[0]
    lists = data.lists([0, 0], [of_first.iloc[0], unjudged], [1.0, 2.0])
    assert lists.grade[0] == -1
    assert (lists.grade[lists.code == 0] > 0).sum() > 1
    assert len(lists.query) == 48


def test_documents_under_a_second_id_are_told(tmp_path):
    documents, queries, judged = tables()
    loud = documents["title"].str.upper() + "!"
    copies = documents.assign(document_id="copy" + documents["document_id"], title=loud)
    path = folder(tmp_path, pd.concat([documents, copies]), queries, judged)
    (note,) = run_offline(path).notes
    assert note.startswith("240 documents have the same text as another under a second")
    assert "nobody judged 120 of them" in note


def test_grades_of_good_documents_alone_can_be_learned_from(tmp_path):
    documents, queries, judged = tables()
    good = judged[judged["grade"] > 0]
    found = run_offline(folder(tmp_path, documents, queries, good))
    said = " ".join(found.notes)
    assert "no grade is below 1, and only 0 is not relevant" in said
    assert "what was found and not judged counts as grade 0" in said
    assert found.results[TREES][NDCG].estimate > found.results[TUNED][NDCG].estimate


TWICE = {"grade": lambda judged: 2 - judged["grade"] // 2}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda d, q, j: (d, q, j.assign(grade=j["grade"] + 0.5)),
            r"judgements.grade(.|\n)*row 1: .*is no whole number: round",
        ),
        (
            lambda d, q, j: (d, q, j.replace({"query_id": {1: 99}})),
            r"judgements.query_id(.|\n)*: '99' is not in queries",
        ),
        (
            lambda d, q, j: (d.replace("000", "0"), q, j),
            r"judgements.document_id(.|\n)*'000' is not in",
        ),
        (
            lambda d, q, j: (d, q, pd.concat([j, j[3:4].assign(**TWICE)])),
            r"document_id(.|\n)*has another grade for this query above",
        ),
        (
            lambda d, q, j: (d, q[:8], j[j["query_id"] < 8]),
            "8 different queries are judged: bring 10 or more",
        ),
    ],
)
def test_what_makes_no_sense_is_told_by_row(tmp_path, change, told):
    with pytest.raises(ValueError, match=told):
        run_offline(folder(tmp_path, *change(*tables())))


def test_what_is_left_out_is_told(tmp_path):
    documents, queries, judged = tables()
    judged = judged[judged["query_id"] != 5]
    path = folder(tmp_path, documents, queries, pd.concat([judged, judged[:7]]))
    notes = read_collection(path).notes
    assert "7 judgements repeat another, and count once" in notes
    assert "1 queries have no judgement, and are left out" in notes


def test_a_table_that_is_missing_and_a_broken_synonym_file_are_told(tmp_path):
    path = folder(tmp_path, *tables())
    (path / "synonyms.txt").write_text("sofa, couch\nlonely\n")
    with pytest.raises(ValueError, match="line 2: 'lonely' stands alone"):
        read_collection(path)
    (path / "queries.csv").unlink()
    with pytest.raises(BadTable, match=r"no table queries: bring queries.csv"):
        read_collection(path)
