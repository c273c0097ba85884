"""Changes that outlive the process: a line of JSON each, on the disk before its answer.

The first line names the bundle. A file of another one is refused: its products have
other numbers. Whoever writes a new bundle takes the changes into its tables, and starts
a new file.
"""

from __future__ import annotations

import errno
import fcntl
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from sevensteps.serve.errors import ModelError, StorageError
from sevensteps.serve.files import saved, sync_folder
from sevensteps.serve.log import append_whole
from sevensteps.serve.requests import Rejected, validated

from .asking import Product, RulesRequest, StockItem, Strict, known_ids


class Head(Strict):
    """The first line."""

    bundle: str


class Change(Strict):
    """Any other line: what was accepted, of one kind, and when (seconds, Unix)."""

    at: Annotated[float, Field(ge=0)]
    stock: tuple[StockItem, ...] | None = None
    products: tuple[Product, ...] | None = None
    rules: RulesRequest | None = None


@dataclass
class Past:
    """What changes in their order amount to; so they are made once, not one by one.

    New products are numbered as they came. Of a product's news the last ones hold, and
    of all rules.

    Attributes
    ----------
    n : products of the bundle
    products_at, stock_at : when the last ones came
    """

    n: int
    products: list[Product] = field(default_factory=list)
    stock: dict[int, StockItem] = field(default_factory=dict)
    rules: RulesRequest | None = None
    products_at: float | None = None
    stock_at: float | None = None

    def take(self, change: Change) -> None:
        """Take the next one in.

        Raises
        ------
        Rejected              if it is about a product that is not there yet
        """
        if [change.stock, change.products, change.rules].count(None) != 2:
            reason = "must tell one of stock, products and rules"
            raise Rejected(422, "no_change", ("", reason))
        there = self.n + len(self.products)
        if change.stock is not None:
            known_ids([item.product_id for item in change.stock], there)
            self._renew(change.stock)
            self.stock_at = change.at
        if change.products is not None:
            self.products += change.products
            self.products_at = change.at
        if change.rules is not None:
            known_ids(change.rules.products, there)
            self.rules = change.rules

    def _renew(self, items: Iterable[StockItem]) -> None:
        for item in items:
            before = self.stock.get(item.product_id, item)
            news = item.model_dump(exclude_none=True)
            self.stock[item.product_id] = before.model_copy(update=news)


class Journal:
    """A file of changes that is read once and then appended to, by one service alone.

    Parameters
    ----------
    path : made if absent; a last line that a crash cut off is dropped with a warning
    bundle : to which the changes belong
    past : takes in what is there

    Attributes
    ----------
    problem : why the last change could not be kept; empty if it was

    Raises
    ------
    ModelError
        if it is of another bundle or in use, or a line in it is no change; says which
    StorageError
        if it cannot be written
    """

    def __init__(self, path: Path, bundle: str, past: Past) -> None:
        self.path, self.problem = path, ""
        with saved(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self._claim()
            self._end = self._read(Head(bundle=bundle), past)
        except BaseException:
            self.close()
            raise

    def keep(self, change: Change) -> None:
        """Append a change; it is on the disk when this returns.

        Raises
        ------
        StorageError          if the disk refuses; the file is as it was
        """
        data = _line(change)
        try:
            self._check()
            with saved(self.path):
                append_whole(self._file, data, sync=True)
        except OSError as error:
            self.problem = str(error.strerror)
            raise
        self._end += len(data)
        self.problem = ""

    def _check(self) -> None:
        """Refuse to write where no start will read; cut off what a refusal has left."""
        here = os.fstat(self._file)
        if here.st_nlink == 0 or here.st_size < self._end:
            raise StorageError(
                errno.ESTALE,
                f"somebody removed or cut {self.path} while it was in use: put it back "
                "and start the service again",
            )
        with saved(self.path):
            os.ftruncate(self._file, self._end)

    def close(self) -> None:
        """Let another service have the file."""
        os.close(self._file)

    def _claim(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ModelError(
                f"another service writes its changes to {self.path}: stop it, or give "
                "this one a file of its own"
            ) from None

    def _read(self, head: Head, past: Past) -> int:
        """Take in what is there, make it whole; its bytes."""
        with self.path.open("rb") as lines:
            first, expected = lines.readline(), _line(head)
            if not expected.startswith(first):
                raise self._not_ours(first, head.bundle)
            whole = first == expected
            end = self._changes(lines, past, len(first)) if whole else 0
        with saved(self.path):
            if end < os.fstat(self._file).st_size:
                warnings.warn(
                    f"the last line of {self.path} was cut off, by a crash before its "
                    "change was answered; it is dropped",
                    stacklevel=2,
                )
                os.ftruncate(self._file, end)
            if not end:
                append_whole(self._file, expected, sync=True)
                sync_folder(self.path.parent)
        return end or len(expected)

    def _changes(self, lines: Iterable[bytes], past: Past, end: int) -> int:
        """All lines but the first; where the last whole one ends."""
        for n, line in enumerate(lines, 2):
            if not line.endswith(b"\n"):
                break
            try:
                past.take(validated(Change, line, "no_json", "no_change"))
            except Rejected as error:
                told = error.reasons[0]
                why = ": ".join(filter(None, (told["field"], told["reason"])))
                raise ModelError(
                    f"{self.path}, line {n} is no change to this bundle ({why}): mend "
                    "the line, or cut the file off before it and post again what "
                    "follows"
                ) from None
            end += len(line)
        return end

    def _not_ours(self, first: bytes, bundle: str) -> ModelError:
        try:
            other = Head.model_validate_json(first).bundle
        except ValidationError:
            return ModelError(
                f"{self.path} is no journal of changes: give the name of a new file"
            )
        return ModelError(
            f"{self.path} holds changes to bundle {other}, and this is {bundle}: give "
            "the name of a new file, and post again what the new bundle lacks; or "
            "serve the bundle of before"
        )


def _line(told: Strict) -> bytes:
    return told.model_dump_json(exclude_none=True).encode() + b"\n"
