"""A small shop with true grades, and its files in the shapes of public collections."""

import json

import numpy as np
import pandas as pd
import pytest

KINDS = ("chair", "table", "lamp", "rug", "sofa", "desk", "shelf", "mirror")
COLOURS = ("red", "green", "blue", "white", "black")
STUFF = ("oak", "steel", "glass", "velvet", "bamboo", "marble")


@pytest.fixture(scope="session")
def shop():
    """Documents, queries and judgements; a grade counts the words that are met."""
    rng = np.random.default_rng(7)
    n, m = 400, 60
    kind, colour, stuff = (rng.choice(w, n) for w in (KINDS, COLOURS, STUFF))
    documents = pd.DataFrame(
        {
            "document_id": [f"d{i}" for i in range(n)],
            "title": [f"{c} {k}" for c, k in zip(colour, kind, strict=True)],
            "description": [f"A {k} of {s}, no. {i}." for i, (k, s) in
                            enumerate(zip(kind, stuff, strict=True))],
        }
    )  # fmt: skip
    asked = [rng.choice(w, m) for w in (KINDS, COLOURS, STUFF)]
    queries = pd.DataFrame(
        {
            "query_id": [f"q{i}" for i in range(m)],
            "query": [f"{c} {s} {k}" for k, c, s in zip(*asked, strict=True)],
        }
    )
    rows = []
    for q in range(m):
        met = [np.asarray(w) == a[q] for w, a in
               zip((kind, colour, stuff), asked, strict=True)]  # fmt: skip
        grade = np.where(met[0], 1 + met[1].astype(int) + met[2], 0)
        some = np.union1d(np.flatnonzero(grade), rng.choice(n, 10, replace=False))
        rows += [(f"q{q}", f"d{d}", int(grade[d])) for d in some]
    judgements = pd.DataFrame(rows, columns=["query_id", "document_id", "grade"])
    return documents, queries, judgements


