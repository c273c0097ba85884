"""How a service is set up."""

from dataclasses import dataclass, field
from pathlib import Path

from sevensteps.serve.config import check_reach

from .rules import Rules


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Everything that `serve` needs.

    Parameters
    ----------
    model : folder written by `export_model`
    store : folder or Redis address filled by `build_store`
    api_key : what callers send as `X-API-Key`
    log : the decision log; by default `decisions.jsonl` in the model's folder
    host, port : where to listen; port 0 takes a free one
    deadline_ms : within which every payment is answered
    rules : what answers when store or model are late or down
    max_in_flight : beyond so many at once the rules answer at once; a queue that is
        longer than the deadline serves nobody
    """

    model: Path
    store: str | Path
    api_key: str = field(repr=False)
    log: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8077
    deadline_ms: float = 50.0
    rules: Rules = field(default_factory=Rules)
    max_in_flight: int = 24

    def __post_init__(self) -> None:
        check_reach(self.api_key, self.deadline_ms, self.port)
        if self.max_in_flight < 1:
            raise ValueError("max_in_flight must be at least 1")

    @property
    def log_path(self) -> Path:
        """Where the decisions go."""
        return self.log or Path(self.model) / "decisions.jsonl"
