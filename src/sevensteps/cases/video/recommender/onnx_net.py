"""The ranking network in ONNX Runtime, with weights of 32 bits or of eight."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from .items import Floats
from .ranking import Net, Prediction, Scale

OPSET = 15  # old enough for every ONNX Runtime that the lock may bring
IR_VERSION = 8  # of the same age


@dataclass(frozen=True)
class OnnxNet:
    """A network that ONNX Runtime computes, on one thread.

    Only the model's bytes travel to other processes: each makes a session of its own.
    """

    scale: Scale  # of the inputs, in NumPy as for a `Net`
    model: bytes  # the ONNX file; (n, features) float32 in, (n, 3) probabilities out

    @cached_property
    def session(self) -> Any:
        """Made when it is first asked."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(
            self.model, options, providers=["CPUExecutionProvider"]
        )

    def __getstate__(self) -> dict[str, Any]:
        """Without the session, which cannot be copied."""
        return {"scale": self.scale, "model": self.model}

    def __call__(self, x: Floats) -> Prediction:
        """(n, len(NAMES)) -> `Prediction`."""
        return Prediction(*self.session.run(None, {"x": self.scale(x)})[0].T)


def as_onnx(net: Net) -> OnnxNet:
    """The same network in ONNX Runtime, in 32 bits."""
    return OnnxNet(net.scale, bytes(_model(net).SerializeToString()))


def eight_bits(net: Net) -> OnnxNet:
    """The network with weights of eight bits; inputs of a layer are rounded likewise.

    Each output of a layer has a scale of its own for the weights. One scale for the
    inputs of a layer is found at each call, so that the guess of a video depends a
    little on those beside it. Biases stay in 32 bits.

    Of the eight bits seven are used. Processors without instructions for this product
    add two of them in 16 bits, where larger ones overflow without any error.

    Source: Jacob et al. (2018), as in `onnxruntime.quantization.quantize_dynamic`.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "net.onnx"
        quantize_dynamic(
            _model(net),
            path,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
        return OnnxNet(net.scale, path.read_bytes())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without advice of the quantiser, which this graph does not need.

    It speaks through the root logger. That one would get a handler by its first word,
    and from then on print what others say, too.
    """
    root, silent = logging.getLogger(), logging.NullHandler()
    level = root.level
    root.addHandler(silent)
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(silent)


def _model(net: Net) -> Any:
    """Product, sum and rectifier for each layer, and a sigmoid at the end.

    The pull of the first place, the only one that is asked for, joins the last bias.
    """
    from onnx import TensorProto, helper, numpy_helper

    *hidden, last = net.weights["layers"]
    pull = np.array([net.weights["place"][0], 0, 0], np.float32)
    layers = [*hidden, last | {"b": last["b"] + pull}]
    nodes, held, at = [], [], "x"
    for i, layer in enumerate(layers):
        for part in ("w", "b"):
            value = np.asarray(layer[part], np.float32)
            held.append(numpy_helper.from_array(value, f"{part}{i}"))
        end = "Sigmoid" if i + 1 == len(layers) else "Relu"
        nodes += [
            helper.make_node("MatMul", [at, f"w{i}"], [f"product{i}"], f"product{i}"),
            helper.make_node("Add", [f"product{i}", f"b{i}"], [f"sum{i}"], f"sum{i}"),
            helper.make_node(end, [f"sum{i}"], [f"out{i}"]),
        ]
        at = f"out{i}"
    n_in, kind = layers[0]["w"].shape[0], TensorProto.FLOAT
    told = helper.make_tensor_value_info("x", kind, ["n", n_in])
    out = helper.make_tensor_value_info(at, kind, ["n", 3])
    graph = helper.make_graph(nodes, "net", [told], [out], held)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
