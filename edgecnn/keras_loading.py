"""Options for loading and calling a Keras model, which its file does not decide."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class KerasCall(enum.Enum):
    """How a Keras model is called: as a compiled `tf.function`, as `model(images)`, or as `Model.predict`."""

    FUNCTION = "function"
    PLAIN = "plain"
    PREDICT = "predict"


@dataclass(frozen=True, slots=True)
class KerasLoading:
    """Which code of a Keras model may run, and how the model is called.

    Attributes:
        trust_code: whether code in the file may run: Lambda layers, operations that reach outside the model.
        code: a Python file that defines the model's own layers; it is run.
        call: how it is called; the compiled function is the fastest.
    """

    trust_code: bool = False
    code: str | None = None
    call: KerasCall = KerasCall.FUNCTION
