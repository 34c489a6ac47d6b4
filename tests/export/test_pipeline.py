"""An export is whole and checked, or it is not there."""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.artifact import open_folder, read_manifest
from edgecnn.contract import read_contract
from edgecnn.data.sample import load_calibration_sample, load_test_sample
from edgecnn.errors import ArtifactError, DataError, ExportError, ModelError, OutputError
from edgecnn.export import export_model
from edgecnn.export.folder import LOG_NAME
from edgecnn.export.limits import ExportLimits
from edgecnn.feeding import Feeding
from edgecnn.files import sha256_file
from edgecnn.spec import ExportSpec, Format, Precision
from tests.forks import Forks

TFLITE = ExportSpec((Format.TFLITE,))
FLOAT_TFLITE = ExportSpec((Format.TFLITE,), (Precision.FLOAT32,))


def export_own(own: Any, out: Path, spec: ExportSpec = FLOAT_TFLITE, **changes: Any) -> Any:
    arguments = {"calibration": str(own.calibration), "evaluation": str(own.evaluation), **changes}
    return export_model(str(own.model), out, spec, **arguments)


def listing(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_export_is_four_files_a_manifest_and_a_log(shipped_export: Any) -> None:
    assert listing(shipped_export.folder) == {
        "tutorial_cnn-float32.tflite",
        "tutorial_cnn-int8.tflite",
        "tutorial_cnn-float32.onnx",
        "tutorial_cnn-int8.onnx",
        "manifest.json",
        LOG_NAME,
    }
    assert read_manifest(shipped_export.folder) == shipped_export.manifest


def test_the_manifest_records_which_training_images_calibrated(shipped_export: Any) -> None:
    calibration = shipped_export.manifest.calibration
    sample = load_calibration_sample()
    assert calibration.ids == sample.ids
    assert calibration.sha256 == sample.sha256
    assert all(name.startswith("train/") for name in calibration.ids)
    assert shipped_export.manifest.evaluation.sha256 == load_test_sample().sha256


def test_every_file_carries_its_contract(shipped_export: Any) -> None:
    for artifact, entry in zip(
        open_folder(shipped_export.folder).artifacts, shipped_export.manifest.artifacts, strict=True
    ):
        contract = artifact.contract
        assert (contract.format, contract.precision) == (entry.format, entry.precision)
        assert contract.labels[3] == "cat"
        assert contract.input.shape == (1, 32, 32, 3)
        assert contract.input.dtype == ("uint8" if entry.precision is Precision.INT8 else "float32")
        assert contract.origin == shipped_export.manifest.origin
        assert contract.made_with["tensorflow"]
        assert contract.needs


def test_the_converters_noise_is_in_the_log_and_not_on_the_screen(
    own: Any, tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of what converters print they print once a process, so one is made to speak here."""
    from edgecnn.export.tflite import convert as module

    convert = module.convert

    def noisy(function: Any) -> bytes:
        os.write(1, b"converting\n")
        return convert(function)

    monkeypatch.setattr(module, "convert", noisy)
    export_own(own, tmp_path / "out", ExportSpec((Format.TFLITE, Format.ONNX)))
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert "converting" in (tmp_path / "out" / LOG_NAME).read_text()


def test_a_second_export_replaces_the_first_and_removes_what_it_no_longer_makes(own: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_own(own, out, ExportSpec((Format.ONNX,), (Precision.FLOAT32,)))
    (out / "notes.txt").write_text("mine")
    export_own(own, out)
    assert listing(out) == {"grey_levels-float32.tflite", "manifest.json", LOG_NAME, "notes.txt"}
    assert len(open_folder(out).artifacts) == 1


def test_a_folder_with_other_files_is_left_alone(own: Any, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(ArtifactError, match="other files"):
        export_own(own, tmp_path)
    assert listing(tmp_path) == {"photo.jpg"}


def test_a_manifest_of_something_else_is_left_alone(own: Any, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a web application"}')
    with pytest.raises(ArtifactError, match="other files"):
        export_own(own, tmp_path)
    assert (tmp_path / "manifest.json").read_text() == '{"name": "a web application"}'


def test_the_root_of_a_file_system_is_refused_before_the_work(
    own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda path: path == tmp_path)
    with pytest.raises(ArtifactError, match="give a folder in it with --out"):
        export_own(own, tmp_path)
    assert listing(tmp_path) == set()


def test_of_an_earlier_export_that_lost_a_file_the_others_are_replaced(own: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_own(own, out, ExportSpec((Format.ONNX, Format.TFLITE), (Precision.FLOAT32,)))
    (out / "grey_levels-float32.onnx").unlink()
    export_own(own, out, ExportSpec((Format.ONNX,), (Precision.FLOAT32,)))
    assert listing(out) == {"grey_levels-float32.onnx", "manifest.json", "export.log"}


def test_where_files_cannot_be_moved_into_place_the_earlier_export_stays(
    own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As into a folder that is the root of another file system."""
    out = tmp_path / "out"
    export_own(own, out, ExportSpec((Format.ONNX,), (Precision.FLOAT32,)))
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match="cross-device"):
        export_own(own, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_leaked_evaluation_images_are_refused(own: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="150 of 150 calibration images are also evaluation images"):
        export_own(own, tmp_path / "out", TFLITE, calibration=str(own.evaluation))
    assert listing(tmp_path) == set()


def test_calibration_images_that_were_scaled_before_are_refused(own: Any, tmp_path: Path) -> None:
    arrays = np.load(own.calibration)
    scaled = tmp_path / "scaled.npz"
    np.savez(scaled, images=arrays["images"] // 255, labels=arrays["labels"], class_names=arrays["class_names"])
    with pytest.raises(DataError, match="scaled before"):
        export_own(own, tmp_path / "out", TFLITE, calibration=str(scaled))
    assert listing(tmp_path) == {"scaled.npz"}


def test_a_float32_file_that_does_not_compute_what_keras_computes_is_no_export(
    own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgecnn.export.examine.FLOAT_TOLERANCE", 0.0)
    with pytest.raises(ExportError, match="does not compute what Keras computes"):
        export_own(own, tmp_path / "out")
    assert listing(tmp_path) == set()


def test_a_model_that_tflite_cannot_express_is_one_error_and_leaves_nothing(tmp_path: Path, own: Any) -> None:
    import keras

    pixels = keras.Input((12, 10, 1))
    spectrum = keras.ops.fft2((pixels[..., 0], pixels[..., 0]))[0]
    model = keras.Model(pixels, keras.layers.Dense(3)(keras.layers.Flatten()(spectrum)))
    model.save(tmp_path / "fourier.keras")
    with pytest.raises(ExportError, match="TFLite") as caught:
        export_model(
            str(tmp_path / "fourier.keras"),
            tmp_path / "out",
            FLOAT_TFLITE,
            calibration=str(own.calibration),
            evaluation=str(own.evaluation),
            limits=ExportLimits(min_top1=0),
        )
    assert "\n" not in str(caught.value)
    log = Path(str(caught.value).rsplit(" ", 1)[-1])
    assert log.is_file()
    log.unlink()
    assert listing(tmp_path) == {"fourier.keras"}


def test_an_output_folder_that_cannot_be_made_is_one_error(own: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        export_own(own, tmp_path / "file" / "out")


FULL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
"""


def test_a_full_disk_leaves_nothing(own: Any, forks: Forks, tmp_path: Path) -> None:
    """A limit on the size of files stands in for the full disk: writes fail with an OSError in the same way."""
    export = forks.start(*command(own, tmp_path / "out"), before=FULL_DISK)
    assert export.wait() == 1
    assert "cannot write" in export.output.read_text().splitlines()[-1]
    assert listing(tmp_path) == set()


def command(own: Any, out: Path, *options: str) -> tuple[str | Path, ...]:
    """Return an export of the user's own model as arguments of the command line."""
    data = ("--calibration", own.calibration, "--evaluation", own.evaluation)
    return ("export", own.model, *options, "--out", out, *data)


def test_the_command_prints_a_table_and_exits_0(edgecnn: Callable[..., Any], own: Any, tmp_path: Path) -> None:
    ran = edgecnn(
        "export",
        own.model,
        "--formats",
        "tflite",
        "--out",
        tmp_path / "out",
        "--calibration",
        own.calibration,
        "--evaluation",
        own.evaluation,
    )
    assert ran.status == 0
    assert "grey_levels-float32.tflite" in ran.out
    assert "100.00%" in ran.out
    assert "converting to TFLite" in ran.err


def test_the_commands_json_is_the_manifest(edgecnn: Callable[..., Any], own: Any, tmp_path: Path) -> None:
    ran = edgecnn(
        "export",
        own.model,
        "--formats",
        "tflite",
        "--out",
        tmp_path / "out",
        "--json",
        "--calibration",
        own.calibration,
        "--evaluation",
        own.evaluation,
    )
    assert json.loads(ran.out) == json.loads((tmp_path / "out" / "manifest.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("tutorial_cn",), 1, "did you mean 'tutorial_cnn'"),
        (("--formats", "tflight"), 2, "did you mean 'tflite'"),
        (("--int8", "--calibration", "calibratoin"), 1, "did you mean 'calibration'"),
        (("--evaluation", "nowhere"), 1, "no data set"),
        (("--labels", "nowhere.txt"), 1, "cannot read the label file"),
        (("--int9",), 2, "--int8"),
    ],
    ids=["model", "format", "calibration", "evaluation", "labels", "option"],
)
def test_an_unknown_word_is_one_line_with_the_nearest(
    edgecnn: Callable[..., Any], tmp_path: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    ran = edgecnn("export", *arguments, "--out", tmp_path / "out")
    assert ran.status == status
    assert words in ran.err.splitlines()[-1]
    assert ran.out == ""
    assert not (tmp_path / "out").exists()


def test_labels_must_be_as_many_as_the_classes(own: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="3 classes, but 2 labels"):
        export_own(own, tmp_path / "out", feeding=Feeding(labels=("a", "b")))


@pytest.mark.slow
def test_kill_9_never_leaves_a_file_that_is_accepted_and_wrong(own: Any, forks: Forks, tmp_path: Path) -> None:
    """Ten exports into one folder, killed at ten moments spread over their run time."""
    import random
    import time

    out = tmp_path / "out"
    arguments = command(own, out, "--int8")
    begin = time.monotonic()
    assert forks.start(*arguments).wait() == 0
    whole = time.monotonic() - begin
    good = {path.name: sha256_file(path) for path in out.iterdir() if path.suffix in {".tflite", ".onnx"}}
    images = np.load(own.evaluation)["images"]
    generator = random.Random(11)
    for number in range(10):
        export = forks.start(*arguments)
        share = (number + generator.random()) / 10
        time.sleep(share * whole)
        export.kill()
        export.wait()
        check_accepted_files(out, images)
        assert {name for name in good if (out / name).exists()} == set(good)
    assert forks.start(*arguments).wait() == 0
    assert len(open_folder(out).artifacts) == 4
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".partial")]


KILLED_WHILE_MOVING = """
import itertools, os, pathlib, signal
moves, replace = itertools.count(), pathlib.Path.replace
def counted(self, target):
    if next(moves) == {moves}:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
pathlib.Path.replace = counted
"""


@pytest.mark.slow
@pytest.mark.parametrize("moves", [0, 1, 2, 3], ids=lambda moves: f"after {moves} files")
def test_killed_between_two_renames_an_old_folder_is_refused_or_right(
    own: Any, forks: Forks, tmp_path: Path, moves: int
) -> None:
    """The only moment at which files of two exports lie side by side; the manifest comes last."""
    import keras

    out = tmp_path / "out"
    data: dict[str, Any] = {"calibration": str(own.calibration), "evaluation": str(own.evaluation)}
    older = keras.models.load_model(own.model, compile=False)
    older.set_weights([weights * 1.01 for weights in older.get_weights()])
    (tmp_path / "older").mkdir()
    older.save(tmp_path / "older" / own.model.name)
    export_model(str(tmp_path / "older" / own.model.name), out, ExportSpec((Format.TFLITE,)), **data)
    before = read_manifest(out)
    arguments = command(own, out, "--int8", "--formats", "tflite")
    assert forks.start(*arguments, before=KILLED_WHILE_MOVING.format(moves=moves)).wait() == -signal.SIGKILL
    check_accepted_files(out, np.load(own.evaluation)["images"])
    if moves == 0:
        assert read_manifest(out) == before
    else:
        with pytest.raises(ArtifactError, match="export again"):
            read_manifest(out)


def check_accepted_files(out: Path, images: Any) -> None:
    """Assert that each file that edgecnn would load answers right, and that an accepted manifest is true."""
    import edgecnn

    for path in out.iterdir():
        if path.suffix in {".tflite", ".onnx"}:
            assert read_contract(path).labels == ("dark", "middling", "bright")
            answers = edgecnn.load(path).predict(images).argmax(axis=1)
            assert (answers == np.arange(len(images)) % 3).mean() > 0.95, path.name
    try:
        manifest = read_manifest(out)
    except ArtifactError:
        return
    assert all(entry.sha256 == sha256_file(out / entry.file) for entry in manifest.artifacts)
