"""An engine on disk: arrays, an inverted index, words and trees; nothing is pickled.

A hash tells damage, not a mix-up: an index of last week's products is whole, and finds
nonsense without any error. So the manifest also keeps what the indexes found for some
of the products' own titles, and they are asked again.
"""

import json
import shutil
import time
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import faiss
import lightgbm
import numpy as np
from symspellpy import SymSpell

from sevensteps.cases.search.engine.engine import Engine
from sevensteps.cases.search.engine.features import CatalogueFeatures
from sevensteps.cases.search.engine.query import Query, Understanding
from sevensteps.cases.search.engine.shop import Catalogue, CodedColumn, Documents
from sevensteps.rank.dense import DenseIndex
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.keyword import KeywordIndex, Term
from sevensteps.rank.neighbours import Built
from sevensteps.rank.phrases import AttributeValue, Gazetteer, Synonyms
from sevensteps.rank.rankers import LinearRanker, Ranker, TreeRanker
from sevensteps.rank.spelling import Speller
from sevensteps.rank.text import Analyser, TermStatistics, Tokens
from sevensteps.serve.bundle import Bundle, ModelError, read_bundle, write_bundle
from sevensteps.world.storage import FolderKind

ENGINE = FolderKind(
    "search engine", 1, f"Export it again with {__package__}.export_search."
)
WORDS, TREES, KEYWORD, DENSE = "words.json", "ranker.txt", "keyword", "dense.index"
LINEAR = "mean", "spread", "weight"
COUNTED, PAIRS = ("n_words", "new_word", "letter", "counts"), ("pairs", "written_pairs")
ECHOES, HEARD = 12, 5  # titles that the indexes are asked for, answers that are kept


def export_search(engine: Engine, folder: str | Path) -> Path:
    """Write what a service answers from into a new folder.

    A `TypeError` unless the ranker is a `TreeRanker`, a `LinearRanker` or none; a
    `FileExistsError` if the folder holds something; a `StorageError` if the disk
    refuses: then nothing is left behind.
    """
    path, ranker = Path(folder), engine.ranker
    if not isinstance(ranker, TreeRanker | LinearRanker | None):
        raise TypeError(
            f"a {type(ranker).__name__} cannot be exported; train one with "
            "sevensteps.rank.rankers.lambdamart or .linear"
        )

    def rest(made: Path) -> None:
        (made / WORDS).write_text(json.dumps(_words(engine), default=_listed))
        if isinstance(ranker, TreeRanker):
            (made / TREES).write_text(ranker.model.model_to_string())
        if engine.keyword is not None:
            locks = shutil.ignore_patterns("*.lock")
            shutil.copytree(engine.keyword.folder, made / KEYWORD, ignore=locks)
        if engine.dense is not None:
            faiss.write_index(engine.dense.built.index, str(made / DENSE))

    write_bundle(path, _tree(engine), _facts(engine), rest=rest, kind=ENGINE)
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
        tree["linear"] = {name: getattr(engine.ranker, name) for name in LINEAR}
    return tree


