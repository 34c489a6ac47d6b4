"""Measure where an int8 file loses accuracy against its Keras model, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.container import split
from edgecnn.contract import Contract, read_contract
from edgecnn.data.dataset import Pixels
from edgecnn.errors import ExportError
from edgecnn.export.channel_noise import ChannelNoise, decibels
from edgecnn.export.formats import FORMATS
from edgecnn.export.keras.freeze import freeze_classifier
from edgecnn.export.paired import PairedModels, PairedOperation
from edgecnn.models.load import KerasClassifier
from edgecnn.spec import Format, Scores

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class LayerNoise:
    """The quantization noise of one layer.

    All ratios are signal-to-noise ratios in dB. They compare the variance of each channel with the noise on it and
    average the lost shares over the channels: at 0 dB all is lost, and each 6 dB are one bit. None where nothing is
    quantized.

    Attributes:
        layer: its Keras name; "nested/layer" inside a nested model.
        operations: its operations in the file.
        output_db: of its output in the file, including the noise from the layers before.
        weights_db: of its output with its own weights quantized and all else exact.
        activations_db: of its output stored with the file's range and steps and all else exact.
        clipped: share of the output's values outside that range.
        levels_used: share of the steps that values use; one huge value leaves few to the others.
    """

    layer: str
    operations: tuple[str, ...]
    output_db: float | None
    weights_db: float | None
    activations_db: float | None
    clipped: float
    levels_used: float

    @property
    def own_db(self) -> float | None:
        """Ratio of signal to the noise that this layer itself adds."""
        lost = [10 ** (-ratio / 10) for ratio in (self.weights_db, self.activations_db) if ratio is not None]
        return decibels(min(1.0, sum(lost))) if lost else None

    @property
    def is_hurt_by_activations(self) -> bool:
        """Whether storing its output costs more than storing its weights."""
        return self.activations_db is not None and (self.weights_db is None or self.activations_db < self.weights_db)


@dataclass(frozen=True, slots=True)
class NoiseDiagnosis:
    """The quantization noise of each layer of one file.

    Attributes:
        artifact: the file's name.
        images: how many images were used.
        layers: in network order.
    """

    artifact: str
    format: Format
    images: int
    layers: tuple[LayerNoise, ...]
    schema_version: int = SCHEMA_VERSION

    @property
    def worst_first(self) -> tuple[LayerNoise, ...]:
        """The layers that add noise, noisiest first; layers within a decibel keep their network order."""
        noisy = [layer for layer in self.layers if layer.own_db is not None]
        return tuple(sorted(noisy, key=lambda layer: round(layer.own_db or 0.0)))


def diagnose(artifact: Path, classifier: KerasClassifier, images: Pixels) -> NoiseDiagnosis:
    """Return the noise that quantization added to each layer of an int8 file.

    The file and the Keras model, converted to float32 again, run side by side on the images. To separate the noise that
    a layer adds from the noise that reaches it, each of its operations gets exact inputs, and only its weights or only
    its output are quantized.

    Args:
        artifact: a `.tflite` or `.onnx` file of `edgecnn export --int8`.
        classifier: the Keras model it was made from.
        images: uint8, (N, H, W, C).

    Raises:
        ArtifactError, ContractError: the file cannot be read.
        ExportError: it is not int8, or was made from another model.
    """
    contract = read_contract(artifact)
    if not contract.precision.is_full_integer:
        raise ExportError(f"{artifact} is {contract.precision.value}; only int8 files can be diagnosed")
    if contract.origin.sha256 != classifier.sha256:
        raise ExportError(f"{artifact} was not made from {classifier.path}; give that model with --against")
    _, payload, _ = split(artifact.read_bytes())
    pair = FORMATS[contract.format].pair(float_model_of(contract, classifier), payload, classifier.layers)
    return NoiseDiagnosis(artifact.name, contract.format, len(images), tuple(_layers(pair, images)))


def float_model_of(contract: Contract, classifier: KerasClassifier) -> Any:
    """Return the Keras model as a float32 model in the format of a file, with the softmax if the file has one."""
    frozen = freeze_classifier(classifier, keep_softmax=contract.scores is Scores.PROBABILITIES)
    return FORMATS[contract.format].convert(frozen.function)


class _OperationNoise:
    """Accumulates the noise of one operation."""

    def __init__(self, operation: PairedOperation) -> None:
        self.operation = operation
        self.output, self.weights, self.activations = ChannelNoise(), ChannelNoise(), ChannelNoise()
        self._values = self._clipped = 0
        self._levels: set[int] = set()

    def add(self, exact: dict[str, Any], received: dict[str, Any]) -> None:
        operation = self.operation
        signal = self._channels_last(exact[operation.tensor])
        if operation.tensor in received:
            self.output.add(signal, self._channels_last(received[operation.tensor]))
        if operation.twin is not None:
            self.weights.add(*(self._channels_last(exact[name]) for name in operation.twin))
        if operation.stored is not None:
            levels = operation.stored.levels(signal)
            self._values += levels.size
            self._clipped += int(((levels < operation.stored.low) | (levels > operation.stored.high)).sum())
            self._levels.update(
                np.unique(levels.clip(operation.stored.low, operation.stored.high)).astype(int).tolist()
            )
            if not operation.is_inherited:
                self.activations.add(signal, operation.stored.rounded(levels))

    @property
    def clipped(self) -> float:
        return self._clipped / max(1, self._values)

    @property
    def levels_used(self) -> float:
        stored = self.operation.stored
        return 1.0 if stored is None else len(self._levels) / (stored.high - stored.low + 1)

    def _channels_last(self, tensor: Any) -> Any:
        return np.moveaxis(tensor, 1, -1) if self.operation.channels_first and tensor.ndim == 4 else tensor


def _layers(pair: PairedModels, images: Pixels) -> Iterator[LayerNoise]:
    noises = [_OperationNoise(operation) for operation in pair.operations]
    for exact, received in zip(pair.exact(images), pair.received(images), strict=True):
        for noise in noises:
            noise.add(exact, received)
    by_layer: dict[str, list[_OperationNoise]] = {}
    for noise in noises:
        by_layer.setdefault(noise.operation.layer, []).append(noise)
    for layer, parts in by_layer.items():
        yield LayerNoise(
            layer=layer,
            operations=tuple(part.operation.kind for part in parts),
            output_db=parts[-1].output.decibels,
            weights_db=_least(part.weights.decibels for part in parts),
            activations_db=_least(part.activations.decibels for part in parts),
            clipped=max(part.clipped for part in parts),
            levels_used=min(part.levels_used for part in parts),
        )


def _least(values: Iterator[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)
