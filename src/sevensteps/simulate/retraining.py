"""When a policy is to be trained anew."""

from dataclasses import dataclass, field


@dataclass
class Calendar:
    """The first day, and then every `cadence` days; 0 trains once.

    >>> weekly = Calendar(7)
    >>> for day in range(20, 40):
    ...     if weekly.due(day):
    ...         weekly.note(day)
    >>> weekly.trained_on
    [20, 27, 34]
    """

    cadence: int
    trained_on: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.cadence < 0:
            raise ValueError(f"cadence must be >= 0 days, got {self.cadence}")

    def due(self, day: int) -> bool:
        """Whether to train on `day`."""
        if not self.trained_on:
            return True
        return self.cadence > 0 and day - self.trained_on[-1] >= self.cadence

    def note(self, day: int) -> None:
        """Remember that a model was trained on `day`."""
        self.trained_on.append(day)
