"""Reading the pickles of the official Python archive without running code in them."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.errors import DataError

_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""The names that an array of bytes needs. `_codecs.encode` appears if Python 3 wrote protocol 2."""


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise DataError(f"the pickle asks for {module}.{name}, which a CIFAR-10 batch does not need: refused")
        return super().find_class(module, name)


def read_pickled_batch(content: bytes) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return pixels (uint8, any shape of 3,072 an image) and labels (uint8, (N,)) of one pickled batch.

    Raises:
        DataError: the pickle asks for anything but arrays, or does not have the two arrays.
    """
    batch = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    if not isinstance(batch, dict) or not {b"data", b"labels"} <= batch.keys():
        raise DataError("the pickle has no data and labels")
    data, labels = batch[b"data"], np.asarray(batch[b"labels"])
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise DataError("the pickle's data and labels are not arrays of integers, one label per image")
    return data, labels.astype(np.uint8)
