"""Shapes of judgements that came up in public: each gives the same shop."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.judgements import read_collection


def dumped(path, held, **how):
    """A JSON file."""
    path.write_text(json.dumps(held, **how))


def tables(folder, documents, queries, *_):
    """The documents and the queries of our schema, in odd dress."""
    d = documents.rename(columns={"description": "short_description"})
    (folder / "products.json").write_text(d.to_json(orient="records"))  # in one line
    queries.to_csv(folder / "queries.csv", index=False, encoding="utf-8-sig")


def lists(positive):
    """Of each query its documents, by id, and their grades."""
    return {q: list(part["document_id"]) for q, part in positive.groupby("query_id")}


def mapped(folder, documents, queries, judgements):
    """Mappings of ids to texts and to lists of ids."""
    texts = documents["title"] + " " + documents["description"]
    dumped(
        folder / "corpus.json", dict(zip(documents["document_id"], texts, strict=True))
    )
    dumped(folder / "queries.json", dict(queries.to_numpy()))
    dumped(folder / "relevant_docs.json", lists(judgements))


def llama(folder, documents, queries, judgements):
    """The three in one file."""
    mapped(folder, documents, queries, judgements)
    parts = {p.stem: json.loads(p.read_text()) for p in folder.iterdir()}
    shutil.rmtree(folder)
    folder.mkdir()
    dumped(folder / "val_dataset.json", parts | {"mode": "text"})


def lotte(folder, documents, queries, judgements):
    """Lines of a query and the ids of its answers."""
    tables(folder, documents, queries)
    asked = dict(queries.to_numpy())
    rows = [
        {"qid": q, "query": asked[q], "answer_pids": ids}
        for q, ids in lists(judgements).items()
    ]
    (folder / "qas.search.jsonl").write_text("\n".join(map(json.dumps, rows)))


def tevatron(folder, documents, queries, judgements):
    """Lines of a query and its passages, with a score that is no grade."""
    held = documents.set_index("document_id")
    asked = dict(queries.to_numpy())
    rows = []
    for q, ids in lists(judgements).items():
        told = [
            {"docid": d, "title": held["title"][d], "text": held["description"][d]}
            for d in ids
        ]
        negative = [{"docid": "none", "title": "?", "text": "bad", "score": 17.5}]
        rows.append(
            {
                "query_id": q,
                "query": asked[q],
                "positive_passages": told,
                "negative_passages": negative,
            }
        )
    (folder / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))


def opensearch(folder, documents, queries, judgements):
    """A list of queries, each with a list of ratings."""
    tables(folder, documents, queries)
    asked = dict(queries.to_numpy())
    held = [
        {"query": asked[q], "ratings": [{"docId": d, "rating": "1.0"} for d in ids]}
        for q, ids in lists(judgements).items()
    ]
    dumped(folder / "judgments.json", {"name": "x", "judgmentRatings": held}, indent=1)


def quepid(folder, documents, queries, judgements):
    """An export: longer names, grades with a decimal comma."""
    tables(folder, documents, queries)
    rows = judgements.merge(queries, on="query_id")
    made = pd.DataFrame(
        {
            "Team Name": "t",
            "Query Text": rows["query"],
            "Doc ID": rows["document_id"],
            "Judge 1 Rating": 0,
            "Judge 2 Rating": 0,
            "Final Rating": "1,0",
        }
    )
    made.to_csv(folder / "case_4.csv", index=False, sep=";")


def answers(folder, documents, queries, judgements):
    """WikiQA: one table, names without signs, two ids of which one is coarser."""
    rows = judgements.merge(queries, on="query_id").merge(documents, on="document_id")
    made = pd.DataFrame(
        {
            "QuestionID": rows["query_id"],
            "Question": rows["query"],
            "DocumentID": rows["document_id"].str[:2],
            "DocumentTitle": rows["title"],
            "SentenceID": rows["document_id"],
            "Sentence": rows["description"],
            "Label": 1,
        }
    )
    made.to_csv(folder / "WikiQA.tsv", sep="\t", index=False)


def marco_documents(folder, documents, queries, judgements):
    """MS MARCO's documents: an address between the id and the texts."""
    made = documents.assign(url="http://x")[
        ["document_id", "url", "title", "description"]
    ]
    plain = {"sep": "\t", "header": False, "index": False}
    made.to_csv(folder / "msmarco-docs.tsv", **plain)
    queries.to_csv(folder / "msmarco-docdev-queries.tsv", **plain)
    rows = judgements.assign(zero=0, one=1)
    rows = rows[["query_id", "zero", "document_id", "one"]]
    rows.to_csv(folder / "msmarco-docdev-qrels.tsv", **plain | {"sep": " "})


