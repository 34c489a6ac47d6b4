"""Turning a picture into the pixels that a model expects."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from edgecnn.contract import Preprocessing
from edgecnn.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import PIL.Image

MAX_IMAGE_PIXELS = 100_000_000
"""Pictures with more pixels are refused before they are decoded: a small file can hold a huge one."""

_GREY_16_BIT = ("I;16", "I;16B", "I;16L", "I")


def load_image(
    source: str | Path | BinaryIO, shape: tuple[int, int, int], preprocessing: Preprocessing = Preprocessing()
) -> npt.NDArray[np.uint8]:
    """Return a picture as raw pixels of a model's input size.

    The picture is rotated as its EXIF data say, composited on black if it is transparent, and resized to the input size
    as `preprocessing` says; Pillow's filters average when they shrink. `Classifier`, which takes the result, handles
    the colour order and the scale of the values.

    Args:
        source: a file of any format that Pillow reads, except PostScript.
        shape: height, width and channels (3 for RGB, 1 for grey).
        preprocessing: only its `resize` and `fit` are used.

    Returns:
        uint8, `shape`, 0..255, RGB or grey.

    Raises:
        DataError: no such file, no picture, truncated, floating-point pixels, or more than `MAX_IMAGE_PIXELS`.
            Without Pillow: anything that `edgecnn.plain_image` cannot read.
    """
    with _read_errors(source):
        try:
            import PIL.Image  # noqa: F401
        except ModuleNotFoundError:
            from edgecnn.plain_image import load_plain_image

            return load_plain_image(source, shape)
        return fit_picture(_decode(source, shape[2]), shape, preprocessing)


def decode(source: str | Path | BinaryIO, channels: int) -> PIL.Image.Image:
    """Return a picture in memory, upright, in mode "RGB" for 3 channels or "L" for 1, in its own size.

    Raises:
        DataError: as `load_image`.
    """
    with _read_errors(source):
        return _decode(source, channels)


def to_pixels(
    picture: PIL.Image.Image, shape: tuple[int, int, int], preprocessing: Preprocessing
) -> npt.NDArray[np.uint8]:
    """Return an opened picture as `load_image` does; it is decoded here, and Pillow's errors are not caught."""
    return fit_picture(_upright(picture, shape[2]), shape, preprocessing)


def fit_pixels(
    pixels: npt.NDArray[np.uint8], shape: tuple[int, int, int], preprocessing: Preprocessing = Preprocessing()
) -> npt.NDArray[np.uint8]:
    """Return a frame in memory as `load_image` would return it from a lossless file.

    Args:
        pixels: uint8, (H, W, 3), RGB, of any size.
        shape, preprocessing: as for `load_image`.

    Returns:
        uint8, `shape`, 0..255, RGB or grey.
    """
    from PIL import Image

    return to_pixels(Image.fromarray(pixels), shape, preprocessing)


def fit_picture(
    picture: PIL.Image.Image, shape: tuple[int, int, int], preprocessing: Preprocessing
) -> npt.NDArray[np.uint8]:
    """Return a picture of mode "RGB" or "L" as raw pixels of a model's input size: uint8, `shape`."""
    from PIL import Image

    height, width, _ = shape
    if picture.size != (width, height):
        picture = _FITS[preprocessing.fit](picture, (width, height), Image.Resampling[preprocessing.resize.upper()])
    return np.asarray(picture, np.uint8).reshape(shape)


def _decode(source: str | Path | BinaryIO, channels: int) -> PIL.Image.Image:
    from PIL import Image

    with Image.open(source) as picture:
        if picture.format == "EPS":
            raise DataError(f"{_name(source)} is PostScript, a program that would be run; convert it to PNG")
        if picture.width * picture.height > MAX_IMAGE_PIXELS:
            raise DataError(
                f"{_name(source)} has {picture.width}×{picture.height} pixels, "
                f"more than {MAX_IMAGE_PIXELS:,}; make it smaller"
            )
        return _upright(picture, channels)


def _upright(picture: PIL.Image.Image, channels: int) -> PIL.Image.Image:
    from PIL import ImageOps

    ImageOps.exif_transpose(picture, in_place=True)  # a copy of each picture would be slower
    picture.load()
    return _to_mode(picture, "RGB" if channels == 3 else "L")


@contextlib.contextmanager
def _read_errors(source: str | Path | BinaryIO) -> Iterator[None]:
    """Turn whatever reading a picture raises into one line."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"no such image: {_name(source)}") from error
    except IsADirectoryError as error:
        raise DataError(f"{_name(source)} is a folder, not an image") from error
    except DataError:
        raise
    except Exception as error:  # on damaged files Pillow's plugins raise whatever their parts raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(f"{_name(source)} cannot be read as an image: {reason[0]}") from error


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
    return os.fspath(source) if isinstance(source, (str, os.PathLike)) else "the image"
