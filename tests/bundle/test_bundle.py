"""`edgecnn bundle`: one file that runs without edgecnn, and says in one line what it lacks."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgecnn.bundle.build import MODULES, make_bundle
from edgecnn.bundle.runner import UsageError, parse
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import ArtifactError
from edgecnn.models.registry import shipped_folder
from edgecnn.runtime.load import load
from edgecnn.spec import Precision

ROOT = Path(__file__).parent.parent.parent

BLOCKED = """
import runpy, sys
from importlib.machinery import PathFinder
class Without:
    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] in {blocked!r} else PathFinder.find_spec(name, path, target)
sys.meta_path = [Without() if one is PathFinder else one for one in sys.meta_path if "editable" not in str(one)]
sys.path[:] = [one for one in sys.path if one and one != {root!r}]
sys.argv = {argv!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def app(shipped_export: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of all artifacts of the shipped model."""
    out = tmp_path_factory.mktemp("bundle") / "app.pyz"
    make_bundle(shipped_export.folder, out)
    return out


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    Image.fromarray(load_test_sample().images[0]).resize((200, 150)).save(path)
    return path


def ran(app: Path, *arguments: object, without: tuple[str, ...] = ("click", "rich")) -> Any:
    """Run a bundle in a process that cannot import edgecnn from here, nor the packages `without`."""
    script = BLOCKED.format(blocked=without, root=str(ROOT), argv=[str(app), *map(str, arguments)])
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=app.parent, env=environment
    )


def test_it_says_what_edgecnn_predict_says(edgecnn: Callable[..., Any], app: Path, picture: Path) -> None:
    model = "tutorial_cnn-int8.tflite"
    expected = edgecnn("predict", picture, picture, "--format", "jsonl").out
    found = ran(app, picture, picture, "--format", "jsonl", "--model", model)
    assert (found.returncode, found.stderr) == (0, "")
    assert [one["answers"] for one in map(json.loads, found.stdout.splitlines())] == [
        one["answers"] for one in map(json.loads, expected.splitlines())
    ]


def test_it_is_executable_and_needs_nothing_of_edgecnn_but_what_is_in_it(app: Path, picture: Path) -> None:
    assert os.access(app, os.X_OK)
    assert app.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    names = [name for name in MODULES if not needs_numpy(name)]
    script = (
        f"import importlib, sys; sys.path[:] = [{str(app)!r}, *(one for one in sys.path if 'lib/python' in one)]\n"
        f"assert all({str(app)!r} in importlib.import_module(name).__file__ for name in {names!r})"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True, cwd=picture.parent)
    assert len(names) > 10


def needs_numpy(module: str) -> bool:
    is_inside = module.startswith(("edgecnn.runtime.", "edgecnn.tasks."))
    return is_inside or module.endswith((".preprocess", "_image", ".runner"))


@pytest.mark.parametrize(
    ("without", "model"),
    [(("onnxruntime", "tflite_runtime"), "int8.tflite"), (("ai_edge_litert", "tflite_runtime"), "int8.onnx")],
    ids=["LiteRT", "ONNX Runtime"],
)
def test_it_takes_the_best_artifact_that_the_installed_runtime_runs(
    app: Path, picture: Path, without: tuple[str, ...], model: str
) -> None:
    chosen = ran(app, picture, "--json", "--top", "10", without=without)
    named = ran(app, picture, "--json", "--top", "10", "--model", f"tutorial_cnn-{model}")
    assert (chosen.returncode, chosen.stderr) == (0, "")
    assert chosen.stdout == named.stdout
    assert json.loads(chosen.stdout)[0]["answers"][0]["score"] > 0.3


def test_a_folder_with_a_broken_picture_goes_on(app: Path, picture: Path) -> None:
    (picture.parent / "broken.png").write_bytes(picture.read_bytes()[:50])
    found = ran(app, picture.parent, "--format", "csv", "--top", "1")
    assert found.returncode == 1
    assert len(found.stdout.splitlines()) == 2
    assert len(found.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["gone.png"], 1, "no such image: gone.png"),
        (["a.png", "--model", "tutorial_cnn-int8.tflit"], 1, "did you mean 'tutorial_cnn-int8.tflite'?"),
        (["a.png", "--tpo", "1"], 2, "--tpo"),
        (["a.png", "--top", "none"], 2, "--top takes a number"),
        (["a.png", "--format", "xml"], 2, "no format 'xml'"),
        (["--json"], 2, "no picture"),
    ],
    ids=["picture", "model", "option", "number", "format", "nothing"],
)
def test_bad_use_is_one_line(app: Path, arguments: list[str], status: int, words: str) -> None:
    found = ran(app, *arguments)
    assert (found.returncode, found.stdout) == (status, "")
    assert len(found.stderr.splitlines()) == 1
    assert words in found.stderr


def test_without_a_runtime_it_says_which_to_install(app: Path, picture: Path) -> None:
    found = ran(app, picture, without=("ai_edge_litert", "tflite_runtime", "onnxruntime"))
    assert found.returncode == 1
    assert "pip install ai-edge-litert or onnxruntime" in found.stderr


@pytest.mark.parametrize("kind", ["npy", "ppm"])
def test_without_pillow_it_reads_plain_files_of_the_models_size(app: Path, tmp_path: Path, kind: str) -> None:
    pixels = load_test_sample().images[0]
    plain = tmp_path / f"plain.{kind}"
    np.save(plain, pixels) if kind == "npy" else Image.fromarray(pixels).save(plain)
    found = ran(app, plain, "--json", "--model", "tutorial_cnn-int8.tflite", without=("PIL",))
    answers = json.loads(found.stdout)[0]["answers"]
    classifier = load(shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite")
    assert answers[0]["label"] == classifier.labels[int(classifier.predict(pixels).argmax())]


def test_without_pillow_other_pictures_name_pillow(app: Path, picture: Path, tmp_path: Path) -> None:
    larger = tmp_path / "larger.ppm"
    Image.open(picture).save(larger)
    for file in (picture, larger):
        found = ran(app, file, without=("PIL",))
        assert found.returncode == 1
        assert "pip install pillow" in found.stderr
        assert len(found.stderr.splitlines()) == 1


def test_a_changed_model_in_it_is_refused(app: Path, picture: Path, tmp_path: Path) -> None:
    content = bytearray(app.read_bytes())
    with zipfile.ZipFile(app) as archive:
        info = archive.getinfo("artifacts/tutorial_cnn-int8.tflite")
    content[info.header_offset + 20_000] ^= 1
    changed = tmp_path / "changed.pyz"
    changed.write_bytes(content)
    found = ran(changed, picture, "--model", "tutorial_cnn-int8.tflite")
    assert found.returncode == 1
    assert "SHA-256 differs" in found.stderr


def test_the_same_folder_gives_the_same_bytes(shipped_export: Any, app: Path, tmp_path: Path) -> None:
    """In another process, with other hashes of strings and other modules in memory."""
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "edgecnn", "bundle", shipped_export.folder, "--out", "again.pyz"]
    subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True)
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (app, tmp_path / "again.pyz")]
    assert hashes[0] == hashes[1]


def test_only_the_precisions_that_were_asked_for_are_in_it(
    edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    out = tmp_path / "small.pyz"
    assert edgecnn("bundle", shipped_export.folder, "--precisions", "int8", "--out", out).status == 0
    with zipfile.ZipFile(out) as archive:
        models = [name for name in archive.namelist() if name.endswith((".tflite", ".onnx"))]
    assert models == ["artifacts/tutorial_cnn-int8.onnx", "artifacts/tutorial_cnn-int8.tflite"]
    with pytest.raises(ArtifactError, match="no artifact of precision int16x8"):
        make_bundle(shipped_export.folder, out, (Precision.INT16X8,))


def test_a_damaged_folder_is_refused_and_nothing_is_written(
    edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(shipped_export.folder, folder)
    (folder / "tutorial_cnn-int8.tflite").write_bytes(b"short")
    found = edgecnn("bundle", folder, "--out", tmp_path / "app.pyz")
    assert found.status == 1
    assert "SHA-256 differs" in found.err
    assert not (tmp_path / "app.pyz").exists()


def test_options_may_stand_before_and_behind_pictures() -> None:
    options = parse(["--top", "1", "-", "-0", "--format=csv", "a.png", "--threads", "2"])
    assert (options.images, options.top, options.separator) == (["-", "a.png"], 1, b"\0")
    assert (options.form, options.threads, options.model) == ("csv", 2, None)
    with pytest.raises(UsageError, match="--threads"):
        parse(["a.png", "--threads", "0"])


@pytest.mark.slow
def test_it_runs_in_an_environment_with_numpy_pillow_and_one_runtime_alone(
    app: Path, picture: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    packages: list[str | Path] = ["-c", ROOT / "constraints.txt", "numpy", "pillow", "ai-edge-litert"]
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True, capture_output=True)
    command: list[str | Path] = [python, "-I", app, picture, "--top", "1"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    sample = load_test_sample()
    assert sample.labels is not None
    assert found.stdout.startswith(sample.class_names[sample.labels[0]])
    assert found.stderr == ""
