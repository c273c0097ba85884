"""The report on a reader's own judgements: printed, plain, refused where it must be."""

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sevensteps.commands.run import run_on_own_data
from sevensteps.teach.byod_search import run_search

KINDS = np.array(["chair", "table", "lamp", "rug", "sofa", "desk"])
COLOURS = np.array(["red", "green", "blue", "white", "black"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A shop of two words a product, and queries for one or both of them."""
    rng = np.random.default_rng(1)
    folder = tmp_path_factory.mktemp("shop")
    kind, colour = rng.choice(KINDS, 150), rng.choice(COLOURS, 150)
    title = [f"{c} {k}" for c, k in zip(colour, kind, strict=True)]
    documents = pd.DataFrame({"document_id": np.arange(150), "title": title})
    asked = [(c, k) for c in COLOURS for k in KINDS]
    rows = [
        (q, d, int(kind[d] == k) * (1 + int(colour[d] == c)))
        for q, (c, k) in enumerate(asked)
        for d in rng.permutation(150)[:60]
    ]
    documents.to_csv(folder / "documents.csv", index=False)
    queries = pd.DataFrame({"query": [f"{c} {k} [new]" for c, k in asked]})
    queries.rename_axis("query_id").reset_index().to_csv(
        folder / "queries.csv", index=False
    )
    judged = pd.DataFrame(rows, columns=["query_id", "document_id", "grade"])
    judged.to_csv(folder / "judgements.csv", index=False)
    return folder


def test_a_report_says_what_was_read_assumed_and_found(folder):
    console = Console(width=150, record=True)
    console.print(run_search(folder))
    text = console.export_text()
    for said in (
        "150 documents, 30 judged queries, 1,800 judgements",
        "Read as: our schema",
        "higher is better",
        "were judged",
        "5 folds",
        "BM25, tuned",
        "lead over BM25, tuned",
        "Ours is",
        "Not run",
    ):
        assert said in text


def test_the_command_prints_it_and_names_faults(folder, tmp_path, capsys):
    assert run_on_own_data("search", folder) == 0
    assert "Re-rank: only documents" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run_on_own_data("search", tmp_path)
    assert "there are no judgements" in " ".join(capsys.readouterr().err.split())
