"""What an offline run on a reader's tables found, printed for a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table

from sevensteps.measure import Interval


@dataclass(frozen=True)
class OfflineReport:
    """What was read, how it was split, and what each candidate reached."""

    summary: str  # what was read and how it was split
    #: By candidate, then by measure: intervals, numbers or text.
    results: Mapping[str, Mapping[str, object]]
    notes: tuple[str, ...] = ()  # what was assumed, is missing, or was not used
    findings: tuple[str, ...] = ()  # what the results say, in words
    skipped: tuple[str, ...] = ()  # what could not be run without a world, and why

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        yield escape(self.summary)
        yield from (escape(f"Note: {note}") for note in self.notes)
        measures = list(dict.fromkeys(m for r in self.results.values() for m in r))
        table = Table("candidate", *measures, box=None)
        for name, reached in self.results.items():
            table.add_row(name, *(str(reached.get(m, "-")) for m in measures))
        yield table
        yield from (escape(f"  - {finding}") for finding in self.findings)
        yield "Intervals: 95 %. Not run on your data:"
        yield from (f"  - {part}" for part in self.skipped)


def lead(name: str, over: str, by: Interval) -> str:
    """Whether one candidate is ahead of another, in words.

    `by` is the paired difference of what both reached; more is better.
    """
    if by.low > 0:
        return f"{name} is ahead of {over} by {by}"
    if by.high < 0:
        return f"{name} is behind {over} by {Interval(-by.estimate, -by.high, -by.low)}"
    return f"{name} cannot be told from {over}: {by}"
