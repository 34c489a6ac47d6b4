"""Which models a server has, and how they are called."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from edgecnn.errors import ArtifactError, BackendError
from edgecnn.serve.model import load_models
from tests.serve.server import ONNX, TFLITE, pictures


def test_a_model_is_named_as_its_file(tmp_path: Path) -> None:
    assert list(load_models([TFLITE])[0]) == [TFLITE.stem]
    assert list(load_models([TFLITE, ONNX, TFLITE])[0]) == [TFLITE.name, ONNX.name]
    other = tmp_path / TFLITE.name
    shutil.copy(TFLITE, other)
    with pytest.raises(ArtifactError, match="2 files are named"):
        load_models([TFLITE, other])


def test_a_file_that_the_backend_does_not_run_is_an_error() -> None:
    with pytest.raises(BackendError, match="does not run .onnx files"):
        load_models([ONNX], "litert")


def test_a_keras_model_has_to_be_exported_first() -> None:
    with pytest.raises(ArtifactError, match="export it first"):
        load_models([TFLITE.with_name("model.keras")])


def test_images_in_chunks_and_on_a_thread_have_the_same_scores() -> None:
    model = load_models([TFLITE])[0][TFLITE.stem]
    assert model.worker is None  # 50 µs are not worth a thread
    images = pictures(10)
    whole = asyncio.run(model.predict(images))
    in_chunks = asyncio.run(dataclasses.replace(model, chunk=3).predict(images))
    with ThreadPoolExecutor(1) as worker:
        on_a_thread = asyncio.run(dataclasses.replace(model, chunk=1, worker=worker).predict(images))
    np.testing.assert_array_equal(whole, in_chunks)
    np.testing.assert_array_equal(whole, on_a_thread)
