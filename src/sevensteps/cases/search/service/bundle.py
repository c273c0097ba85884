"""An engine on disk: arrays, an inverted index, words and trees.

A hash tells damage, not a mix-up: an index of last week's products is whole, and finds
nonsense without any error. So the manifest also keeps what the indexes found for some
of the products' own titles, and they are asked again.
"""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import faiss
import lightgbm
import numpy as np

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.features import CatalogueFeatures
from sevensteps.cases.search.engine.query import Query
from sevensteps.cases.search.engine.shop import Catalogue, CodedColumn, Documents
from sevensteps.rank.dense import DenseIndex
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.keyword import KeywordIndex, Term
from sevensteps.rank.neighbours import Built
from sevensteps.rank.rankers import LinearRanker, Ranker, TreeRanker
from sevensteps.rank.text import TermStatistics, Tokens
from sevensteps.serve.bundle import Bundle, ModelError, read_bundle, write_bundle
from sevensteps.world.storage import FolderKind

from .wording import plain_understanding, understanding_of

ENGINE = FolderKind(
    "search engine", 1, f"Export it again with {__package__}.export_search."
)
WORDS, TREES = "words.json", "ranker.txt"
KEYWORD, DENSE = "keyword", "dense.index"
LINEAR = "mean", "spread", "weight"
ECHOES, HEARD = 12, 5  # titles that the indexes are asked for, answers that are kept


def export_search(engine: Engine, folder: str | Path) -> Path:
    """Write what a service answers from.

    Parameters
    ----------
    engine : its ranker must be a `TreeRanker`, a `LinearRanker` or none
    folder : must not hold anything yet

    Raises
    ------
    FileExistsError           if the folder holds something
    TypeError                 for another ranker
    StorageError              if the disk refuses; nothing is left behind
    """
    path = Path(folder)
    if not isinstance(engine.ranker, TreeRanker | LinearRanker | None):
        raise TypeError(
            f"a {type(engine.ranker).__name__} cannot be exported; train one with "
            "sevensteps.rank.rankers.lambdamart or .linear"
        )

    def rest(made: Path) -> None:
        (made / WORDS).write_text(json.dumps(_words(engine)))
        if isinstance(engine.ranker, TreeRanker):
            (made / TREES).write_text(engine.ranker.model.model_to_string())
        if engine.keyword is not None:
            locks = shutil.ignore_patterns("*.lock")
            shutil.copytree(engine.keyword.folder, made / KEYWORD, ignore=locks)
        if engine.dense is not None:
            faiss.write_index(engine.dense.built.index, str(made / DENSE))

    write_bundle(path, _tree(engine), _facts(engine), rest=rest, kind=ENGINE)
    return path


def read_search(folder: str | Path) -> Engine:
    """Read and check what `export_search` wrote; large arrays are mapped, not copied.

    Raises
    ------
    ModelError
        if a file is missing or damaged, or an index is one of other products
    """
    return engine_of(read_bundle(folder, ENGINE))


def engine_of(told: Bundle, work: str | Path | None = None) -> Engine:
    """The engine of a bundle; raises as above.

    Parameters
    ----------
    work : folder for a copy of the inverted index, which may then take products in; the
        copy shares the bundle's files where the disk allows
    """
    index = told.folder / KEYWORD
    if work is not None and told.facts["boosts"]:
        index = Path(shutil.copytree(index, Path(work) / KEYWORD, copy_function=_link))
    try:
        engine = _engine(told, index)
        heard = _echoes(engine)
        engine.lists(engine.catalogue.titles[:1], 1)  # the ranker knows its features
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{told.folder} does not fit together ({error}); export again"
        ) from error
    for name, ids in told.facts["echoes"].items():
        if heard.get(name) != ids:
            raise ModelError(
                f"the {name} index in {told.folder} is one of other products: it finds "
                "others for their titles; build it from this catalogue and export again"
            )
    return engine


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
        tree["linear"] = {name: getattr(engine.ranker, name) for name in LINEAR}
    return tree


