"""How a service is set up."""

from dataclasses import dataclass, field
from pathlib import Path

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


def check_reach(api_key: str, deadline_ms: float, port: int) -> None:
    """Refuse a key, a deadline or a port with which no service should start.

    Raises
    ------
    ValueError                which says what to do
    """
    if len(api_key) < 16:
        raise ValueError(
            "api_key needs at least 16 characters; make one with "
            "python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    if not 1 <= deadline_ms <= 60_000:
        raise ValueError(f"deadline_ms must lie in 1..60000; got {deadline_ms}")
    if not 0 <= port <= 65_535:
        raise ValueError(f"port must lie in 0..65535; got {port}")
