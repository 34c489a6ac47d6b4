"""Model files that edgecnn did not make: the contract comes from options, a side file, and the file itself.

Values that are not stated come from the file or are assumed; a note records each in a sentence.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.contract import Contract, Description, Origin, Preprocessing, is_classifier
from edgecnn.errors import ArtifactError, ContractError
from edgecnn.feeding import Feeding
from edgecnn.model_files import ModelFile, recognize
from edgecnn.spec import Scores, TensorSpec
from edgecnn.task import SINGLE_LABEL, TASKS

if TYPE_CHECKING:
    from edgecnn.inspection.model_io import ModelIO
    from edgecnn.inspection.result import Tensor

_LOWEST = {"uint8": 0, "int8": -128}
_CHANNELS = (1, 3)


@dataclass(frozen=True, slots=True)
class ForeignContract(Contract):
    """What is known about a file that edgecnn did not make: as stated, as in the file itself, else assumed."""

    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignDescription(Description):
    """A foreign contract without the kind of scores, which was not stated: only running the model tells."""

    notes: tuple[str, ...] = ()

    def with_scores(self, scores: Scores, *notes: str) -> ForeignContract:
        """Return the contract with the kind of scores and additional notes."""
        known = {field.name: getattr(self, field.name) for field in fields(Description)}
        return ForeignContract(**known, scores=scores, needs={}, made_with={}, notes=(*self.notes, *notes))


def is_foreign(description: Description) -> bool:
    """Whether this is about a file that edgecnn did not make."""
    return isinstance(description, (ForeignContract, ForeignDescription))


def feeding_of(description: Description) -> Feeding:
    """Return the feeding that reproduces the description of a foreign file; an empty one for an artifact."""
    if not isinstance(description, (ForeignContract, ForeignDescription)):
        return Feeding()
    return Feeding(
        description.preprocessing,
        labels=description.labels,
        scores=description.scores if isinstance(description, ForeignContract) else None,
        size=description.image_shape[:2],
        task=description.stated_task,
    )


def describe_foreign(path: Path, content: bytes, feeding: Feeding) -> ForeignContract | ForeignDescription:
    """Return what is known about a file that edgecnn did not make. Raises as `describe_model`."""
    feeding = _with_side_file(path, feeding)
    model_file, model_io = _read(path, content, feeding)
    taken, answered = _only(path, model_io)
    notes: list[str] = []
    layout, images = _with_layout(path, _spec(path, taken, "input"), feeding)
    scores = _spec(path, answered, "output")
    preprocessing = _preprocessing(images, layout, feeding.preprocessing, model_io, notes)
    labels = _labels(path, scores, feeding, model_io, notes)
    description = ForeignDescription(
        format=model_file.format,
        precision=model_io.precision,
        input=images,
        output=replace(scores, shape=(images.shape[0], scores.shape[-1] if scores.shape[-1:] > (0,) else len(labels))),
        labels=labels,
        preprocessing=preprocessing,
        origin=Origin(path.stem, hashlib.sha256(content).hexdigest(), preprocessing),
        notes=tuple(notes),
        task=feeding.task or SINGLE_LABEL,
    )
    if not is_classifier(description):
        raise ContractError(f"{path} is no classifier of images: it takes {_shown(taken)} and gives {_shown(answered)}")
    channels = description.image_shape[2]
    if not preprocessing.fits(channels):
        raise ContractError(f"{path} takes {channels} channels, for which {preprocessing} cannot be done")
    return description if feeding.scores is None else description.with_scores(feeding.scores)


def _read(path: Path, content: bytes, feeding: Feeding) -> tuple[ModelFile, ModelIO]:
    """Return the format of a file, and what it says about its input and output.

    Raises:
        ArtifactError: damaged, and how it is fed is stated.
        ContractError: nothing says how it is fed, or it was an artifact before it was cut short.
    """
    from edgecnn.inspection.model_io import ModelIOError, read_io

    model_file = recognize(content)
    assert model_file is not None  # or there would be no contract to ask for
    if model_file.mark in content:
        raise ContractError(f"{path} has no contract: it was cut short; export or copy the model again")
    is_stated = feeding != Feeding()
    try:
        model_io = read_io(content, model_file)
    except ModelIOError as error:
        if is_stated:
            raise ArtifactError(f"{path} cannot be used: {error}") from error
    else:
        if is_stated or model_io.labels:
            return model_file, model_io
    raise ContractError(
        f"{path} has no contract: edgecnn did not write it, or it was cut short; say how it is fed with "
        f"--scale, --labels and so on, or in {path.name}.contract.json, or make it with `edgecnn export`"
    )


def _only(path: Path, model_io: ModelIO) -> tuple[Tensor, Tensor]:
    """Return the one input and the one output."""
    if len(model_io.inputs) != 1 or len(model_io.outputs) != 1:
        raise ContractError(
            f"{path} has {len(model_io.inputs)} inputs and {len(model_io.outputs)} outputs; "
            "a classifier has one of each"
        )
    return model_io.inputs[0], model_io.outputs[0]


def _with_side_file(path: Path, feeding: Feeding) -> Feeding:
    """Return the options merged with the side file; each value may be stated in only one place."""
    from edgecnn.runtime.side_file import read_side_file, side_file_of

    file = side_file_of(path)
    if not file.is_file():
        return feeding
    in_file = read_side_file(file)
    twice = [name for name, value in in_file.stated.items() if feeding.stated.get(name, value) != value]
    if twice:
        raise ContractError(f"{file} states {' and '.join(twice)}, and so do the options; say it in one place")
    if in_file.preprocessing is not None and feeding.preprocessing in (None, Preprocessing()):
        feeding = replace(feeding, preprocessing=in_file.preprocessing)
    return replace(
        feeding,
        labels=feeding.labels or in_file.labels,
        scores=feeding.scores or in_file.scores,
        size=feeding.size or in_file.size,
        task=feeding.task or in_file.task,
    )


def _spec(path: Path, tensor: Tensor, what: str) -> TensorSpec:
    """Return a tensor with its batch closed; sizes that are not known stay -1."""
    if tensor.dtype not in ("float32", *_LOWEST):
        raise ContractError(f"{path} has an {what} of {tensor.dtype}; edgecnn feeds and reads float32, uint8 and int8")
    shape = tensor.shape or ()
    shape = (1 if shape[0] < 0 else shape[0], *shape[1:]) if shape else shape
    affine = tensor.affine
    if tensor.dtype == "float32":
        return TensorSpec(tensor.name, shape, tensor.dtype)
    if affine is None and what == "output":
        raise ContractError(f"{path} gives {tensor.dtype} without saying what a step is worth; let it give float32")
    scale, zero_point = (1.0, 0) if affine is None else (affine.scale or 0.0, affine.zero_point or 0)
    return TensorSpec(tensor.name, shape, tensor.dtype, scale, zero_point)


def _with_layout(path: Path, spec: TensorSpec, feeding: Feeding) -> tuple[str, TensorSpec]:
    """Return the layout that the shape shows, or that is stated where it shows none; and the input with all sizes."""
    stated = feeding.preprocessing or Preprocessing()
    if len(spec.shape) != 4:
        return stated.layout, spec  # which is refused with all that is no classifier
    batch, first, _, last = spec.shape
    is_ambiguous = (first in _CHANNELS) == (last in _CHANNELS)
    layout = stated.layout if is_ambiguous else "NCHW" if first in _CHANNELS else "NHWC"
    channels = first if layout == "NCHW" else last
    height, width = spec.shape[2:] if layout == "NCHW" else spec.shape[1:3]
    if feeding.size is not None:
        if len(feeding.size) != 2 or any(a not in (-1, b) for a, b in zip((height, width), feeding.size, strict=True)):
            raise ContractError(f"{path} takes {_shown(spec)}, which does not fit the stated size {feeding.size}")
        height, width = feeding.size
    if min(height, width) < 0:
        raise ContractError(f"{path} takes pictures of any size; state one, as --size 224x224 or in the side file")
    if channels < 0:
        channels = 1 if stated.colour == "L" else 3
    sizes = (channels, height, width) if layout == "NCHW" else (height, width, channels)
    return layout, replace(spec, shape=(batch, *sizes))


def _preprocessing(
    spec: TensorSpec, layout: str, stated: Preprocessing | None, model_io: ModelIO, notes: list[str]
) -> Preprocessing:
    channels = spec.shape[1 if layout == "NCHW" else -1] if len(spec.shape) == 4 else 3
    preprocessing = replace(stated or Preprocessing(), layout=layout)
    if channels == 1 and preprocessing.colour == "RGB":
        preprocessing = replace(preprocessing, colour="L")
    if stated is not None and (not stated.takes_raw_pixels or (spec.dtype == "float32" and stated == Preprocessing())):
        return preprocessing
    if spec.dtype in _LOWEST:
        step, lowest = spec.scale, spec.scale * (_LOWEST[spec.dtype] - spec.zero_point)
        notes.append(f"nobody says how pixels are scaled: one is taken for one step of the {spec.dtype} input")
        return replace(preprocessing, scale=(step,), offset=(lowest,))
    mean, std = model_io.mean, model_io.std
    if mean and len(mean) == len(std) and all(std):
        notes.append("pixels are scaled as the metadata in the file say")
        return replace(
            preprocessing,
            scale=tuple(1 / deviation for deviation in std),
            offset=tuple(-center / deviation for center, deviation in zip(mean, std, strict=True)),
        )
    if stated is None:
        notes.append("nobody says how pixels are scaled: 0..255 is taken; `edgecnn doctor input` finds it out")
    return preprocessing


def _labels(path: Path, scores: TensorSpec, feeding: Feeding, model_io: ModelIO, notes: list[str]) -> tuple[str, ...]:
    from edgecnn.data.dataset import number_labels
    from edgecnn.data.labels import distinct

    outputs = scores.shape[-1] if len(scores.shape) == 2 else -1
    classes = TASKS[feeding.task or SINGLE_LABEL].class_count(outputs)
    labels = feeding.labels or model_io.labels
    if not labels and classes < 0 and len(scores.shape) == 2:
        raise ContractError(f"{path} does not say how many classes it has; state their labels, as --labels FILE")
    if labels and classes > 0 and len(labels) != classes:
        whose = "were stated" if feeding.labels else "are in it"
        raise ContractError(f"{path} has {classes} classes, but {len(labels)} labels {whose}")
    if not labels:
        notes.append("nobody names its classes: they are called 0, 1, …")
    return distinct(labels) if labels else number_labels(max(classes, 0))


def _shown(tensor: Tensor | TensorSpec) -> str:
    sizes = "×".join("?" if size < 0 else str(size) for size in tensor.shape or ())
    return f"{tensor.dtype} {sizes or 'of unknown shape'}"
