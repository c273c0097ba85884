"""Public shapes of judgements are known by their files, and faults by their rows."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.judgements import read_collection

SHAPES = [
    "our schema", "BEIR", "TREC or SMART", "SMART", "WANDS", "Amazon ESCI",
    "Home Depot", "CrowdFlower", "MS MARCO",
]  # fmt: skip


def known(shop, query, text):
    """True grade by the query's and the document's text."""
    documents, queries, judgements = shop
    rows = judgements.merge(queries, on="query_id").merge(documents, on="document_id")
    told = rows["title"] + " " + rows["description"]
    by = dict(zip(zip(rows["query"], told, strict=True), rows["grade"], strict=True))
    return by[query, text]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_shop(folders, shop, shape):
    read, _ = read_collection(folders[shape])
    assert read.shape == shape.replace("SMART", "TREC or SMART", len(shape) < 6)
    graded = (
        shop[2] if shape not in ("BEIR", "SMART") else shop[2][shop[2]["grade"] > 0]
    )
    if shape == "MS MARCO":
        graded = shop[2][shop[2]["grade"] == 3]
    assert abs(len(read.row) / len(graded) - 1) < 0.15  # equal queries are one in some
    assert read.grade.min() >= 0
    assert read.item.max() < read.n_documents
    assert set(read.query) <= set(shop[1]["query"])
    whole = [f"{t} {b}" for t, b in zip(read.title, read.body, strict=True)]
    for place in range(0, len(read.row), 97):
        text = whole[read.item[place]].replace('"', "").replace(" 30°", "").strip()
        text = text.split(" color :")[0].split(" Lasts")[0].replace(" & more", "")
        text = text.split(" MFG")[0]
        told = known(shop, read.query[read.row[place]], " ".join(text.split()))
        assert (read.grade[place] >= read.relevant) == (told >= READ_AS[shape])


READ_AS = {
    "our schema": 2, "BEIR": 1, "TREC or SMART": 1, "SMART": 1, "WANDS": 1,
    "Amazon ESCI": 3, "Home Depot": 2, "CrowdFlower": 2, "MS MARCO": 3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "parts"),
    [("BEIR", {0, 2}), ("Amazon ESCI", {0, 2}), ("MS MARCO", {0, 1})],
)
def test_a_split_of_the_data_s_own_is_kept(folders, shape, parts):
    read, _ = read_collection(folders[shape])
    assert set(read.split) == parts
    for shape in ("Home Depot", "our schema"):  # all of train.csv is no split
        assert set(read_collection(folders[shape])[0].split) == {-1}


def test_what_was_assumed_is_said(folders):
    said = {name: " / ".join(read_collection(folders[name])[1]) for name in SHAPES}
    assert "in English" in said["Amazon ESCI"]
    assert "S .1" in said["Amazon ESCI"]
    assert "Latin-1" in said["Home Depot"]
    assert "sample_submission" in said["Home Depot"]
    assert "lowest grade, 1," in said["CrowdFlower"]
    assert "exact 2, partial 1" in said["WANDS"]
    assert said["TREC or SMART"].count("lowest") == 0  # qrels begin at 0


def test_facets_and_attributes_reach_the_documents(folders):
    depot, _ = read_collection(folders["Home Depot"])
    assert set(depot.facets) == {"Acme"}
    assert all("Lasts." in b for b in depot.body)
    assert set(read_collection(folders["Amazon ESCI"])[0].facets) == {"Acme"}
    assert set(read_collection(folders["WANDS"])[0].kind) == {"Chairs"}


def test_zip_and_other_names_do(folders, shop, tmp_path):
    documents, queries, judgements = shop
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.writestr("documents.csv", documents.to_csv(index=False))
        packed.writestr("queries.csv", queries.to_csv(index=False, sep=";"))
    other = judgements.set_axis(["wer", "was", "wie"], axis=1)
    other.to_csv(tmp_path / "meine.csv", index=False)
    (tmp_path / "columns.toml").write_text(
        '[judgements]\nfile = "meine.csv"\nquery_id = "wer"\n'
        'document_id = "was"\ngrade = "wie"\n'
    )
    read, _ = read_collection(tmp_path)
    plain, _ = read_collection(folders["our schema"])
    assert np.array_equal(read.grade, plain.grade)
    (tmp_path / "columns.toml").write_text(
        '[judgements]\nfile = "meine.csv"\ngrad = 1\n'
    )
    with pytest.raises(ValueError, match="ours on the left"):
        read_collection(tmp_path)


def write(folder, documents, queries, judgements):
    """Our schema as CSV."""
    documents.to_csv(folder / "documents.csv", index=False)
    queries.to_csv(folder / "queries.csv", index=False)
    judgements.to_csv(folder / "judgements.csv", index=False)
    return folder


def test_unknown_documents_are_counted_and_most_of_them_refused(shop, tmp_path):
    documents, queries, judgements = shop
    _, notes = read_collection(write(tmp_path, documents[:300], queries, judgements))
    assert any("of an unknown document left out" in note for note in notes)
    with pytest.raises(ValueError, match=r"name a document_id .* such as 'd"):
        read_collection(write(tmp_path, documents[:50], queries, judgements))


def test_a_grade_that_is_none_is_told_by_its_row(shop, tmp_path):
    documents, queries, judgements = shop
    wrong = judgements.astype({"grade": object})
    wrong.loc[6, "grade"] = "so-so"
    with pytest.raises(ValueError, match=r"judgements.csv.grade[\s\S]*row 7: 'so-so'"):
        read_collection(write(tmp_path, documents, queries, wrong))
    wrong.loc[6, "grade"] = None
    _, notes = read_collection(write(tmp_path, documents, queries, wrong))
    assert any("1 rows of judgements.csv without a grade" in note for note in notes)


@pytest.mark.parametrize(
    ("gone", "said"),
    [("judgements", "no judgements"), ("queries", "no texts of queries"),
     ("documents", "no documents")],
)  # fmt: skip
def test_a_missing_table_is_asked_for(shop, tmp_path, gone, said):
    write(tmp_path, *shop)
    (tmp_path / f"{gone}.csv").unlink()
    with pytest.raises(ValueError, match=said):
        read_collection(tmp_path)


def test_repeats_negatives_and_empty_texts_are_borne(shop, tmp_path):
    documents, queries, judgements = shop
    documents = documents.assign(title=documents["title"].where(documents.index > 5))
    again = judgements.head(3).assign(grade=-2)
    read, notes = read_collection(
        write(tmp_path, documents, queries, pd.concat([judgements, again]))
    )
    assert read.title[0] == ""
    assert read.grade.min() == 0
    assert any("3 repeated judgements" in n for n in notes)
    assert any("3 grades below 0" in n for n in notes)


def test_judgements_may_count_the_queries(shop, tmp_path):
    """As Cranfield's do, whose topics are numbered with gaps."""
    documents, queries, judgements = shop
    number = judgements["query_id"].str[1:].astype(int) + 1
    gaps = queries.assign(query_id=[f"{3 * n + 2:03}" for n in range(len(queries))])
    write(tmp_path, documents, gaps, judgements.assign(query_id=number))
    read, notes = read_collection(tmp_path)
    assert list(read.query[:3]) == list(queries["query"][:3])
    assert any("in their order" in note for note in notes)
