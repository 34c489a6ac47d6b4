"""The images of a run as files for workers, and the few pictures kept in its result."""

from __future__ import annotations

import base64
import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from edgecnn.bench.case import Role
from edgecnn.bench.result import CaseResult, Picture
from edgecnn.bench.settings import Settings
from edgecnn.data.dataset import Dataset, Pixels
from edgecnn.task import same_answers

_JPEG_QUALITY = 90
_MOST_PICTURES = 24
_WIDEST_PICTURE = 96


@dataclass(frozen=True, slots=True)
class Inputs:
    """Files for workers: all images as a uint8 .npy, and some of them as encoded pictures."""

    images: str
    pictures: tuple[str, ...]


@contextlib.contextmanager
def prepared(dataset: Dataset, settings: Settings) -> Iterator[Inputs]:
    """Yield the files for workers; they are removed on exit.

    The encoded pictures are the first images of the data set, enlarged to the size of a camera's picture, as JPEG, so
    that decoding and resizing cost as much as on a device.
    """
    with tempfile.TemporaryDirectory(prefix="edgecnn-bench-") as folder:
        images = Path(folder) / "images.npy"
        np.save(images, dataset.images)
        width, height = settings.picture_size
        pictures = []
        for number, pixels in enumerate(dataset.images[: settings.stage_pictures]):
            path = Path(folder) / f"{number}.jpg"
            _picture(pixels).resize((width, height)).save(path, quality=_JPEG_QUALITY)
            pictures.append(str(path))
        yield Inputs(str(images), tuple(pictures))


def thumbnails(cases: tuple[CaseResult, ...], dataset: Dataset) -> tuple[Picture, ...]:
    """Return small pictures of images on which artifacts and the baseline differ, most differing artifacts first."""
    baseline = next((one.raw for one in cases if one.case.role is Role.BASELINE), None)
    if baseline is None:
        return ()
    task, class_count = dataset.task, len(dataset.class_names)
    reference = task.kept_answers(baseline.ranked, class_count)
    differing = np.zeros(len(dataset), np.int64)
    for one in cases:
        if one.raw is not None and one.case.is_artifact:
            differing += ~same_answers(task, task.kept_answers(one.raw.ranked, class_count), reference)
    most = np.argsort(-differing, kind="stable")[:_MOST_PICTURES]
    return tuple(Picture(int(image), _png(dataset.images[image])) for image in most if differing[image])


def _png(pixels: Pixels) -> str:
    picture = _picture(pixels)
    picture.thumbnail((_WIDEST_PICTURE, _WIDEST_PICTURE))
    content = BytesIO()
    picture.save(content, "PNG", optimize=True)
    return base64.b64encode(content.getvalue()).decode()


def _picture(pixels: Pixels):  # type: ignore[no-untyped-def]  # PIL is not imported at module level
    from PIL import Image

    return Image.fromarray(pixels if pixels.shape[-1] == 3 else pixels[..., 0])
