"""What is compared: one model file on one runtime."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.spec import Format, Precision


class Role(enum.Enum):
    """What a case is in a run for.

    BASELINE is what ratios refer to, TWIN the same once more, so that the difference of both is the noise floor.
    REFERENCE is another way of calling the Keras model, which nobody would deploy.
    """

    CANDIDATE = "candidate"
    BASELINE = "baseline"
    TWIN = "twin"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Case:
    """One model file on one runtime with a number of threads.

    Attributes:
        name: in reports; unique in a run.
        path: of the file.
        sha256: of the file.
        feeding: what the file does not say about its input and output.
        loading: how a Keras model is loaded and called.
        is_foreign: whether edgecnn did not make the file.
    """

    name: str
    path: str
    sha256: str
    backend: str
    precision: Precision
    threads: int
    role: Role = Role.CANDIDATE
    feeding: Feeding = field(default=Feeding(), metadata={"key": "keras"})
    loading: KerasLoading = field(default=KerasLoading(), metadata={"key": "keras"})
    is_foreign: bool = False

    @property
    def is_artifact(self) -> bool:
        """Whether it could be deployed: no Keras model, and not counted twice."""
        return self.backend != Format.KERAS.value and self.role is not Role.TWIN
