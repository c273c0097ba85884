"""Reading an engine from disk: whole, of one piece, and mapped into memory."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import faiss
import lightgbm

from sevensteps.cases.search.engine.bm25 import TermStatistics
from sevensteps.cases.search.engine.dense import DenseIndex
from sevensteps.cases.search.engine.documents import CodedColumn, Documents, Tokens
from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.features import CatalogueFeatures
from sevensteps.cases.search.engine.keyword import KeywordIndex
from sevensteps.cases.search.engine.shop import Catalogue
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.neighbours import Built
from sevensteps.rank.rankers import LinearRanker, Ranker, TreeRanker
from sevensteps.serve.bundle import read_arrays
from sevensteps.serve.errors import ModelError

from .bundle import DENSE, KEYWORD, TREES, WORDS, echoes, read_manifest
from .wording import understanding_of


def read_search(folder: str | Path, work: str | Path | None = None) -> Engine:
    """Read and check what `export_search` wrote; large arrays are mapped, not copied.

    Parameters
    ----------
    work : folder for a copy of the inverted index, which may then take products in; the
        copy shares the bundle's files where the disk allows

    Raises
    ------
    ModelError
        if a file is missing or damaged, or an index is one of other products
    """
    path, told = Path(folder), read_manifest(folder)
    tree = read_arrays(path, told["files"])
    index = path / KEYWORD
    if work is not None and told["boosts"]:
        index = Path(shutil.copytree(index, Path(work) / KEYWORD, copy_function=_link))
    try:
        engine = _engine(path, tree, told, index)
        heard = echoes(engine)
        engine.lists(engine.catalogue.titles[:1], 1)  # the ranker knows its features
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path} does not fit together ({error}); export again"
        ) from error
    for name, ids in told["echoes"].items():
        if heard.get(name) != ids:
            raise ModelError(
                f"the {name} index in {path} is one of other products: it finds others "
                "for their titles; build it from this catalogue and export again"
            )
    return engine


def _link(source: str, target: str) -> None:
    """A second name for a file that is never changed, else a copy."""
    if source.endswith(".json"):  # the index's own lists, which it replaces
        shutil.copy2(source, target)
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _engine(path: Path, tree: Any, told: dict[str, Any], index: Path) -> Engine:
    words = json.loads((path / WORDS).read_text())
    catalogue = _catalogue(tree, words, told)
    keyword = KeywordIndex(index, told["boosts"]) if told["boosts"] else None
    return Engine(
        understanding_of(words["understanding"]),
        catalogue,
        _reference(tree, told, catalogue),
        keyword,
        _dense(path, told["dense"]),
        _ranker(path, tree, told["ranker"]),
        told["pool"],
    )


def _catalogue(
    tree: dict[str, Any], words: dict[str, Any], told: dict[str, Any]
) -> Catalogue:
    vocabulary = {word: code for code, word in enumerate(words["vocabulary"])}
    title, body = (
        Tokens(tree[part]["code"], tree[part]["start"], vocabulary)
        for part in ("title", "body")
    )
    fields = {
        n: CodedColumn(tree["fields"][n], tuple(v)) for n, v in words["fields"].items()
    }
    numbers = {name: tree["numbers"][name] for name in told["numbers"]}
    documents = Documents(title, body, fields, numbers)
    if not len(documents) == len(words["titles"]) == len(tree["vector"]):
        raise ValueError("titles, vectors and documents are not equally many")
    return Catalogue(documents, words["titles"], tree["vector"])


def _reference(
    tree: dict[str, Any], told: dict[str, Any], catalogue: Catalogue
) -> CatalogueFeatures:
    title, body = (
        TermStatistics(tree["idf"][part], length)
        for part, length in zip(("title", "body"), told["mean_length"], strict=True)
    )
    known = FeatureTable(tuple(told["known"]), tree["known"])
    vector = catalogue.vector if told["cosines"] else None
    return CatalogueFeatures(catalogue.documents, title, body, known, vector)


def _dense(path: Path, told: list[Any] | None) -> DenseIndex | None:
    if told is None:
        return None
    name, width, probes = told
    index, size = faiss.read_index(str(path / DENSE)), (path / DENSE).stat().st_size
    return DenseIndex(Built(name, index, 0.0, size), width, probes)


def _ranker(path: Path, tree: dict[str, Any], names: list[str] | None) -> Ranker | None:
    if names is None:
        return None
    if "linear" in tree:
        return LinearRanker(tuple(names), **tree["linear"])
    trees = lightgbm.Booster(model_str=(path / TREES).read_text())
    return TreeRanker(tuple(names), trees)
