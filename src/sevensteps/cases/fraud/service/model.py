"""The model server: ONNX Runtime on one thread, and a refusal of anything odd."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.measure.calibration import prior_correction
from sevensteps.serve.errors import ModelError

from .manifest import Manifest, read_manifest

PROBE_TOLERANCE = 1e-5
AGAIN = "Export it again with sevensteps.cases.fraud.service.export_model."


class ModelServer:
    """A model from a folder, checked before it scores anything.

    Parameters
    ----------
    folder : written by `export_model`
    features : the names of the columns that `score` will get; the model uses those
        that it was trained on. By default exactly its own, in its own order

    Raises
    ------
    ModelError
        if the file is missing, truncated, altered, trained on features that
        are not to be had, or computes other scores here than where it was exported
    """

    def __init__(
        self, folder: str | Path, features: Sequence[str] | None = None
    ) -> None:
        self.manifest = read_manifest(Path(folder))
        own = self.manifest.features
        self._columns = _columns(self.manifest, own if features is None else features)
        self._session = _verified(Path(folder), self.manifest)

    def score(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of fraud of each row, at the true base rate.

        Parameters
        ----------
        rows : (n, f) float32     features; NaN is missing

        Returns
        -------
        (n,) float64              in [0, 1]
        """
        p = probability(self._session, rows[:, self._columns])
        kept = self.manifest.negatives_kept
        return prior_correction(p, kept) if kept < 1 else p


def session(onnx: bytes) -> Any:
    """An ONNX Runtime session on one thread, so that a request costs one core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        onnx, options, providers=["CPUExecutionProvider"]
    )


def probability(session: Any, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The classifier's probability of fraud, (n,), as it was trained."""
    name = session.get_outputs()[-1].name
    probabilities = session.run([name], {session.get_inputs()[0].name: rows})[0]
    return np.asarray(probabilities[:, 1], np.float64)


def _verified(folder: Path, manifest: Manifest) -> Any:
    path = folder / manifest.file
    try:
        onnx = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}). {AGAIN}") from None
    digest = hashlib.sha256(onnx).hexdigest()
    if digest != manifest.sha256:
        raise ModelError(
            f"{path} is corrupt: {len(onnx)} bytes with SHA-256 {digest[:12]}..., the "
            f"manifest says {manifest.sha256[:12]}.... {AGAIN}"
        )
    try:
        loaded = session(onnx)
    except Exception as error:  # ONNX Runtime has no public exception type
        raise ModelError(f"{path} is not a usable model: {error}. {AGAIN}") from error
    _probe(path, loaded, manifest)
    return loaded


def _probe(path: Path, loaded: Any, manifest: Manifest) -> None:
    rows = np.array(manifest.probes, np.float32)
    expected = np.array(manifest.probe_scores)
    if rows.shape != (len(expected), len(manifest.features)):
        raise ModelError(f"the manifest beside {path} has broken probes. {AGAIN}")
    found = probability(loaded, rows)
    if not np.all(np.abs(found - expected) <= PROBE_TOLERANCE):
        raise ModelError(
            f"{path} scores its probes {found.round(6)} here, but {expected.round(6)} "
            f"where it was exported. Install the locked onnxruntime, or: {AGAIN}"
        )


def _columns(manifest: Manifest, features: Sequence[str]) -> NDArray[np.intp]:
    """Where the model's features stand among those that the caller has."""
    lacking = sorted(set(manifest.features) - set(features))
    if lacking:
        raise ModelError(
            f"model {manifest.version} needs features that the service does not "
            f"compute: {lacking}. Train and export it on cases.fraud.features.FEATURES"
        )
    place = {name: at for at, name in enumerate(features)}
    return np.array([place[name] for name in manifest.features], np.intp)
