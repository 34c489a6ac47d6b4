"""The file beside a model that states what the model leaves out; see docs/backends.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgecnn.contract import Preprocessing
from edgecnn.data.labels import read_labels
from edgecnn.errors import ContractError, nearest
from edgecnn.feeding import Feeding, parse_scale
from edgecnn.schema import SchemaError, decode
from edgecnn.spec import Scores
from edgecnn.task import TASKS

SUFFIX = ".contract.json"


@dataclass(frozen=True, slots=True)
class _Written:
    """The fields of the file; every one may be left out.

    Attributes:
        labels: class names in the order of the scores; or the name of a file of them, one a line, beside this one.
        size: height and width.
        scale: as `edgecnn.feeding.parse_scale` reads it.
    """

    labels: tuple[str, ...] | None = None
    scores: Scores | None = None
    size: tuple[int, ...] | None = None
    scale: str | None = None
    colour: str | None = None
    layout: str | None = None
    resize: str | None = None
    fit: str | None = None
    task: str | None = None


def side_file_of(path: Path) -> Path:
    """Return where the side file of a model lies: `mobilenet.onnx.contract.json` for `mobilenet.onnx`."""
    return path.with_name(path.name + SUFFIX)


def read_side_file(path: Path) -> Feeding:
    """Return the feeding that a side file states.

    Raises:
        ContractError: it cannot be read, or has a field that is unknown or of the wrong type.
        DataError: the label file that it names cannot be used.
    """
    try:
        value = json.loads(path.read_bytes())
        if not isinstance(value, dict):
            raise SchemaError("not a JSON object")
        written: _Written = decode(_Written, _with_labels(value, path))
        for name in value:
            if name not in _Written.__slots__:
                raise SchemaError(f"unknown field {name!r}{nearest(name, _Written.__slots__)}")
        if written.task not in (None, *TASKS):
            raise SchemaError(f"unknown task {written.task!r}{nearest(str(written.task), TASKS)}")
        return Feeding(_preprocessing(written), written.labels, written.scores, written.size, written.task)
    except OSError as error:
        raise ContractError(f"cannot read {path}: {error.strerror}") from error
    except (SchemaError, ValueError, RecursionError) as error:
        raise ContractError(f"{path} cannot be used: {error}") from error


def _with_labels(value: dict[str, Any], path: Path) -> dict[str, Any]:
    if not isinstance(value.get("labels"), str):
        return value
    return value | {"labels": list(read_labels(path.parent / value["labels"]))}


def _preprocessing(written: _Written) -> Preprocessing | None:
    stated = {
        name: getattr(written, name)
        for name in ("colour", "layout", "resize", "fit")
        if getattr(written, name) is not None
    }
    if written.scale is not None:
        stated["scale"], stated["offset"] = parse_scale(written.scale)
    return Preprocessing(**stated) if stated else None
