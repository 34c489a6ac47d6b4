"""A case to compare: one model file on one runtime."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.spec import Format, Precision


class Role(enum.Enum):
    """The role of a case in a run.

    Ratios refer to BASELINE. TWIN is the same case again, so that the difference of the two is the noise floor.
    REFERENCE is another way of calling the Keras model, not for deployment.
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
        feeding: what the file leaves out about its input and output.
        loading: how a Keras model is loaded and called.
        is_foreign: whether the file was not made by edgecnn.
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
        """Whether it could be deployed: not a Keras model, and not a twin."""
        return self.backend != Format.KERAS.value and self.role is not Role.TWIN
