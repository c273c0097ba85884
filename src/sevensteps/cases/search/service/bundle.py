"""An engine on disk: arrays, an inverted index, words and trees; how it is written.

The folder is written under another name and renamed when complete. The manifest names
each file with its hash. A hash tells damage, not a mix-up: an index of last week's
products is whole, and finds nonsense without any error. So the manifest also keeps what
the indexes found for some of the products' own titles, and they are asked again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from sevensteps.cases.search.engine.arrange import Rules
from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.query import Query, Term
from sevensteps.cases.search.engine.rankers import LinearRanker, TreeRanker
from sevensteps.serve.arrays import flat, hash_of
from sevensteps.serve.errors import ModelError
from sevensteps.serve.files import new_folder

from .wording import plain_understanding

MANIFEST, WORDS, TREES = "manifest.json", "words.json", "ranker.txt"
KEYWORD, DENSE = "keyword", "dense.index"
ECHOES, HEARD = 12, 5  # titles that the indexes are asked for, answers that are kept


def export_search(
    engine: Engine, folder: str | Path, *, rules: Rules | None = None
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
    if path.exists():
        raise FileExistsError(f"{path} exists; choose a new folder for each bundle")
    if not isinstance(engine.ranker, TreeRanker | LinearRanker | None):
        raise TypeError(
            f"a {type(engine.ranker).__name__} cannot be exported; train one with "
            "sevensteps.cases.search.engine.rankers.lambdamart or .linear"
        )
    with new_folder(path) as made:
        for name, array in flat(_tree(engine)):
            np.save(made / f"{name}.npy", array)
        _write_indexes(engine, made)
        (made / WORDS).write_text(json.dumps(_words(engine)))
        if isinstance(engine.ranker, TreeRanker):
            (made / TREES).write_text(engine.ranker.model.model_to_string())
        manifest = _manifest(engine, made, rules or Rules())
        (made / MANIFEST).write_text(json.dumps(manifest, indent=1))
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


def _write_indexes(engine: Engine, folder: Path) -> None:
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


def _manifest(engine: Engine, folder: Path, rules: Rules) -> dict[str, Any]:
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    hashes = {f.relative_to(folder).as_posix(): hash_of(f) for f in files}
    told = hashlib.sha256("".join(hashes.values()).encode()).hexdigest()
    reference, dense = engine.reference, engine.dense
    names: tuple[str, ...] | None = getattr(engine.ranker, "names", None)
    return {
        "bundle": told[:12],
        "exported_at": round(time.time(), 3),
        "products": len(engine.catalogue.documents),
        "files": hashes,
        "mean_length": [reference.title.mean_length, reference.body.mean_length],
        "known": list(reference.known.names),
        "cosines": reference.vector is not None,
        "numbers": list(engine.catalogue.documents.numbers),
        "ranker": None if names is None else list(names),
        "boosts": engine.keyword and engine.keyword.boosts,
        "dense": dense and [dense.built.name, dense.width, dense.probes],
        "pool": engine.pool,
        "rules": plain_rules(rules),
        "echoes": echoes(engine),
    }


def plain_rules(rules: Rules) -> dict[str, Any]:
    """Rules of the page as JSON has them."""
    return {
        "per_brand": rules.per_brand,
        "first": rules.first,
        "pinned": {query: list(ids) for query, ids in rules.pinned.items()},
        "banned": sorted(rules.banned),
    }


def rules_of(told: Mapping[str, Any]) -> Rules:
    """Rules of the page from JSON; raises ValueError for those that make no sense."""
    pinned = {query: tuple(ids) for query, ids in told["pinned"].items()}
    banned = frozenset(told["banned"])
    return Rules(told["per_brand"], told["first"], pinned, banned)


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


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """What a folder says of itself.

    Raises
    ------
    ModelError                if there is none, or it cannot be read
    """
    path = Path(folder) / MANIFEST
    try:
        told = json.loads(path.read_bytes())
        return {key: told[key] for key in KEYS}
    except FileNotFoundError:
        raise ModelError(
            f"no search engine in {folder}: {MANIFEST} is missing. Write one with "
            "sevensteps.cases.search.service.export_search"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is no manifest ({error!r}); export again") from error


KEYS = (
    *("bundle", "exported_at", "products", "files", "mean_length", "known", "cosines"),
    *("numbers", "ranker", "boosts", "dense", "pool", "rules", "echoes"),
)
