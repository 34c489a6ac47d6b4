"""A frame, and the protocol of what gives frames."""

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
        captured: when it was taken, in the seconds of the clock: the driver's time where a camera tells it, else when
            the frame arrived; for a video when it is due; for a file when it was found complete.
        number: of the frame since the source was opened, from 1, with the dropped ones counted.
    """

    image: Pixels | Path
    captured: float
    number: int


class Source(Protocol):
    """What gives frames."""

    @property
    def seen(self) -> int:
        """Frames that have come so far."""

    @property
    def dropped(self) -> int:
        """Those of them that a newer one replaced before anybody took them."""

    def newest(self, timeout: float) -> Frame | None:
        """Return the newest frame that nobody took yet, or None if none comes within `timeout` seconds.

        Raises:
            Ended: there will be no more.
            SourceLostError: the camera or folder is gone and may come back.
        """

    def close(self) -> bool:
        """Let go of the device, and return whether it did: a driver that hangs does not."""


class Ended(Exception):  # noqa: N818  # the end of a video is no error
    """A source has no more frames."""


class SourceLostError(DeviceError):
    """A camera or folder that was there is gone."""
