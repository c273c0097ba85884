"""What a served model says about itself: one JSON file, and the commit point.

A model folder holds `manifest.json` and the `model-<version>.onnx` that it names.
The manifest is replaced last and in one rename, so a reader sees the old model or
the new one.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sevensteps.cases.fraud.thresholds import Thresholds
from sevensteps.cases.fraud.world.records import Costs
from sevensteps.serve.errors import ModelError

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Pricing:
    """The policy that takes the cheapest action for each payment, in expectation.

    `review_price` is what a place in the analysts' queue is worth, in euros; see
    `sevensteps.measure.review_price`. Needs calibrated probabilities.
    """

    costs: Costs = field(default_factory=Costs)
    review_price: float = 0.0


Policy = Thresholds | Pricing


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
    policy: Policy
    negatives_kept: float = 1.0
    created_from: Mapping[str, Any] = field(default_factory=dict)
    probes: tuple[tuple[float | None, ...], ...] = ()
    probe_scores: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.negatives_kept <= 1:
            raise ValueError(
                f"negatives_kept must lie in (0, 1]; got {self.negatives_kept}"
            )

    def to_json(self) -> bytes:
        """The manifest as it is stored; an infinite threshold becomes null."""
        fields = asdict(self)
        if isinstance(self.policy, Thresholds):
            limits = asdict(self.policy).items()
            fields["policy"] = {k: None if math.isinf(v) else v for k, v in limits}
        fields["policy"]["kind"] = type(self.policy).__name__.lower()
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
        fields |= {
            "features": tuple(fields["features"]),
            "policy": _policy(**fields["policy"]),
            "probes": tuple(tuple(row) for row in fields["probes"]),
            "probe_scores": tuple(fields["probe_scores"]),
        }
        return Manifest(**fields)
    except FileNotFoundError:
        raise ModelError(
            f"no model in {folder}: {MANIFEST} is missing. Export one with "
            f"{__package__}.export_model(model, features, folder, check=rows)"
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            f"{path} is not a manifest ({type(error).__name__}: {error}). Export the "
            "model again with sevensteps.cases.fraud.service.export_model"
        ) from error


def _policy(kind: str, **fields: Any) -> Policy:
    if kind == "thresholds":
        return Thresholds(
            **{k: math.inf if v is None else v for k, v in fields.items()}
        )
    if kind == "pricing":
        return Pricing(Costs(**fields["costs"]), fields["review_price"])
    raise ValueError(f"unknown policy {kind!r}")
