"""Bring your own judged features: the ranking step beside its reference and rivals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table

from sevensteps.cases.judgements.letor import (
    BASELINES,
    FEATURE,
    FIRST,
    OURS,
    PLACES,
    Trial,
    trial,
)
from sevensteps.features.letor import Letor, Part, read_letor

SKIPPED = (
    "what shoppers gain: needs true relevance and purchases",
    "query understanding and retrieval: need texts, and these are features",
    "clicks, propensities and interleaving: need logged lists",
)


@dataclass(frozen=True)
class LetorReport:
    """What was read, how it was trained, and what each way reached."""

    letor: Letor
    result: Trial
    read_s: float
    trial_s: float
    skipped: tuple[str, ...] = SKIPPED

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        letor, found = self.letor, self.result
        yield f"Trained on {_told(letor.train)}; tried on {_told(letor.test)}."
        yield (
            f"{found.graded:.0%} of the test queries have a relevant document; NDCG "
            "counts 1 for the others, as LightGBM does. MAP, MRR and ERR leave them "
            "out, and take grades from 1 on for relevant."
        )
        yield from (escape(f"Assumed: {note}") for note in (*letor.notes, self._plan()))
        yield self.reference()
        yield f"Widest gap between LightGBM's evaluation and ours: {found.apart:.1e}"
        yield self.table()
        yield f"Our ranking step, by NDCG@{FIRST}:"
        yield from (f"  - {found.verdict(name)}" for name in BASELINES)
        yield (
            f"Intervals: 95 %, queries resampled. Read in {self.read_s:.0f} s, trained "
            f"and measured in {self.trial_s:.0f} s. Not run:"
        )
        yield "\n".join(f"  - {part}" for part in self.skipped)

    def _plan(self) -> str:
        """The settings in words."""
        plan, n_trees = self.result.plan, self.result.n_trees
        told = ", ".join(f"{name} {value}" for name, value in plan.settings.items())
        whose = "LightGBM's example" if self.letor.conf is None else "its train.conf"
        stop = ""
        if plan.patience:
            where = "the validation part" if self.letor.vali else "the test part itself"
            stop = f", stopped by NDCG on {where}"
        return f"settings of {whose}: {told}; {n_trees} trees{stop}"

    def reference(self) -> Table:
        """LightGBM's own evaluation beside ours, of one and the same trees."""
        title = "The step as LightGBM evaluates it (ties in the order of the rows)"
        table = Table(title=title, title_justify="left", box=None)
        for heading in ("", *(f"NDCG@{k}" for k in PLACES)):
            table.add_column(heading)
        theirs, ours = self.result.lightgbm, self.result.same
        table.add_row("LightGBM", *(f"{theirs[k]:.9f}" for k in PLACES))
        table.add_row("ours", *(f"{ours[k].estimate:.9f}" for k in PLACES))
        table.add_row(
            "interval", *(f"{ours[k].low:.3f} to {ours[k].high:.3f}" for k in PLACES)
        )
        return table

    def table(self) -> Table:
        """The ways as columns, each with its interval below: narrow screens do."""
        title = "Every way on the test part (NDCG with ties averaged)"
        table = Table(title=title, title_justify="left", box=None)
        table.add_column("")
        for way in self.result.table:
            table.add_column(self._called(way), max_width=16)
        for metric in self.result.table[OURS]:
            told = (row[metric] for row in self.result.table.values())
            cells = (f"{x.estimate:.3f}\n{x.low:.3f}-{x.high:.3f}" for x in told)
            table.add_row(metric, *cells)
        return table

    def _called(self, way: str) -> str:
        if way != FEATURE:
            return way
        feature, more = self.result.feature
        return f"{way}: {feature}" + ("" if more else ", less is better")


def _told(part: Part) -> str:
    n, width = part.x.shape
    return (
        f"{n:,} documents of {len(part.size):,} queries ({escape(part.file)}; features "
        f"up to number {width - 1}, {part.x.nnz / max(n * width, 1):.0%} not zero)"
    )


def run_letor(folder: Path) -> LetorReport:
    """Read, check, train and measure.

    Parameters
    ----------
    folder : Path     see `sevensteps.features.letor.read_letor`

    Returns
    -------
    LetorReport       prints itself in a terminal with rich

    Raises
    ------
    ValueError, FileNotFoundError
                      what is missing or wrong, by file and line
    """
    begun = perf_counter()
    letor = read_letor(folder)
    read = perf_counter()
    result = trial(letor)
    return LetorReport(letor, result, read - begun, perf_counter() - read)
