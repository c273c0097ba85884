"""A bank as a page of the site, with its answers folded so that one can try first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from sevensteps.teach.bank import (
    STEPS,
    Bank,
    Constraint,
    FollowUp,
    Item,
    Question,
    WrongTurn,
    load_bank,
)
from sevensteps.teach.chapters import find_root

AnyItem = TypeVar("AnyItem", bound=Item)

_HEAD = """---
description: "Question bank for {title}: questions, follow-ups at three levels, \
changes of constraint, wrong turns, a rubric and recall prompts."
---
% Written by `python -m sevensteps.authoring.bank_page` from {slug}.yml: change that.
(bank-{slug})=
# Question bank: {title}

> {prompt}

**Core question.** {core_question}

Take {minutes} minutes and the [clock](#method-clock). Answer aloud, then unfold. \
The chapter is {{ref}}`{title} <{chapter}>`."""


def page(bank: Bank) -> str:
    """The bank in MyST Markdown."""
    parts = [
        _HEAD.format_map(bank.model_dump()),
        "## Clarifying questions",
        "Say your questions first. A design that misses an *essential* one goes wrong.",
        *_by_step(bank.clarifying, _question),
        "## Follow-ups",
        "One question, three levels. Stop reading where you would have stopped.",
        *_by_step(bank.follow_ups, _follow_up),
        "## The constraint changes",
        "Let somebody read one out in mid-design. Change the drawing, not the subject.",
        *(_constraint(item) for item in bank.constraints),
        "## Wrong turns",
        _table(("it sounds like", "why it fails", "instead"), _turns(bank.wrong_turns)),
        "## Rubric",
        "How to score with it is told on [the page of the rubric](#method-rubric).",
        _table(
            ("step", "mid", "senior", "staff"),
            ((f"**{r.step}**", r.mid, r.senior, r.staff) for r in bank.levels),
        ),
        "## Recall",
        *(_folded(item.front, item.back) for item in bank.recall),
    ]
    return "\n\n".join(parts) + "\n"


def write_pages(folder: Path | None = None) -> list[Path]:
    """Write the page of every bank beside its file, and return the pages.

    Banks are in `book/bank` of this clone unless another folder is given.
    """
    folder = folder or find_root() / "book" / "bank"
    pages = []
    for source in sorted(folder.glob("*.yml")):
        written = source.with_suffix(".md")
        text = page(load_bank(source.stem, folder=folder))
        written.write_text(text, encoding="utf-8")
        pages.append(written)
    return pages


def _by_step(items: Sequence[AnyItem], write: Callable[[AnyItem], str]) -> list[str]:
    """Items under the headings of their steps."""
    blocks = []
    for step in STEPS:
        if chosen := [item for item in items if item.step == step]:
            blocks += [f"### {step.capitalize()}", *map(write, chosen)]
    return blocks


def _question(q: Question) -> str:
    title = f"{q.ask} (essential)" if q.essential else q.ask
    return _folded(title, f"“{q.answer}”\n\n**It changes:** {q.changes}{_link(q)}")


def _follow_up(f: FollowUp) -> str:
    levels = f"- *mid*: {f.mid}\n- *senior*: {f.senior}\n- *staff*: {f.staff}"
    return _folded(f.ask, f"{levels}\n\n{_link(f)}")


def _constraint(c: Constraint) -> str:
    answer = f"**It breaks:** {c.breaks}\n\n**A strong answer:** {c.strong}{_link(c)}"
    return _folded(f"Minute {c.minute}: {c.says}", answer)


def _turns(turns: Iterable[WrongTurn]) -> Iterable[Sequence[str]]:
    return ((f"“{w.sounds_like}”", w.why, w.instead + _link(w)) for w in turns)


def _folded(title: str, text: str) -> str:
    return f"```{{admonition}} {title}\n:class: dropdown\n{text.strip()}\n```"


def _link(item: Item) -> str:
    return f" [Measured here](#{item.measured})." if item.measured else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    for written in write_pages():
        print(f"wrote {written.name}")
