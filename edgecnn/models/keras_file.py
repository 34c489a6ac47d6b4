"""Reading `.keras` and `.h5` files, which may be untrusted."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgecnn.errors import ModelError, first_line
from edgecnn.models.classifier import LoadedNetwork
from edgecnn.models.framework import import_keras
from edgecnn.models.layers import layers_of

if TYPE_CHECKING:
    import keras

_UNKNOWN_CLASS = re.compile(r"(?:Could not locate (?:class|function)|Unknown layer:) '([^']*)'")
_CODE = re.compile(r"[Ll]ambda|safe_mode|unsafe")
"""How Keras reports unknown classes, and code that it does not run."""

_MAX_TEXT_BYTES = 64 * 2**20
_MAX_UNPACKED_BYTES = 8 * 2**30


def read_keras_file(path: Path, *, trust_code: bool = False, code: Path | None = None) -> LoadedNetwork:
    """Return the model in a `.keras` or `.h5` file.

    Args:
        path: the file. Keras 2 files are read if Keras 3 can.
        trust_code: whether code in the file, such as Lambda layers, may run.
        code: a Python file that defines the model's custom layers; it is executed.

    Raises:
        ModelError: the file is damaged or not a model, would run code, or has several inputs or outputs.
    """
    if path.stat().st_size == 0:
        raise ModelError(f"{path} is empty; save the model again")
    if path.suffix == ".keras":
        _check_archive(path)
    keras = import_keras()
    known = {} if code is None else _objects_in(code, keras)
    try:
        model = keras.models.load_model(path, custom_objects=known, compile=False, safe_mode=not trust_code)
    except Exception as error:  # Keras raises many kinds of errors
        raise ModelError(f"{path} cannot be loaded as a Keras model{_advice(error, trust_code)}") from error
    model.name = "".join(char if char.isalnum() or char in "_-" else "_" for char in str(model.name))
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if inputs and outputs and (len(inputs) != 1 or len(outputs) != 1):
        raise ModelError(
            f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; an image classifier has one of each"
        )
    return LoadedNetwork(
        name=model.name,
        call=lambda images: model(images, training=False),
        model=model,
        input_shape=tuple(inputs[0].shape) if inputs else _built_shape(model, path),
        layers=layers_of(model),
        parameters=model.count_params(),
    )


def _check_archive(path: Path) -> None:
    """Refuse a `.keras` file that is not an archive, or that unpacks to more than a model can need."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ModelError(f"{path} is truncated or not a Keras model; save the model again") from error
    texts = sum(size for name, size in sizes.items() if name.endswith(".json"))
    if texts > _MAX_TEXT_BYTES or sum(sizes.values()) > _MAX_UNPACKED_BYTES:
        raise ModelError(f"{path} unpacks to {sum(sizes.values()):,} bytes: refused")


def _objects_in(code: Path, keras: Any) -> dict[str, Any]:
    """Run a Python file and return the layers, models and functions that it defines, by name."""
    name = f"edgecnn_code_{code.stem}"
    specification = importlib.util.spec_from_file_location(name, code)
    if specification is None or specification.loader is None or not code.is_file():
        raise ModelError(f"{code} is not a Python file; give the one that defines the model's own layers")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except Exception as error:  # of the user's own code
        raise ModelError(f"{code} cannot be run: {type(error).__name__}: {first_line(error)}") from error
    return {
        name: value
        for name, value in vars(module).items()
        if (inspect.isclass(value) and issubclass(value, keras.layers.Layer)) or inspect.isfunction(value)
    }


def _advice(error: Exception, trust_code: bool) -> str:
    """Return the reason and the option that helps; Keras' own messages are long and name no option."""
    words = str(error)
    if unknown := _UNKNOWN_CLASS.search(words):
        return f": it has custom code, {unknown[1]}; name the Python file that defines it with --code FILE"
    if not trust_code and _CODE.search(words):
        return ": it has a Lambda layer, whose code would run on loading; if you trust its source, add --trust-code"
    return f": {first_line(error)}"


def _built_shape(model: keras.Model, path: Path) -> tuple[int | None, ...]:
    """Return the input shape that a subclassed model was built with."""
    shape = (model.get_build_config() or {}).get("input_shape") if model.built else None
    if not shape or not all(size is None or isinstance(size, int) for size in shape):
        raise ModelError(f"{path} has no fixed input shape; call the model on an image once before saving it")
    return (None, *shape[1:])
