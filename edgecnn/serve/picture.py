"""Decoding of untrusted image files, with their size checked first."""

from __future__ import annotations

import asyncio
import io
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from edgecnn.contract import Preprocessing
from edgecnn.errors import first_line
from edgecnn.preprocess import to_pixels
from edgecnn.runtime.classifier import Images
from edgecnn.serve.request_error import RequestError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "PPM")
"""Pillow's names of the accepted formats. Its other plugins are not exposed: one of them runs Ghostscript."""

if TYPE_CHECKING:
    import PIL.Image

_INLINE_BYTES = 16 * 1024
_INLINE_PIXELS = 128 * 128
"""The event loop decodes a picture within both limits: a thumbnail takes 40 µs, and the worst JPEG of that size, with
hundreds of progressive scans, a few milliseconds."""

_MOST_DECODERS = 2
"""Large pictures decoded at the same time: each may take 12 bytes per pixel."""


class PictureReader:
    """Turns image files into pixels of a model's input size."""

    def __init__(self, max_pixels: int) -> None:
        from PIL import Image, ImageOps  # noqa: F401  # else the first picture waits for the import

        Image.preinit()
        self._max_pixels = max_pixels
        self._decoders = ThreadPoolExecutor(min(_MOST_DECODERS, os.cpu_count() or 1), "decode")

    async def read(self, content: bytes, shape: tuple[int, int, int], preprocessing: Preprocessing) -> Images:
        """Return uint8 pixels of `shape`, (H, W, C), of an image file's content.

        Raises:
            RequestError: 400 for data that is not an image, 413 for an image with too many pixels.
        """
        if len(content) <= _INLINE_BYTES:
            picture = self._open(content)
            if picture.width * picture.height <= _INLINE_PIXELS:
                return _decode(picture, shape, preprocessing)
        return await asyncio.get_running_loop().run_in_executor(
            self._decoders, lambda: _decode(self._open(content), shape, preprocessing)
        )

    def _open(self, content: bytes) -> PIL.Image.Image:
        """Return a picture with only its header read; decoding reads no more pixels than the header states."""
        from PIL import Image

        if not content:
            raise RequestError(400, "the request has no image; send the file as the body, or as a file of a form")
        try:
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise RequestError(413, f"the image has more than {self._max_pixels:,} pixels; make it smaller") from error
        except Exception as error:  # on damaged files Pillow's plugins raise many kinds of errors
            raise RequestError(400, f"the image cannot be read; known formats: {', '.join(FORMATS)}") from error
        if picture.width * picture.height > self._max_pixels:
            raise RequestError(
                413, f"the image has {picture.width}×{picture.height} pixels, more than {self._max_pixels:,}"
            )
        return picture


def _decode(picture: PIL.Image.Image, shape: tuple[int, int, int], preprocessing: Preprocessing) -> Images:
    try:
        return to_pixels(picture, shape, preprocessing)
    except Exception as error:  # as above
        raise RequestError(400, f"the image cannot be read: {first_line(error)}") from error
