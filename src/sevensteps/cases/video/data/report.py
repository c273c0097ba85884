"""Bring your own data: two stages against tuned baselines, on a reader's own log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table

from sevensteps.cases.video.data.logs import Log, held, read_log
from sevensteps.cases.video.data.stretches import MOST_USERS
from sevensteps.cases.video.data.trial import BASELINES, OURS, Trial, trial

MOST_ROWS = 5_000_000  # of a log, from its end
MANY_REPEATS = 0.25  # of all rows: then the report says so
SKIPPED = (
    "what a page gave its viewers: needs true satisfaction",
    "the online league, A/B tests and the loop: need a world that can be run again",
    "propensities and looks by place: need places that were filled by lot",
)


@dataclass(frozen=True)
class VideoReport:
    """What was read, how it was split, and what each way reached."""

    log: Log
    n_rows: int
    result: Trial
    seconds: float
    notes: tuple[str, ...]
    skipped: tuple[str, ...] = SKIPPED

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        log, found = self.log, self.result
        days = (log.seconds[-1] - log.seconds[0]) / 86_400
        yield (
            f"{self.n_rows:,} interactions of {log.n_users:,} users with "
            f"{log.n_items:,} items over {days:,.1f} days. Tuned and trained on the "
            f"first four fifths, tried on the last in four stretches, each with at "
            f"most {MOST_USERS:,} users who had been seen before, drawn by lot: "
            f"{found.n_users:,} in all took {found.n_taken:,} items that were new to "
            f"them. {found.newcomers:,} newcomers of those stretches are not judged: "
            "of them a log holds nothing."
        )
        yield from (escape(f"Assumed: {note}") for note in self.notes)
        yield self.table()
        yield f"Two stages (ordered by {found.aim}), by NDCG@20:"
        yield from (f"  - {found.verdict(name)}" for name in BASELINES)
        yield f"Intervals: 95 %, users resampled. {self.seconds:.0f} s. Not run:"
        yield "\n".join(f"  - {part}" for part in self.skipped)

    def table(self) -> Table:
        """The ways as rows."""
        table = Table(title="20 items a user", title_justify="left", box=None)
        for heading in ("way", "NDCG@20", "recall@20", "of all items", "setting"):
            table.add_column(heading)
        for name in (*BASELINES, OURS):
            setting = self.result.settings.get(name, ())
            table.add_row(
                name,
                str(self.result.ndcg[name]),
                str(self.result.recall[name]),
                f"{self.result.coverage[name]:.1%}",
                ", ".join(f"{value:g}" for value in setting) or "below",
            )
        return table


def run_video(folder: Path) -> VideoReport:
    """Read, check, split by time, tune, train and measure.

    Parameters
    ----------
    folder : Path     Parquet or CSV: `impressions`, and `videos` if there is one. See
                      `sevensteps.cases.video.read_log`

    Returns
    -------
    VideoReport       prints itself in a terminal with rich

    Raises
    ------
    ValueError        if a table is not as it should be (told by table, column and
                      row), or if nobody comes back
    """
    log, notes = read_log(folder), []
    n_rows = len(log)
    if log.n_passed:
        notes.append(f"{log.n_passed:,} rows that were shown and not clicked left out")
    if n_rows > MOST_ROWS:
        notes.append(f"only the last {MOST_ROWS:,} of {n_rows:,} rows are used")
        log = log.latest(MOST_ROWS)
    if log.topic.max() < 0:
        notes.append("of no item is a topic told in a table videos: topics not used")
    if (again := 1 - held(log).nnz / len(log)) > MANY_REPEATS:
        notes.append(
            f"{again:.0%} of the rows are repeats; asked for is what a user never had"
        )
    notes.append("every interaction counts alike; ratings and seconds are not used")
    begun = perf_counter()
    result = trial(log)
    return VideoReport(log, n_rows, result, perf_counter() - begun, tuple(notes))
