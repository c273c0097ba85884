"""Fermi drills: guess, compute, and be scored by how many times you were off."""

import math
from dataclasses import dataclass

from .capacity import machines, memory, peak_rate, storage
from .queueing import waiting
from .units import Amount, Q, Quantity, as_unit, readable


@dataclass(frozen=True)
class FermiScore:
    """How far off a guess was: its ratio to the answer, and points for it.

    1 point for exact, 0 for ten times off or worse.
    """

    ratio: float
    points: float

    def __str__(self) -> str:
        off = max(self.ratio, 1 / self.ratio)
        side = "too high" if self.ratio > 1 else "too low"
        said = "spot on" if off < 1.05 else f"{off:.3g} times {side}"
        return f"{said}: {self.points:.2f} points"


def fermi_score(guess: Amount, answer: Amount) -> FermiScore:
    """Score a guess by the logarithm of its ratio to the answer.

    Twice and half are equally wrong; within a factor of two is good.

    `guess` and `answer`: of the same kind, above zero.

    >>> print(fermi_score("20 TB", "10 TB"))
    2 times too high: 0.70 points
    """
    right = Q(answer)
    mine = float(as_unit("guess", guess, str(right.units)).magnitude)
    truth = float(right.magnitude)
    if not (0 < mine < math.inf and 0 < truth < math.inf):
        raise ValueError("`guess` and `answer` must be finite and above zero")
    ratio = mine / truth
    return FermiScore(ratio, max(0.0, 1 - abs(math.log10(ratio))))


@dataclass(frozen=True)
class Drill:
    """A question, its computed answer, and how it is worked out in the head."""

    question: str
    answer: Quantity
    working: str

    def score(self, guess: Amount) -> FermiScore:
        """Score a guess, e.g. "500 payment/s".

        >>> print(DRILLS[0].score("2000 payment/s"))
        1.15 times too high: 0.94 points
        """
        return fermi_score(guess, self.answer)

    def __str__(self) -> str:
        return f"{self.question} {readable(self.answer):.3g~P} ({self.working})"


DAY = "50e6 payment/day"
PEAK = peak_rate(DAY, peak_factor=3)

#: The drills of the book; every answer is computed here, none is typed.
DRILLS = (
    Drill(
        "50 million payments a day; the peak is three times the mean. Per second?",
        PEAK,
        "a day has 10^5 seconds, nearly: 500 a second, three times that",
    ),
    Drill(
        "Each is logged with 200 bytes, three copies, for a year. How much disk?",
        storage(DAY, "200 byte/payment", keep="365 day", copies=3),
        "10 GB a day, 30 with copies, 400 days",
    ),
    Drill(
        "60 million cards, 400 bytes of features each, half as much again as overhead. "
        "Memory of the store?",
        memory("60e6 card", "400 byte/card", overhead=1.5),
        "60 x 0.6 = 36 thousand million bytes",
    ),
    Drill(
        "The peak at 5 ms of one core each, machines of 8 cores at most 60 % busy, one "
        "spare. How many machines?",
        machines(PEAK, "5 ms", cores=8, utilisation=0.6, spare=1),
        "1,700 x 0.005 = 9 cores busy, 15 with headroom: two machines and one",
    ),
    Drill(
        "One server, 10 ms a request, 90 requests a second at random. Mean wait?",
        waiting("90 request/s", "10 ms", servers=1).mean,
        "utilisation 0.9: 0.9 / 0.1 = nine services ahead of you",
    ),
    Drill(
        "Reviewers open 100 alerts a day and half are frauds. How long until they have "
        "seen 10,000 frauds?",
        Q("10000 payment") / (0.5 * Q("100 payment/day")),
        "50 frauds a day: 200 days",
    ),
)
