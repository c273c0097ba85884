"""A reader's learning-to-rank features, lines as `2 qid:10 1:0.03 2:0.5`, ranked."""

import io
import re
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_svmlight_file, load_svmlight_files

from sevensteps.measure import Interval, per_query, ranked
from sevensteps.measure.judged import over_queries
from sevensteps.rank import rankers
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.training_pairs import Judged

from .report import OfflineReport, lead

HIGHEST = 30  # LightGBM knows no gain of a grade above
CUTS = (1, 5, 10)  # places that NDCG looks at
PLAN = rankers.TreePlan(n_trees=120, leaves=15)  # the search chapter's
CHOICE = 50_000  # rows by which the best single feature is chosen
LINEAR, POINTWISE, LISTWISE = "linear", "trees, pointwise", "trees, listwise"
SKIPPED = (
    "query understanding and retrieval: need texts, and these are features",
    "clicks, interleaving, what shoppers gain: need logs and a world",
)
_HOW = {"query_id": True, "zero_based": True, "dtype": np.float32}
Scores = NDArray[np.float32]


def run_offline(folder: Path) -> OfflineReport:
    """Read and check a training and a test part, train on one, measure on the other.

    A `FileNotFoundError` if a part is not there; a `ValueError` names file and line.
    """
    paths = [_path(folder, kind) for kind in ("train", "test")]
    learn, judge = _read(paths)
    gains = tuple(2**grade - 1 for grade in range(int(learn.grade.max()) + 1))
    name, score = _best_feature(learn, judge)
    scores = {
        f"best single feature ({name})": score,
        LINEAR: rankers.linear(learn).scores(judge.features),
        POINTWISE: rankers.pointwise(learn, PLAN).scores(judge.features),
        LISTWISE: rankers.lambdamart(learn, PLAN, gains=gains).scores(judge.features),
    }
    results = {way: _measured(score, judge) for way, score in scores.items()}
    *others, (_, ours) = ((way, of["NDCG@10"]) for way, of in results.items())
    peer, gap = _beside_lightgbm(scores[LISTWISE], judge)
    agree = f"LightGBM's evaluation and ours of the same scores differ by {gap:.0e}"
    return OfflineReport(
        f"Trained on {len(learn):,} documents ({paths[0].name}); tested on "
        f"{len(judge):,} of {len(np.unique(judge.query)):,} queries ({paths[1].name}).",
        {**results, **peer},
        notes=(*_overlap(learn, judge), *_conventions(scores[LISTWISE], judge)),
        findings=(*(lead(LISTWISE, way, ours - it) for way, it in others), agree),
        skipped=SKIPPED,
    )


def _path(folder: Path, kind: str) -> Path:
    """The one file of a part, known by a word of its name."""
    held = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [p for p in held if kind in re.split(r"[^a-z]+", p.name.lower())]
    if len(found) != 1:
        raise FileNotFoundError(
            f"{folder} must hold one {kind} part, such as {kind}.txt; it has "
            f"{', '.join(p.name for p in found or held) or 'nothing'}"
        )
    return found[0]


def _read(paths: list[Path]) -> list[Judged]:
    """The parts, query by query, with as many features each."""
    try:
        told = load_svmlight_files([str(path) for path in paths], **_HOW)
    except (ValueError, OverflowError) as error:
        raise _located(paths, error) from None
    return [_judged(p.name, *told[3 * at : 3 * at + 3]) for at, p in enumerate(paths)]


def _judged(file: str, x: Any, grade: Scores, query: NDArray[np.int64]) -> Judged:
    if len(query) != len(grade):
        raise ValueError(f"{file}: each line needs a qid, as in 2 qid:10 1:0.5")
    if bad := np.flatnonzero(~np.isin(grade, np.arange(HIGHEST + 1))).tolist():
        raise ValueError(
            f"{file}, row {bad[0] + 1:,}: the grade is {grade[bad[0]]:g}; grades are "
            f"whole, 0 to {HIGHEST}. Leave out what nobody judged"
        )
    of = pd.Series(grade).groupby(query)
    if len(of) < 2 or not (of.max() > of.min()).any():
        raise ValueError(f"{file}: give two queries or more, of different grades each")
    table = FeatureTable(tuple(map(str, range(x.shape[1]))), x.toarray())
    return Judged.of(table, query, grade).grouped()


