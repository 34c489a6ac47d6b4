"""Finding a runtime for a file, and what is said when there is none."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgecnn.contract import Contract, seal
from edgecnn.errors import ArtifactError, BackendError, ContractError
from edgecnn.runtime.backend import BACKENDS, Backend
from edgecnn.runtime.load import format_of, load
from edgecnn.runtime.lookup import find_backend
from edgecnn.spec import Format

NO_SUCH_MODULE = "edgecnn_test_no_such_module"


@pytest.fixture
def tiny_onnx(payloads: dict[Format, bytes], contracts: dict[Format, Contract], tmp_path: Path) -> Path:
    """A sealed ONNX classifier."""
    path = tmp_path / "tiny.onnx"
    path.write_bytes(seal(payloads[Format.ONNX], contracts[Format.ONNX]))
    return path


def _replace_backends(monkeypatch: pytest.MonkeyPatch, *backends: Backend) -> None:
    monkeypatch.setattr("edgecnn.runtime.lookup.BACKENDS", {backend.name: backend for backend in backends})


def _fake(name: str, module: str, opener: str = "none:none") -> Backend:
    return Backend(name, (Format.ONNX,), module, name, f"extra-of-{name}", opener)


def test_every_backend_is_listed_under_its_own_name() -> None:
    assert all(backend.name == name for name, backend in BACKENDS.items())


@pytest.mark.parametrize("file_format", list(Format), ids=lambda one: one.value)
def test_every_format_has_a_backend(file_format: Format) -> None:
    assert any(file_format in backend.formats for backend in BACKENDS.values())


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_has_the_function_that_opens_files(name: str) -> None:
    import importlib

    module, function = BACKENDS[name].opener.split(":")
    if name == "keras":
        assert importlib.util.find_spec(module) is not None  # importing it is for the tests that have TensorFlow
    else:
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backends_extra_is_one_that_the_package_declares(name: str) -> None:
    import importlib.metadata

    assert BACKENDS[name].extra in importlib.metadata.metadata("edgecnn").get_all("Provides-Extra", [])


def test_asking_whether_a_backend_is_installed_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "edgecnn_test_explodes.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert _fake("one", "edgecnn_test_explodes").is_installed
    assert not _fake("one", NO_SUCH_MODULE).is_installed
    assert "edgecnn_test_explodes" not in sys.modules


def test_without_a_name_the_first_installed_backend_of_the_format_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(_fake("other", "json"), formats=(Format.TFLITE,))
    missing, first, second = _fake("missing", NO_SUCH_MODULE), _fake("first", "json"), _fake("second", "json")
    _replace_backends(monkeypatch, other, missing, first, second)
    assert find_backend(Format.ONNX) is first
    assert find_backend(Format.ONNX, "second") is second


def test_with_nothing_installed_the_first_backends_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_backends(monkeypatch, _fake("one", NO_SUCH_MODULE), _fake("two", NO_SUCH_MODULE))
    message = r"^nothing installed runs \.onnx files; pip install 'edgecnn\[extra-of-one\]'$"
    with pytest.raises(BackendError, match=message):
        find_backend(Format.ONNX)


def test_a_missing_backend_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_backends(monkeypatch, _fake("one", "json"), _fake("two", NO_SUCH_MODULE))
    with pytest.raises(BackendError, match=r"^two is not installed; pip install 'edgecnn\[extra-of-two\]'$"):
        find_backend(Format.ONNX, "two")


@pytest.mark.parametrize(
    ("name", "ending"),
    [("litrt", "; did you mean 'litert'?"), ("onnxrt", "; did you mean 'onnxruntime'?"), ("", "; known: keras, ")],
)
def test_an_unknown_backend_names_the_nearest(name: str, ending: str) -> None:
    with pytest.raises(BackendError) as caught:
        find_backend(Format.TFLITE, name)
    assert str(caught.value).startswith(f"no backend named {name!r}{ending}")


@pytest.mark.parametrize(
    ("file_format", "name", "fitting"),
    [
        (Format.TFLITE, "onnxruntime", "litert or tflite-runtime or openvino"),
        (Format.ONNX, "litert", "onnxruntime or openvino"),
        (Format.KERAS, "onnxruntime", "keras"),
    ],
    ids=str,
)
def test_a_backend_of_another_format_names_those_that_fit(file_format: Format, name: str, fitting: str) -> None:
    with pytest.raises(BackendError, match=f"^{name} does not run .{file_format.value} files; use {fitting}$"):
        find_backend(file_format, name)


def test_a_runtime_that_is_installed_but_cannot_be_imported_is_a_backend_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contracts: dict[Format, Contract]
) -> None:
    """A wheel for another C library: there, and of no use."""
    (tmp_path / "edgecnn_test_broken.py").write_text(
        "def open_it(path, threads, description):\n    raise ImportError('GLIBC_2.99 not found\\n(required by it)')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    backend = _fake("one", "json", "edgecnn_test_broken:open_it")
    with pytest.raises(BackendError) as caught:
        backend.open(tmp_path, 1, contracts[Format.TFLITE])
    assert str(caught.value) == (
        "one is installed but cannot be imported: GLIBC_2.99 not found; "
        "pip install --force-reinstall 'edgecnn[extra-of-one]'"
    )


@pytest.mark.parametrize(
    ("name", "file_format"),
    [
        ("a.tflite", Format.TFLITE),
        ("a.onnx", Format.ONNX),
        ("a.keras", Format.KERAS),
        ("a.h5", Format.KERAS),
        ("a.hdf5", Format.KERAS),
        ("a.b.onnx", Format.ONNX),
    ],
)
def test_the_name_tells_the_format(tmp_path: Path, name: str, file_format: Format) -> None:
    (tmp_path / name).touch()
    assert format_of(tmp_path / name) is file_format


@pytest.mark.parametrize("name", ["a", "a.pb", "a.onnx.txt", ".onnx"])
def test_an_unknown_suffix_is_refused_with_those_that_are_known(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ArtifactError, match=r"no model file: expected a name ending in \.tflite, \.onnx or \.keras$"):
        load(tmp_path / name)


@pytest.mark.parametrize("suffix", ["tflite", "onnx", "keras", "txt"])
def test_a_missing_file_is_named_whatever_its_suffix(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ArtifactError, match=rf"^no such model file: .*/none\.{suffix}$"):
        load(tmp_path / f"none.{suffix}")


def test_a_folder_is_refused_though_its_name_is_that_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").mkdir()
    with pytest.raises(ArtifactError, match=r"a\.onnx is a folder, not a model file$"):
        load(tmp_path / "a.onnx")


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="File name too long"):
        load(tmp_path / ("x" * 5000 + ".onnx"))


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_a_programmers_mistake(tmp_path: Path, threads: int) -> None:
    with pytest.raises(ValueError, match=f"threads must be 1 or more, not {threads}"):
        load(tmp_path / "a.onnx", threads)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("backend", [None, "onnxruntime"])
def test_a_loaded_onnx_file_computes_what_numpy_computes(
    tiny_onnx: Path, weights: np.ndarray, threads: int, backend: str | None
) -> None:
    pytest.importorskip("onnxruntime")
    classifier = load(str(tiny_onnx), threads, backend)
    images = np.random.default_rng(0).integers(0, 256, (7, 2, 2, 3), dtype=np.uint8)
    powers = np.exp(images.reshape(7, 12).astype(np.float64) @ weights)
    expected = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(classifier.predict(images), expected, rtol=1e-4)
    np.testing.assert_allclose(classifier.predict(images[3]), expected[3], rtol=1e-4)
    np.testing.assert_allclose(classifier.predict(images[::-2]), expected[::-2], rtol=1e-4)


@pytest.mark.parametrize(
    ("file_format", "module", "name"),
    [(Format.ONNX, "onnxruntime", "onnxruntime"), (Format.TFLITE, "ai_edge_litert", "litert")],
    ids=["onnx", "tflite"],
)
def test_a_whole_file_that_the_runtime_refuses_is_a_backend_error(
    contracts: dict[Format, Contract], tmp_path: Path, file_format: Format, module: str, name: str
) -> None:
    pytest.importorskip(module)
    nonsense = {Format.ONNX: b"\x08\x08", Format.TFLITE: b"\x1c\0\0\0TFL3" + bytes(range(64))}
    path = tmp_path / f"tiny.{file_format.value}"
    path.write_bytes(seal(nonsense[file_format], contracts[file_format]))
    with pytest.raises(BackendError, match=rf"^{name} refuses .*tiny\.{file_format.value}: .+$"):
        load(path)


@pytest.mark.parametrize("file_format", [Format.ONNX, Format.TFLITE], ids=lambda one: one.value)
def test_a_model_without_a_contract_is_refused_before_the_runtime_sees_it(
    payloads: dict[Format, bytes], tmp_path: Path, file_format: Format
) -> None:
    path = tmp_path / f"foreign.{file_format.value}"
    path.write_bytes(payloads[file_format])
    with pytest.raises(ContractError, match="has no contract"):
        load(path)


def test_tflite_runtime_says_that_it_needs_numpy_1(tmp_path: Path, contracts: dict[Format, Contract]) -> None:
    from edgecnn.runtime.litert import open_tflite_runtime

    if int(np.__version__.split(".")[0]) < 2:
        pytest.skip("this is NumPy 1")
    with pytest.raises(BackendError, match=rf"fails with {np.__version__}; pip install 'numpy<2', or use"):
        open_tflite_runtime(tmp_path, 1, contracts[Format.TFLITE])