def lines(path, rows):
    """A file of JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row) for row in rows))


def ours(folder, documents, queries, judgements):
    """Our own schema."""
    documents.to_parquet(folder / "documents.parquet")
    queries.to_csv(folder / "queries.csv", index=False)
    judgements.to_csv(folder / "judgements.tsv.gz", index=False, sep="\t")


def beir(folder, documents, queries, judgements):
    """BEIR: JSON lines, and qrels by split."""
    kept = judgements[judgements["grade"] > 0]
    d = documents.rename(columns={"document_id": "_id", "description": "text"})
    lines(folder / "corpus.jsonl", d.assign(metadata=[{}] * len(d)).to_dict("records"))
    q = queries.rename(columns={"query_id": "_id", "query": "text"})
    lines(folder / "queries.jsonl", q.to_dict("records"))
    qrels = kept.set_axis(["query-id", "corpus-id", "score"], axis=1)
    number = qrels["query-id"].str[1:].astype(int)
    (folder / "qrels").mkdir()
    for name, part in (("train", number < 40), ("test", number >= 40)):
        qrels[part].to_csv(folder / "qrels" / f"{name}.tsv", sep="\t", index=False)


def trec(folder, documents, queries, judgements):
    """TREC: SGML documents, topics and qrels of four columns."""
    docs = "\n".join(
        f"<DOC>\n<DOCNO> {d} </DOCNO>\n<TITLE>{t}</TITLE>\n<TEXT>{b}</TEXT>\n</DOC>"
        for d, t, b in documents.itertuples(index=False)
    )
    (folder / "docs.trec").write_text(docs)
    tops = "\n".join(
        f"<top>\n<num> Number: {q}\n<title> {t}\n<desc> Description:\nmore\n</top>"
        for q, t in queries.itertuples(index=False)
    )
    (folder / "topics.txt").write_text(tops)
    pairs = judgements.itertuples(index=False)
    rows = [f"{q} 0 {d} {g}" for q, d, g in pairs]
    (folder / "qrels.shop.txt").write_text("\n".join(rows))


def smart(folder, documents, queries, judgements):
    """SMART: dotted lines; relations without grades, ids without zeros before."""
    told = documents.itertuples(index=False)
    docs = [f".I {d[1:]}\n.T\n{t}\n.W\n{b}\n" for d, t, b in told]
    (folder / "SHOP.ALL").write_text("".join(docs))
    asked = queries.itertuples(index=False)
    (folder / "SHOP.QRY").write_text(
        "".join(f".I {q[1:]}\n.W\n{t}\n" for q, t in asked)
    )
    kept = judgements[judgements["grade"] > 0].itertuples(index=False)
    rows = [f"   {q[1:].zfill(2)}   {d[1:]}\t0\t0.000000" for q, d, _ in kept]
    (folder / "SHOP.REL").write_text("\n".join(rows))


def wands(folder, documents, queries, judgements):
    """WANDS: tabs under the name of commas, and labels in words."""
    products = documents.set_axis(["id", "product_name", "product_description"], axis=1)
    products["product_id"] = products.pop("id").str[1:]
    products["product_features"] = "color : " + documents["title"].str.split().str[0]
    products["rating_count"] = 3.0
    products.to_csv(folder / "product.csv", sep="\t", index=False)
    q = queries.assign(query_id=queries["query_id"].str[1:], query_class="Chairs")
    q.to_csv(folder / "query.csv", sep="\t", index=False)
    words = judgements["grade"].map(
        {0: "Irrelevant", 1: "Partial", 2: "Partial", 3: "Exact"}
    )
    made = pd.DataFrame(
        {
            "id": np.arange(len(judgements)),
            "query_id": judgements["query_id"].str[1:],
            "product_id": judgements["document_id"].str[1:],
            "label": words,
        }
    )
    made.to_csv(folder / "label.csv", sep="\t", index=False)


def esci(folder, documents, queries, judgements):
    """Amazon's: examples with their queries' texts, products by country."""
    rows = judgements.merge(queries, on="query_id")
    made = pd.DataFrame(
        {
            "example_id": np.arange(len(rows)),
            "query": rows["query"],
            "query_id": rows["query_id"].str[1:].astype(int),
            "product_id": rows["document_id"],
            "product_locale": "us",
            "esci_label": rows["grade"].map(dict(enumerate("ICSE"))),
            "small_version": 1,
            "split": np.where(
                rows["query_id"].str[1:].astype(int) < 40, "train", "test"
            ),
        }
    )
    other = made.head(50).assign(product_locale="es", query_id=9_999)
    both = pd.concat([made, other])
    both.to_parquet(folder / "shopping_queries_dataset_examples.parquet")
    names = {"document_id": "product_id", "title": "product_title",
             "description": "product_description"}  # fmt: skip
    products = documents.rename(columns=names).assign(
        product_bullet_point=None,
        product_brand="Acme",
        product_color="",
        product_locale="us",
    )
    products.to_parquet(folder / "shopping_queries_dataset_products.parquet")


def depot(folder, documents, queries, judgements):
    """Home Depot: no query ids, fractional grades from 1, Latin-1, more tables."""
    rows = judgements.merge(queries, on="query_id").merge(documents, on="document_id")
    made = pd.DataFrame(
        {
            "id": np.arange(len(rows)),
            "product_uid": rows["document_id"].str[1:],
            "product_title": rows["title"] + " 30°",
            "search_term": rows["query"],
            "relevance": (1 + rows["grade"] * 0.67).round(2),
        }
    )
    made.to_csv(folder / "train.csv", index=False, encoding="latin-1")
    made.drop(columns="relevance").to_csv(
        folder / "test.csv", index=False, encoding="latin-1"
    )
    told = documents.set_axis(["product_uid", "t", "product_description"], axis=1)
    told["product_uid"] = told["product_uid"].str[1:]
    told.drop(columns="t").to_csv(folder / "product_descriptions.csv", index=False)
    brand = told[["product_uid"]].assign(name="MFG Brand Name", value="Acme")
    bullet = told[["product_uid"]].assign(name="Bullet01", value="Lasts.")
    pd.concat([brand, bullet]).to_csv(folder / "attributes.csv", index=False)
    sample = pd.DataFrame({"id": [1], "relevance": [1]})
    sample.to_csv(folder / "sample_submission.csv", index=False)


def crowd(folder, documents, queries, judgements):
    """CrowdFlower: everything in one table, products without ids, markup in texts."""
    rows = judgements.merge(queries, on="query_id").merge(documents, on="document_id")
    made = pd.DataFrame(
        {
            "id": np.arange(len(rows)),
            "query": rows["query"],
            "product_title": rows["title"],
            "product_description": "<p>" + rows["description"] + "</p> &amp; more",
            "median_relevance": rows["grade"] + 1,
            "relevance_variance": 0.0,
        }
    )
    made.to_csv(folder / "train.csv", index=False)


def marco(folder, documents, queries, judgements):
    """MS MARCO: no headers, a quote that nobody closes, qrels of what is relevant."""
    body = '"' + documents["title"] + " " + documents["description"]
    made = documents[["document_id"]].assign(body=body)
    plain = {"sep": "\t", "header": False, "index": False, "quoting": 3}
    made.to_csv(folder / "collection.tsv", **plain)
    number = queries["query_id"].str[1:].astype(int)
    kept = judgements[judgements["grade"] == 3].assign(zero=0, grade=1)
    for name, mine in (("train", number < 40), ("dev", number >= 40)):
        queries[mine].to_csv(folder / f"queries.{name}.tsv", **plain)
        rows = kept[kept["query_id"].isin(queries["query_id"][mine])]
        rows = rows[["query_id", "zero", "document_id", "grade"]]
        rows.to_csv(folder / f"qrels.{name}.tsv", **plain)


SHAPES = {
    "our schema": ours,
    "BEIR": beir,
    "TREC or SMART": trec,
    "SMART": smart,
    "WANDS": wands,
    "Amazon ESCI": esci,
    "Home Depot": depot,
    "CrowdFlower": crowd,
    "MS MARCO": marco,
}


@pytest.fixture(scope="session")
def folders(shop, tmp_path_factory):
    """The same shop in every shape, by its name."""
    made = {}
    for name, write in SHAPES.items():
        made[name] = tmp_path_factory.mktemp(write.__name__)
        write(made[name], *shop)
    return made
