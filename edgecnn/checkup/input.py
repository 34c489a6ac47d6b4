"""Finding out how to feed a model, with labelled images named by data set or path."""

from __future__ import annotations

from pathlib import Path

from edgecnn.contract import Preprocessing
from edgecnn.data.choice import Draw
from edgecnn.data.dataset import Dataset
from edgecnn.data.sources import open_dataset
from edgecnn.runtime.backend import Opened
from edgecnn.runtime.feeding_diagnosis import FeedingDiagnosis, diagnose_feeding


def diagnose_input(
    opened: Opened, data: str, *, labels: tuple[str, ...] | None = None, count: int = 500, seen: float | None = None
) -> FeedingDiagnosis:
    """Return the model's accuracy for each way to feed it.

    Args:
        opened: the model on a runtime, with the way to feed it that is stated.
        data: labelled images: a name, a folder, or an .npz file; those in a folder are resized in each way, too.
        labels: class names in the model's order; None uses those of its contract.
        count: maximum number of images, taken from the classes in turn.
        seen: an observed top-1 accuracy, 0..1; None asks whether the stated way is the best.

    Raises:
        DataError: the images cannot be read, or have no labels.
    """
    contract = opened.contract

    def load(preprocessing: Preprocessing) -> Dataset:
        return open_dataset(
            data,
            contract.image_shape,
            labels or contract.labels,
            preprocessing=preprocessing,
            draw=Draw(count),
            task=contract.task,
        )

    return diagnose_feeding(opened, load, resizes=Path(data).is_dir(), seen=seen)
