"""Bring your own data: ways to rank on a reader's own judgements, and their leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table

from sevensteps.cases.judgements import (
    Collection,
    Outcome,
    Trial,
    read_collection,
    trial,
)
from sevensteps.cases.judgements.contest import OURS, TUNED, UNDERSTOOD, order_of

SHOWN = 5  # corrections of spelling
SKIPPED = (
    "clicks, propensities and what ranking by them does: need a log of what was shown",
    "interleaving, A/B tests and sales: need shoppers",
    "freshness of the index, deadlines: need the shop itself",
)


@dataclass(frozen=True)
class SearchReport:
    """What was read, how it was tried, and what each way reached."""

    data: Collection
    result: Trial
    seconds: float
    notes: tuple[str, ...]
    skipped: tuple[str, ...] = SKIPPED

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        data = self.data
        yield (
            f"{data.n_documents:,} documents, {data.n_queries:,} judged queries, "
            f"{len(data.row):,} judgements, about "
            f"{np.median(np.bincount(data.row)):,.0f} a query. Read as: {data.shape}. "
            f"Relevant is a grade from {data.relevant:g} on."
        )
        yield from (escape(f"Assumed: {note}") for note in self.notes)
        yield escape(f"{self.result.why}. {self.understanding()}")
        for outcome in self.result.outcomes:
            yield ""
            yield from _told(outcome)
        yield f"\nIntervals: 95 %, queries resampled. {self.seconds:.0f} s. Not run:"
        yield "\n".join(f"  - {part}" for part in self.skipped)
        if not len(data.synonyms):
            yield "  - synonyms from people: need a synonyms.txt in the folder"

    def understanding(self) -> str:
        """What was corrected and added, in words."""
        taken = self.result.understood
        n, some = taken.spelling.total(), _some(taken.spelling)
        told = "No query had a spelling to correct."
        if n:
            told = f"Spelling: {n:,} word{'s'[: n != 1]} corrected, such as {some}."
        if not len(self.data.synonyms):
            return told
        if not taken.expanded:
            return f"{told} No query had a phrase with a synonym."
        return (
            f"{told} Synonyms added to {taken.expanded:,} queries, such as "
            f"{_some(taken.synonyms)}."
        )


def _some(changes: Counter[tuple[str, str]]) -> str:
    return ", ".join(f"{a} > {b}" for (a, b), _ in changes.most_common(SHOWN))


def _told(outcome: Outcome) -> RenderResult:
    """One protocol: how, what each way reached, what that says."""
    retrieve = outcome.protocol == "retrieve"
    how = (
        "Retrieve: from all documents; what nobody judged counts as not relevant"
        if retrieve
        else "Re-rank: only documents that were judged for the query are ordered"
    )
    yield f"{how}. {outcome.n_queries:,} queries tried. Split: {outcome.split}."
    if retrieve:
        yield (
            f"All ways together find {outcome.ceiling:.1%} of what is relevant; what "
            "they miss, no ranker can put on top."
        )
    yield table(outcome)
    taken = ", ".join(
        f"{way} ({n} of {len(outcome.settings)})" for way, n in outcome.chosen.items()
    )
    yield (
        "Ours is what did best aside, on queries that it did not learn from, and the "
        f"simple way where the costlier one was not surely better: {taken}."
    )
    yield f"Ours is {outcome.verdict()}."
    if UNDERSTOOD in outcome.ndcg:
        yield f"The query understood is {outcome.verdict(UNDERSTOOD)}."
    if len(outcome.slices) > 1:
        yield f"Ours over {TUNED}, by kind of query:"
        for name, (n, lead) in outcome.slices.items():
            yield escape(f"  - {name}, {n:,} queries: {lead}")


def table(outcome: Outcome) -> Table:
    """The ways as rows, from the simplest to ours."""
    made = Table(title_justify="left", box=None)
    headings = ["way", "NDCG@10 (gain = grade)", f"lead over {TUNED}", "MRR"]
    retrieve = bool(outcome.recall)
    more = ["recall@100", "judged@10"] if retrieve else []
    more += ["NDCG@10, judged only"] if outcome.condensed else []
    for heading in (*headings, *more):
        made.add_column(heading)
    for way in order_of(outcome.ndcg):
        cells = [
            way,
            str(outcome.ndcg[way]),
            "" if way == TUNED else str(outcome.lead(way)),
            f"{outcome.reciprocal_rank[way].estimate:.3f}",
        ]
        if retrieve:
            parts = (outcome.recall, outcome.judged, outcome.condensed)
            cells += [f"{part[way].estimate:.3f}" for part in parts if part]
        made.add_row(*cells, style="bold" if way == OURS else None)
    made.caption = settings(outcome)
    made.caption_justify = "left"
    return made


def settings(outcome: Outcome) -> str:
    """What tuning chose, of the first split, in words."""
    first = outcome.settings[0]
    chosen = first.setting
    words = "words as understood" if first.words == "understood" else "words as typed"
    return (
        f"tuned: k1 {chosen.k1:g}, b {chosen.b:g}; title {chosen.title:g}, body "
        f"{chosen.body:g}, facets {chosen.facets:g}; {chosen.form}; in the mix "
        f"{words}, and {first.share:g} of vectors"
        + (", in the first fold" if len(outcome.settings) > 1 else "")
    )


def run_search(
    folder: Path, on_step: Callable[[int, int], None] | None = None
) -> SearchReport:
    """Read, check, split by query, index, tune, train and measure.

    Parameters
    ----------
    folder : Path     documents, queries and judgements: see
                      `sevensteps.cases.judgements.read_collection`
    on_step : told how many steps are done, and of how many

    Returns
    -------
    SearchReport      prints itself in a terminal with rich

    Raises
    ------
    ValueError        if a table is not as it should be, told by file, column and row
    """
    data, notes = read_collection(folder)
    begun = perf_counter()
    result = trial(data, on_step)
    return SearchReport(data, result, perf_counter() - begun, tuple(notes))
