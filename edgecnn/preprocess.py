"""From a picture to the pixels that a model takes, and from its scores to labels."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from edgecnn.contract import Preprocessing
from edgecnn.errors import DataError

if TYPE_CHECKING:
    import PIL.Image

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Files in an image folder that are taken for pictures."""

MAX_IMAGE_PIXELS = 100_000_000
"""Pictures with more pixels are refused before they are decoded: a small file can hold a huge one."""

_GREY_16_BIT = ("I;16", "I;16B", "I;16L", "I")


@dataclass(frozen=True, slots=True)
class Answer:
    """One label and its probability."""

    label: str
    score: float


def load_image(
    source: str | Path | BinaryIO, shape: tuple[int, int, int], preprocessing: Preprocessing = Preprocessing()
) -> npt.NDArray[np.uint8]:
    """Return a picture as raw pixels of a model's input size.

    The picture is turned upright as its EXIF data say, transparency is laid on black, and it is brought to the input
    size as `preprocessing` says; Pillow's filters average when they make smaller. Colour order and scale of the
    values are the business of `Classifier`, which takes what this returns.

    Args:
        source: a file of any format that Pillow reads.
        shape: height, width and channels (3 for RGB, 1 for grey).
        preprocessing: whose `resize` and `fit` hold.

    Returns:
        uint8, `shape`, 0..255, RGB or grey.

    Raises:
        DataError: no such file, no picture, truncated, floating-point pixels, or more than `MAX_IMAGE_PIXELS`.
    """
    from PIL import Image, ImageOps

    height, width, channels = shape
    try:
        with Image.open(source) as picture:
            if picture.width * picture.height > MAX_IMAGE_PIXELS:
                raise DataError(
                    f"{_name(source)} has {picture.width}×{picture.height} pixels, "
                    f"more than {MAX_IMAGE_PIXELS:,}; make it smaller"
                )
            upright = ImageOps.exif_transpose(picture)
            pixels = _to_mode(upright, "RGB" if channels == 3 else "L")
            if pixels.size != (width, height):
                pixels = _FITS[preprocessing.fit](
                    pixels, (width, height), Image.Resampling[preprocessing.resize.upper()]
                )
            return np.asarray(pixels, np.uint8).reshape(shape)
    except FileNotFoundError as error:
        raise DataError(f"no such image: {_name(source)}") from error
    except IsADirectoryError as error:
        raise DataError(f"{_name(source)} is a folder, not an image") from error
    except DataError:
        raise
    except Exception as error:  # on damaged files Pillow's plugins raise whatever their parts raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(f"{_name(source)} cannot be read as an image: {reason[0]}") from error


def top_answers(scores: npt.NDArray[np.float32], labels: tuple[str, ...], count: int) -> tuple[Answer, ...]:
    """Return the `count` most probable labels, best first; `scores` is float32, (classes,)."""
    best = np.argsort(-scores, kind="stable")[:count]
    return tuple(Answer(labels[index], float(scores[index])) for index in best)


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return probabilities over the last axis, same shape."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float32)


def _to_mode(picture: PIL.Image.Image, mode: str) -> PIL.Image.Image:
    from PIL import Image

    if picture.mode == "F":  # nobody says which value is white, and Pillow would clip at 255
        raise ValueError("it has floating-point pixels; save it with 8 or 16 bits a channel")
    if picture.mode in _GREY_16_BIT:  # Pillow would clip 16-bit grey at 255 instead of scaling it
        picture = Image.fromarray((np.asarray(picture, np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, (0, 0, 0, 255)), picture)
    return picture if picture.mode == mode else picture.convert(mode)


def _stretch(picture: PIL.Image.Image, size: tuple[int, int], method: Any) -> PIL.Image.Image:
    return picture.resize(size, method)


def _crop(picture: PIL.Image.Image, size: tuple[int, int], method: Any) -> PIL.Image.Image:
    from PIL import ImageOps

    return ImageOps.fit(picture, size, method)


def _pad(picture: PIL.Image.Image, size: tuple[int, int], method: Any) -> PIL.Image.Image:
    from PIL import ImageOps

    return ImageOps.pad(picture, size, method)


_FITS: dict[str, Callable[[PIL.Image.Image, tuple[int, int], Any], PIL.Image.Image]] = {
    "stretch": _stretch,
    "crop": _crop,
    "pad": _pad,
}


def _name(source: str | Path | BinaryIO) -> str:
    return os.fspath(source) if isinstance(source, (str, Path)) else "the image"