def _words(engine: Engine) -> dict[str, Any]:
    documents = engine.catalogue.documents
    return {
        "vocabulary": list(documents.vocabulary),
        "titles": list(engine.catalogue.titles),
        "fields": {name: list(c.names) for name, c in documents.fields.items()},
        "understanding": plain_understanding(engine.understanding),
    }


def _facts(engine: Engine) -> dict[str, Any]:
    reference, dense = engine.reference, engine.dense
    names: tuple[str, ...] | None = getattr(engine.ranker, "names", None)
    return {
        "exported_at": round(time.time(), 3),
        "mean_length": [reference.title.mean_length, reference.body.mean_length],
        "known": list(reference.known.names),
        "cosines": reference.vector is not None,
        "numbers": list(engine.catalogue.documents.numbers),
        "ranker": None if names is None else list(names),
        "boosts": engine.keyword and engine.keyword.boosts,
        "dense": dense and [dense.built.name, dense.width, dense.probes],
        "pool": engine.pool,
        "echoes": _echoes(engine),
    }


def _echoes(engine: Engine) -> dict[str, Any]:
    """What the indexes find for some products' own titles and vectors."""
    documents, heard = engine.catalogue.documents, {}
    rows = np.unique(np.linspace(0, len(documents) - 1, ECHOES).astype(np.int32))
    if engine.keyword is not None:
        asks = [
            Query(text, tuple(Term(word) for word in dict.fromkeys(text.split())))
            for text in documents.title.take(rows).texts()
        ]
        heard["keyword"] = engine.keyword.search_many(asks, HEARD)[0].tolist()
    if engine.dense is not None:
        asked = np.asarray(engine.catalogue.vector[rows], np.float32)
        heard["dense"] = engine.dense.search(asked, HEARD)[0].tolist()
    return heard


def _link(source: str, target: str) -> None:
    """A second name for a file that is never changed, else a copy."""
    try:
        if source.endswith(".json"):  # the index's own lists, which it replaces
            raise OSError
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _engine(told: Bundle, index: Path) -> Engine:
    facts, words = told.facts, json.loads((told.folder / WORDS).read_text())
    catalogue = _catalogue(told, words)
    title, body = (
        TermStatistics(told.arrays["idf"][part], length)
        for part, length in zip(("title", "body"), facts["mean_length"], strict=True)
    )
    known = FeatureTable(tuple(facts["known"]), told.arrays["known"])
    vector = catalogue.vector if facts["cosines"] else None
    return Engine(
        understanding_of(words["understanding"]),
        catalogue,
        CatalogueFeatures(catalogue.documents, title, body, known, vector),
        KeywordIndex(index, facts["boosts"]) if facts["boosts"] else None,
        _dense(told.folder / DENSE, *facts["dense"]) if facts["dense"] else None,
        _ranker(told),
        facts["pool"],
    )


def _catalogue(told: Bundle, words: dict[str, Any]) -> Catalogue:
    vocabulary = {word: code for code, word in enumerate(words["vocabulary"])}
    tree = told.arrays
    title, body = (
        Tokens(tree[part]["code"], tree[part]["start"], vocabulary)
        for part in ("title", "body")
    )
    fields = {
        n: CodedColumn(tree["fields"][n], tuple(v)) for n, v in words["fields"].items()
    }
    numbers = {name: tree["numbers"][name] for name in told.facts["numbers"]}
    documents = Documents(title, body, fields, numbers)
    if not len(documents) == len(words["titles"]) == len(tree["vector"]):
        raise ValueError("titles, vectors and documents are not equally many")
    return Catalogue(documents, words["titles"], tree["vector"])


def _dense(path: Path, name: str, width: int, probes: int) -> DenseIndex:
    index, size = faiss.read_index(str(path)), path.stat().st_size
    return DenseIndex(Built(name, index, 0.0, size), width, probes)


def _ranker(told: Bundle) -> Ranker | None:
    names = told.facts["ranker"]
    if names is None:
        return None
    if "linear" in told.arrays:
        return LinearRanker(tuple(names), **told.arrays["linear"])
    trees = lightgbm.Booster(model_str=(told.folder / TREES).read_text())
    return TreeRanker(tuple(names), trees)
