"""A model from its export to its server: ONNX, no pickle, no odd input."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sevensteps.cases.fraud.world.schema import Costs
from sevensteps.measure.calibration import prior_correction
from sevensteps.serve.bundle import ModelError, read_bundle, write_bundle
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
    """A model that `export_model` wrote, checked before it scores anything.

    `features` names the columns that `score` will get; the model uses those that it was
    trained on. A `ModelError` tells of a file that is missing or damaged, of features
    that are not to be had, and of other scores than where it was exported.
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


OPSET = 15  # old enough for every ONNX Runtime that the lock may bring
N_PROBES = 4


def export_model(
    model: Any,
    features: Sequence[str],
    folder: str | Path,
    *,
    check: ArrayLike,
    policy: Pricing,
    negatives_kept: float = 1.0,
) -> None:
    """Write a classifier as ONNX with a manifest, after proving that it scores alike.

    Parameters
    ----------
    model : a fitted LightGBM classifier
    features : (f,) names of the columns, in the order of training
    folder : must not exist yet
    check : (n, f) rows on which both must agree to 1e-5; include missing values (NaN)
    policy : what the service does with a probability
    negatives_kept : share of honest payments kept in training; the served score is
        corrected back to the true base rate (prior correction)

    Raises
    ------
    ModelError                if ONNX scores a row of `check` differently
    FileExistsError           if the folder is there
    StorageError              if the disk refuses; nothing is left behind
    """
    rows = np.ascontiguousarray(check, np.float32)
    if rows.ndim != 2 or rows.shape[1] != len(features) or not len(rows):
        raise ValueError(f"check must be (n, {len(features)}) rows; got {rows.shape}")
    if not 0 < negatives_kept <= 1:
        raise ValueError(f"negatives_kept must lie in (0, 1]; got {negatives_kept}")
    onnx = _onnx(model, len(features))
    scores = _agreed(model, onnx, rows)
    spread = np.argsort(scores)[np.linspace(0, len(rows) - 1, N_PROBES).astype(int)]
    facts = asdict(policy) | {
        "features": list(features),
        "negatives_kept": negatives_kept,
    }
    write_bundle(
        Path(folder),
        {"rows": rows[spread], "scores": scores[spread]},
        facts,
        rest=partial(_write, onnx),
        kind=FOLDER,
    )
    ModelServer(folder, features)  # what was written is what will be read


def _write(onnx: bytes, folder: Path) -> None:
    (folder / MODEL).write_bytes(onnx)


def _onnx(model: Any, n_features: int) -> bytes:
    """LightGBM's trees with thresholds that mean the same in 32 bits.

    LightGBM compares in 64 bits, ONNX in 32. Rounding a threshold to the *nearest*
    32-bit number can lift it onto a value that occurs, which then goes left instead
    of right. Rounding *down* changes no comparison with a 32-bit feature.
    """
    from lightgbm import Booster
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    text = re.sub(
        r"(?m)^threshold=(.*)$", _round_down, model.booster_.model_to_string()
    )
    text = re.sub(r"(?m)^tree_sizes=.*\n", "", text)  # in bytes: true no longer
    graph = convert_lightgbm(
        Booster(model_str=text),
        initial_types=[("x", FloatTensorType([None, n_features]))],
        zipmap=False,
        target_opset=OPSET,
    )
    return bytes(graph.SerializeToString())


def _round_down(line: re.Match[str]) -> str:
    exact = np.array(line[1].split(), np.float64)
    near = exact.astype(np.float32)
    below = np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
    return "threshold=" + " ".join(repr(float(value)) for value in below)


def _agreed(model: Any, onnx: bytes, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The ONNX scores, once they are known to equal the model's own."""
    ours = Network(onnx).probability(rows)
    theirs = np.asarray(model.predict_proba(rows)[:, 1])
    worst = int(np.argmax(np.abs(ours - theirs)))
    if not abs(ours[worst] - theirs[worst]) <= TOLERANCE:
        raise ModelError(
            f"row {worst} of check scores {ours[worst]:.6f} in ONNX Runtime but "
            f"{theirs[worst]:.6f} in training. Train on float32 features, with NaN "
            "(not 0) for what is missing"
        )
    return ours
