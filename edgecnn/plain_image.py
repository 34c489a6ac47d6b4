"""Reading pictures with NumPy alone, for devices without Pillow."""

from __future__ import annotations

import io
import os
import re
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

_NETPBM = re.compile(rb"(P[56])(?:\s|#.*\n)+(\d{1,9})(?:\s|#.*\n)+(\d{1,9})(?:\s|#.*\n)+255\s")
"""Binary PPM or PGM of 8 bits: width, height, highest value; comments may be between them (Netpbm's ppm(5), pgm(5))."""

_NPY = b"\x93NUMPY"


def load_plain_image(source: str | Path | BinaryIO, shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Return the pixels of a .npy, .ppm or .pgm file that already has the model's size.

    Args:
        source: uint8 array (H, W, C), or (H, W) for grey; or binary Netpbm of 8 bits.
        shape: height, width and channels.

    Returns:
        uint8, `shape`.

    Raises:
        OSError: the file cannot be read.
        ValueError: another kind of file, or another size.
    """
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            content = file.read()
    else:
        content = source.read()
    if content.startswith(_NPY):
        pixels = np.load(io.BytesIO(content), allow_pickle=False)
        if pixels.dtype != np.uint8:
            raise ValueError(f"its values are {pixels.dtype}, not uint8 pixels")
    elif header := _NETPBM.match(content):
        channels, width, height = (3 if header[1] == b"P6" else 1), int(header[2]), int(header[3])
        pixels = np.frombuffer(content, np.uint8, offset=header.end())
        if pixels.size < height * width * channels:
            raise ValueError("it was cut short")
        pixels = pixels[: height * width * channels].reshape(height, width, channels)
    else:
        raise ValueError("only .npy, .ppm and .pgm are read without Pillow; pip install pillow")
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape != shape:
        raise ValueError(f"it has shape {pixels.shape} and the model takes {shape}; pip install pillow, which resizes")
    return np.ascontiguousarray(pixels)
