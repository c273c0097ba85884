"""The model server: ONNX Runtime on one thread, and a refusal of anything odd."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.cases.fraud.world.records import Costs
from sevensteps.measure.calibration import prior_correction
from sevensteps.serve.bundle import ModelError, read_bundle
from sevensteps.world.storage import FolderKind

MODEL = "model.onnx"
EXPORT = "sevensteps.cases.fraud.service.export_model"
FOLDER = FolderKind("model", 1, f"Export it again with {EXPORT}.")
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Pricing:
    """The policy that takes the cheapest action for each payment, in expectation.

    `review_price` is what a place in the analysts' queue is worth, in euros; see
    `money.review_price`. Needs calibrated probabilities.
    """

    costs: Costs = field(default_factory=Costs)
    review_price: float = 0.0


class ModelServer:
    """A model from a folder, checked before it scores anything.

    Parameters
    ----------
    folder : written by `export_model`
    features : the names of the columns that `score` will get; the model uses those
        that it was trained on, in its own order

    Raises
    ------
    ModelError
        if a file is missing or damaged, if the model was trained on features that are
        not to be had, or computes other scores here than where it was exported
    """

    def __init__(self, folder: str | Path, features: Sequence[str]) -> None:
        bundle = read_bundle(folder, FOLDER)
        told, probes = bundle.facts, bundle.arrays
        try:
            self.policy = Pricing(Costs(**told["costs"]), told["review_price"])
        except (LookupError, TypeError, ValueError) as error:
            raise ModelError(
                f"{folder} has no policy ({error}): export again"
            ) from error
        self.version, self._kept = bundle.hashes[MODEL][:12], told["negatives_kept"]
        self._columns = _columns(told["features"], features)
        self._network = Network((Path(folder) / MODEL).read_bytes())
        found = self._network.probability(probes["rows"])
        if not np.all(np.abs(found - probes["scores"]) <= TOLERANCE):
            raise ModelError(
                f"the model in {folder} scores its probes {found.round(6)} here, "
                f"{probes['scores'].round(6)} where it was exported. Install the "
                f"locked onnxruntime, or export it again with {EXPORT}"
            )

    def score(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n,) probability of fraud at the true base rate; of (n, f) features."""
        p = self._network.probability(rows[:, self._columns])
        return prior_correction(p, self._kept) if self._kept < 1 else p


class Network:
    """A classifier in ONNX, on one thread: a request costs one core."""

    def __init__(self, onnx: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(onnx, options, providers)
        self._outputs = [self._session.get_outputs()[-1].name]
        self._input = self._session.get_inputs()[0].name

    def probability(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n,) probability of fraud, as it was trained."""
        found: Any = self._session.run(self._outputs, {self._input: rows})[0]
        return found[:, 1].astype(np.float64)


def _columns(own: Sequence[str], features: Sequence[str]) -> NDArray[np.intp]:
    """Where the model's features stand among those that the caller has."""
    if lacking := sorted(set(own) - set(features)):
        raise ModelError(
            f"the model needs features that the service does not compute: {lacking}. "
            "Train and export it on cases.fraud.features.FEATURES"
        )
    return np.array([features.index(name) for name in own], np.intp)
