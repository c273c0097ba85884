"""The question bank of a prompt: one YAML file behind pages, notes, drill and cards.

`book/bank/<slug>.yml` holds questions, follow-ups, changes of constraint, wrong turns,
a rubric and recall prompts. `load_bank` checks it and hands its parts to a chapter;
`python -m sevensteps.authoring.bank_page` writes the page beside it.
"""

from __future__ import annotations

from collections import Counter
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from .chapters import shipped

if TYPE_CHECKING:
    import pandas as pd

Step = Literal["clarify", "frame", "data", "model", "evaluate", "serve", "monitor"]
STEPS: tuple[Step, ...] = get_args(Step)

# The C loader reads a bank ten times faster; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class BankError(ValueError):
    """A bank's file cannot be used; the message says where, and what is wrong."""


class Record(BaseModel):
    """Frozen, and without unknown keys: a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(Record):
    """What every item of a bank has."""

    id: Name
    step: Step
    measured: Name | None = None  # label of the chapter's section that measured it


class Question(Item):
    """What a candidate may ask, what the interviewer says, what that changes."""

    ask: Text
    answer: Text
    changes: Text
    essential: bool = False  # a design without it goes wrong


class FollowUp(Item):
    """One question of the interviewer, answered at three levels."""

    ask: Text
    mid: Text
    senior: Text
    staff: Text


class Constraint(Item):
    """A change in the middle of the interview."""

    minute: Annotated[int, Field(ge=1, le=90)]
    says: Text
    breaks: Text
    strong: Text


class WrongTurn(Item):
    """A common mistake, as one hears it."""

    sounds_like: Text
    why: Text
    instead: Text


class Recall(Item):
    """A prompt to answer from memory."""

    front: Text
    back: Text


class Level(Record):
    """What anchors each level in one step."""

    step: Step
    mid: Text
    senior: Text
    staff: Text


class Bank(Record):
    """Everything that is asked about one prompt."""

    slug: Name
    title: Text
    chapter: Name  # label of the chapter
    minutes: Annotated[int, Field(ge=15, le=90)]
    prompt: Text
    core_question: Text
    clarifying: Annotated[tuple[Question, ...], Field(min_length=1)]
    follow_ups: Annotated[tuple[FollowUp, ...], Field(min_length=1)]
    constraints: Annotated[tuple[Constraint, ...], Field(min_length=1)]
    wrong_turns: Annotated[tuple[WrongTurn, ...], Field(min_length=1)]
    levels: Annotated[tuple[Level, ...], Field(alias="rubric")]
    recall: Annotated[tuple[Recall, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _covers_every_step(self) -> Self:
        if tuple(level.step for level in self.levels) != STEPS:
            raise ValueError(f"rubric: each step once, in order: {', '.join(STEPS)}")
        for name in ("clarifying", "follow_ups", "recall"):
            covered = {item.step for item in getattr(self, name)}
            if missing := [step for step in STEPS if step not in covered]:
                raise ValueError(f"{name}: nothing for {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        parts = (self.clarifying, self.follow_ups, self.constraints)
        more = (self.wrong_turns, self.recall)
        named = Counter(item.id for part in parts + more for item in part)
        if twice := [name for name, times in named.items() if times > 1]:
            raise ValueError(f"an id names one item; used twice: {', '.join(twice)}")
        return self

    def questions(self) -> pd.DataFrame:
        """Clarifying questions: `step`, `ask`, `answer`, `changes`, `essential`."""
        import pandas as pd

        rows = [item.model_dump() for item in self.clarifying]
        return pd.DataFrame(rows).drop(columns=["id", "measured"])


def load_bank(slug: str, *, folder: Traversable | None = None) -> Bank:
    """Read and check the bank of a prompt, such as "fraud".

    `folder`: where banks are; None is those that came with the package.

    Raises a LookupError if there is no such bank, and lists those there are; a
    BankError if the file is no YAML or breaks the schema, and names each place.

    >>> load_bank("fraud").questions()["step"][0]
    'clarify'
    """
    folder = folder or shipped("bank")
    path = folder / f"{slug}.yml"
    if not path.is_file():
        files = sorted(file.name for file in folder.iterdir())
        known = ", ".join(f[:-4] for f in files if f.endswith(".yml")) or "none"
        raise LookupError(f"There is no bank {slug!r} in {folder.name}. Known: {known}")
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _LOADER)
        bank = Bank.model_validate(raw)
    except yaml.YAMLError as error:
        raise BankError(f"{path.name} is not YAML. {error}") from error
    except ValidationError as error:
        places = (f"  {_place(e['loc'], raw)}: {e['msg']}" for e in error.errors())
        told = "\n".join(places)
        raise BankError(f"{path.name} breaks the schema:\n{told}") from error
    if bank.slug != slug:
        raise BankError(f"{path.name} says slug: {bank.slug}; rename one of the two")
    return bank


def _place(keys: tuple[int | str, ...], raw: Any) -> str:
    """A place such as ("follow_ups", 3, "mid") as `follow_ups[3] (drift).mid`."""
    told = ""
    for key in keys:
        try:
            raw = raw[key]
        except (KeyError, IndexError, TypeError):
            raw = None
        if isinstance(key, int):
            name = raw.get("id") or raw.get("step") if isinstance(raw, dict) else None
            told += f"[{key}]" + (f" ({name})" if name else "")
        else:
            told += f".{key}" if told else key
    return told or "the file"