def _located(paths: list[Path], error: Exception) -> ValueError:
    """An error with the first line that cannot be read by itself."""
    for path in paths:
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                load_svmlight_file(io.BytesIO(line), **_HOW)
            except (ValueError, OverflowError) as fault:
                return ValueError(f"{path.name}, line {number:,}: {fault}")
    return ValueError(f"{' or '.join(path.name for path in paths)}: {error}")


def _best_feature(learn: Judged, judge: Judged) -> tuple[str, Scores]:
    """The feature, upwards or downwards, that alone ranks best; its test scores."""
    some = learn.take(np.flatnonzero(learn.query <= learn.query[: CHOICE + 1].max()))
    reached: dict[tuple[str, int], float] = {}
    for name in some.features.names:
        score = np.nan_to_num(some.features[name])
        for sign in (1, -1) if np.ptp(score) else ():
            lists = ranked(sign * score, some.grade, some.query)
            each = per_query.ndcg(lists, k=10, ties="average", empty="zero")
            reached[name, sign] = float(each.mean())
    if not reached:
        raise ValueError("every feature has one value only: there is nothing to learn")
    name, sign = max(reached, key=lambda way: reached[way])
    return "-" * (sign < 0) + name, sign * np.nan_to_num(judge.features[name])


def _measured(score: Scores, judge: Judged) -> dict[str, Interval]:
    """Metrics of one way; equal scores count as the mean over their orders."""
    lists = ranked(score, judge.grade, judge.query)
    each = {
        f"NDCG@{k}": per_query.ndcg(lists, k=k, empty="one", ties="average")
        for k in CUTS
    }
    each["MAP"] = per_query.average_precision(lists, ties="average")
    each["MRR"] = per_query.reciprocal_rank(lists, ties="average")
    return {name: over_queries(values, lists.query) for name, values in each.items()}


def _beside_lightgbm(score: Scores, judge: Judged) -> tuple[dict[str, Any], float]:
    """NDCG of the same scores by LightGBM and by us, ties in the order of the rows."""
    sizes = np.unique(judge.query, return_counts=True)[1]
    how = {"objective": "lambdarank", "metric": "ndcg", "eval_at": CUTS, "verbose": -1}
    nothing = np.zeros((len(score), 1))
    data = lightgbm.Dataset(nothing, judge.grade, group=sizes, init_score=score)
    told = lightgbm.Booster(how, data).eval_train()
    lists = ranked(score, judge.grade, judge.query)
    theirs = [value for _, _, value, *_ in told]
    ours = [float(per_query.ndcg(lists, k=k, empty="one").mean()) for k in CUTS]
    shown = {"… as LightGBM evaluates it": theirs, "… ours, by its conventions": ours}
    return {
        name: {f"NDCG@{k}": f"{v:.9f}" for k, v in zip(CUTS, values, strict=True)}
        for name, values in shown.items()
    }, float(np.abs(np.subtract(theirs, ours)).max())


def _overlap(learn: Judged, judge: Judged) -> list[str]:
    """Notes about queries that stand in both parts."""
    notes, asked = [], _signatures(judge)
    if again := len(_signatures(learn) & asked):
        notes.append(
            f"{again:,} of {len(asked):,} test queries are training queries, line by "
            "line: what is measured on them is memory, not ranking"
        )
    ids = np.unique(judge.query)
    if both := int(np.isin(ids, learn.query).sum()):
        notes.append(
            f"{both:,} of {len(ids):,} test queries have the qid of a training query: "
            "if they are the same, the test promises too much"
        )
    return notes


def _signatures(rows: Judged) -> set[tuple[int, int]]:
    """One for each query, from its rows in any order: equal queries, equal ones."""
    frame = pd.DataFrame(rows.features.beside({"": rows.grade}).values)
    of = pd.util.hash_pandas_object(frame, index=False).groupby(rows.query)
    return {*zip(of.sum(), of.size(), strict=True)}


def _conventions(score: Scores, judge: Judged) -> list[str]:
    """What the numbers count, and how far ties matter."""
    tied = pd.DataFrame({"query": judge.query, "score": score}).duplicated(keep=False)
    best = pd.Series(judge.grade).groupby(judge.query).max()
    return [
        f"NDCG counts 1 for the {(best == 0).mean():.0%} of test queries without a "
        "relevant document, as LightGBM does; MAP and MRR leave them out, and take "
        "grades from 1 on for relevant",
        f"{tied.mean():.1%} of the test documents share query and score with another: "
        "LightGBM takes them in the order of the file, we average over all orders",
    ]
