"""What a served model says about itself: one JSON file, and the commit point.

A model folder holds `manifest.json` and the `model-<version>.onnx` that it names.
The manifest is replaced last and in one rename, so a reader sees the old model or
the new one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from .errors import ModelError

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which value on to step up, review and block; `inf` means never.

    `on="probability"` compares the probability of fraud with the thresholds;
    `on="loss"` compares the expected loss in euros, probability x amount.
    """

    step_up: float = 0.02
    review: float = 0.1
    block: float = 0.5
    on: Literal["probability", "loss"] = "probability"

    def __post_init__(self) -> None:
        if not 0 <= self.step_up <= self.review <= self.block:
            raise ValueError(
                f"need 0 <= step_up <= review <= block; got {self}. Use inf for an "
                "action that is never taken, or equal values to skip one"
            )
        if self.on not in ("probability", "loss"):
            raise ValueError(f"on must be 'probability' or 'loss'; got {self.on!r}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The identity of an exported model and the promises it must keep.

    `probes` are a few rows and their expected scores: a runtime that computes
    anything else refuses to start.
    """

    version: str
    file: str
    sha256: str
    features: tuple[str, ...]
    thresholds: Thresholds
    negatives_kept: float = 1.0
    created_from: Mapping[str, Any] = field(default_factory=dict)
    probes: tuple[tuple[float | None, ...], ...] = ()
    probe_scores: tuple[float, ...] = ()

    def to_json(self) -> bytes:
        """The manifest as it is stored; an infinite threshold becomes null."""
        fields = asdict(self)
        limits = fields["thresholds"]
        for name in ("step_up", "review", "block"):
            limits[name] = None if limits[name] == float("inf") else limits[name]
        return json.dumps(fields, indent=2, allow_nan=False).encode()


def read_manifest(folder: Path) -> Manifest:
    """Read and check a model folder's manifest.

    Raises
    ------
    ModelError
        if it is missing, is not JSON or lacks a field
    """
    path = folder / MANIFEST
    try:
        fields = json.loads(path.read_bytes())
        limits: dict[str, Any] = {
            name: float("inf") if value is None else value
            for name, value in fields["thresholds"].items()
        }
        fields |= {
            "features": tuple(fields["features"]),
            "thresholds": Thresholds(**limits),
            "probes": tuple(tuple(row) for row in fields["probes"]),
            "probe_scores": tuple(fields["probe_scores"]),
        }
        return Manifest(**fields)
    except FileNotFoundError:
        raise ModelError(
            f"no model in {folder}: {MANIFEST} is missing. Export one with "
            "sevensteps.serve.export_model(model, features, folder, check=rows)"
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            f"{path} is not a manifest ({type(error).__name__}: {error}). Export the "
            "model again with sevensteps.serve.export_model"
        ) from error
