"""What a user states about a model's input and output where its file does not say it."""

# Annotations are evaluated here, once, which is faster than having `edgecnn.schema` parse them from text at each start.

import re
from dataclasses import dataclass, field, fields
from typing import Any

from edgecnn.contract import Preprocessing
from edgecnn.spec import Scores


@dataclass(frozen=True, slots=True)
class Feeding:
    """How a Keras model, or a .tflite or .onnx file that edgecnn did not make, is fed, and what its scores mean.

    Attributes:
        preprocessing: the input that the model expects. RGB means grey if there is one channel, and NHWC means the
            layout that the input's shape shows. None if not stated: raw pixels.
        labels: class names in the order of the scores; None uses those in or beside the file, else "0", "1", ….
        scores: the kind of scores in the file; detected for a Keras model.
        size: height and width of the pictures, for a .tflite or .onnx file that does not fix them.
        task: one of `edgecnn.task.TASKS`; None selects the first that fits the scores of a Keras model, and single
            labels for a .tflite or .onnx file.
    """

    preprocessing: Preprocessing | None = None
    labels: tuple[str, ...] | None = None
    scores: Scores | None = None
    size: tuple[int, ...] | None = None
    task: str | None = field(default=None, metadata={"omit_default": True})

    @property
    def stated(self) -> dict[str, Any]:
        """The stated values that differ from the default, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, Preprocessing())}


_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_WHITE = 255.0


def parse_scale(text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return scale and offset of real = scale * pixel + offset, each for all channels or one per channel.

    Args:
        text: a range, "LOW..HIGH", or 2 or 6 numbers, the means and then the standard deviations: of pixels scaled to
            0..1, as torchvision has them, if no mean is above 1; else of pixels 0..255.

    Raises:
        ValueError: neither.
    """
    if found := re.fullmatch(rf"({_NUMBER})\.\.({_NUMBER})", text):
        low, high = float(found[1]), float(found[2])
        if low != high:
            return ((high - low) / _WHITE,), (low,)
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    means, deviations = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
    if len(numbers) not in (2, 6) or not all(deviation > 0 for deviation in deviations):
        raise ValueError(
            f"{text!r} is no scale: give a range as 0..1 or -1..1, or means and standard deviations, as "
            "0.485,0.456,0.406,0.229,0.224,0.225"
        )
    unit = _WHITE if max(means) <= 1 else 1.0
    return (
        tuple(1 / (unit * deviation) for deviation in deviations),
        tuple(-mean / deviation for mean, deviation in zip(means, deviations, strict=True)),
    )
