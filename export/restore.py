"""Restore as few layers of an int8 file to a higher precision as its accuracy needs."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.artifact import REJECTED_FOLDER
from edgecnn.contract import Contract, read_contract
from edgecnn.data.choice import choose_balanced
from edgecnn.data.dataset import Dataset
from edgecnn.errors import DataError, ExportError
from edgecnn.export.calibration import check_calibration
from edgecnn.export.converted import Converted
from edgecnn.export.diagnosis import NoiseDiagnosis, diagnose, float_model_of
from edgecnn.export.formats import FORMATS
from edgecnn.export.judge import judge
from edgecnn.export.limits import ExportLimits
from edgecnn.export.observe import observe
from edgecnn.export.ranges import Ranges, choose_ranges
from edgecnn.export.sealing import spread, write_artifact
from edgecnn.files import write_atomic
from edgecnn.gate import GateResult
from edgecnn.limits import Outcome
from edgecnn.models.layers import Layers
from edgecnn.models.load import KerasClassifier
from edgecnn.progress import Progress, silent
from edgecnn.runtime.classifier import Classifier
from edgecnn.runtime.keras import open_loaded
from edgecnn.runtime.load import load
from edgecnn.spec import Precision, Quantization

GOLDEN, DIAGNOSED_IMAGES = 4, 64
"""How many golden images a file carries, and how many images the diagnosis of layers uses."""

_ROUNDS, _CALLS = 15, 20
"""Turns in which files are timed, and calls in each."""


@dataclass(frozen=True, slots=True)
class Restored:
    """One restored layer.

    Attributes:
        layer: its Keras name.
        keeps_output: whether its output is not quantized either, so that operations that read it are restored as well.
        extra_bytes: growth of the file if only this layer is restored.
        extra_us: extra microseconds of one inference on this machine in that case, as the median difference from the
            int8 file over turns; noise can make it negative.
    """

    layer: str
    keeps_output: bool
    extra_bytes: int
    extra_us: float


@dataclass(frozen=True, slots=True)
class Restoration:
    """A restored file and what it cost.

    Attributes:
        path: the written file; None if nothing had to be restored.
        to: precision of the restored layers.
        before, after: the gate of the int8 file and of the restored one.
        extra_bytes, extra_us: of all layers together, as in `Restored`.
        diagnosis: of the int8 file; it set the order in which layers were tried.
    """

    path: str | None
    to: Precision
    layers: tuple[Restored, ...]
    before: GateResult
    after: GateResult
    extra_bytes: int
    extra_us: float
    diagnosis: NoiseDiagnosis


@dataclass(slots=True)
class _Workshop:
    """Makes and judges files with any layers restored; each is made once."""

    float_model: Any
    ranges: Ranges
    layers: Layers
    contract: Contract
    quantization: Quantization
    evaluation: Dataset
    reference: Any
    limits: ExportLimits
    folder: Path
    _files: dict[Quantization, tuple[Path, GateResult]] = field(default_factory=dict)

    def file(self, settings: Quantization) -> tuple[Path, GateResult]:
        if settings not in self._files:
            path = self.folder / f"{len(self._files)}.{self.contract.format.value}"
            classifier = write_artifact(path, *self._converted(settings), spread(self.evaluation.images, GOLDEN))
            scores = classifier.predict(self.evaluation.images)
            self._files[settings] = path, judge(scores, self.reference, self.evaluation, self.limits)
        return self._files[settings]

    def holds(self, settings: Quantization) -> bool:
        return self.file(settings)[1].outcome is Outcome.HOLDS

    def _converted(self, settings: Quantization) -> tuple[bytes, Contract]:
        quantize = FORMATS[self.contract.format].quantize
        converted = quantize(self.float_model, self.contract.precision, self.ranges, settings, self.layers)
        return converted.payload, _contract_of(self.contract, converted, settings)


def restore(
    artifact: Path,
    classifier: KerasClassifier,
    calibration: Dataset,
    evaluation: Dataset,
    *,
    to: Precision = Precision.FLOAT32,
    limits: ExportLimits = ExportLimits(),
    out: Path | None = None,
    progress: Progress = silent,
) -> Restoration:
    """Restore as few layers of an int8 file as the gate needs to hold, and write the result.

    Layers are restored in the order of the noise they add until the gate holds; then each one that turns out not to be
    needed is quantized again. Where storing a layer's output costs more than storing its weights, the output is kept
    too, unless the gate holds without it.

    Args:
        artifact: the int8 file; it is not changed.
        classifier: the Keras model it was made from.
        calibration: images to calibrate ranges on; all are used.
        evaluation: labelled images for the gate; none may also be in `calibration`.
        to: FLOAT32, or INT16X8 for TFLite.
        limits: `max_drop` is the limit of the gate.
        out: file to write; None is `<model>-int8-restored.<format>` in the artifact's folder.
        progress: called with steps.

    Raises:
        ArtifactError, ContractError: the file cannot be read.
        DataError: the evaluation images have no labels, or some are also calibration images.
        ExportError: it is not int8, was made from another model, or no restored file holds.
        OutputError: the file cannot be written.
    """
    check_calibration(calibration, evaluation)
    if evaluation.labels is None:
        raise DataError(f"{evaluation.name} has no labels: accuracy cannot be measured on it")
    progress("diagnosing each layer", 0, 3)
    diagnosis = diagnose(artifact, classifier, choose_balanced(evaluation, DIAGNOSED_IMAGES).images)
    with tempfile.TemporaryDirectory(prefix="edgecnn-") as folder:
        shop = _workshop(
            read_contract(artifact), classifier, calibration, evaluation, limits=limits, folder=Path(folder)
        )
        base = replace(shop.quantization, restored_to=to)
        progress("restoring layers", 1, 3)
        chosen = base if shop.holds(base) else _fewest(shop, base, _enough(shop, base, diagnosis))
        progress("measuring the cost", 2, 3)
        prices = _prices(shop, base, chosen)
        target = None if chosen == base else out or _place(artifact, classifier.name)
        if target is not None:
            write_atomic(target, shop.file(chosen)[0].read_bytes())
        progress("done", 3, 3)
        before, after = shop.file(base)[1], shop.file(chosen)[1]
        return Restoration(
            None if target is None else str(target),
            to,
            tuple(
                Restored(layer, layer in chosen.kept_outputs, *price)
                for layer, price in zip(chosen.restored, prices[1:], strict=True)
            ),
            before,
            after,
            *prices[0],
            diagnosis,
        )


def _workshop(
    contract: Contract, classifier: KerasClassifier, calibration: Dataset, evaluation: Dataset, *, limits: ExportLimits,
    folder: Path,
) -> _Workshop:  # fmt: skip
    quantization = contract.quantization or Quantization(io=contract.input.dtype)
    float_model = float_model_of(contract, classifier)
    observed = observe(FORMATS[contract.format].tensors, float_model, calibration.images, quantization.method)
    return _Workshop(
        float_model=float_model,
        ranges=choose_ranges(observed, quantization.method),
        layers=classifier.layers,
        contract=contract,
        quantization=quantization,
        evaluation=evaluation,
        reference=Classifier(open_loaded(classifier)).predict(evaluation.images),
        limits=limits,
        folder=folder,
    )


def _enough(shop: _Workshop, base: Quantization, diagnosis: NoiseDiagnosis) -> Quantization:
    """Return settings with which the gate holds, restoring one layer after another, the noisiest first."""
    settings = base
    for noise in diagnosis.worst_first:
        if noise.layer not in shop.layers.names:  # an operation that belongs to no layer
            continue
        settings = replace(settings, restored=(*settings.restored, noise.layer))
        if noise.is_hurt_by_activations:
            settings = replace(settings, kept_outputs=(*settings.kept_outputs, noise.layer))
        if shop.holds(settings):
            return settings
    gate = shop.file(settings)[1]
    hint = "give more evaluation images" if gate.outcome is Outcome.TOO_FEW_IMAGES else "int8 does not suit this model"
    raise ExportError(f"the gate does not hold even with every layer restored ({gate.sentence}); {hint}")


def _fewest(shop: _Workshop, base: Quantization, settings: Quantization) -> Quantization:
    """Return `settings` without what is not needed: first layers, the least noisy first, then kept outputs."""
    for layer in reversed(settings.restored):
        less = replace(
            settings, restored=_without(settings.restored, layer), kept_outputs=_without(settings.kept_outputs, layer)
        )
        if less != base and shop.holds(less):
            settings = less
    for layer in reversed(settings.kept_outputs):
        less = replace(settings, kept_outputs=_without(settings.kept_outputs, layer))
        if shop.holds(less):
            settings = less
    return settings


def _without(names: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != gone)


def _prices(shop: _Workshop, base: Quantization, chosen: Quantization) -> list[tuple[int, float]]:
    """Return the extra bytes and microseconds of all restored layers together, then of each alone."""
    singles = [
        replace(base, restored=(layer,), kept_outputs=(layer,) if layer in chosen.kept_outputs else ())
        for layer in chosen.restored
    ]
    paths = [shop.file(settings)[0] for settings in (base, chosen, *singles)]
    sizes = [path.stat().st_size for path in paths]
    times = list(_microseconds(paths, shop.evaluation.images[0]))
    return [(size - sizes[0], extra) for size, extra in zip(sizes[1:], times[1:], strict=True)]


def _microseconds(paths: list[Path], image: Any) -> Iterator[float]:
    """Yield the extra microseconds of one call with each file over the first, as the median of turns."""
    runs = [load(path).predict for path in paths]
    times: list[list[float]] = [[] for _ in runs]
    shuffle = random.Random(0)
    order = list(range(len(runs)))
    for turn in range(_ROUNDS + 1):
        shuffle.shuffle(order)
        for place in order:
            begin = time.perf_counter()
            for _ in range(_CALLS):
                runs[place](image)
            if turn:  # the first turn warms up
                times[place].append((time.perf_counter() - begin) / _CALLS * 1e6)
    first = np.array(times[0])
    for measured in times:
        yield statistics.median((np.array(measured) - first).tolist())


def _contract_of(contract: Contract, converted: Converted, settings: Quantization) -> Contract:
    return replace(
        contract,
        input=converted.input,
        output=converted.output,
        needs=converted.needs,
        float_operations=converted.float_operations,
        quantization=settings,
    )


def _place(artifact: Path, name: str) -> Path:
    folder = artifact.parent.parent if artifact.parent.name == REJECTED_FOLDER else artifact.parent
    return folder / f"{name}-int8-restored{artifact.suffix}"
