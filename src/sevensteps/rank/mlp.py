"""Small networks of dense layers: the same code trains in JAX and serves in NumPy."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Weights = dict[str, Any]  # a tree of dictionaries, lists and arrays
Layers = list[Weights]


def begin_layers(
    rng: np.random.Generator, widths: Sequence[int], *, gain: float = 2.0, last: float
) -> Layers:
    """Random layers between each two widths, biases zero.

    Parameters
    ----------
    gain : variance of a weight times the layer's inputs; 2 suits rectifiers
    last : the last layer is multiplied by this, so that a network begins humbly

    Source: He et al., ICCV (2015).
    """
    layers: Layers = []
    for n_in, n_out in pairwise(widths):
        w = rng.standard_normal((n_in, n_out)) * np.sqrt(gain / n_in)
        layers.append({"w": w, "b": np.zeros(n_out)})
    layers[-1]["w"] *= last
    return layers


def mlp(layers: Layers, x: Any, xp: Any = np) -> Any:
    """(..., out) of layers with a rectifier between each two; `xp` as for `unit`."""
    for layer in layers[:-1]:
        x = xp.maximum(x @ layer["w"] + layer["b"], 0)
    return x @ layers[-1]["w"] + layers[-1]["b"]


def unit(x: Any, xp: Any = np) -> Any:
    """(..., d) vectors, each to length one; those of length zero stay so.

    Parameters
    ----------
    xp : NumPy, or `jax.numpy` in training
    """
    square = (x * x).sum(axis=-1, keepdims=True)
    return x / xp.sqrt(square + xp.asarray(1e-8, x.dtype))
