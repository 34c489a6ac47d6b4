"""Model files that edgecnn did not make: the contract comes from options, a side file, and the file itself.

What nobody states is taken from the file or assumed, and the notes say so in a sentence each.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.contract import Contract, Description, Origin, Preprocessing, is_classifier
from edgecnn.errors import ArtifactError, ContractError
from edgecnn.feeding import Feeding
from edgecnn.model_files import recognize
from edgecnn.spec import Scores, TensorSpec
from edgecnn.task import SINGLE_LABEL, TASKS

if TYPE_CHECKING:
    from edgecnn.inspection.edges import Edges
    from edgecnn.inspection.result import Tensor

_LOWEST = {"uint8": 0, "int8": -128}
_CHANNELS = (1, 3)


@dataclass(frozen=True, slots=True)
class ForeignContract(Contract):
    """What is known about a file that edgecnn did not make: as stated, as in the file itself, else assumed."""

    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignDescription(Description):
    """A foreign contract but for what the scores are, which nobody stated: only running the model tells."""

    notes: tuple[str, ...] = ()

    def with_scores(self, scores: Scores, *notes: str) -> ForeignContract:
        """Return the contract with what the scores are, and with more notes."""
        known = {field.name: getattr(self, field.name) for field in fields(Description)}
        return ForeignContract(**known, scores=scores, needs={}, made_with={}, notes=(*self.notes, *notes))


def is_foreign(description: Description) -> bool:
    """Whether this is about a file that edgecnn did not make."""
    return isinstance(description, (ForeignContract, ForeignDescription))


def feeding_of(description: Description) -> Feeding:
    """Return the feeding that gives a foreign file this very description again; nothing stated for an artifact."""
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
    from edgecnn.inspection.edges import EdgesError, read_edges

    model_file = recognize(content)
    assert model_file is not None  # or there would be no contract to ask for
    if model_file.mark in content:
        raise ContractError(f"{path} has no contract: it was cut short; export or copy the model again")
    stated = _with_side_file(path, feeding)
    is_told = bool(stated.stated) or stated.preprocessing is not None
    try:
        edges = read_edges(content, model_file.format)
    except EdgesError as error:
        if is_told:
            raise ArtifactError(f"{path} cannot be used: {error}") from error
        edges = None
    if edges is None or not (is_told or edges.labels):
        raise ContractError(
            f"{path} has no contract: edgecnn did not write it, or it was cut short; say how it is fed with "
            f"--scale, --labels and so on, or in {path.name}.contract.json, or make it with `edgecnn export`"
        )
    if len(edges.inputs) != 1 or len(edges.outputs) != 1:
        raise ContractError(
            f"{path} has {len(edges.inputs)} inputs and {len(edges.outputs)} outputs; a classifier has one of each"
        )
    taken, given = _spec(path, edges.inputs[0], "input"), _spec(path, edges.outputs[0], "output")
    layout, taken = _with_layout(path, taken, stated)
    notes: list[str] = []
    preprocessing = _preprocessing(taken, layout, stated.preprocessing, edges, notes)
    labels = _labels(path, given, stated, edges, notes)
    found = ForeignDescription(
        format=model_file.format,
        precision=edges.precision,
        input=taken,
        output=replace(given, shape=(taken.shape[0], given.shape[-1] if given.shape[-1:] > (0,) else len(labels))),
        labels=labels,
        preprocessing=preprocessing,
        origin=Origin(path.stem, hashlib.sha256(content).hexdigest(), preprocessing),
        notes=tuple(notes),
        task=stated.task or SINGLE_LABEL,
    )
    if not is_classifier(found):
        raise ContractError(
            f"{path} is no classifier of images: it takes {_shown(edges.inputs[0])} "
            f"and gives {_shown(edges.outputs[0])}"
        )
    if not preprocessing.fits(found.image_shape[2]):
        raise ContractError(f"{path} takes {found.image_shape[2]} channels, for which {preprocessing} cannot be done")
    return found if stated.scores is None else found.with_scores(stated.scores)


def _with_side_file(path: Path, feeding: Feeding) -> Feeding:
    """Return what options and side file state together; each thing is stated in one place."""
    from edgecnn.runtime.side_file import read_side_file, side_file_of

    file = side_file_of(path)
    if not file.is_file():
        return feeding
    written = read_side_file(file)
    both = [name for name, value in written.stated.items() if feeding.stated.get(name, value) != value]
    if both:
        raise ContractError(f"{file} states {' and '.join(both)}, and so do the options; say it in one place")
    if written.preprocessing is not None and feeding.preprocessing in (None, Preprocessing()):
        feeding = replace(feeding, preprocessing=written.preprocessing)
    return replace(
        feeding,
        labels=feeding.labels or written.labels,
        scores=feeding.scores or written.scores,
        size=feeding.size or written.size,
        task=feeding.task or written.task,
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


def _with_layout(path: Path, spec: TensorSpec, stated: Feeding) -> tuple[str, TensorSpec]:
    """Return the layout that the shape shows, or that is stated where it shows none; and the input with all sizes."""
    wanted = (stated.preprocessing or Preprocessing()).layout
    if len(spec.shape) != 4:
        return wanted, spec  # which is refused with all that is no classifier
    batch, first, _, last = spec.shape
    layout = wanted if (first in _CHANNELS) == (last in _CHANNELS) else "NCHW" if first in _CHANNELS else "NHWC"
    channels = first if layout == "NCHW" else last
    height, width = spec.shape[2:] if layout == "NCHW" else spec.shape[1:3]
    if stated.size is not None:
        if len(stated.size) != 2 or any(a not in (-1, b) for a, b in zip((height, width), stated.size, strict=True)):
            raise ContractError(f"{path} takes {_shown(spec)}, which does not fit the stated size {stated.size}")
        height, width = stated.size
    if min(height, width) < 0:
        raise ContractError(f"{path} takes pictures of any size; state one, as --size 224x224 or in the side file")
    if channels < 0:
        channels = 1 if stated.preprocessing is not None and stated.preprocessing.colour == "L" else 3
    sizes = (channels, height, width) if layout == "NCHW" else (height, width, channels)
    return layout, replace(spec, shape=(batch, *sizes))


def _preprocessing(
    spec: TensorSpec, layout: str, stated: Preprocessing | None, edges: Edges, notes: list[str]
) -> Preprocessing:
    channels = spec.shape[1 if layout == "NCHW" else -1] if len(spec.shape) == 4 else 3
    found = replace(stated or Preprocessing(), layout=layout)
    if channels == 1 and found.colour == "RGB":
        found = replace(found, colour="L")
    if stated is not None and (not stated.takes_raw_pixels or (spec.dtype == "float32" and stated == Preprocessing())):
        return found
    if spec.dtype in _LOWEST:
        step, lowest = spec.scale, spec.scale * (_LOWEST[spec.dtype] - spec.zero_point)
        notes.append(f"nobody says how pixels are scaled: one is taken for one step of the {spec.dtype} input")
        return replace(found, scale=(step,), offset=(lowest,))
    if edges.mean and len(edges.mean) == len(edges.std) and all(edges.std):
        notes.append("pixels are scaled as the metadata in the file say")
        return replace(
            found,
            scale=tuple(1 / one for one in edges.std),
            offset=tuple(-mean / one for mean, one in zip(edges.mean, edges.std, strict=True)),
        )
    if stated is None:
        notes.append("nobody says how pixels are scaled: 0..255 is taken; `edgecnn doctor input` finds it out")
    return found


def _labels(path: Path, given: TensorSpec, stated: Feeding, edges: Edges, notes: list[str]) -> tuple[str, ...]:
    from edgecnn.data.dataset import number_labels
    from edgecnn.data.labels import distinct

    outputs = given.shape[-1] if len(given.shape) == 2 else -1
    classes = TASKS[stated.task or SINGLE_LABEL].class_count(outputs)
    labels = stated.labels or edges.labels
    if not labels and classes < 0 and len(given.shape) == 2:
        raise ContractError(f"{path} does not say how many classes it has; state their labels, as --labels FILE")
    if labels and classes > 0 and len(labels) != classes:
        whose = "were stated" if stated.labels else "are in it"
        raise ContractError(f"{path} has {classes} classes, but {len(labels)} labels {whose}")
    if not labels:
        notes.append("nobody names its classes: they are called 0, 1, …")
    return distinct(labels) if labels else number_labels(max(classes, 0))


def _shown(tensor: Tensor | TensorSpec) -> str:
    sizes = "×".join("?" if size < 0 else str(size) for size in tensor.shape or ())
    return f"{tensor.dtype} {sizes or 'of unknown shape'}"
