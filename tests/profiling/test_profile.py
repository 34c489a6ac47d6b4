"""Profiles of real artifacts on the runtimes that are installed."""

from __future__ import annotations

import importlib.util
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.contract import read_contract
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import ArtifactError, BackendError, EdgecnnError
from edgecnn.intervals import Interval
from edgecnn.models.registry import shipped_folder
from edgecnn.profiling import litert, peaks
from edgecnn.profiling.profile import PROFILERS, profile
from edgecnn.profiling.result import Copy, Peak, Peaks, Profile
from edgecnn.profiling.rows import COLUMNS, rows, sentences
from edgecnn.runtime.backend import BACKENDS
from edgecnn.schema import decode, encode
from tests.conftest import PATIENCE, grey_images, save_npz

FOLDER = shipped_folder("tutorial_cnn")
MACS = 30 * 30 * 32 * 27 + 13 * 13 * 64 * 288 + 4 * 4 * 64 * 576 + 1024 * 512 + 512 * 10
LAYERS = ["conv2d_6", "conv2d_7", "conv2d_8", "dense_4", "dense_5"]
INSTALLED = [name for name in PROFILERS if BACKENDS[name].is_installed]
EVEN = Peaks("litert", 1, Peak(1e11, "made up"), Peak(1e11, "made up"), (Copy(2**20, 1e10),))
"""For tests that are not about the machine."""


def shipped(backend: str) -> Path:
    return FOLDER / f"tutorial_cnn-int8.{BACKENDS[backend].formats[0].value}"


@pytest.fixture(scope="module", params=INSTALLED)
def profiled(request: pytest.FixtureRequest) -> Profile:
    """Return the profile of the shipped int8 file on a runtime."""
    return profile(shipped(request.param), request.param, 1, load_test_sample().images[:16])


def test_the_operations_sum_up_to_about_the_whole_call(profiled: Profile) -> None:
    assert 0.5 < profiled.attributed_ns / profiled.whole_ns.value < 1.5
    assert profiled.unattributed_share == pytest.approx(1 - profiled.attributed_ns / profiled.whole_ns.value)


def test_every_operation_that_multiplies_goes_by_its_keras_layer_and_has_its_macs(profiled: Profile) -> None:
    multiplying = [one for one in profiled.operations if one.macs]
    assert [one.layer for one in multiplying] == LAYERS
    assert [one.macs for one in profiled.operations if one.macs is None] == []
    assert profiled.macs == MACS
    assert {one.arithmetic for one in multiplying} == {"integer"}


def test_no_operation_is_beyond_the_peak_of_its_arithmetic(profiled: Profile) -> None:
    shares = [profiled.operation_share_of_peak(one) for one in profiled.operations]
    found = [share for share in shares if share is not None]
    assert len(found) >= 3
    assert all(0 < share < 1.2 for share in found), shares
    assert profiled.share_of_peak is not None
    assert 0 < profiled.share_of_peak < 1.2


def test_an_operations_roof_is_the_lower_one_of_peak_and_memory(profiled: Profile) -> None:
    dense = next(one for one in profiled.operations if one.layer == "dense_4")
    weights = 1024 * 512
    assert dense.bytes_moved is not None
    assert weights < dense.bytes_moved < 1.02 * weights
    made = replace(profiled, peaks=EVEN)
    assert made.attainable(dense) == pytest.approx(1e10 * weights / dense.bytes_moved)
    assert replace(made, peaks=replace(EVEN, copies=(Copy(2**20, 1e15),))).attainable(dense) == 1e11


def test_a_profile_survives_json(profiled: Profile) -> None:
    assert decode(Profile, encode(profiled)) == profiled


def test_the_table_has_a_row_for_each_operation_then_what_is_left_then_the_whole(profiled: Profile) -> None:
    table = rows(profiled)
    assert {len(row) for row in table} == {len(COLUMNS)}
    assert [row[0] for row in table] == [*(one.layer for one in profiled.operations), "not attributed", "whole call"]
    assert table[-1][COLUMNS.index("MACs")] == "5,011,840"
    said = " ".join(sentences(profiled))
    assert f"{profiled.attributed_ns / profiled.whole_ns.value:.0%} of the whole call" in said
    assert "peak of" in said


@pytest.mark.parametrize(("factor", "warned"), [(1.0, False), (1.5, True), (0.5, True)])
def test_operations_that_do_not_sum_up_to_the_whole_are_warned_of(
    profiled: Profile, factor: float, warned: bool
) -> None:
    total = factor * profiled.attributed_ns
    said = sentences(replace(profiled, whole_ns=Interval(total, total, total)))
    assert any(one.startswith("warning") for one in said) is warned


@pytest.mark.skipif("litert" not in INSTALLED, reason="needs LiteRT")
def test_what_xnnpack_takes_is_marked() -> None:
    found = profile(shipped("litert"), "litert", 1, load_test_sample().images[:2], peaks=EVEN)
    assert {one.kind for one in found.operations if one.delegate == "XNNPACK"} == {
        "CONV_2D", "MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED",
    }  # fmt: skip
    assert "XNNPACK takes 8 of 10 operations" in found.notes


