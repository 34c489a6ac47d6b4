"""A frame, and the protocol of frame sources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from edgecnn.errors import DeviceError

Pixels = npt.NDArray[np.uint8]
"""(H, W, 3), RGB, 0..255."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture to classify.

    Attributes:
        image: pixels, or the file that holds the picture.
        captured: when it was captured, in seconds of the clock: the driver's time if a camera gives it, else when
            the frame arrived; for a video when it is due; for a file when it was found complete.
        number: of the frame since the source was opened, from 1, with the dropped ones counted.
    """

    image: Pixels | Path
    captured: float
    number: int


class Source(Protocol):
    """A source of frames."""

    @property
    def seen(self) -> int:
        """How many frames have arrived so far."""

    @property
    def dropped(self) -> int:
        """How many of them were replaced by a newer one before use."""

    def newest(self, timeout: float) -> Frame | None:
        """Return the newest unread frame, or None if none arrives within `timeout` seconds.

        Raises:
            Ended: there are no more frames.
            SourceLostError: the camera or folder is gone and may come back.
        """

    def close(self) -> bool:
        """Release the device; return False if its driver hangs."""


class Ended(Exception):  # noqa: N818  # the end of a video is no error
    """A source has no more frames."""


class SourceLostError(DeviceError):
    """A camera or folder has disappeared."""
