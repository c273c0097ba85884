"""An engine on disk: arrays, an inverted index, words and trees; how it is written.

A hash tells damage, not a mix-up: an index of last week's
products is whole, and finds nonsense without any error. So the manifest also keeps what
the indexes found for some of the products' own titles, and they are asked again.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from sevensteps.cases.search.engine.arrange import PageRules
from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.query import Query, Term
from sevensteps.rank.rankers import LinearRanker, TreeRanker
from sevensteps.serve import bundle
from sevensteps.serve.bundle import version_of, write_bundle

from .wording import plain_understanding

WORDS, TREES = "words.json", "ranker.txt"
KEYWORD, DENSE = "keyword", "dense.index"
ECHOES, HEARD = 12, 5  # titles that the indexes are asked for, answers that are kept


def export_search(
    engine: Engine, folder: str | Path, *, rules: PageRules | None = None
) -> Path:
    """Write what a service answers from.

    Parameters
    ----------
    engine : its ranker must be a `TreeRanker`, a `LinearRanker` or none
    folder : must not exist yet
    rules : of the page; the usual ones when absent

    Raises
    ------
    FileExistsError           if the folder is there
    TypeError                 for another ranker
    StorageError              if the disk refuses; nothing is left behind
    """
    path = Path(folder)
    if not isinstance(engine.ranker, TreeRanker | LinearRanker | None):
        raise TypeError(
            f"a {type(engine.ranker).__name__} cannot be exported; train one with "
            "sevensteps.rank.rankers.lambdamart or .linear"
        )
    write_bundle(
        path,
        _tree(engine),
        lambda made: _write_rest(engine, made),
        lambda hashes: _facts(engine, hashes, rules or PageRules()),
    )
    return path


def _tree(engine: Engine) -> dict[str, Any]:
    """Every array under a name of its own."""
    documents, reference = engine.catalogue.documents, engine.reference
    tree: dict[str, Any] = {
        part: {"code": tokens.code, "start": tokens.start}
        for part, tokens in (("title", documents.title), ("body", documents.body))
    }
    tree["fields"] = {name: c.code for name, c in documents.fields.items()}
    tree["numbers"] = dict(documents.numbers)
    tree["idf"] = {"title": reference.title.idf, "body": reference.body.idf}
    tree["known"] = reference.known.values
    tree["vector"] = engine.catalogue.vector
    if isinstance(engine.ranker, LinearRanker):
        linear = engine.ranker
        tree["linear"] = {n: getattr(linear, n) for n in ("mean", "spread", "weight")}
    return tree


def _write_rest(engine: Engine, folder: Path) -> None:
    """Indexes, words, trees."""
    (folder / WORDS).write_text(json.dumps(_words(engine)))
    if isinstance(engine.ranker, TreeRanker):
        (folder / TREES).write_text(engine.ranker.model.model_to_string())
    if engine.keyword is not None:
        locks = shutil.ignore_patterns("*.lock")
        shutil.copytree(engine.keyword.folder, folder / KEYWORD, ignore=locks)
    if engine.dense is not None:
        faiss.write_index(engine.dense.built.index, str(folder / DENSE))


def _words(engine: Engine) -> dict[str, Any]:
    documents = engine.catalogue.documents
    return {
        "vocabulary": list(documents.vocabulary),
        "titles": list(engine.catalogue.titles),
        "fields": {name: list(c.names) for name, c in documents.fields.items()},
        "understanding": plain_understanding(engine.understanding),
    }


def _facts(
    engine: Engine, hashes: Mapping[str, str], rules: PageRules
) -> dict[str, Any]:
    reference, dense = engine.reference, engine.dense
    names: tuple[str, ...] | None = getattr(engine.ranker, "names", None)
    return {
        "bundle": version_of(hashes),
        "exported_at": round(time.time(), 3),
        "products": len(engine.catalogue.documents),
        "mean_length": [reference.title.mean_length, reference.body.mean_length],
        "known": list(reference.known.names),
        "cosines": reference.vector is not None,
        "numbers": list(engine.catalogue.documents.numbers),
        "ranker": None if names is None else list(names),
        "boosts": engine.keyword and engine.keyword.boosts,
        "dense": dense and [dense.built.name, dense.width, dense.probes],
        "pool": engine.pool,
        "rules": {"per_brand": rules.per_brand, "first": rules.first},
        "echoes": echoes(engine),
    }


def rules_of(told: Mapping[str, Any]) -> PageRules:
    """Rules of the page from JSON; raises ValueError for those that make no sense."""
    return PageRules(told["per_brand"], told["first"])


def echoes(engine: Engine) -> dict[str, Any]:
    """What the indexes find for some products' own titles and vectors."""
    documents, heard = engine.catalogue.documents, {}
    rows = np.unique(np.linspace(0, len(documents) - 1, ECHOES).astype(np.int32))
    if engine.keyword is not None:
        texts = documents.title.take(rows).texts()
        asks = [_whole(text) for text in texts]
        heard["keyword"] = engine.keyword.search_many(asks, HEARD)[0].tolist()
    if engine.dense is not None:
        asked = np.asarray(engine.catalogue.vector[rows], np.float32)
        heard["dense"] = engine.dense.search(asked, HEARD)[0].tolist()
    return heard


def _whole(text: str) -> Query:
    return Query(text, tuple(Term(word) for word in dict.fromkeys(text.split())))


KEYS = (
    *("bundle", "exported_at", "products", "mean_length", "known", "cosines"),
    *("numbers", "ranker", "boosts", "dense", "pool", "rules", "echoes"),
)


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """What a folder says of itself.

    Raises
    ------
    ModelError                if there is none, or it cannot be read
    """
    return bundle.read_manifest(Path(folder), KEYS, f"{__package__}.export_search")
