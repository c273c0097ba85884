"""What was answered, remembered for a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Remembered(Generic[T]):
    """What was found, until it is old, of another version, or longest unused.

    For any number of threads.

    Parameters
    ----------
    size : entries; 0 keeps none
    keeps_s : seconds that one is believed
    clock : seconds, monotonic

    Examples
    --------
    >>> kept = Remembered(size=1)
    >>> kept.put("sofa", 1, [7, 8])
    >>> kept.get("sofa", 1), kept.get("sofa", 2), kept.hits, kept.misses
    ([7, 8], None, 1, 1)
    """

    size: int
    keeps_s: float = 60.0
    clock: Callable[[], float] = time.monotonic
    hits: int = 0
    misses: int = 0
    _kept: OrderedDict[Hashable, tuple[int, float, T]] = field(
        default_factory=OrderedDict, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, version: int) -> T | None:
        """What was found with that version, if it is still believed."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != version or kept[1] < self.clock():
                self._kept.pop(key, None)
                self.misses += 1
                return None
            self._kept.move_to_end(key)
            self.hits += 1
            return kept[2]

    def put(self, key: Hashable, version: int, found: T) -> None:
        """Keep what was found; what was longest unused goes."""
        if self.size <= 0:
            return
        with self._lock:
            self._kept[key] = version, self.clock() + self.keeps_s, found
            self._kept.move_to_end(key)
            if len(self._kept) > self.size:
                self._kept.popitem(last=False)
