"""What a user says about a model whose file does not: a Keras model, or what another tool exported."""

# Annotations are evaluated here, once, which is faster than having `edgecnn.schema` parse them from text at each start.

import enum
import re
from dataclasses import dataclass
from typing import Any

from edgecnn.contract import Preprocessing
from edgecnn.spec import Scores


class KerasCall(enum.Enum):
    """How a Keras model is called: as a compiled `tf.function`, as `model(images)`, or as `Model.predict`."""

    FUNCTION = "function"
    PLAIN = "plain"
    PREDICT = "predict"


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What a Keras file, or a .tflite or .onnx file that edgecnn did not make, does not say about itself.

    Attributes:
        preprocessing: what the model has to be fed with, where RGB stands for grey if there is one channel, and NHWC
            for the layout that the input's shape shows; None is not stated: raw pixels.
        trust_code: whether code in the file may run: Lambda layers, operations that reach outside of the model.
        code: a Python file that defines the model's own layers; it is run.
        call: how it is called; the compiled function is the fastest.
        labels: class names in the order of the scores; None takes those in or beside the file, else "0", "1", ….
        scores: what the file's scores are, which is found out for a Keras model.
        size: height and width of the pictures, for a .tflite or .onnx file that leaves them open.
    """

    preprocessing: Preprocessing | None = None
    trust_code: bool = False
    code: str | None = None
    call: KerasCall = KerasCall.FUNCTION
    labels: tuple[str, ...] | None = None
    scores: Scores | None = None
    size: tuple[int, ...] | None = None

    @property
    def feeding(self) -> dict[str, Any]:
        """What is stated about input and output, by name."""
        stated = {name: getattr(self, name) for name in ("preprocessing", "labels", "scores", "size")}
        return {name: value for name, value in stated.items() if value not in (None, Preprocessing())}


_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_WHITE = 255.0


def parse_scale(text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return scale and offset of real = scale * pixel + offset, each for all channels or one a channel.

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
