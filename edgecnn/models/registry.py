"""The available architectures, and the trained models that ship with the package."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.errors import ModelError, nearest

if TYPE_CHECKING:
    import keras

ARCHITECTURES = {
    "tutorial_cnn": "edgecnn.models.tutorial_cnn:build",
    "resnet8": "edgecnn.models.resnet8:build",
    "resnet8_wide": "edgecnn.models.resnet8:build_wide",
    "edge_xs": "edgecnn.models.edge:edge_xs",
    "edge_s": "edgecnn.models.edge:edge_s",
    "edge_m": "edgecnn.models.edge:edge_m",
    "edge_l": "edgecnn.models.edge:edge_l",
}
"""Module and builder of each, imported only when built, since `predict` needs nothing but shipped files."""

ASSETS = Path(__file__).parent.parent / "assets"
"""Read as plain files: `importlib.resources` would add 5 ms to each start, and the runtimes need paths anyway."""

FAMILY = ("tutorial_cnn", "edge_s", "edge_m", "edge_l")
"""The models that `edgecnn demo` compares, from the least to the most accurate."""

SHIPPED = (*FAMILY, "resnet8")
DEFAULT = "tutorial_cnn"


def architecture(name: str) -> Callable[[int], keras.Model]:
    """Return the builder of an architecture: number of classes in, untrained Keras model out.

    Raises:
        ModelError: no such architecture.
    """
    if name not in ARCHITECTURES:
        raise ModelError(f"no architecture named {name!r}{nearest(name, ARCHITECTURES)}")
    module, function = ARCHITECTURES[name].split(":")
    builder: Callable[[int], keras.Model] = getattr(importlib.import_module(module), function)
    return builder


def shipped_folder(name: str) -> Path:
    """Return the folder with a shipped model's files: `model.keras`, `card.json` and the int8 artifacts.

    Raises:
        ModelError: no such shipped model.
    """
    if name not in SHIPPED:
        raise ModelError(f"no shipped model named {name!r}{nearest(name, SHIPPED)}")
    return ASSETS / name


def find_model_file(text: str) -> Path:
    """Return the file for a shipped model's name or a path to a Keras model.

    Raises:
        ModelError: it is neither; the message suggests the nearest shipped name.
    """
    if text in SHIPPED:
        return shipped_folder(text) / "model.keras"
    if not Path(text).exists():
        raise ModelError(f"no Keras model file or shipped model named {text!r}{nearest(text, SHIPPED)}")
    return Path(text)


def model_path(text: str) -> Path:
    """Return the Keras file for a shipped model's name; any other text is a path to a model file of any format."""
    return find_model_file(text) if text in SHIPPED else Path(text)