def marco_second(folder, documents, queries, judgements):
    """Its second version: JSON lines without an ending, passages of documents."""
    marco_documents(folder, documents, queries, judgements)
    (folder / "msmarco-docs.tsv").unlink()
    rows = [
        {"pid": d, "passage": f"{t}. {b}", "docid": d[:2]}
        for d, t, b in documents.itertuples(index=False)
    ]
    lines = "\n".join(map(json.dumps, rows))
    (folder / "msmarco_passage_00").write_text(lines)


def esci(folder, documents, queries, judgements):
    """Amazon's, with the table of sources, which has no query's text."""
    rows = judgements.merge(queries, on="query_id").rename(
        columns={"document_id": "product_id"}
    )
    rows.assign(esci_label="E").to_parquet(folder / "examples.parquet")
    documents.rename(
        columns={"document_id": "product_id", "title": "product_title"}
    ).to_parquet(folder / "products.parquet")
    sources = pd.DataFrame({"query_id": queries["query_id"], "source": "other"})
    sources.to_csv(folder / "shopping_queries_dataset_sources.csv", index=False)


def bulk(folder, documents, queries, judgements):
    """Documents as Elasticsearch takes them: before each, a line with its id."""
    ours(folder, documents, queries, judgements.assign(grade=1))
    (folder / "documents.csv").unlink()
    rows = []
    for d, t, b in documents.itertuples(index=False):
        rows += [{"index": {"_index": "shop", "_id": d}}, {"title": t, "body": b}]
    (folder / "products.ndjson").write_text("\n".join(map(json.dumps, rows)))


SHAPES = [
    mapped, llama, lotte, tevatron, opensearch, quepid, answers, marco_documents,
    marco_second, esci, bulk,
]  # fmt: skip


@pytest.mark.parametrize("write", SHAPES)
def test_every_shape_gives_the_same_pairs(write, shop, tmp_path):
    documents, queries, judgements = shop
    wanted = judgements[judgements["grade"] > 0].drop(columns="grade")
    write(tmp_path, documents, queries, wanted)
    read, _ = read_collection(tmp_path)
    asked = dict(queries.to_numpy())
    text = (documents["title"] + " " + documents["description"]).str.replace(".", "")
    words = dict(zip(documents["document_id"], text.str.split().map(set), strict=True))
    good = read.grade >= read.relevant
    pairs = zip(read.row[good], read.item[good], strict=True)
    told = {(read.query[q], read.document_id[d]) for q, d in pairs}
    assert told == {(asked[q], d) for q, d in wanted.to_numpy()}
    for d in range(0, read.n_documents, 50):
        own = f"{read.title[d]} {read.body[d]}".replace(".", "").split()
        assert words.get(read.document_id[d], {"?", "bad"}) == set(own)
    assert good.all() == (write is not tevatron)


def test_other_objects_are_no_documents(shop, folders, tmp_path):
    for file in folders["our schema"].iterdir():
        shutil.copy(file, tmp_path)
    dumped(tmp_path / "settings.json", {"name": "x", "version": "1"})
    dumped(tmp_path / "package.json", {"scripts": {"test": "x"}, "files": ["a"]})
    read, _ = read_collection(tmp_path)
    assert read.n_documents == len(shop[0])
    assert not any("settings" in document for document in read.document_id)


def test_lines_may_have_more_names_than_the_first(shop, tmp_path):
    documents, queries, judgements = shop
    rows = documents.assign(brand="Acme").to_dict("records")
    del rows[0]["brand"], rows[0]["title"]
    (tmp_path / "documents.jsonl").write_text("\n".join(map(json.dumps, rows)))
    queries.to_csv(tmp_path / "queries.csv", index=False)
    judgements.to_csv(tmp_path / "judgements.csv", index=False)
    read, _ = read_collection(tmp_path)
    assert (read.title[0], read.title[1]) == ("", rows[1]["title"])
    assert list(read.facets[:2]) == ["", "Acme"]


def test_a_first_line_over_numbers_is_a_header(shop, tmp_path):
    """Even if its names are none that we know: then they can be told."""
    documents, queries, judgements = shop
    documents.to_csv(tmp_path / "documents.csv", index=False)
    queries.to_csv(tmp_path / "queries.csv", index=False)
    told = judgements.set_axis(["wer", "was", "wie"], axis=1)
    told.to_csv(tmp_path / "mine.tsv", sep="\t", index=False)
    (tmp_path / "columns.toml").write_text(
        '[judgements]\nfile = "mine.tsv"\nquery_id = "wer"\n'
        'document_id = "was"\ngrade = "wie"\n'
    )
    read, _ = read_collection(tmp_path)
    assert len(read.row) == len(judgements)