def _facts(engine: Engine) -> dict[str, Any]:
    reference, dense = engine.reference, engine.dense
    return {
        "exported_at": round(time.time(), 3),
        "mean_length": [reference.title.mean_length, reference.body.mean_length],
        "known": reference.known.names,
        "cosines": reference.vector is not None,
        "numbers": list(engine.catalogue.documents.numbers),
        "ranker": getattr(engine.ranker, "names", None),
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
        said = documents.title.take(rows).texts()
        asks = [Query(t, tuple(map(Term, dict.fromkeys(t.split())))) for t in said]
        heard["keyword"] = engine.keyword.search_many(asks, HEARD)[0].tolist()
    if engine.dense is not None:
        asked = np.asarray(engine.catalogue.vector[rows], np.float32)
        heard["dense"] = engine.dense.search(asked, HEARD)[0].tolist()
    return heard


def _words(engine: Engine) -> dict[str, Any]:
    """All texts, and how queries are understood; None for a part that is off."""
    documents, reads = engine.catalogue.documents, engine.understanding
    speller = reads.speller
    return {
        "vocabulary": list(documents.vocabulary),
        "titles": engine.catalogue.titles,
        "fields": {name: c.names for name, c in documents.fields.items()},
        "understanding": {
            "analyser": asdict(reads.analyser),
            "speller": None if speller is None else _counted(speller),
            "synonyms": None if reads.synonyms is None else reads.synonyms.others,
            "gazetteer": None if reads.gazetteer is None else vars(reads.gazetteer),
            "constraints": reads.constraints,
        },
    }


def _counted(speller: Speller) -> dict[str, Any]:
    told = {name: getattr(speller, name) for name in COUNTED}
    told |= {name: [*getattr(speller, name).items()] for name in PAIRS}
    return told | {"entries": speller.symspell.words}


def _listed(part: Any) -> list[Any]:
    """What JSON has no word for: arrays, sets, and values of a column."""
    if isinstance(part, np.ndarray):
        return part.tolist()
    return sorted(part) if isinstance(part, frozenset) else list(astuple(part))


def read_search(folder: str | Path) -> Engine:
    """Read and check what `export_search` wrote; large arrays are mapped, not copied.

    A `ModelError` if a file is missing or damaged, or an index is of other products.
    """
    return engine_of(read_bundle(folder, ENGINE))


def engine_of(told: Bundle, work: str | Path | None = None) -> Engine:
    """The engine of a bundle; raises as above.

    Into `work` goes a copy of the inverted index, which may then take products in.
    """
    index = told.folder / KEYWORD
    if work is not None and told.facts["boosts"]:
        index = Path(shutil.copytree(index, Path(work) / KEYWORD))
    try:
        engine = _engine(told, index)
        heard = _echoes(engine)
        engine.lists(engine.catalogue.titles[:1], 1)  # the ranker knows its features
        for name, ids in told.facts["echoes"].items():
            if heard.get(name) != ids:
                raise ValueError(f"the {name} index is one of other products")
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{told.folder} does not fit together ({error}): build its indexes from "
            "its catalogue, and export again"
        ) from error
    return engine


def _engine(told: Bundle, index: Path) -> Engine:
    facts, words = told.facts, json.loads((told.folder / WORDS).read_text())
    catalogue, idf = _catalogue(told, words), told.arrays["idf"]
    title, body = map(TermStatistics, (idf["title"], idf["body"]), facts["mean_length"])
    known = FeatureTable(tuple(facts["known"]), told.arrays["known"])
    vector = catalogue.vector if facts["cosines"] else None
    return Engine(
        _understanding(**words["understanding"]),
        catalogue,
        CatalogueFeatures(catalogue.documents, title, body, known, vector),
        KeywordIndex(index, facts["boosts"]) if facts["boosts"] else None,
        _dense(told.folder / DENSE, *facts["dense"]) if facts["dense"] else None,
        _ranker(told),
        facts["pool"],
    )


def _catalogue(told: Bundle, words: dict[str, Any]) -> Catalogue:
    vocabulary = {word: code for code, word in enumerate(words["vocabulary"])}
    tree, codes = told.arrays, told.arrays["fields"]
    title, body = (Tokens(**tree[p], vocabulary=vocabulary) for p in ("title", "body"))
    fields = {n: CodedColumn(codes[n], tuple(v)) for n, v in words["fields"].items()}
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


def _understanding(
    analyser: Any, speller: Any, synonyms: Any, gazetteer: Any, constraints: bool
) -> Understanding:
    if synonyms is not None:
        others = {phrase: tuple(map(tuple, told)) for phrase, told in synonyms.items()}
        synonyms = Synonyms(others)
    return Understanding(
        Analyser(**analyser | {"stopwords": frozenset(analyser["stopwords"])}),
        None if speller is None else _speller(**speller),
        synonyms,
        None if gazetteer is None else _gazetteer(**gazetteer),
        constraints,
    )


def _speller(entries: dict[str, int], **told: Any) -> Speller:
    symspell = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    for word, n in entries.items():
        symspell.create_dictionary_entry(word, n)
    told |= {name: {tuple(pair): n for pair, n in told[name]} for name in PAIRS}
    return Speller(symspell=symspell, **told)


def _gazetteer(values: Any, topics: Any, pairs: Any, n_categories: int) -> Gazetteer:
    meant = {
        phrase: tuple(
            AttributeValue(*told, *_shares(codes, shares))
            for *told, codes, shares in every
        )
        for phrase, every in values.items()
    }
    about: Any = {token: _shares(*found) for token, found in topics.items()}
    return Gazetteer(meant, about, frozenset(map(tuple, pairs)), n_categories)


def _shares(codes: list[int], shares: list[float]) -> tuple[Any, ...]:
    return np.array(codes, np.int64), np.array(shares, np.float64)
