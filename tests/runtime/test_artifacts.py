"""Real artifacts on every runtime that is installed here.

`EDGECNN_TEST_ARTIFACTS` names a folder that was exported elsewhere, so that an environment without TensorFlow, such
as the one for tflite-runtime, is tested on the same files.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import edgecnn
from edgecnn.artifact import Artifact, open_folder, read_manifest
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import BackendError
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.shipped import default_artifact
from edgecnn.spec import Format

STEPS_OF_OTHER_KERNELS = 4
"""How many of 2,000 answers may differ between the runtimes' kernels."""


def runnable(folder: Path) -> list[tuple[Artifact, str]]:
    return [
        (artifact, backend.name)
        for artifact in open_folder(folder).artifacts
        for backend in BACKENDS.values()
        if backend.is_installed and artifact.contract.format in backend.formats
    ]


def test_every_artifact_gives_the_manifests_accuracy_on_every_installed_runtime(folder: Path) -> None:
    sample = load_test_sample()
    expected = {entry.file: entry.measured.correct or 0 for entry in read_manifest(folder).artifacts}
    cases = runnable(folder)
    assert cases
    for artifact, backend in cases:
        answers = edgecnn.load(artifact.path, backend=backend).predict(sample.images).argmax(axis=1)
        correct, known = int((answers == sample.labels).sum()), expected[artifact.path.name]
        assert abs(correct - known) <= STEPS_OF_OTHER_KERNELS, (artifact.path.name, backend)


def test_one_image_and_many_give_the_same_probabilities(folder: Path) -> None:
    images = load_test_sample().images[:20]
    for artifact, backend in runnable(folder):
        classifier = edgecnn.load(artifact.path, backend=backend)
        many = classifier.predict(images)
        assert many.shape == (20, 10)
        assert many.dtype == np.float32
        np.testing.assert_array_equal(np.array([classifier.predict(image) for image in images]), many)
        np.testing.assert_allclose(many.sum(axis=1), 1.0, atol=0.03)


def test_an_answer_is_not_overwritten_by_the_next_call(folder: Path) -> None:
    images = load_test_sample().images
    for artifact, backend in runnable(folder):
        classifier = edgecnn.load(artifact.path, backend=backend)
        first = classifier.predict(images[0])
        kept = first.copy()
        classifier.predict(images[1])
        np.testing.assert_array_equal(first, kept, err_msg=backend)


def test_threads_do_not_change_the_answers(folder: Path) -> None:
    images = load_test_sample().images[:50]
    for artifact, backend in runnable(folder):
        if backend == "openvino":
            continue  # its workers come and go as they like: see test_openvino.py
        one, two = (edgecnn.load(artifact.path, threads=count, backend=backend).predict(images) for count in (1, 2))
        np.testing.assert_allclose(one, two, atol=1e-5)


COUNT_THREADS = """
import os, sys
import numpy as np
import edgecnn
classifier = edgecnn.load(sys.argv[1], threads=int(sys.argv[3]), backend=sys.argv[2])
classifier.predict(np.zeros((20, *classifier.shape), np.uint8))
print(len(os.listdir("/proc/self/task")))
"""


def test_the_number_of_threads_reaches_the_runtime(folder: Path) -> None:
    """Counted in processes of their own, as the kernel sees them."""
    for artifact, backend in runnable(folder):
        if backend == "openvino":
            continue  # its workers come and go as they like: see test_openvino.py
        one, four = (
            int(
                subprocess.run(
                    [sys.executable, "-c", COUNT_THREADS, artifact.path, backend, count],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
            )
            for count in ("1", "4")
        )
        assert four - one == 3, (artifact.path.name, backend)


@pytest.mark.parametrize("file_format", [Format.TFLITE, Format.ONNX], ids=lambda one: str(one.value))
def test_a_file_that_a_runtime_refuses_is_one_line(folder: Path, tmp_path: Path, file_format: Format) -> None:
    """The contract is good, the model in front of it is not."""
    from edgecnn.contract import seal

    cases = [(artifact, backend) for artifact, backend in runnable(folder) if artifact.contract.format is file_format]
    for artifact, backend in cases:
        payload = {Format.TFLITE: b"\x1c\0\0\0TFL3" + bytes(64), Format.ONNX: b"\x08\x08\x3a\x02\x0a\x00"}[file_format]
        path = tmp_path / artifact.path.name
        path.write_bytes(seal(payload, artifact.contract))
        with pytest.raises(BackendError, match=f"{backend} refuses") as caught:
            edgecnn.load(path, backend=backend)
        assert "\n" not in str(caught.value)
    if not cases:
        pytest.skip(f"no runtime for {file_format.value} is installed here")


def test_the_default_artifact_is_one_that_an_installed_runtime_runs() -> None:
    classifier = edgecnn.load(default_artifact())
    sample = load_test_sample()
    answers = classifier.predict(sample.images[:200]).argmax(axis=1)
    assert (answers == sample.labels[:200]).mean() > 0.75  # type: ignore[index]


def test_the_shipped_artifacts_were_made_from_the_shipped_model() -> None:
    from edgecnn.files import sha256_file
    from edgecnn.models.registry import SHIPPED, shipped_folder

    for name in SHIPPED:
        files = [*shipped_folder(name).glob("*.tflite"), *shipped_folder(name).glob("*.onnx")]
        assert len(files) == 2
        for path in files:
            assert edgecnn.read_contract(path).origin.sha256 == sha256_file(shipped_folder(name) / "model.keras")


def test_tflite_runtime_with_numpy_2_is_refused_with_the_way_out(folder: Path) -> None:
    from edgecnn.runtime.litert import open_tflite_runtime

    if int(np.__version__.split(".")[0]) < 2:
        pytest.skip("this environment has NumPy 1, as tflite-runtime needs")
    with pytest.raises(BackendError, match="pip install 'numpy<2'"):
        open_tflite_runtime(default_artifact(), 1, edgecnn.read_contract(default_artifact()))
