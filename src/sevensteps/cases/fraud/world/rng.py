"""Streams of random numbers by part and purpose; arrays by what they hold."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]
Ids = NDArray[np.int32]
Longs = NDArray[np.int64]
Keys = NDArray[np.uint64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

PEOPLE, TRIPS, HONEST, THEFT, FRIENDLY_STREAM = range(5)
ARMS = 0  # purpose of the random numbers that assign cardholders to arms
STEP, REVIEW, CHURN, REPORT, DELAY, STALE = range(6)  # of each payment's fine uniforms
