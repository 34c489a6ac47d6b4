"""The architectures that can be built, and the trained models that ship with the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.errors import ModelError, nearest
from edgecnn.models import edge_l, edge_m, edge_s, edge_xs, resnet8, tutorial_cnn

if TYPE_CHECKING:
    import keras

ARCHITECTURES: dict[str, Callable[[int], keras.Model]] = {
    "tutorial_cnn": tutorial_cnn.build,
    "resnet8": resnet8.build,
    "resnet8_wide": resnet8.build_wide,
    "edge_xs": edge_xs.build,
    "edge_s": edge_s.build,
    "edge_m": edge_m.build,
    "edge_l": edge_l.build,
}

ASSETS = Path(__file__).parent.parent / "assets"
"""Read as plain files: `importlib.resources` would cost 5 ms at each start, and the runtimes need paths anyway."""

SHIPPED = ("tutorial_cnn",)
DEFAULT = "tutorial_cnn"


def architecture(name: str) -> Callable[[int], keras.Model]:
    """Return the builder of an architecture: number of classes in, untrained Keras model out.

    Raises:
        ModelError: no such architecture.
    """
    if name not in ARCHITECTURES:
        raise ModelError(f"no architecture named {name!r}{nearest(name, ARCHITECTURES)}")
    return ARCHITECTURES[name]


def shipped_folder(name: str) -> Path:
    """Return the folder with a shipped model's files: `model.keras`, `card.json` and the int8 artifacts.

    Raises:
        ModelError: no such shipped model.
    """
    if name not in SHIPPED:
        raise ModelError(f"no shipped model named {name!r}{nearest(name, SHIPPED)}")
    return ASSETS / name


def find_model_file(text: str) -> Path:
    """Return the file of a shipped model's name or of a path to a Keras model.

    Raises:
        ModelError: neither; the message has the nearest shipped name.
    """
    if text in SHIPPED:
        return shipped_folder(text) / "model.keras"
    if not Path(text).exists():
        raise ModelError(f"no Keras model file or shipped model named {text!r}{nearest(text, SHIPPED)}")
    return Path(text)