def ours(folder, documents, queries, judgements):
    documents.to_csv(folder / "documents.csv", index=False)
    queries.to_csv(folder / "queries.csv", index=False)
    judgements.to_csv(folder / "judgements.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("words", "grades"),
    [
        (("Not Relevant", "Marginally-Relevant", "highly_relevant"), (0, 1, 2)),
        (("0 - irrelevant", "1: partial", "2 (exact)"), (0, 1, 2)),
        (("0%", "50%", "100%"), (0, 50, 100)),
        (("0,0", "0,5", "1,0"), (0, 0.5, 1)),
    ],
)
def test_grades_may_be_written_in_many_ways(shop, tmp_path, words, grades):
    documents, queries, judgements = shop
    level = judgements["grade"].clip(upper=2)
    written = judgements.assign(grade=level.map(dict(enumerate(words))))
    read, _ = read_collection(ours(tmp_path, documents, queries, written))
    assert np.array_equal(read.grade, level.map(dict(enumerate(grades))))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda j: j.assign(grade=j["grade"].map({0: "0", 1: "1"}).fillna("Exact")),
         "some are numbers"),
        (lambda j: j.assign(grade=0), "all are 0 or less"),
        (lambda j: j.assign(grade="n/a"), "judgements.csv: no row has a grade"),
        (lambda j: j.assign(grade=["exact"] * 5 + ["so so"] + ["exact"] * (len(j) - 6)),
         r"row 6: 'so so'"),
        (lambda j: j[j["query_id"] == "q1"], "for 1 queries; a trial needs 10"),
        (lambda j: j.assign(document_id="x" + j["document_id"]),
         "Bring the documents too"),
        (lambda j: j.assign(query_id="x" + j["query_id"]), "Bring the queries too"),
        (lambda j: pd.concat([j, j[["grade"]] + 1], axis=1), "two columns grade"),
        (lambda j: j.drop(columns="grade"), r"tell these in columns\.toml"),
    ],
)  # fmt: skip
def test_faults_of_judgements_are_told(shop, tmp_path, spoil, said):
    documents, queries, judgements = shop
    with pytest.raises(ValueError, match=said):
        read_collection(ours(tmp_path, documents, queries, spoil(judgements)))


def test_a_faulty_grade_is_told_by_its_own_file(shop, tmp_path):
    documents, queries, judgements = shop
    ours(tmp_path, documents, queries, judgements)
    wrong = judgements.head(9).astype({"grade": object})
    wrong.loc[3, "grade"] = "?"
    wrong.to_csv(tmp_path / "judgements_more.csv", index=False)
    with pytest.raises(
        ValueError, match=r"judgements_more.csv.grade[\s\S]*row 4: '\?'"
    ):
        read_collection(tmp_path)


def test_texts_that_are_missing_are_told(shop, tmp_path):
    documents, queries, judgements = shop
    some = queries.assign(query=queries["query"].where(queries.index > 2, " "))
    read, notes = read_collection(ours(tmp_path, documents, some, judgements))
    assert read.n_queries == len(queries) - 3
    assert any("3 queries without a text" in note for note in notes)
    with pytest.raises(ValueError, match="no query has a text"):
        read_collection(ours(tmp_path, documents, queries.assign(query=""), judgements))
    blank = documents.assign(title="", description=" ")
    with pytest.raises(ValueError, match="no document has a text"):
        read_collection(ours(tmp_path, blank, queries, judgements))


def test_repeats_and_windows_signs_are_told(shop, tmp_path):
    documents, queries, judgements = shop
    again = pd.concat([documents, documents.head(4).assign(title="other")])
    ours(tmp_path, again, queries, judgements)
    marked = again.assign(description=again["description"] + " – it’s")
    marked.to_csv(tmp_path / "documents.csv", index=False, encoding="cp1252")
    read, notes = read_collection(tmp_path)
    assert read.title[0] == documents["title"][0]
    assert read.body[0].endswith("– it’s")
    assert any("4 rows of documents.csv repeat" in note for note in notes)


def test_a_file_that_nobody_understands_is_named(tmp_path):
    (tmp_path / "judgements.xlsx").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"Not understood: judgements\.xlsx"):
        read_collection(tmp_path)


def test_numbered_features_are_sent_to_their_own_option(tmp_path):
    (tmp_path / "train.txt").write_text("2 qid:1 1:0.5 2:1\n0 qid:1 1:0.1 2:0\n" * 9)
    with pytest.raises(ValueError, match=r"train\.txt.*--letor"):
        read_collection(tmp_path)
