"""Where an int8 file loses what the Keras model knows, layer by layer."""

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
    """What quantization did to one layer.

    All ratios are signal to noise in dB: of the variance of each channel to the noise on it, as the mean over the
    channels of the shares that are lost; 0 dB is all lost, and each 6 dB are a bit. None where nothing is quantized.

    Attributes:
        layer: its Keras name; "nested/layer" inside a nested model.
        operations: what it became in the file.
        output_db: of its output in the file, with all noise that came in from the layers before.
        weights_db: of its output with its own weights quantized, and all else exact.
        activations_db: of its output stored in the file's range and steps, and all else exact.
        clipped: share of the output's values beyond that range.
        levels_used: share of the steps that values reach; one huge value leaves few to the others.
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
        """Signal to the noise that this layer adds by itself."""
        lost = [10 ** (-each / 10) for each in (self.weights_db, self.activations_db) if each is not None]
        return decibels(min(1.0, sum(lost))) if lost else None

    @property
    def is_hurt_by_activations(self) -> bool:
        """Whether storing its output costs more than storing its weights."""
        return self.activations_db is not None and (self.weights_db is None or self.activations_db < self.weights_db)


@dataclass(frozen=True, slots=True)
class NoiseDiagnosis:
    """What quantization did to each layer of one file.

    Attributes:
        artifact: the file's name.
        images: how many were looked at.
        layers: in the order of the network.
    """

    artifact: str
    format: Format
    images: int
    layers: tuple[LayerNoise, ...]
    schema_version: int = SCHEMA_VERSION

    @property
    def worst_first(self) -> tuple[LayerNoise, ...]:
        """The layers that add noise, by how much; of those within a decibel, the first in the network comes first."""
        noisy = [layer for layer in self.layers if layer.own_db is not None]
        return tuple(sorted(noisy, key=lambda layer: round(layer.own_db or 0.0)))


def diagnose(artifact: Path, classifier: KerasClassifier, images: Pixels) -> NoiseDiagnosis:
    """Return what quantization did to each layer of an int8 file.

    The file and the Keras model, converted to float32 anew, run side by side on the images. The noise that a layer adds
    is told from the noise that reaches it by giving each of its operations exact inputs and quantizing only its
    weights, or only its output.

    Args:
        artifact: a `.tflite` or `.onnx` file of `edgecnn export --int8`.
        classifier: the Keras model that it was made from.
        images: uint8, (N, H, W, C).

    Raises:
        ArtifactError, ContractError: the file cannot be read.
        ExportError: it is not int8, or was made from another model.
    """
    contract = read_contract(artifact)
    if not contract.precision.is_full_integer:
        raise ExportError(f"{artifact} is {contract.precision.value}; only int8 files are diagnosed")
    if contract.origin.sha256 != classifier.sha256:
        raise ExportError(f"{artifact} was not made from {classifier.path}; give that model with --against")
    _, payload, _ = split(artifact.read_bytes())
    pair = FORMATS[contract.format].pair(float_model_of(contract, classifier), payload, classifier.layers)
    return NoiseDiagnosis(artifact.name, contract.format, len(images), tuple(_layers(pair, images)))


def float_model_of(contract: Contract, classifier: KerasClassifier) -> Any:
    """Return the float32 model of a Keras model in the format of a file, with the softmax if the file has it."""
    frozen = freeze_classifier(classifier, keep_softmax=contract.scores is Scores.PROBABILITIES)
    return FORMATS[contract.format].convert(frozen.function)


class _OperationNoise:
    """Sums up what one operation does."""

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
