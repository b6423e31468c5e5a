"""Names for the arrays that stages exchange (vision half only: this loads NumPy)."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""`(height, width, 3)` uint8, RGB."""

Scores = NDArray[np.float32]
"""`(labels,)` float32, one score from 0 to 1 for each output of the model."""
