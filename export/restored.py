"""Choose the operations that a file with restored layers does not quantize."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edgecnn.errors import ExportError
from edgecnn.models.layers import Layers
from edgecnn.spec import Format, Precision, Quantization


@dataclass(frozen=True, slots=True)
class LayerOperation:
    """One operation of a float model.

    Attributes:
        name: the name that the format's quantizer uses.
        layer: the Keras layer that it belongs to, or None.
        inputs, outputs: its tensors, by whatever identifies them in the model.
        keeps_range: whether it passes large values on, so that a range that spoils the input spoils the output.
    """

    name: str
    layer: str | None
    inputs: frozenset[Any]
    outputs: frozenset[Any]
    keeps_range: bool


def operations_to_restore(operations: Iterable[LayerOperation], settings: Quantization) -> list[str]:
    """Return the names of the operations that are not quantized because of restored layers.

    These are the layers' own operations. Where a layer's output is kept, they include those that read it: all that only
    pass its values on, and the first that computes something new from them.

    Args:
        operations: all operations of a model, each after its inputs.
        settings: which layers are restored, and which of their outputs are kept.
    """
    if not settings.restored:
        return []
    restored: list[str] = []
    kept: set[Any] = set()
    for operation in operations:
        reads_kept = not kept.isdisjoint(operation.inputs)
        if operation.layer in settings.restored or reads_kept:
            restored.append(operation.name)
        if operation.layer in settings.kept_outputs or (reads_kept and operation.keeps_range):
            kept |= operation.outputs
    return restored


def check_restored(file_format: Format, settings: Quantization, layers: Layers | None) -> None:
    """Raise if the settings ask for a restoration that is impossible.

    Raises:
        ExportError: the model has no such layer, or the format cannot leave layers in that precision.
        ValueError: layers are to be restored, but `layers` is None.
    """
    if not settings.restored:
        return
    if layers is None:
        raise ValueError("restoring layers needs the layers of the Keras model")
    if file_format not in settings.restored_to.restored_in:
        possible = " or ".join(precision.value for precision in Precision if file_format in precision.restored_in)
        raise ExportError(
            f"{file_format.title} cannot restore layers to {settings.restored_to.value}; only to {possible}"
        )
    layers.check(settings.restored)