@pytest.mark.skipif("litert" not in INSTALLED, reason="needs LiteRT")
def test_a_model_too_large_to_be_cut_in_memory_at_once_is_measured_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litert, "MOST_BYTES", 2**20)
    monkeypatch.setattr(litert, "SECONDS", 0.1)
    found = profile(shipped("litert"), "litert", 1, load_test_sample().images[:2], peaks=EVEN)
    assert [one.layer for one in found.operations if one.macs] == LAYERS
    assert any("parts" in note for note in found.notes)
    assert 0.5 < found.attributed_ns / found.whole_ns.value < 1.5


@pytest.mark.skipif("onnxruntime" not in INSTALLED, reason="needs ONNX Runtime")
def test_a_trace_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    profile(shipped("onnxruntime"), "onnxruntime", 1, load_test_sample().images[:2], peaks=EVEN)
    assert list(tmp_path.iterdir()) == []


def test_the_peaks_are_of_this_runtime_and_say_what_reached_them(profiled: Profile) -> None:
    found = profiled.peaks
    assert (found.backend, found.threads) == (profiled.backend, 1)
    assert found.int8.macs_per_second > 0.2 * found.float32.macs_per_second > 0
    assert "float32" in found.float32.operation
    assert "int8" in found.int8.operation
    sizes = [one.size_bytes for one in found.copies]
    assert sizes == sorted(sizes)
    assert all(one.bytes_per_second > 1e6 for one in found.copies)


def test_memory_is_copied_on_as_many_threads_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[tuple[str, int]] = []
    both = threading.Barrier(2, timeout=PATIENCE)

    def copyto(target: Any, source: Any) -> None:
        copied.append((threading.current_thread().name, source.size))
        both.wait()  # each thread takes one part

    monkeypatch.setattr(np, "copyto", copyto)
    assert peaks.copy_rate(64 * 2**20, 2).bytes_per_second > 0
    assert len({name for name, _ in copied}) == 2
    assert {size for _, size in copied} == {16 * 2**20}


def test_a_backend_without_a_profiler_says_which_have_one() -> None:
    with pytest.raises(BackendError, match=r"keras does not report .* use litert, tflite-runtime, onnxruntime"):
        profile(FOLDER / "model.keras", "keras", 1, load_test_sample().images[:1])


@pytest.mark.parametrize("backend", INSTALLED)
def test_a_file_that_is_missing_or_damaged_is_one_line(backend: str, tmp_path: Path) -> None:
    images = load_test_sample().images[:1]
    with pytest.raises(ArtifactError, match="no such model file"):
        profile(tmp_path / shipped(backend).name, backend, 1, images)
    damaged = tmp_path / shipped(backend).name
    damaged.write_bytes(shipped(backend).read_bytes()[:-1000])
    with pytest.raises(ArtifactError, match="cut short"):
        profile(damaged, backend, 1, images)
    damaged.write_bytes(shipped(backend).read_bytes()[:1000])
    with pytest.raises(EdgecnnError, match=r"cannot be profiled|refuses"):
        profile(damaged, backend, 1, images, contract=read_contract(shipped(backend)))


@pytest.fixture(scope="module")
def lopsided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return float32 exports of a residual network in which one layer does 20 times the work of all others."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("needs TensorFlow to export")
    import keras

    from edgecnn.export import export_model
    from edgecnn.export.limits import ExportLimits
    from edgecnn.spec import ExportSpec, Precision

    folder = tmp_path_factory.mktemp("lopsided")
    keras.utils.set_random_seed(4)
    layers: Any = keras.layers
    pixels = keras.Input((12, 10, 1))
    hidden = layers.Conv2D(16, 3, padding="same", name="small")(layers.Rescaling(1 / 255)(pixels))
    hidden = layers.ReLU()(hidden)
    branch = layers.Conv2D(16, 3, padding="same", activation="relu", name="branch")(hidden)
    huge = layers.Conv2D(96, 7, padding="same", name="huge")(layers.Add()([hidden, branch]))
    model = keras.Model(pixels, layers.Dense(3, name="last")(layers.GlobalAveragePooling2D()(huge)))
    model.save(folder / "lopsided.keras")
    export_model(
        str(folder / "lopsided.keras"), folder / "out", ExportSpec(precisions=(Precision.FLOAT32,)),
        calibration=str(save_npz(folder / "calibration.npz", grey_images(60, seed=2))),
        evaluation=str(save_npz(folder / "evaluation.npz", grey_images(60, seed=3))),
        limits=ExportLimits(max_drop=100, min_top1=0),
    )  # fmt: skip
    return folder / "out"


@pytest.mark.slow
@pytest.mark.parametrize("backend", [name for name in INSTALLED if name != "tflite-runtime"])
def test_the_layer_that_does_most_of_the_work_takes_most_of_the_time(backend: str, lopsided: Path) -> None:
    path = lopsided / f"lopsided-float32.{BACKENDS[backend].formats[0].value}"
    found = profile(path, backend, 1, np.asarray(grey_images(4, seed=5).images), peaks=EVEN)
    longest = max(found.operations, key=lambda one: one.nanoseconds.value)
    assert longest.layer == "huge"
    assert longest.nanoseconds.value > 0.5 * found.whole_ns.value
    assert longest.macs == 120 * 96 * 49 * 16
    assert found.macs == 120 * 16 * 9 + 120 * 16 * 16 * 9 + 120 * 96 * 49 * 16 + 96 * 3
    assert {one.arithmetic for one in found.operations if one.macs} == {"float"}
